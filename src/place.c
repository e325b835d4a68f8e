/* SPDX-License-Identifier: GPL-2.0-or-later */
/* place.c - floating vCPUs get their first pCPU. */
#include "policy.h"

/** The allowed pCPU with the lowest load; among equals where it ran last, then the lower number;
 * -1: none. */
static int32_t roomiest(const struct view *view, const struct view_vcpu *v)
{
    const struct cpuset *allowed = &view->sets[v->allowed];
    int32_t best = -1;

    for (int p = cpuset_next(allowed, 0); p >= 0; p = cpuset_next(allowed, (uint32_t)p + 1)) {
        if (!view->pcpus[p].managed || !view->pcpus[p].certain)
            continue;
        if (best < 0 || view->pcpus[p].load < view->pcpus[best].load ||
            (view->pcpus[p].load <= view->pcpus[best].load && p == v->last_pcpu))
            best = p;
    }
    return best;
}

/** The greatest vCPU that waits for a place; VIEW_END when all have one. */
static uint32_t greatest(const struct view *view)
{
    uint32_t best = VIEW_END;

    for (uint32_t v = 0; v < view->vcpu_count; v++) {
        if (view->vcpus[v].why_not == VCPU_FLOATING &&
            (best == VIEW_END || view->vcpus[v].demand > view->vcpus[best].demand))
            best = v;
    }
    return best;
}

void policy_place(const struct policy_settings *settings, struct plan *plan)
{
    struct view *view = &plan->view;
    uint32_t v;

    /* What is to be placed weighs on no pCPU until it has its place. */
    for (v = 0; v < view->vcpu_count; v++) {
        if (view->vcpus[v].why_not != VCPU_FLOATING)
            continue;
        if (roomiest(view, &view->vcpus[v]) >= 0)
            view_put(view, v, -1);
        else
            view->vcpus[v].why_not |= VCPU_FIXED;
    }
    while ((v = greatest(view)) != VIEW_END)
        plan_add(plan, v, roomiest(view, &view->vcpus[v]), plan->pin_count);
    if (plan->pin_count)
        plan_because(plan, settings, REASON_PLACE);
}
