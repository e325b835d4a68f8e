/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view.c - two snapshots make usage: the vCPUs. */
#include "planner/internal.h"

#include "log/log.h"
#include "planner/numa_home.h"

#include <stdio.h>
#include <string.h>

/* A vCPU whose domain has a job is left in peace for so many periods. */
#define BUSY_PERIODS 5
/* A vCPU whose pin was refused rests for --dwell, twice as long after the next refusal, and so on
 * up to so many refusals. The pCPU is not asked for again for so many times that. */
#define REFUSALS_MOST 6
#define REFUSED_TIMES 8
/* Two threads of a core together do about a quarter more than one alone (Marr et al.,
 * Hyper-Threading Technology Architecture and Microarchitecture, Intel Technology Journal 6(1),
 * 2002: 16 to 28 % on server loads), so each does this part. */
#define SMT_FACTOR 0.62
/* On the node next to its memory's a vCPU does about this part (the remote access of two-socket
 * servers takes 1.5 to 1.7 times as long, and programs lose 10 to 20 % of their speed by it). */
#define REMOTE_FACTOR 0.85
static struct crosscheck_reading reading_of(const struct domain_sample *domain,
                                            const struct vcpu_sample *sample)
{
    return (struct crosscheck_reading){
        .at_ns = sample->has & VCPU_HAS_CGROUP ? domain->cgroup_ns : domain->end_ns,
        .spent_ns = domain->cgroup_ns - domain->begin_ns,
        .time_ns = sample->time_ns,
        .cgroup_ns = sample->cgroup_ns,
        .checked = (sample->has & VCPU_HAS_CGROUP) != 0,
    };
}

static void say_suspect(struct planner *planner, const struct view_vcpu *v, const char *domain,
                        const char *why, bool suspect)
{
    struct vcpu_memory *state = &planner->vcpus[v->name.slot];

    if (state->suspect == suspect)
        return;
    state->suspect = suspect;
    planner->totals.suspects += suspect;
    if (suspect)
        log_event(LOG_INFO, log_vcpu(EVENT_SUSPECT, domain, v->name.number),
                  "domain %s vCPU %u: suspect, left out of decisions: %s", domain, v->name.number,
                  why);
    else
        log_event(LOG_INFO, log_vcpu(EVENT_AGREES, domain, v->name.number),
                  "domain %s vCPU %u: libvirt and its cgroup agree again", domain, v->name.number);
}

static void keep_delay(struct vcpu_memory *state, const struct vcpu_sample *sample)
{
    state->delay_known = (sample->has & VCPU_HAS_DELAY) != 0;
    state->delay_ns = sample->delay_ns;
    state->throttled_ns = sample->throttled_ns;
}

/**
 * What a vCPU waited for a pCPU. The kernel counts in that, too, how long its quota held it back
 * (up to Linux 6.18 seen): that is nothing that another pCPU could give it, nor is what it waited
 * for beyond its quota.
 */
static void measure_delay(const struct vcpu_memory *state, const struct vcpu_sample *sample,
                          uint64_t wall_ns, struct view_vcpu *v)
{
    const double cap = sample->cap / 10.0;
    double waited_ns, throttled_ns;

    if (!state->delay_known || !(sample->has & VCPU_HAS_DELAY))
        return;
    waited_ns = (double)sample->delay_ns - (double)state->delay_ns;
    throttled_ns = (double)sample->throttled_ns - (double)state->throttled_ns;
    v->throttled = planner_percent(throttled_ns, wall_ns);
    v->delay = planner_percent(waited_ns - (throttled_ns > 0 ? throttled_ns : 0), wall_ns);
    if (sample->cap && v->usage + v->delay > cap)
        v->delay = v->usage < cap ? cap - v->usage : 0;
}

/**
 * Usage and delay of one vCPU since the reading before; sets the flags that come of it.
 * Returns the CPU time it gained in nanoseconds, 0 where nothing is known.
 */
