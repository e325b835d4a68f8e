/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replay.c - a host that replays a demand trace and models what overcommitted pCPUs cost.
 *
 * Each vCPU starts on the pCPU that the trace names; with another number of pCPUs than the trace's,
 * vCPU i starts on pCPU i mod N. In a period, L is the sum of the demands on a pCPU in percent. If
 * L ≤ 100, every vCPU there uses what it demands. If L > 100, each uses demand × 100 / L; the rest
 * is lost, not queued. A pin takes effect in the next period.
 *
 * Losses to busy sibling threads and remote memory don't show in CPU time, as on a real host: the
 * summary computes them. The host only reports its topology and each vCPU's NUMA home.
 *
 * The first sample shows the counters before the trace's first period. Each wait() then plays one
 * period as long as the trace's resolution, and ignores due_ns.
 */
#include "host/replay/replay.h"

#include "cpuset.h"
#include "log/log.h"
#include "trace/trace.h"
#include "wakeup.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME "trace:"

/* The clock's start: a time of 0 would mean "stopped". */
#define BEGIN_NS UINT64_C(1000000000)

struct host {
    const struct trace *trace;
    struct trace *own; /* the same, if this file has read it */
    uint32_t pcpus;
    uint64_t resolution_ns, now_ns;
    uint32_t played; /* periods */
    bool begun;      /* wait() or sample() was called */
    uint32_t domain_count;
    struct domain_sample *domains; /* as in every sample, except the times */
    struct vcpu_sample *vcpus; /* with the current counters; in the order of domains; the affinity
                              is the number of a pool */
    uint32_t *column;          /* by index in vcpus: column in the trace */
    uint32_t *vcpu_at;         /* by column: index in vcpus. The slot is the column */
    struct topology topology;  /* version 0 if the trace has none */
    struct pools pools;        /* that vCPUs are pinned to */
    uint32_t *pool_pcpus;      /* how many pCPUs each has */
    double *pool_demand;       /* scratch space: L of each pool */
};

/* Sorts columns into the order of samples: VMs by their first column, each VM's vCPUs together. */
struct entry {
    uint32_t vm, column, key; /* key: the VM, then its first column */
};

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->column < y->column ? -1 : 1;
}

static struct entry *sort_columns(const struct trace *trace)
{
    struct entry *entries = calloc(trace->vcpus, sizeof *entries);

    if (!entries)
        return NULL;
    for (uint32_t i = 0; i < trace->vcpus; i++)
        entries[i] = (struct entry){.vm = trace->vm[i], .column = i, .key = trace->vm[i]};
    qsort(entries, trace->vcpus, sizeof *entries, by_key);
    for (uint32_t i = 0; i < trace->vcpus; i++)
        entries[i].key =
            i > 0 && entries[i].vm == entries[i - 1].vm ? entries[i - 1].key : entries[i].column;
    qsort(entries, trace->vcpus, sizeof *entries, by_key);
    return entries;
}

static void name_domain(struct domain_sample *domain, uint32_t vm)
{
    domain->state = DOMAIN_RUNNING;
    domain->id = (int32_t)vm + 1;
    for (int i = 0; i < 4; i++)
        domain->uuid[DOMAIN_UUID_LEN - 1 - i] = (unsigned char)(vm >> 8 * i);
    snprintf(domain->name, sizeof domain->name, "vm%" PRIu32, vm);
}

static uint32_t start_of(const struct host *host, uint32_t column)
{
    return host->pcpus == host->trace->pcpus ? host->trace->start[column] : column % host->pcpus;
}

static void add_vcpu(struct host *host, uint32_t i, const struct entry *entry)
{
    const int32_t pool = host->pools.of[start_of(host, entry->column)];
    bool fresh = i == 0 || host->domains[host->domain_count - 1].id != (int32_t)entry->vm + 1;
    struct domain_sample *domain =
        &host->domains[fresh ? host->domain_count : host->domain_count - 1];

    if (fresh) {
        name_domain(domain, entry->vm);
        domain->serial = host->domain_count + 1;
        domain->slot = host->domain_count;
        domain->first_vcpu = i;
        host->domain_count++;
    }
    host->column[i] = entry->column;
    host->vcpu_at[entry->column] = i;
    host->vcpus[i] = (struct vcpu_sample){
        .serial = entry->column + 1,
        .slot = entry->column,
        .domain = host->domain_count - 1,
        .number = domain->vcpu_count++,
        .last_pcpu = (int32_t)start_of(host, entry->column),
        .numa_home = host->trace->home ? (int32_t)host->trace->home[entry->column] : -1,
        .affinity = (uint32_t)pool,
        .wanted = host->pools.count,
        .has = VCPU_HAS_TIME | VCPU_HAS_CGROUP | VCPU_HAS_DELAY | VCPU_HAS_AFFINITY,
    };
}

