/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange.c - the plainest reading of "exchange busiest and freest": all vCPUs of the one
 * change places with all of the other. It renames pCPUs and cools nothing; it is here to be
 * compared with, so it minds neither
 * --min-gain nor --dwell nor --max-pins.
 */
#include "policy.h"

/** The first vCPU of the list that belongs to the other pCPU and has not been sent there yet. */
static uint32_t next_to_go(const struct view *view, int32_t from, int32_t to, uint32_t after)
{
    const uint32_t first =
        after == VIEW_END ? view->pcpus[from].first_vcpu : view->vcpus[after].next;

    for (uint32_t v = first; v != VIEW_END; v = view->vcpus[v].next) {
        if ((view->vcpus[v].blocked_by & ~(unsigned)VCPU_DWELLS) == 0 &&
            view->vcpus[v].refused != (uint32_t)to + 1 &&
            cpuset_has(&view->sets[view->vcpus[v].allowed], (uint32_t)to))
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
    if (!policy_has_room(settings, view)) { /* the rule's plain words: nobody else is asked */
        plan_because(plan, settings, REASON_ALL_ABOVE);
        return;
    }
    /* Newcomers are put at the head of a list, so what stands behind these two has not moved yet.
     */
    out = next_to_go(view, busy, free, VIEW_END);
    back = next_to_go(view, free, busy, VIEW_END);
    while (out != VIEW_END || back != VIEW_END) {
        /* The next pin goes to where it leaves the lower peak on the way. */
        const bool outward =
            back == VIEW_END ||
            (out != VIEW_END && view->pcpus[free].planned_demand + view->vcpus[out].demand <=
                                    view->pcpus[busy].planned_demand + view->vcpus[back].demand);
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