static double measure_vcpu(struct planner *planner, const struct domain_sample *domain,
                           const struct vcpu_sample *sample, struct view_vcpu *v)
{
    struct vcpu_memory *state = &planner->vcpus[sample->slot];
    const struct crosscheck_reading now = reading_of(domain, sample);
    const struct crosscheck_reading before = state->check.last;
    const bool counted = state->check.begun && state->step + 1 == planner->step;
    const bool by_cgroup = now.checked && before.checked;
    char why[128];
    double gained;

    if (!(sample->has & VCPU_HAS_TIME)) {
        v->blocked_by |= domain->state == DOMAIN_RUNNING ? VCPU_NEW : VCPU_PAUSED;
        return 0;
    }
    state->step = planner->step;
    if (crosscheck_take(&state->check, &planner->steps, &now)) {
        v->blocked_by |= VCPU_SUSPECT;
        snprintf(why, sizeof why, "libvirt counts %+.1f ms, its cgroup %+.1f ms in %.2f s",
                 ((double)now.time_ns - (double)before.time_ns) / 1e6,
                 ((double)now.cgroup_ns - (double)before.cgroup_ns) / 1e6,
                 (double)(now.at_ns - before.at_ns) / 1e9);
        say_suspect(planner, v, domain->name, by_cgroup ? why : "its CPU time fell", true);
    } else {
        say_suspect(planner, v, domain->name, "", false);
    }
    if (!counted) {
        v->blocked_by |= VCPU_NEW;
        keep_delay(state, sample);
        return 0;
    }
    if (!by_cgroup && planner->settings->crosscheck == CROSSCHECK_REQUIRE)
        v->blocked_by |= VCPU_UNCHECKED;
    if (by_cgroup && !(v->blocked_by & VCPU_SUSPECT))
        gained = (double)(now.cgroup_ns - before.cgroup_ns);
    else
        gained = now.time_ns > before.time_ns ? (double)(now.time_ns - before.time_ns) : 0;
    v->usage = planner_percent(gained, now.at_ns - before.at_ns);
    measure_delay(state, sample, now.at_ns - before.at_ns, v);
    keep_delay(state, sample);
    return gained;
}

void planner_say_yielded(const char *domain, uint32_t vcpu)
{
    log_event(LOG_INFO, log_vcpu(EVENT_YIELDED, domain, vcpu),
              "domain %s vCPU %u: somebody else has changed its affinity: left alone from now on",
              domain, vcpu);
}

bool planner_is_busy(const struct planner *planner, const struct vcpu_memory *state)
{
    return state->busy_step && planner->step - state->busy_step <= BUSY_PERIODS;
}

void planner_refused(const struct planner *planner, struct vcpu_memory *state, int32_t pcpu)
{
    state->refused_step = planner->step;
    state->refused = (uint32_t)pcpu + 1;
    if (state->refusals < REFUSALS_MOST)
        state->refusals++;
}

/** What refuses one pCPU may refuse the next: the vCPU rests, and longer each time; and that pCPU
 * is left out for long. */
static void judge_refusal(const struct planner *planner, const struct vcpu_memory *state,
                          struct view_vcpu *v)
{
    const uint64_t since = planner->step - state->refused_step;
    const uint64_t dwell = planner->settings->decision.dwell;
    uint64_t rest;

    if (!state->refused_step)
        return;
    rest = (dwell ? dwell : 1) << (state->refusals ? state->refusals - 1 : 0);
    if (state->refusals && since <= rest)
        v->blocked_by |= VCPU_DWELLS;
    if (since <= REFUSED_TIMES * rest)
        v->refused = state->refused;
}

/** Somebody else's affinity is left alone; an excluded domain's is nobody's concern. */
static void judge_owner(struct planner *planner, const struct snapshot *snapshot,
                        const struct vcpu_sample *sample, const struct view_domain *domain,
                        struct view_vcpu *v)
{
    struct ownership *ownership = &planner->vcpus[sample->slot].ownership;

    if (!domain->excluded && (sample->has & VCPU_HAS_AFFINITY) &&
        ownership_look(ownership, sample->affinity, v->pin, sample->touches, snapshot->begin_ns))
        planner_say_yielded(domain->name, v->name.number);
    if (ownership->yielded)
        v->blocked_by |= VCPU_YIELDED;
    planner->lets_go |= (domain->excluded || ownership->yielded) && !ownership->settled;
}

/** Why a vCPU may not be moved, apart from what its counters tell. */
static void judge_vcpu(struct planner *planner, const struct view_domain *domain,
                       struct view_vcpu *v, bool floating)
{
    struct vcpu_memory *state = &planner->vcpus[v->name.slot];
    const uint32_t allowed = planner->managed.facts[v->allowed].allowed_count;

