/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/fake_host.h"

#include "model/mask.h"
#include "ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what)
{
    fprintf(stderr, "fake host: %s\n", what);
    abort();
}

static void *zeroed(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);

    if (!memory)
        die("no memory");
    return memory;
}

struct host *fake_new(uint32_t pcpus, uint32_t capacity)
{
    struct host *host = zeroed(1, sizeof *host);

    host->now_ns = 1;
    host->pcpus = pcpus;
    host->capacity = capacity;
    host->tells_busy = true;
    host->domains = zeroed(capacity, sizeof *host->domains);
    host->vcpus = zeroed(capacity, sizeof *host->vcpus);
    host->other = zeroed(pcpus, sizeof *host->other);
    host->busy_ns = zeroed(pcpus, sizeof *host->busy_ns);
    for (uint32_t p = 0; p < pcpus; p++)
        cpuset_add(&host->online, p);
    return host;
}

static bool fake_close(struct host *host)
{
    if (!host)
        return true;
    inventory_finish(&host->sets);
    free(host->domains);
    free(host->vcpus);
    free(host->other);
    free(host->busy_ns);
    free(host);
    return true;
}

static struct cpuset parse(const char *list)
{
    struct cpuset set;

    if (cpuset_parse(&set, list))
        die("not a list");
    return set;
}

static uint32_t set_index(struct host *host, const struct cpuset *set)
{
    const uint32_t index = inventory_set(&host->sets, set);

    if (index == UINT32_MAX)
        die("no memory");
    return index;
}

/* What the kernel does when a cpuset is written. */
static void let_run(const struct host *host, struct fake_vcpu *v)
{
    v->affinity = affinity_cut(&v->cgroup, &host->domains[v->domain].limit);
    if (!cpuset_has(&v->affinity, (uint32_t)v->last_pcpu))
        v->last_pcpu = cpuset_next(&v->affinity, 0);
}

/* What the hypervisor does after a successful pin. */
static void move_to(struct host *host, struct fake_vcpu *v, const struct cpuset *set)
{
    v->told = v->cgroup = *set;
    v->affinity_set = set_index(host, set);
    let_run(host, v);
}

void fake_limit(struct host *host, uint32_t domain, const char *list)
{
    struct fake_domain *d = &host->domains[domain];

    d->limit = parse(list);
    d->sample.limit = cpuset_within(&host->online, &d->limit) ? 0 : set_index(host, &d->limit) + 1;
    for (uint32_t v = 0; v < host->vcpu_count; v++) {
        if (host->vcpus[v].domain == domain)
            let_run(host, &host->vcpus[v]);
    }
}

void fake_set_affinity(struct host *host, uint32_t vcpu, const char *list)
{
    const struct cpuset set = parse(list);

    move_to(host, &host->vcpus[vcpu], &set);
}

void fake_touch(struct host *host, uint32_t vcpu, const char *list)
{
    fake_set_affinity(host, vcpu, list);
    host->vcpus[vcpu].touches++;
    host->vcpus[vcpu].touched = true;
}

void fake_taskset(struct host *host, uint32_t vcpu, const char *list)
{
    host->vcpus[vcpu].affinity = parse(list);
}

void fake_set_wanted(struct host *host, uint32_t vcpu, const char *list)
{
    const struct cpuset set = parse(list);

    host->vcpus[vcpu].wanted_set = set_index(host, &set);
}

const char *fake_affinity(const struct host *host, uint32_t vcpu)
{
    static char text[256];

    cpuset_format(&host->vcpus[vcpu].affinity, text, sizeof text);
    return text;
}

uint32_t fake_domain(struct host *host, const char *name)
{
    const uint32_t index = host->domain_count++;
    struct domain_sample *sample = &host->domains[index].sample;

    if (index == host->capacity)
        die("too many domains");
    sample->serial = ++host->serial;
    sample->slot = index;
    sample->id = (int32_t)index + 1;
    sample->state = DOMAIN_RUNNING;
    memcpy(sample->uuid, &index, sizeof index);
    strncpy(sample->name, name, sizeof sample->name - 1);
    memset(&host->domains[index].limit, 0xff, sizeof host->domains[index].limit);
    return index;
}