static int make_tables(struct host *host)
{
    uint32_t vcpus = host->trace->vcpus;
    struct entry *entries = sort_columns(host->trace);

    host->domains = calloc(vcpus, sizeof *host->domains);
    host->vcpus = calloc(vcpus, sizeof *host->vcpus);
    host->column = calloc(vcpus, sizeof *host->column);
    host->vcpu_at = calloc(vcpus, sizeof *host->vcpu_at);
    host->pool_demand = calloc(host->pools.count, sizeof *host->pool_demand);
    host->pool_pcpus = calloc(host->pools.count, sizeof *host->pool_pcpus);
    if (!entries || !host->domains || !host->vcpus || !host->column || !host->vcpu_at ||
        !host->pool_demand || !host->pool_pcpus) {
        free(entries);
        return -ENOMEM;
    }
    for (uint32_t p = 0; p < host->pcpus; p++)
        host->pool_pcpus[host->pools.of[p]]++;
    for (uint32_t i = 0; i < vcpus; i++)
        add_vcpu(host, i, &entries[i]);
    free(entries);
    return 0;
}

static bool trace_close(struct host *host)
{
    if (!host)
        return true;
    trace_free(host->own);
    free(host->domains);
    free(host->vcpus);
    free(host->column);
    free(host->vcpu_at);
    free(host->pool_demand);
    free(host->pool_pcpus);
    pools_finish(&host->pools);
    topology_finish(&host->topology);
    free(host);
    return true;
}

const char *host_trace_path(const char *uri)
{
    return uri + strlen(SCHEME);
}

static int make_topology(struct host *host)
{
    const struct trace *trace = host->trace;
    const struct trace_shape *shape = &trace->shape;

    if (shape->sockets == 0 || host->pcpus != trace->pcpus)
        return 0;
    host->topology.smt_factor = trace->smt_factor;
    host->topology.remote_factor = trace->remote_factor;
    return topology_regular(&host->topology, shape->sockets, shape->llcs, shape->cores,
                            shape->threads);
}

static int make_pools(struct host *host, const struct pool_choice *choice)
{
    struct cpuset all;

    cpuset_clear(&all);
    for (uint32_t p = 0; p < host->pcpus; p++)
        cpuset_add(&all, p);
    return pools_update(&host->pools, choice, &host->topology, host->pcpus, &all);
}

static int trace_open(const struct host_settings *settings, struct host **result,
                      struct failure *why)
{
    struct host *host = calloc(1, sizeof *host);
    int error = 0;

    if (!host)
        return fail(why, -ENOMEM, "%s: no memory", settings->uri);
    if (!settings->trace)
        error = trace_read(host_trace_path(settings->uri), &host->own, why);
    if (error < 0) {
        trace_close(host);
        return error;
    }
    host->trace = settings->trace ? settings->trace : host->own;
    host->pcpus = settings->pcpus > 0 ? settings->pcpus : host->trace->pcpus;
    host->resolution_ns = (uint64_t)llround(host->trace->resolution_s * 1e9);
    host->now_ns = BEGIN_NS;
    if (host->trace->shape.sockets && host->pcpus != host->trace->pcpus && !settings->flat) {
        error = fail(why, -EINVAL,
                     "--pcpus %" PRIu32 ": the trace has a topology of %" PRIu32
                     " pCPUs; --flat leaves it out",
                     host->pcpus, host->trace->pcpus);
    } else if (make_topology(host) < 0 || make_pools(host, &settings->pool) < 0 ||
               make_tables(host) < 0) {
        error = fail(why, -ENOMEM, "%s: no memory", settings->uri);
    }
    if (error < 0) {
        trace_close(host);
        return error;
    }
    if (host->own && host->own->cut.text[0] != '\0')
        log_error("%s", host->own->cut.text);
    *result = host;
    return 0;
}

static int32_t first_pcpu(const struct host *host, uint32_t pool)
{
    uint32_t p = 0;

    while (host->pools.of[p] != (int32_t)pool)
        p++;
    return (int32_t)p;
}

/* Plays one period with the current pins. In a pool the kernel spreads what it holds evenly. */
static void play(struct host *host)
{
    const struct trace *trace = host->trace;
    const double *demand = trace->demand + (size_t)host->played * trace->vcpus;
    double resolution_ns = (double)host->resolution_ns;

    for (uint32_t p = 0; p < host->pools.count; p++)
        host->pool_demand[p] = 0;
    for (uint32_t column = 0; column < trace->vcpus; column++)
        host->pool_demand[host->vcpus[host->vcpu_at[column]].affinity] += demand[column];
    for (uint32_t i = 0; i < trace->vcpus; i++) {
        struct vcpu_sample *vcpu = &host->vcpus[i];
        const uint32_t pool = vcpu->affinity;
        double wanted_ns = demand[host->column[i]] / 100 * resolution_ns;
        double sum = host->pool_demand[pool], most = 100.0 * host->pool_pcpus[pool];
        uint64_t used_ns = (uint64_t)llround(sum > most ? wanted_ns * most / sum : wanted_ns);

        if (host->pools.of[vcpu->last_pcpu] != (int32_t)pool)
            vcpu->last_pcpu = first_pcpu(host, pool);
        vcpu->time_ns += used_ns;
        vcpu->cgroup_ns = vcpu->time_ns;
        vcpu->delay_ns += (uint64_t)llround(wanted_ns) - used_ns;
    }
    host->played++;
    host->now_ns += host->resolution_ns;
}

