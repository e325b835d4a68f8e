/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/losses.h"

#include "base/array.h"

#include <math.h>
#include <stdlib.h>

/* However far away, memory is not slower than that. */
#define MEMORY_LEAST 0.1

int placement_reserve(struct placement *placement, uint32_t vcpus, uint32_t pcpus)
{
    return ARRAY_GROW(placement->place, placement->vcpu_capacity, vcpus) &&
                   ARRAY_GROW(placement->load, placement->pcpu_capacity, pcpus)
               ? 0
               : -ENOMEM;
}

void placement_finish(struct placement *placement)
{
    free(placement->place);
    free(placement->load);
    *placement = (struct placement){0};
}

void placement_find(struct placement *placement, const struct plan *plan)
{
    const struct view *view = &plan->view;

    for (uint32_t i = 0; i < view->vcpu_count; i++)
        placement->place[i] = view->vcpus[i].pcpu;
    for (uint32_t i = plan->decision.pin_count; i-- > 0;) {
        if (plan->decision.pins[i].from >= 0)
            placement->place[plan->decision.pins[i].vcpu] = plan->decision.pins[i].from;
    }
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        placement->load[p] = view->pcpus[p].other;
    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        int32_t *place = &placement->place[i];

        if (*place < 0 || (uint32_t)*place >= view->pcpu_count)
            *place = -1;
        else
            placement->load[*place] += view->vcpus[i].usage + view->vcpus[i].delay;
    }
}

/** What a thread does beside the others of its core, of what it does alone. */
static double speed_of(const struct placement *placement, const struct view *view, int32_t pcpu,
                       double factor)
{
    const struct topology_pcpu *pcpus = view->topology.pcpus;
    double busy = 0;
    int others = 0;

    for (int32_t p = pcpus[pcpu].sibling; p != pcpu; p = pcpus[p].sibling, others++) {
        if ((uint32_t)p < view->pcpu_count)
            busy += fmin(placement->load[p], 100) / 100;
    }
    return others ? 1 - (1 - factor) * busy / others : 1;
}

/** What a vCPU does there with its memory where it is, of what it does beside it. */
static double memory_of(const struct topology *topology, int32_t pcpu, int32_t home, double factor)
{
    const uint32_t distance = topology_distance(topology, topology->pcpus[pcpu].node, home);
    const double steps = ((double)distance - TOPOLOGY_NEAR) / (TOPOLOGY_FAR - TOPOLOGY_NEAR);

    return fmax(MEMORY_LEAST, 1 - (1 - factor) * steps);
}

static double truth(double told, double assumed)
{
    return told > 0 ? told : assumed;
}

void placement_lose(const struct placement *placement, const struct view *view,
                    struct losses *losses)
{
    const struct topology *topology = &view->topology;
    const double smt = truth(topology->smt_factor, view->smt_factor);
    const double remote = truth(topology->remote_factor, view->remote_factor);

    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        if (view->pcpus[p].managed)
            losses->crowding += fmax(0, placement->load[p] - 100);
    }
    for (uint32_t i = 0; topology->version && i < view->vcpu_count; i++) {
        const int32_t pcpu = placement->place[i];
        const struct view_vcpu *vcpu = &view->vcpus[i];

        if (pcpu < 0 || (uint32_t)pcpu >= topology->pcpu_count || !view->pcpus[pcpu].managed)
            continue;
        const double speed = speed_of(placement, view, pcpu, smt);
        losses->sibling += vcpu->usage * (1 - speed);
        losses->remote +=
            vcpu->usage * speed * (1 - memory_of(topology, pcpu, vcpu->numa_home, remote));
    }
}
