/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_swap.c - the busiest-freest rule: relieve the busiest pCPU by one move to, or one swap
 * with, the freest.
 *
 * Where the pair can't help each other, the rule goes on as an operator would: a busiest that can't
 * be relieved (one great vCPU, fixed ones) does not keep the next one waiting, and where an allowed
 * set forbids the freest the next freest is asked.
 */
#include "policy.h"

/** The managed pCPU with the highest load that is below the load (and behind the number) of
 * `after`; -1: none. */
static int32_t next_busiest(const struct view *view, int32_t after)
{
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        const struct view_pcpu *one = &view->pcpus[p];

        if (!one->managed || !one->certain)
            continue;
        if (after >= 0 && (one->load > view->pcpus[after].load ||
                           (one->load >= view->pcpus[after].load && p <= after)))
            continue;
        if (best < 0 || one->load > view->pcpus[best].load)
            best = p;
    }
    return best;
}

/** The managed pCPU with the lowest load that is above the load (and behind the number) of `after`;
 * -1: none. */
static int32_t next_freest(const struct view *view, int32_t after)
{
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        const struct view_pcpu *one = &view->pcpus[p];

        if (!one->managed || !one->certain)
            continue;
        if (after >= 0 && (one->load < view->pcpus[after].load ||
                           (one->load <= view->pcpus[after].load && p <= after)))
            continue;
        if (best < 0 || one->load < view->pcpus[best].load)
            best = p;
    }
    return best;
}

/** The best exchange of `busy` with the freest pCPU that its vCPUs may use. */
static bool relieve(const struct policy_settings *settings, const struct view *view, int32_t busy,
                    uint32_t pins, struct exchange *best)
{
    for (int32_t free = next_freest(view, -1); free >= 0; free = next_freest(view, free)) {
        bool restricted = false;

        /* The half of the distance is the most that can be gained. */
        if (view->pcpus[free].load > settings->threshold ||
            view->pcpus[busy].load - view->pcpus[free].load < 2 * settings->min_gain)
            return false;
        if (exchange_find(view, busy, free, pins, settings->min_gain, best, &restricted))
            return true;
        if (!restricted)
            return false;
    }
    return false;
}

/** One exchange of the busiest pCPU that can be relieved. */
static bool find(const struct policy_settings *settings, const struct view *view, uint32_t pins,
                 struct exchange *best)
{
    for (int32_t busy = next_busiest(view, -1); busy >= 0; busy = next_busiest(view, busy)) {
        if (view->pcpus[busy].load <= settings->threshold)
            return false;
        if (relieve(settings, view, busy, pins, best))
            return true;
    }
    return false;
}

static bool any_movable(const struct view *view, int32_t pcpu)
{
    for (uint32_t v = view->pcpus[pcpu].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        if (!view->vcpus[v].why_not)
            return true;
    }
    return false;
}

static void decide(const struct policy_settings *settings, struct policy_state *state,
                   struct plan *plan)
{
    uint32_t pins = policy_max_pins(settings, &policy_swap);
    struct exchange best;

    (void)state;
    if (!policy_may_act(settings, plan))
        return;
    while (pins > 0 && find(settings, &plan->view, pins, &best)) {
        exchange_add(plan, &best);
        pins -= exchange_pins(&best);
    }
    if (plan->pin_count)
        plan_because(plan, settings, REASON_ACT);
    else if (any_movable(&plan->view, plan->view.busiest))
        plan_because(plan, settings, REASON_NO_GAIN);
    else
        plan_because(plan, settings, REASON_NONE_MOVABLE);
}

const struct policy policy_swap = {
    .name = "swap",
    .summary = "the best move or swap between the busiest and the freest pCPU",
    .default_max_pins = 2,
    .decide = decide,
};
