/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include "grow.h"

#include <stdlib.h>

struct plan *plan_new(void)
{
    return calloc(1, sizeof(struct plan));
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    free(plan->view.domains);
    free(plan->view.vcpus);
    free(plan->view.pcpus);
    free(plan->view.sets);
    topology_finish(&plan->view.topology);
    free(plan->pins);
    free(plan->releases);
    free(plan);
}

int plan_reserve(struct plan *plan, const struct snapshot_size *need)
{
    struct view *view = &plan->view;
    struct snapshot_size *room = &plan->room;

    if (!GROW(view->domains, room->domains, need->domains) ||
        !GROW(view->vcpus, room->vcpus, need->vcpus) ||
        !GROW(view->pcpus, room->pcpus, need->pcpus) || !GROW(view->sets, room->sets, need->sets) ||
        !GROW(plan->pins, plan->pin_room, need->vcpus) ||
        !GROW(plan->releases, plan->release_room, need->vcpus))
        return -ENOMEM;
    return 0;
}

void view_put(struct view *view, uint32_t vcpu, int32_t pcpu)
{
    struct view_vcpu *v = &view->vcpus[vcpu];
    uint32_t *at;

    if (v->pcpu >= 0) {
        struct view_pcpu *from = &view->pcpus[v->pcpu];

        for (at = &from->first_vcpu; *at != vcpu; at = &view->vcpus[*at].next)
            ;
        *at = v->next;
        from->load -= v->demand / from->speed;
        from->weight -= v->size / from->speed;
    }
    v->pcpu = pcpu;
    if (pcpu < 0)
        return;
    v->next = view->pcpus[pcpu].first_vcpu;
    view->pcpus[pcpu].first_vcpu = vcpu;
    view->pcpus[pcpu].load += v->demand / view->pcpus[pcpu].speed;
    view->pcpus[pcpu].weight += v->size / view->pcpus[pcpu].speed;
}

void plan_add(struct plan *plan, uint32_t vcpu, int32_t to, uint32_t group)
{
    struct pin *pin = &plan->pins[plan->pin_count++];
    struct view_vcpu *v = &plan->view.vcpus[vcpu];

    *pin = (struct pin){
        .vcpu = vcpu,
        .from = v->pin,
        .to = to,
        .group = group,
        .result = PIN_PLANNED,
    };
    v->pin = to;
    v->why_not |= VCPU_DWELLS; /* one pin a period is enough for anyone */
    view_put(&plan->view, vcpu, to);
}
