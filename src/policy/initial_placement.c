/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initial_placement.c - floating vCPUs get their first pCPU. */
#include "policy.h"

#include "policy/locality.h"

/* To have all of its VM within its LLC is worth this to a vCPU (points). */
#define TOGETHER 0.5

/** What stands against a place, points: its load, what the vCPU itself is more on a slower core,
 * what busy siblings take, what the distance of its memory costs; less what its VM's company is
 * worth. */
static double against(const struct view *view, uint32_t vcpu, int32_t pcpu)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];
    const struct view_pcpu *p = &view->pcpus[pcpu];
    const uint32_t mates = view->domains[v->domain].vcpu_count;
    double points = p->planned_demand + (v->demand / p->speed - v->demand) +
                    locality_taken(view, pcpu) +
                    v->demand * locality_remote_loss(view, locality_home(v), pcpu);

    if (mates > 1)
        points -= TOGETHER * locality_company(view, vcpu, pcpu) / (mates - 1);
    return points;
}

/** The allowed pCPU with the least against it; among equals where it ran last, then the lower
 * number; -1: none. */
static int32_t roomiest(const struct view *view, uint32_t vcpu)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];
    const struct cpuset *allowed = &view->sets[v->allowed];
    double least = 0;
    int32_t best = -1;

    for (int p = cpuset_next(allowed, 0); p >= 0; p = cpuset_next(allowed, (uint32_t)p + 1)) {
        double here;

        if (!view->pcpus[p].managed || !view->pcpus[p].certain || v->refused == (uint32_t)p + 1)
            continue;
        here = against(view, vcpu, p);
        if (best < 0 || here < least || (here <= least && p == v->last_pcpu)) {
            best = p;
            least = here;
        }
    }
    return best;
}

/** The greatest vCPU that waits for a place; VIEW_END when all have one. */
static uint32_t greatest(const struct view *view)
{
    uint32_t best = VIEW_END;

    for (uint32_t v = 0; v < view->vcpu_count; v++) {
        if (view->vcpus[v].blocked_by == VCPU_FLOATING &&
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
        if (view->vcpus[v].blocked_by != VCPU_FLOATING)
            continue;
        if (roomiest(view, v) >= 0)
            view_put(view, v, -1);
        else
            view->vcpus[v].blocked_by |= VCPU_FIXED;
    }
    while ((v = greatest(view)) != VIEW_END)
        plan_add(plan, v, roomiest(view, v), plan->decision.pin_count);
    if (plan->decision.pin_count)
        plan_because(plan, settings, REASON_PLACE);
}