    if (allowed <= 1)
        v->blocked_by |= VCPU_FIXED;
    if (domain->excluded)
        v->blocked_by |= VCPU_EXCLUDED;
    if (floating)
        v->blocked_by |= VCPU_FLOATING;
    /* One that floats has lost the pCPU that it was moved to. */
    if (!floating && state->moved_step &&
        planner->step - state->moved_step <= (uint64_t)planner->settings->decision.dwell
                                                 << state->backoff)
        v->blocked_by |= VCPU_DWELLS;
    if (planner_is_busy(planner, state))
        v->blocked_by |= VCPU_DWELLS;
    judge_refusal(planner, state, v);
    state->no_allowed_pcpu &= allowed == 0;
    if (allowed == 0 && !domain->excluded && !state->no_allowed_pcpu) {
        state->no_allowed_pcpu = true;
        log_event(LOG_INFO, log_vcpu(EVENT_NO_ALLOWED_PCPU, domain->name, v->name.number),
                  "domain %s vCPU %u: none of the pCPUs it may use is %s: left alone", domain->name,
                  v->name.number,
                  domain->limited ? "both managed and in its cgroup's cpuset" : "managed");
    }
}

/** One vCPU: who it is, where it counts, what it used. */
static void view_vcpu(struct planner *planner, const struct snapshot *snapshot,
                      const struct vcpu_sample *sample, struct view *view, struct view_vcpu *v)
{
    const struct domain_sample *domain = &snapshot->domains[sample->domain];
    struct vcpu_memory *state = &planner->vcpus[sample->slot];
    const int32_t single = planner->managed.facts[sample->affinity].single;
    /* The kernel lets a vCPU float whose only pCPU is offline, or taken from its cgroup's cpuset.
     */
    const bool pinned =
        single >= 0 && cpuset_has(&snapshot->online, (uint32_t)single) &&
        (!domain->limit || cpuset_has(&snapshot->sets[domain->limit - 1], (uint32_t)single));
    int32_t pcpu = pinned ? single : sample->last_pcpu;
    double gained;

    *v = (struct view_vcpu){
        .name = {.id = domain->id, .number = sample->number, .slot = sample->slot},
        .serial = sample->serial,
        .domain = sample->domain,
        .allowed = managed_allowed(&planner->managed, sample->wanted, domain->limit),
        .last_pcpu = sample->last_pcpu,
        .numa_home =
            sample->numa_home < (int32_t)view->topology.node_count ? sample->numa_home : -1,
        .guess = -1,
        .pin = state->dry_pcpu >= 0 ? state->dry_pcpu : single,
        .pcpu = -1,
        .next = VIEW_END,
    };
    memcpy(v->name.uuid, domain->uuid, sizeof v->name.uuid);
    if (sample->has & VCPU_HAS_TIME)
        v->time_ns = sample->time_ns;
    if (sample->has & VCPU_HAS_DELAY)
        v->delay_ns = sample->delay_ns;
    gained = measure_vcpu(planner, domain, sample, v);
    if (pcpu >= (int32_t)view->pcpu_count)
        pcpu = -1;
    if (pcpu >= 0)
        planner->pcpus[pcpu].vcpus_ns += gained;
    judge_vcpu(planner, &view->domains[sample->domain], v, !pinned && state->dry_pcpu < 0);
    if (sample->realtime)
        v->blocked_by |= VCPU_REALTIME;
    judge_owner(planner, snapshot, sample, &view->domains[sample->domain], v);
    if (state->dry_pcpu >= 0)
        pcpu = state->dry_pcpu;
    v->pcpu = pcpu;
    view->domains[sample->domain].usage += v->usage;
    view->suspect += (v->blocked_by & VCPU_SUSPECT) != 0;
    view->unchecked += (sample->has & VCPU_HAS_TIME) && !(sample->has & VCPU_HAS_CGROUP);
    view->fresh += (v->blocked_by & VCPU_NEW) != 0;
}

/** A quota of a domain as a whole: all its vCPUs together can't get more. */
static void cap_domain(const struct view_domain *domain, uint32_t cap, struct view *view)
{
    struct view_vcpu *vcpus = &view->vcpus[domain->first_vcpu];
    const double rest = cap / 10.0 > domain->usage ? cap / 10.0 - domain->usage : 0;
    double waited = 0;

    for (uint32_t v = 0; v < domain->vcpu_count; v++)
        waited += vcpus[v].delay;
    for (uint32_t v = 0; cap && waited > rest && v < domain->vcpu_count; v++)
        vcpus[v].delay *= rest / waited;
}

