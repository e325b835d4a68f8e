/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initial_placement.c - floating vCPUs get their first pCPU. */
#include "policy.h"

#include "policy/locality.h"

/* The cost of placing a vCPU on a pCPU, points: the pCPU's load, the vCPU's extra demand if the
 * pCPU is slower, SMT loss and NUMA loss; less what the company of its VM is worth. */
static double cost_of(const struct view *view, uint32_t vcpu, int32_t pcpu)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];
    const struct view_pcpu *p = &view->pcpus[pcpu];

    return p->planned_demand + (v->demand / p->speed - v->demand) + locality_taken(view, pcpu) +
           v->demand * locality_remote_loss(view, locality_home(v), pcpu) -
           LOCALITY_TOGETHER * locality_joined(view, vcpu, -1, pcpu);
}

/* The allowed pCPU of the least cost; of equals the one where the vCPU ran last, then the lower
 * number; -1: none. */
static int32_t find_cheapest(const struct view *view, uint32_t vcpu)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];
    const struct cpuset *allowed = &view->sets[v->allowed];
    double least = 0;
    int32_t best = -1;

    for (int p = cpuset_next(allowed, 0); p >= 0; p = cpuset_next(allowed, (uint32_t)p + 1)) {
        double cost;

        if (!view->pcpus[p].managed || !view->pcpus[p].certain || v->refused == (uint32_t)p + 1)
            continue;
        cost = cost_of(view, vcpu, p);
        if (best < 0 || cost < least || (cost <= least && p == v->last_pcpu)) {
            best = p;
            least = cost;
        }
    }
    return best;
}

/* The vCPU of the greatest demand that is still to be placed; VIEW_END: none. */
static uint32_t find_greatest(const struct view *view)
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

    /* A vCPU that is to be placed loads no pCPU until then. */
    for (v = 0; v < view->vcpu_count; v++) {
        if (view->vcpus[v].blocked_by != VCPU_FLOATING)
            continue;
        if (find_cheapest(view, v) >= 0)
            view_put(view, v, -1);
        else
            view->vcpus[v].blocked_by |= VCPU_FIXED;
    }
    while ((v = find_greatest(view)) != VIEW_END)
        plan_add(plan, v, find_cheapest(view, v), plan->decision.pin_count);
    if (plan->decision.pin_count)
        plan_because(plan, settings, REASON_PLACE);
}