uint32_t fake_vcpu(struct host *host, uint32_t domain, int32_t pcpu, double demand)
{
    const uint32_t index = host->vcpu_count++;
    struct fake_vcpu *v = &host->vcpus[index];
    struct cpuset set;

    if (index == host->capacity)
        die("too many vCPUs");
    *v = (struct fake_vcpu){
        .domain = domain,
        .number = host->domains[domain].sample.vcpu_count++,
        .slot = index,
        .serial = ++host->serial,
        .has = VCPU_HAS_TIME | VCPU_HAS_CGROUP | VCPU_HAS_DELAY,
        .demand = demand,
        .witness = 1,
        .last_pcpu = pcpu,
    };
    cpuset_clear(&set);
    cpuset_add(&set, (uint32_t)pcpu);
    move_to(host, v, &set);
    v->wanted_set = set_index(host, &host->online);
    return index;
}

uint32_t fake_emulator(struct host *host, uint32_t domain)
{
    const struct cpuset everything = mask_everything(&host->online, &host->isolated);
    const uint32_t index = fake_vcpu(host, domain, 0, 0);
    struct fake_vcpu *v = &host->vcpus[index];

    v->number = VCPU_EMULATOR;
    move_to(host, v, &everything);
    v->wanted_set = v->affinity_set;
    host->domains[domain].emulator = index + 1;
    return index;
}

void fake_restart(struct host *host, uint32_t domain)
{
    struct domain_sample *sample = &host->domains[domain].sample;

    sample->serial = ++host->serial;
    sample->id += 1000;
    for (uint32_t i = 0; i < host->vcpu_count; i++) {
        struct fake_vcpu *v = &host->vcpus[i];

        if (v->domain != domain)
            continue;
        v->serial = ++host->serial;
        v->time_ns = v->cgroup_ns = v->delay_ns = 0;
    }
}

static bool runs(const struct host *host, const struct fake_vcpu *v)
{
    const struct fake_domain *domain = &host->domains[v->domain];

    return !v->gone && !domain->gone && domain->sample.state == DOMAIN_RUNNING;
}

static double load_of(const struct host *host, uint32_t pcpu)
{
    double load = host->other[pcpu];

    for (uint32_t i = 0; i < host->vcpu_count; i++) {
        const struct fake_vcpu *v = &host->vcpus[i];

        if (runs(host, v) && v->last_pcpu == (int32_t)pcpu)
            load += v->demand;
    }
    return load;
}

static uint64_t part_ns(double percent, double seconds)
{
    return (uint64_t)(percent * 1e7 * seconds + 0.5);
}

void fake_play(struct host *host, double seconds)
{
    for (uint32_t p = 0; p < host->pcpus; p++) {
        const double load = load_of(host, p);
        const double share = load > 100 ? 100 / load : 1;

        host->busy_ns[p] += part_ns(load * share, seconds);
        for (uint32_t i = 0; i < host->vcpu_count; i++) {
            struct fake_vcpu *v = &host->vcpus[i];

            if (v->last_pcpu != (int32_t)p)
                continue;
            v->usage = runs(host, v) ? v->demand * share : 0;
            if (!runs(host, v))
                continue;
            v->time_ns += part_ns(v->usage, seconds);
            v->cgroup_ns += part_ns(v->usage * v->witness, seconds);
            v->delay_ns += part_ns(v->demand - v->usage, seconds);
        }
    }
    host->now_ns += (uint64_t)(seconds * 1e9 + 0.5);
}

/* Plays until the time asked for, unless the rig has played until then already. */
static uint64_t fake_wait(struct host *host, struct wakeup *wakeup, uint64_t due_ns)
{
    if (wakeup && wakeup_stopped(wakeup))
        return 0;
    if (host->zero_ns == 0)
        host->zero_ns = due_ns - 1;
    if (due_ns - host->zero_ns > host->now_ns)
        fake_play(host, (double)(due_ns - host->zero_ns - host->now_ns) / 1e9);
    return host->now_ns;
}

