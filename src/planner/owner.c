/* SPDX-License-Identifier: GPL-2.0-or-later */
/* owner.c - before each view: which vCPUs are new, and which somebody else has taken. */
#include "planner/internal.h"

#include "log/log.h"

/* True if a vCPU has been somebody else's for --yield-for, and may run on several pCPUs. */
static bool may_return(const struct planner *planner, const struct snapshot *snapshot,
                       const struct vcpu_sample *sample, const struct ownership *ownership)
{
    return ownership->yielded && (sample->has & VCPU_HAS_AFFINITY) &&
           snapshot->begin_ns > ownership->yielded_ns &&
           (double)(snapshot->begin_ns - ownership->yielded_ns) / 1e9 >=
               planner->settings->yield_for_s &&
           cpuset_count(&snapshot->sets[sample->affinity]) > 1;
}

void planner_owners(struct planner *planner, struct snapshot *snapshot)
{
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++) {
        struct vcpu_sample *sample = &snapshot->vcpus[v];
        struct vcpu_memory *state = &planner->vcpus[sample->slot];
        struct ownership *ownership = &state->ownership;

        if (state->serial != sample->serial) {
            *state = (struct vcpu_memory){.serial = sample->serial, .dry_pool = -1};
            if (sample->yielded_ns)
                ownership_yield(ownership, sample->yielded_ns);
        }
        if (may_return(planner, snapshot, sample, ownership)) {
            const char *domain = snapshot->domains[sample->domain].name;

            ownership_return(ownership, sample->affinity, sample->touches);
            log_event(LOG_INFO, log_vcpu(EVENT_RETURNED, domain, sample->number),
                      "domain %s vCPU %u: managed again, within what somebody else has left it",
                      domain, sample->number);
        }
        if (ownership->returned)
            sample->wanted = ownership->wish;
    }
}
