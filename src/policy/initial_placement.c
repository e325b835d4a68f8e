/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initial_placement.c - floating vCPUs get their first pool. */
#include "policy/internal.h"

#include "policy/locality.h"

/* What it costs if a pool gets more vCPUs of a VM than it has pCPUs, and what it is worth if it
 * gets all of a small VM without being busy: more than anything else, and more than any load
 * (points). */
#define CROWDED_VM  1e6
#define TOGETHER_VM 100.0

/* True if a pool has a vCPU's mates, pCPUs for all of its VM, and room. */
static bool joins_vm(const struct policy_settings *settings, const struct view *view, uint32_t vcpu,
                     int32_t pool)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];
    const struct view_pool *p = &view->pools[pool];
    const uint32_t vcpus = view->domains[v->domain].vcpu_count;
    uint32_t mate = p->first_vcpu;

    if (vcpus < 2 || vcpus > p->pcpu_count ||
        p->planned_demand + v->demand / p->speed > settings->threshold)
        return false;
    while (mate != VIEW_END && view->vcpus[mate].domain != v->domain)
        mate = view->vcpus[mate].next;
    return mate != VIEW_END;
}

/* The cost of placing a vCPU in a pool, points: the pool's load, the vCPU's extra demand if the
 * pool is slower, SMT loss and NUMA loss; less what the company of its VM is worth. */
static double cost_of(const struct policy_settings *settings, const struct view *view,
                      uint32_t vcpu, int32_t pool)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];
    const struct view_pool *p = &view->pools[pool];
    const double cost = p->planned_demand + (v->demand / p->speed - v->demand) +
                        locality_taken(view, pool) +
                        v->demand * locality_remote_loss(view, locality_home(v), pool) -
                        LOCALITY_TOGETHER * locality_joined(view, vcpu, -1, pool);

    if (policy_crowds_vm(view, vcpu, pool, VIEW_END))
        return cost + CROWDED_VM;
    return joins_vm(settings, view, vcpu, pool) ? cost - TOGETHER_VM : cost;
}

/* The pool that a vCPU's affinity is within, if it may stay there; -1: none. */
static int32_t find_own(const struct view *view, const struct view_vcpu *v)
{
    return v->pin >= 0 && view->pools[v->pin].managed && view->pools[v->pin].certain &&
                   cpuset_has(&view->sets[v->allowed].pools, (uint32_t)v->pin)
               ? v->pin
               : -1;
}

/* The pool that its affinity is within, else the allowed pool of the least cost; of equals the one
 * where the vCPU ran last, then the lower number; -1: none. */
static int32_t find_cheapest(const struct policy_settings *settings, const struct view *view,
                             uint32_t vcpu)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];
    const struct cpuset *allowed = &view->sets[v->allowed].pools;
    const int32_t last = view_pool_of(view, v->last_pcpu), own = find_own(view, v);
    double least = 0;
    int32_t best = -1;

    if (own >= 0)
        return own;
    for (int p = cpuset_next(allowed, 0); p >= 0; p = cpuset_next(allowed, (uint32_t)p + 1)) {
        double cost;

        if (!view->pools[p].managed || !view->pools[p].certain || v->refused == (uint32_t)p + 1)
            continue;
        cost = cost_of(settings, view, vcpu, p);
        if (best < 0 || cost < least || (cost <= least && p == last)) {
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

    /* A vCPU that is to be placed loads no pool until then. */
    for (v = 0; v < view->vcpu_count; v++) {
        if (view->vcpus[v].blocked_by != VCPU_FLOATING)
            continue;
        if (find_cheapest(settings, view, v) >= 0)
            view_put(view, v, -1);
        else
            view->vcpus[v].blocked_by |= VCPU_FIXED;
    }
    while ((v = find_greatest(view)) != VIEW_END)
        plan_add(plan, v, find_cheapest(settings, view, v), plan->decision.pin_count);
    if (plan->decision.pin_count)
        plan_because(plan, settings, REASON_PLACE);
}
