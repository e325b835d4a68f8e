/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planner/headroom.h"

#include <math.h>

/* The demand on a pCPU, percent of the strongest. The part that can't move is cut off at what the
 * pCPU can give. */
static double wanted_of(const struct view *view, const struct view_pcpu *pcpu)
{
    double stays = pcpu->other, moves = 0;

    for (uint32_t v = pcpu->first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        const struct view_vcpu *vcpu = &view->vcpus[v];

        if (vcpu->blocked_by & (VCPU_FIXED | VCPU_EXCLUDED | VCPU_YIELDED))
            stays += vcpu->demand / pcpu->speed;
        else
            moves += vcpu->demand;
    }
    return fmin(stays, 100) * pcpu->speed + moves;
}

bool room_is_full(const struct view *view, double threshold)
{
    double wanted = 0, capacity = 0;
    bool any = false, all_above = true;

    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        const struct view_pcpu *pcpu = &view->pcpus[p];

        if (!pcpu->managed)
            continue;
        any = true;
        all_above &= pcpu->certain && pcpu->demand > threshold;
        capacity += 100 * pcpu->speed;
        wanted += wanted_of(view, pcpu);
    }
    return any && (all_above || wanted > capacity);
}
