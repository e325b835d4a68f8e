/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vcpu.c - one vCPU of a view: who it is, where it counts, what it used. */
#include "planner/internal.h"

#include "log/log.h"

#include <stdio.h>
#include <string.h>

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

/*
 * What a vCPU waited for a pCPU. The kernel's figure includes the time that a quota held it back
 * (seen up to Linux 6.18). That time is subtracted, and delay is cut off at the quota, for no other
 * pCPU could give it more.
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

/*
 * Fills in usage and delay of a vCPU since the last reading, and the flags that come of its
 * counters. Returns the CPU time that it gained in nanoseconds, 0 if unknown.
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
    if (crosscheck_take(&state->check, &planner->ticks, &now)) {
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

/* Finds out whether a vCPU's affinity is what a pin in its pool would set. */
static struct fit find_fit(const struct managed *managed, const struct snapshot *snapshot,
                           const struct vcpu_sample *sample, const struct view_vcpu *v)
{
    const struct set_facts *allowed = &managed->facts[v->allowed];
    const uint32_t limit = snapshot->domains[sample->domain].limit;
    const struct cpuset *set = &snapshot->sets[sample->affinity];
    struct cpuset alive = *set;
    struct fit fit = {
        .version = managed->version,
        .affinity = sample->affinity,
        .allowed = v->allowed,
        .whole = true,
    };

    cpuset_and(&alive, &snapshot->online);
    if (limit)
        cpuset_and(&alive, &snapshot->sets[limit - 1]);
    fit.alive = cpuset_next(&alive, 0) >= 0;
    for (int p = cpuset_next(&allowed->allowed, 0);
         p >= 0 && (uint32_t)p < managed->pools.pcpu_count && fit.whole;
         p = cpuset_next(&allowed->allowed, (uint32_t)p + 1))
        fit.whole = managed->pools.of[p] != v->pin || cpuset_has(set, (uint32_t)p);
    return fit;
}

/* True if the affinity is what a pin in a pool would set, and the kernel can hold the vCPU to it:
 * it lets a vCPU float if none of its pCPUs is online and in its cgroup's cpuset. */
static bool is_pinned(const struct managed *managed, const struct snapshot *snapshot,
                      const struct vcpu_sample *sample, const struct view_vcpu *v, struct fit *fit)
{
    if (v->pin < 0)
        return false;
    if (fit->version != managed->version || fit->affinity != sample->affinity ||
        fit->allowed != v->allowed)
        *fit = find_fit(managed, snapshot, sample, v);
    return fit->alive && fit->whole;
}

void planner_view_vcpu(struct planner *planner, const struct snapshot *snapshot,
                       const struct vcpu_sample *sample, struct view *view, struct view_vcpu *v)
{
    const struct domain_sample *domain = &snapshot->domains[sample->domain];
    struct vcpu_memory *state = &planner->vcpus[sample->slot];
    bool pinned;
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
        .pin = planner->managed.facts[sample->affinity].holding,
        .pool = -1,
        .next = VIEW_END,
    };
    pinned = is_pinned(&planner->managed, snapshot, sample, v, &state->fit);
    memcpy(v->name.uuid, domain->uuid, sizeof v->name.uuid);
    if (sample->has & VCPU_HAS_TIME)
        v->time_ns = sample->time_ns;
    if (sample->has & VCPU_HAS_DELAY)
        v->delay_ns = sample->delay_ns;
    gained = measure_vcpu(planner, domain, sample, v);
    if (pinned)
        v->pool = v->pin;
    else
        v->pool = view_pool_of(view, sample->last_pcpu);
    if (v->pool >= 0)
        planner->pools[v->pool].vcpus_ns += gained;
    planner_block(planner, snapshot, sample, &view->domains[sample->domain], v,
                  !pinned && state->dry_pool < 0);
    if (state->dry_pool >= 0)
        v->pool = v->pin = state->dry_pool;
    view->domains[sample->domain].usage += v->usage;
    view->suspect += (v->blocked_by & VCPU_SUSPECT) != 0;
    view->unchecked += (sample->has & VCPU_HAS_TIME) && !(sample->has & VCPU_HAS_CGROUP);
    view->fresh += (v->blocked_by & VCPU_NEW) != 0;
}
