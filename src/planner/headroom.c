/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planner/headroom.h"

#include <math.h>

/* The demand on a pool, percent of the strongest. The part that can't move is cut off at what the
 * pool can give. */
static double wanted_of(const struct view *view, const struct view_pool *pool)
{
    double stays = pool->other, moves = 0;

    for (uint32_t v = pool->first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        const struct view_vcpu *vcpu = &view->vcpus[v];

        if (vcpu->blocked_by & (VCPU_FIXED | VCPU_EXCLUDED | VCPU_YIELDED))
            stays += vcpu->demand / pool->speed;
        else
            moves += vcpu->demand;
    }
    return fmin(stays, 100) * pool->speed + moves;
}

bool room_is_full(const struct view *view, double threshold)
{
    double wanted = 0, capacity = 0;
    bool any = false, all_above = true;

    for (uint32_t p = 0; p < view->pool_count; p++) {
        const struct view_pool *pool = &view->pools[p];

        if (!pool->managed)
            continue;
        any = true;
        all_above &= pool->certain && pool->demand > threshold;
        capacity += 100 * pool->speed;
        wanted += wanted_of(view, pool);
    }
    return any && (all_above || wanted > capacity);
}