static uint64_t trace_wait(struct host *host, struct wakeup *wakeup, uint64_t due_ns)
{
    (void)due_ns; /* the trace's resolution is the period */
    if (wakeup && wakeup_stopped(wakeup))
        return 0;
    if (!host->begun) {
        host->begun = true;
        return host->now_ns;
    }
    if (host->played == host->trace->periods)
        return UINT64_MAX;
    play(host);
    return host->now_ns;
}

/* The same for all hosts with as many pCPUs and pools: buffers may pass from one to the next. */
static uint64_t sets_version(const struct host *host)
{
    return (uint64_t)host->pools.count << 32 | (host->pcpus + UINT32_C(1));
}

/* Sets 0 to N-1 hold a pool each, set N holds all. They never change while the host is open. */
static void fill_sets(const struct host *host, struct snapshot *snapshot)
{
    struct cpuset *all = &snapshot->sets[host->pools.count];

    snapshot->sets_version = sets_version(host);
    for (uint32_t s = 0; s <= host->pools.count; s++)
        cpuset_clear(&snapshot->sets[s]);
    for (uint32_t p = 0; p < host->pcpus; p++) {
        cpuset_add(&snapshot->sets[host->pools.of[p]], p);
        cpuset_add(all, p);
    }
    snapshot->online = *all;
    cpuset_clear(&snapshot->isolated);
}

static int trace_sample(struct host *host, struct snapshot *snapshot, struct failure *why)
{
    struct snapshot_size size = {
        .domains = host->domain_count,
        .vcpus = host->trace->vcpus,
        .pcpus = host->pcpus,
        .sets = host->pools.count + 1,
    };

    if (snapshot_reserve(snapshot, &size) < 0 ||
        topology_copy(&snapshot->topology, &host->topology) < 0)
        return fail(why, -ENOMEM, "no memory for a snapshot of %" PRIu32 " vCPUs", size.vcpus);
    host->begun = true;
    if (snapshot->sets_version != sets_version(host))
        fill_sets(host, snapshot);
    memcpy(snapshot->domains, host->domains, size.domains * sizeof *host->domains);
    for (uint32_t d = 0; d < size.domains; d++) {
        struct domain_sample *domain = &snapshot->domains[d];
        domain->begin_ns = domain->end_ns = domain->cgroup_ns = host->now_ns;
    }
    memcpy(snapshot->vcpus, host->vcpus, size.vcpus * sizeof *host->vcpus);
    snapshot->size = size;
    snapshot->begin_ns = snapshot->end_ns = host->now_ns;
    snapshot->crosscheck_ns = 0;
    snapshot->host_ns = 0;
    return 0;
}

static struct vcpu_sample *find_vcpu(const struct host *host, const struct vcpu_name *name,
                                     struct failure *why)
{
    if (name->slot < host->trace->vcpus) {
        struct vcpu_sample *vcpu = &host->vcpus[host->vcpu_at[name->slot]];
        const struct domain_sample *domain = &host->domains[vcpu->domain];
        if (vcpu->number == name->number && domain->id == name->id &&
            memcmp(domain->uuid, name->uuid, DOMAIN_UUID_LEN) == 0)
            return vcpu;
    }
    fail(why, -ENOENT, "vCPU %" PRIu32 " of VM %" PRId32 " is not in the trace", name->number,
         name->id - 1);
    return NULL;
}

static int trace_pin(struct host *host, const struct vcpu_name *name, const struct cpuset *set,
                     struct failure *why)
{
    struct vcpu_sample *vcpu = find_vcpu(host, name, why);
    const int32_t pool = pools_holding(&host->pools, set);

    if (!vcpu)
        return -ENOENT;
    if (pool < 0)
        return fail(why, -EINVAL, "a replay pins to one pCPU or pool of 0-%" PRIu32,
                    host->pcpus - 1);
    vcpu->affinity = (uint32_t)pool;
    return 0;
}

static int trace_affinity(struct host *host, const struct vcpu_name *name, struct affinity *now,
                          struct failure *why)
{
    const struct vcpu_sample *vcpu = find_vcpu(host, name, why);
    struct cpuset set;

    if (!vcpu)
        return -ENOENT;
    cpuset_clear(&set);
    for (uint32_t p = 0; p < host->pcpus; p++) {
        if (host->pools.of[p] == (int32_t)vcpu->affinity)
            cpuset_add(&set, p);
    }
    *now = affinity_of(&set);
    return 0;
}

static const char *trace_name(const struct host *host)
{
    (void)host;
    return NULL;
}

const struct host_ops host_trace = {
    .scheme = SCHEME,
    .open = trace_open,
    .wait = trace_wait,
    .sample = trace_sample,
    .pin = trace_pin,
    .affinity = trace_affinity,
    .name = trace_name,
    .close = trace_close,
    .owns_clock = true,
};