static void sample_vcpus(const struct host *host, uint32_t from, struct snapshot *snapshot)
{
    const struct fake_domain *domain = &host->domains[from];
    struct domain_sample *sample = &snapshot->domains[snapshot->size.domains];

    sample->first_vcpu = snapshot->size.vcpus;
    for (uint32_t i = 0; i < host->vcpu_count; i++) {
        const struct fake_vcpu *v = &host->vcpus[i];
        const double late_s = v->usage / 100 * (double)domain->late_ns;

        if (v->domain != from || v->gone || v->hidden || v->number == VCPU_EMULATOR)
            continue;
        snapshot->vcpus[snapshot->size.vcpus++] = (struct vcpu_sample){
            .serial = v->serial,
            .slot = v->slot,
            .domain = snapshot->size.domains,
            .number = v->number,
            .last_pcpu = v->last_pcpu,
            .numa_home = -1,
            .affinity = v->affinity_set,
            .wanted = v->wanted_set,
            .touches = v->touches,
            .yielded_ns = v->yielded_ns,
            .has = (domain->sample.state == DOMAIN_RUNNING ? v->has : 0) |
                   (v->stale ? 0 : VCPU_HAS_AFFINITY),
            .time_ns = v->time_ns + (uint64_t)late_s,
            .cgroup_ns = v->cgroup_ns + (uint64_t)late_s,
            .delay_ns = v->has & VCPU_HAS_DELAY ? v->delay_ns : 0,
            .throttled_ns = v->throttled_ns,
            .cap = v->cap,
            .realtime = v->realtime,
        };
    }
    sample->vcpu_count = snapshot->size.vcpus - sample->first_vcpu;
}

static struct emulator_sample emulator_of(const struct host *host, const struct fake_domain *domain)
{
    const struct fake_vcpu *v = &host->vcpus[domain->emulator - 1];

    return (struct emulator_sample){
        .known = !v->stale,
        .held = domain->held,
        .affinity = v->affinity_set,
        .wanted = v->wanted_set,
        .touches = v->touches,
        .yielded_ns = v->yielded_ns,
    };
}

static int fake_sample(struct host *host, struct snapshot *snapshot, struct failure *why)
{
    const struct snapshot_size capacity = {
        .domains = host->capacity,
        .vcpus = host->capacity,
        .pcpus = host->pcpus,
        .sets = host->sets.set_count,
    };
    uint64_t end_ns = host->now_ns;

    if (snapshot_reserve(snapshot, &capacity))
        return fail(why, -ENOMEM, "no memory");
    snapshot->size = (struct snapshot_size){.pcpus = host->pcpus, .sets = host->sets.set_count};
    for (uint32_t d = 0; d < host->domain_count; d++) {
        const struct fake_domain *domain = &host->domains[d];
        struct domain_sample *sample = &snapshot->domains[snapshot->size.domains];

        if (domain->gone)
            continue;
        *sample = domain->sample;
        sample->begin_ns = host->now_ns + domain->late_ns;
        sample->end_ns = sample->cgroup_ns = sample->begin_ns + domain->spent_ns;
        if (sample->end_ns > end_ns)
            end_ns = sample->end_ns;
        if (domain->emulator)
            sample->emulator = emulator_of(host, domain);
        sample_vcpus(host, d, snapshot);
        snapshot->size.domains++;
    }
    for (uint32_t i = 0; i < host->sets.set_count; i++)
        snapshot->sets[i] = host->sets.sets[i];
    memcpy(snapshot->busy_ns, host->busy_ns, host->pcpus * sizeof *host->busy_ns);
    snapshot->sets_version = host->sets.sets_version;
    snapshot->epoch = host->epoch;
    snapshot->online = host->online;
    snapshot->isolated = host->isolated;
    snapshot->host_ns = host->tells_busy ? host->now_ns : 0;
    snapshot->begin_ns = host->now_ns;
    snapshot->end_ns = end_ns;
    snapshot->crosscheck_ns = 0;
    return 0;
}

void fake_fail(struct host *host, uint32_t vcpu, enum fake_verb verb, uint32_t after, int error)
{
    if (host->fault_count == FAKE_FAULTS)
        die("too many faults");
    host->faults[host->fault_count++] = (struct fake_fault){vcpu, verb, after, error};
}

