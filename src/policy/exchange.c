/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange.c - "exchange busiest and freest" to the letter: all vCPUs of the one change places with
 * all of the other. That relieves nothing; the policy is here for comparison, and ignores
 * --min-gain, --dwell and --max-pins.
 */
#include "policy/internal.h"

/* The vCPU on `from` behind `after` (VIEW_END: the first) that may go to `to`; VIEW_END: none. */
static uint32_t next_to_go(const struct view *view, int32_t from, int32_t to, uint32_t after)
{
    const uint32_t first =
        after == VIEW_END ? view->pools[from].first_vcpu : view->vcpus[after].next;

    for (uint32_t v = first; v != VIEW_END; v = view->vcpus[v].next) {
        if ((view->vcpus[v].blocked_by & ~(unsigned)VCPU_DWELLS) == 0 &&
            view->vcpus[v].refused != (uint32_t)to + 1 &&
            cpuset_has(&view->sets[view->vcpus[v].allowed].pools, (uint32_t)to))
            return v;
    }
    return VIEW_END;
}

static void decide(const struct policy_settings *settings, struct policy_state *state,
                   struct plan *plan)
{
    struct view *view = &plan->view;
    const int32_t busy = view->busiest, free = view->freest;
    uint32_t out, back;

    (void)state;
    if (!policy_may_act(settings, plan))
        return;
    if (!policy_any_below(settings, view)) { /* even if vCPUs wait */
        plan_because(plan, settings, REASON_ALL_ABOVE);
        return;
    }
    /* plan_add() puts a vCPU at the head of the other list, so these two walks meet only vCPUs that
     * have not moved. */
    out = next_to_go(view, busy, free, VIEW_END);
    back = next_to_go(view, free, busy, VIEW_END);
    while (out != VIEW_END || back != VIEW_END) {
        /* Of the two next pins, the one with the lower peak is first. */
        const bool outward =
            back == VIEW_END ||
            (out != VIEW_END && view->pools[free].planned_demand + view->vcpus[out].demand <=
                                    view->pools[busy].planned_demand + view->vcpus[back].demand);
        const uint32_t vcpu = outward ? out : back;

        if (outward)
            out = next_to_go(view, busy, free, out);
        else
            back = next_to_go(view, free, busy, back);
        plan_add(plan, vcpu, outward ? free : busy, 0);
    }
    plan_because(plan, settings, plan->decision.pin_count ? REASON_ACT : REASON_NONE_MOVABLE);
}

const struct policy policy_exchange = {
    .name = "exchange",
    .summary = "all vCPUs of the busiest for all of the freest (for comparison)",
    .default_max_pins = UINT32_MAX,
    .literal = true,
    .decide = decide,
};
