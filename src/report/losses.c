/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/losses.h"

#include "base/array.h"
#include "policy/locality.h"

#include <math.h>
#include <stdlib.h>

/* Most work that NUMA distance is assumed to take, as a share. */
#define REMOTE_MOST 0.9

int loads_reserve(struct loads *loads, uint32_t vcpus, uint32_t pools)
{
    return ARRAY_GROW(loads->pool, loads->vcpu_capacity, vcpus) &&
                   ARRAY_GROW(loads->load, loads->pool_capacity, pools)
               ? 0
               : -ENOMEM;
}

void loads_finish(struct loads *loads)
{
    free(loads->pool);
    free(loads->load);
    *loads = (struct loads){0};
}

void loads_measure(struct loads *loads, const struct plan *plan)
{
    const struct view *view = &plan->view;

    for (uint32_t i = 0; i < view->vcpu_count; i++)
        loads->pool[i] = view->vcpus[i].pool;
    for (uint32_t i = plan->decision.pin_count; i-- > 0;) {
        if (plan->decision.pins[i].from >= 0)
            loads->pool[plan->decision.pins[i].vcpu] = plan->decision.pins[i].from;
    }
    for (uint32_t p = 0; p < view->pool_count; p++)
        loads->load[p] = view->pools[p].other;
    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        int32_t *pool = &loads->pool[i];

        if (*pool < 0 || (uint32_t)*pool >= view->pool_count)
            *pool = -1;
        else
            loads->load[*pool] += (view->vcpus[i].usage + view->vcpus[i].delay) /
                                  fmax(1, view->pools[*pool].pcpu_count);
    }
}

/* Speed of a thread next to its SMT siblings, as a share of its speed alone. */
static double speed_of(const struct loads *loads, const struct view *view, int32_t pool)
{
    double busy = 0;

    for (int32_t p = locality_sibling(view, pool); p != pool; p = locality_sibling(view, p))
        busy += fmin(loads->load[p], 100);
    return 1 - (busy > 0 ? busy / 100 * locality_sibling_loss(view, pool)
                         : locality_inner_part(view, pool, loads->load[pool]));
}

void losses_add(const struct loads *loads, const struct view *view, struct losses *losses)
{
    const struct topology *topology = &view->topology;
    struct view real = *view; /* the host as it is, whatever policies assume */

    real.flat = false;
    if (topology->smt_factor > 0)
        real.smt_factor = topology->smt_factor;
    if (topology->remote_factor > 0)
        real.remote_factor = topology->remote_factor;
    for (uint32_t p = 0; p < view->pool_count; p++) {
        if (view->pools[p].managed)
            losses->crowding += fmax(0, loads->load[p] - 100) * view->pools[p].pcpu_count;
    }
    for (uint32_t i = 0; topology->version && i < view->vcpu_count; i++) {
        const int32_t pool = loads->pool[i];
        const struct view_vcpu *vcpu = &view->vcpus[i];

        if (pool < 0 || !locality_place(&real, pool) || !view->pools[pool].managed)
            continue;
        const double speed = speed_of(loads, &real, pool);
        losses->sibling += vcpu->usage * (1 - speed);
        losses->remote += vcpu->usage * speed *
                          fmin(REMOTE_MOST, locality_remote_loss(&real, vcpu->numa_home, pool));
    }
}