static void say_opted_out(struct domain_memory *state, const struct domain_sample *sample)
{
    struct log_about about = log_about(sample->opted_out ? EVENT_OPTED_OUT : EVENT_OPTED_IN);

    if (state->opted_out == sample->opted_out)
        return;
    state->opted_out = sample->opted_out;
    about.domain = sample->name;
    log_event(LOG_INFO, about,
              sample->opted_out ? "domain %s: asks by its metadata to be left alone"
                                : "domain %s: does not ask to be left alone any more",
              sample->name);
}

/** Domains whose limit has changed as this one's has are told together: a slice holds many. */
static void say_limit(struct planner *planner, const struct snapshot *snapshot, uint32_t domain)
{
    const uint32_t limit = snapshot->domains[domain].limit;
    char pcpus[256] = "", others[32] = "";
    uint32_t more = 0;

    for (uint32_t d = domain; d < snapshot->size.domains; d++) {
        struct domain_memory *state = &planner->domains[snapshot->domains[d].slot];

        if (snapshot->domains[d].limit != limit || state->limit == limit ||
            state->serial != snapshot->domains[d].serial)
            continue;
        state->limit = limit;
        more += d > domain;
    }
    if (more)
        snprintf(others, sizeof others, " and %u more", more);
    if (limit)
        cpuset_format(&snapshot->sets[limit - 1], pcpus, sizeof pcpus);
    log_info(limit ? "domain %s%s: limited by its cgroup's cpuset to pCPUs %s"
                   : "domain %s%s: no longer limited by its cgroup's cpuset%s",
             snapshot->domains[domain].name, others, pcpus);
}

static void view_domains(struct planner *planner, const struct snapshot *snapshot,
                         struct view *view)
{
    for (uint32_t d = 0; d < snapshot->size.domains; d++) {
        const struct domain_sample *sample = &snapshot->domains[d];
        struct domain_memory *state = &planner->domains[sample->slot];
        struct view_domain *domain = &view->domains[d];

        if (state->serial != sample->serial)
            *state = (struct domain_memory){.serial = sample->serial};
        if (state->settings != planner->settings) {
            state->settings = planner->settings;
            state->excluded = planner_excludes(planner->settings, sample->name);
        }
        domain->first_vcpu = sample->first_vcpu;
        domain->vcpu_count = sample->vcpu_count;
        domain->state = sample->state;
        domain->excluded = state->excluded || sample->opted_out;
        domain->limited = sample->limit != 0;
        say_opted_out(state, sample);
        domain->usage = 0;
        strcpy(domain->name, sample->name);
    }
    for (uint32_t d = 0; d < snapshot->size.domains; d++) {
        if (planner->domains[snapshot->domains[d].slot].limit != snapshot->domains[d].limit)
            say_limit(planner, snapshot, d);
    }
}

/** What the operator says, else the host, else what is usual. */
static double factor(double set, double told, double usual)
{
    return set > 0 ? set : told > 0 ? told : usual;
}

void planner_view(struct planner *planner, const struct snapshot *snapshot, struct view *view)
{
    const struct managed *managed = &planner->managed;

    view->period = planner->step - 1;
    view->now_ns = snapshot->end_ns;
    view->span_s = view->period ? (double)(snapshot->end_ns - planner->last_ns) / 1e9 : 0;
    view->domain_count = snapshot->size.domains;
    view->vcpu_count = snapshot->size.vcpus;
    view->pcpu_count = snapshot->size.pcpus;
    view->set_count = managed->set_count + managed->limited_count;
    view->suspect = view->unchecked = view->fresh = 0;
    planner->lets_go = false;
    if (view->sets_version != managed->version) {
        view->sets_version = managed->version;
        view->managed = managed->all;
        for (uint32_t s = 0; s < view->set_count; s++)
            view->sets[s] = managed->facts[s].allowed;
    }
    view->flat = planner->settings->flat;
    view->smt_factor =
        factor(planner->settings->decision.smt_factor, snapshot->topology.smt_factor, SMT_FACTOR);
    view->remote_factor = factor(planner->settings->decision.remote_factor,
                                 snapshot->topology.remote_factor, REMOTE_FACTOR);
    view_domains(planner, snapshot, view);
    for (uint32_t v = 0; v < view->vcpu_count; v++)
        view_vcpu(planner, snapshot, &snapshot->vcpus[v], view, &view->vcpus[v]);
    for (uint32_t d = 0; d < view->domain_count; d++)
        cap_domain(&view->domains[d], snapshot->domains[d].cap, view);
    planner_view_pcpus(planner, snapshot, view);
    homes_guess(view, planner->votes);
    planner_find_extremes(view);
}
