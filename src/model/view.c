/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view.h"

void view_put(struct view *view, uint32_t vcpu, int32_t pcpu)
{
    struct view_vcpu *v = &view->vcpus[vcpu];
    uint32_t *at;

    if (v->pcpu >= 0) {
        struct view_pcpu *from = &view->pcpus[v->pcpu];

        for (at = &from->first_vcpu; *at != vcpu; at = &view->vcpus[*at].next)
            ;
        *at = v->next;
        from->planned_demand -= v->demand / from->speed;
        from->planned_forecast -= v->size / from->speed;
    }
    v->pcpu = pcpu;
    if (pcpu < 0)
        return;
    v->next = view->pcpus[pcpu].first_vcpu;
    view->pcpus[pcpu].first_vcpu = vcpu;
    view->pcpus[pcpu].planned_demand += v->demand / view->pcpus[pcpu].speed;
    view->pcpus[pcpu].planned_forecast += v->size / view->pcpus[pcpu].speed;
}