void fake_scale(const char *pools, uint32_t pcpus, char *text, size_t length)
{
    const struct cpuset set = parse(pools);
    struct cpuset scaled;

    cpuset_clear(&scaled);
    for (int pool = cpuset_next(&set, 0); pool >= 0; pool = cpuset_next(&set, (uint32_t)pool + 1)) {
        for (uint32_t p = 0; p < pcpus; p++)
            cpuset_add(&scaled, (uint32_t)pool * pcpus + p);
    }
    cpuset_format(&scaled, text, length);
}

void fake_quiet(struct host *host)
{
    host->fault_count = host->call_count = host->pin_count = 0;
}

static int take_fault(struct host *host, uint32_t vcpu, enum fake_verb verb)
{
    for (uint32_t f = 0; f < host->fault_count; f++) {
        struct fake_fault *fault = &host->faults[f];

        if (fault->vcpu != vcpu || fault->verb != verb || !fault->error)
            continue;
        if (fault->after == FAKE_ALWAYS)
            return fault->error;
        if (fault->after-- == 0) {
            const int error = fault->error;

            fault->error = 0;
            return error;
        }
    }
    return 0;
}

static struct fake_vcpu *find(const struct host *host, const struct vcpu_name *name)
{
    for (uint32_t i = 0; i < host->vcpu_count; i++) {
        struct fake_vcpu *v = &host->vcpus[i];
        const struct fake_domain *domain = &host->domains[v->domain];

        if (v->number == name->number && !v->gone && !domain->gone &&
            domain->sample.id == name->id &&
            memcmp(domain->sample.uuid, name->uuid, DOMAIN_UUID_LEN) == 0)
            return v;
    }
    return NULL;
}

static int note_call(struct host *host, const struct fake_vcpu *v, enum fake_verb verb, int32_t to,
                     struct failure *why)
{
    const uint32_t index = (uint32_t)(v - host->vcpus);
    const int error = take_fault(host, index, verb);

    if (host->call_count < FAKE_CALLS)
        host->calls[host->call_count++] = (struct fake_call){index, verb, error, to};
    return error < 0 ? fail(why, error, "told to fail: %s", strerror(-error)) : error;
}

static int fake_pin(struct host *host, const struct vcpu_name *name, const struct cpuset *set,
                    struct failure *why)
{
    struct fake_vcpu *v = find(host, name);
    struct cpuset online;
    struct affinity now;
    int error;

    if (!v)
        return fail(why, -ENOENT, "no such vCPU");
    now.limit = host->domains[v->domain].limit;
    error = note_call(host, v, FAKE_PIN, cpuset_count(set) == 1 ? cpuset_next(set, 0) : -1, why);
    if (error < 0)
        return error;
    online = *set;
    cpuset_and(&online, &host->online);
    if (cpuset_count(&online) == 0)
        return fail(why, -EINVAL, "no such pCPU");
    if (error != FAKE_REFUSED && !affinity_can(&now, set))
        return fail(why, -EINVAL, "the cpuset of its cgroup forbids it");
    if (error == FAKE_IGNORED) {
        host->pin_count++;
        return 0;
    }
    v->cgroup = *set;
    let_run(host, v);
    if (error == FAKE_REFUSED || !cpuset_within(&v->affinity, set))
        return fail(why, -EIO, "the kernel refuses it");
    host->pin_count++;
    v->touched = false;
    move_to(host, v, set);
    return error == FAKE_DONE_AND_FAILED ? fail(why, -EIO, "the reply is lost") : 0;
}

static int fake_read_affinity(struct host *host, const struct vcpu_name *name, struct affinity *now,
                              struct failure *why)
{
    const struct fake_vcpu *v = find(host, name);
    int error;

    if (!v)
        return fail(why, -ENOENT, "no such vCPU");
    error = note_call(host, v, FAKE_AFFINITY, -1, why);
    if (error == 0)
        *now = (struct affinity){
            .told = v->told, .kernel = v->affinity, .limit = host->domains[v->domain].limit};
    return error;
}

