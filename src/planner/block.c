/* SPDX-License-Identifier: GPL-2.0-or-later */
/* block.c - why a vCPU may not be moved, apart from what its counters tell. */
#include "planner/internal.h"

#include "log/log.h"
#include "model/names.h"

/* A vCPU whose domain has a job is left alone for so many periods. */
#define BUSY_PERIODS 5
/* A vCPU whose pin was refused rests for --dwell. Each refusal in turn doubles that, up to so many.
 * The refused pool is left out for so many times as long. */
#define REFUSALS_MOST 6
#define REFUSED_TIMES 8
/* A remote host's topology takes so many sweeps to arrive. */
#define TOPOLOGY_STEPS 3

void planner_say_yielded(const char *domain, uint32_t vcpu)
{
    char words[VCPU_WORDS];

    log_event(LOG_INFO, log_vcpu(EVENT_YIELDED, domain, vcpu),
              "domain %s %s: somebody else has changed its affinity: left alone from now on",
              domain, vcpu_words(vcpu, words, sizeof words));
}

bool planner_is_busy(const struct planner *planner, uint64_t busy_step)
{
    return busy_step && planner->step - busy_step <= BUSY_PERIODS;
}

uint64_t planner_rest(const struct planner *planner, uint32_t refusals)
{
    const uint64_t dwell = planner->settings->decision.dwell;

    return (dwell ? dwell : 1) << (refusals ? refusals - 1 : 0);
}

void planner_count_refusal(uint32_t *refusals)
{
    if (*refusals < REFUSALS_MOST)
        ++*refusals;
}

void planner_refused(const struct planner *planner, struct vcpu_memory *state, int32_t pool)
{
    state->refused_step = planner->step;
    state->refused = (uint32_t)pool + 1;
    planner_count_refusal(&state->refusals);
}

/* A vCPU whose pin was refused rests, longer each time, for the next pool may be refused as well.
 * The refused pool is left out for longer still. */
static void block_refused(const struct planner *planner, const struct vcpu_memory *state,
                          struct view_vcpu *v)
{
    const uint64_t since = planner->step - state->refused_step;
    const uint64_t rest = planner_rest(planner, state->refusals);

    if (!state->refused_step)
        return;
    if (state->refusals && since <= rest)
        v->blocked_by |= VCPU_DWELLS;
    if (since <= REFUSED_TIMES * rest)
        v->refused = state->refused;
}

/* Blocks a vCPU whose affinity somebody else has changed, and marks what is to be released. */
static void block_yielded(struct planner *planner, const struct snapshot *snapshot,
                          const struct vcpu_sample *sample, const struct view_domain *domain,
                          struct view_vcpu *v)
{
    struct vcpu_memory *state = &planner->vcpus[sample->slot];
    struct ownership *ownership = &state->ownership;

    if (!domain->excluded && (sample->has & VCPU_HAS_AFFINITY) &&
        ownership_look(ownership, sample->affinity, v->pin, v->pin < 0 || state->fit.whole,
                       sample->touches, snapshot->begin_ns))
        planner_say_yielded(domain->name, v->name.number);
    if (ownership->yielded)
        v->blocked_by |= VCPU_YIELDED;
    planner->lets_go |= (domain->excluded || ownership->yielded) && !ownership->released;
}

/*
 * A vCPU that the daemon has pinned, and that is in no pool any more, while there is one at most
 * that it may use: nobody would pin it again, so it gets back what its owner gave it. That happens
 * where pools are cut anew, and where its pCPUs are gone. Until the topology is known, all pCPUs
 * may be one pool for a moment.
 */
static void block_stranded(struct planner *planner, const struct vcpu_sample *sample,
                           const struct view_vcpu *v)
{
    const unsigned flags = VCPU_FIXED | VCPU_FLOATING;
    struct vcpu_memory *state = &planner->vcpus[sample->slot];

    state->stranded = (v->blocked_by & (flags | VCPU_YIELDED)) == flags &&
                      sample->affinity != sample->wanted &&
                      (planner->managed.pools.topology || planner->step > TOPOLOGY_STEPS);
    planner->lets_go |= state->stranded && !state->ownership.released;
}

/* A vCPU whose allowed pCPUs none is managed: says so once. */
static void say_allowed(struct vcpu_memory *state, const struct view_domain *domain,
                        const struct view_vcpu *v, uint32_t allowed)
{
    state->no_allowed_pcpu &= allowed == 0;
    if (allowed > 0 || domain->excluded || state->no_allowed_pcpu)
        return;
    state->no_allowed_pcpu = true;
    log_event(LOG_INFO, log_vcpu(EVENT_NO_ALLOWED_PCPU, domain->name, v->name.number),
              "domain %s vCPU %u: none of the pCPUs it may use is %s: left alone", domain->name,
              v->name.number,
              domain->limited ? "both managed and in its cgroup's cpuset" : "managed");
}

void planner_block(struct planner *planner, const struct snapshot *snapshot,
                   const struct vcpu_sample *sample, const struct view_domain *domain,
                   struct view_vcpu *v, bool floating)
{
    struct vcpu_memory *state = &planner->vcpus[sample->slot];
    const uint32_t allowed = planner->managed.facts[v->allowed].pool_count;
    const uint64_t dwell = (uint64_t)planner->settings->decision.dwell << state->backoff;

    if (allowed <= 1)
        v->blocked_by |= VCPU_FIXED;
    if (domain->excluded)
        v->blocked_by |= VCPU_EXCLUDED;
    if (floating) /* it has lost the pool that it was moved to, so it need not dwell */
        v->blocked_by |= VCPU_FLOATING;
    else if (state->moved_step && planner->step - state->moved_step <= dwell)
        v->blocked_by |= VCPU_DWELLS;
    if (planner_is_busy(planner, state->busy_step))
        v->blocked_by |= VCPU_DWELLS;
    if (sample->realtime)
        v->blocked_by |= VCPU_REALTIME;
    block_refused(planner, state, v);
    say_allowed(state, domain, v, allowed);
    block_yielded(planner, snapshot, sample, domain, v);
    block_stranded(planner, sample, v);
}