static bool fake_touched(struct host *host, const struct vcpu_name *name)
{
    const struct fake_vcpu *v = find(host, name);

    return v && v->touched;
}

static void fake_forgotten(struct host *host, const struct vcpu_name *name)
{
    const struct fake_vcpu *v = find(host, name);

    host->tidied_count++;
    host->tidied = v ? v->domain : UINT32_MAX;
}

const struct host_ops fake_ops = {
    .scheme = "fake:",
    .wait = fake_wait,
    .sample = fake_sample,
    .pin = fake_pin,
    .affinity = fake_read_affinity,
    .touched = fake_touched,
    .forgotten = fake_forgotten,
    .close = fake_close,
    .owns_clock = true,
};

static void parse_options(struct rig *rig, const char *options)
{
    int argc = 0;
    char *at = rig->words;

    rig->argv[argc++] = strcpy(at, "fake");
    at += strlen(at) + 1;
    if (strlen(options) >= sizeof rig->words - 8)
        die("too many options");
    strcpy(at, options);
    for (char *word = strtok(at, " "); word; word = strtok(NULL, " "))
        rig->argv[argc++] = word;
    if (options_parse(&rig->options, argc, rig->argv, stdout, stderr) != OPTIONS_RUN)
        die("wrong options");
}

struct rig *rig_new(struct host *host, const char *options)
{
    return rig_with_policy(host, options, NULL);
}

struct rig *rig_with_policy(struct host *host, const char *options, const struct policy *policy)
{
    struct rig *rig = zeroed(1, sizeof *rig);

    parse_options(rig, options);
    if (policy)
        rig->options.planner.policy = policy;
    rig->host = host;
    rig->ticks = (struct crosscheck_ticks){.clk_tck_ns = 10000000, .hz_ns = 4000000};
    rig->planner = planner_new(&rig->options.planner, &rig->ticks);
    rig->ledger = ledger_new();
    rig->snapshot = snapshot_new();
    rig->plan = plan_new();
    if (!rig->planner || !rig->ledger || !rig->snapshot || !rig->plan)
        die("no memory");
    rig->sampler.ops = rig->actuator.ops = &fake_ops;
    rig->sampler.host = rig->actuator.host = host;
    rig->actuator.ledger = rig->ledger;
    rig->actuator.dry_run = rig->options.planner.dry_run;
    return rig;
}

void rig_free(struct rig *rig)
{
    planner_free(rig->planner);
    ledger_free(rig->ledger);
    snapshot_free(rig->snapshot);
    plan_free(rig->plan);
    options_finish(&rig->options);
    fake_close(rig->host);
    free(rig);
}

const struct plan *rig_period(struct rig *rig, double seconds)
{
    struct failure why;

    fake_play(rig->host, seconds);
    if (sampler_step(&rig->sampler, rig->snapshot, &why) ||
        planner_step(rig->planner, rig->snapshot, rig->plan))
        die("no memory");
    actuator_step(&rig->actuator, rig->plan);
    rig->plan->timing.done_ns = 0;
    if (rig->plan->decision.pin_count && rig->late_pins_s > 0)
        rig->plan->timing.done_ns = rig->snapshot->end_ns + (uint64_t)(rig->late_pins_s * 1e9);
    planner_book(rig->planner, rig->plan);
    return rig->plan;
}

static uint32_t view_index(const struct rig *rig, uint32_t vcpu)
{
    const struct view *view = &rig->plan->view;

    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        if (view->vcpus[i].serial == rig->host->vcpus[vcpu].serial)
            return i;
    }
    die("the vCPU is not in the view");
    return 0;
}

const struct view_vcpu *rig_vcpu(const struct rig *rig, uint32_t vcpu)
{
    return &rig->plan->view.vcpus[view_index(rig, vcpu)];
}

const struct pin *rig_pin(const struct rig *rig, uint32_t vcpu)
{
    const uint32_t index = view_index(rig, vcpu);

    for (uint32_t i = 0; i < rig->plan->decision.pin_count; i++) {
        if (rig->plan->decision.pins[i].vcpu == index)
            return &rig->plan->decision.pins[i];
    }
    return NULL;
}
