/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/losses.h"

#include "base/array.h"

#include <math.h>
#include <stdlib.h>

/* Lowest speed assumed for remote memory, as a share of local. */
#define MEMORY_LEAST 0.1

int loads_reserve(struct loads *loads, uint32_t vcpus, uint32_t pcpus)
{
    return ARRAY_GROW(loads->pcpu, loads->vcpu_capacity, vcpus) &&
                   ARRAY_GROW(loads->load, loads->pcpu_capacity, pcpus)
               ? 0
               : -ENOMEM;
}

void loads_finish(struct loads *loads)
{
    free(loads->pcpu);
    free(loads->load);
    *loads = (struct loads){0};
}

void loads_measure(struct loads *loads, const struct plan *plan)
{
    const struct view *view = &plan->view;

    for (uint32_t i = 0; i < view->vcpu_count; i++)
        loads->pcpu[i] = view->vcpus[i].pcpu;
    for (uint32_t i = plan->decision.pin_count; i-- > 0;) {
        if (plan->decision.pins[i].from >= 0)
            loads->pcpu[plan->decision.pins[i].vcpu] = plan->decision.pins[i].from;
    }
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        loads->load[p] = view->pcpus[p].other;
    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        int32_t *pcpu = &loads->pcpu[i];

        if (*pcpu < 0 || (uint32_t)*pcpu >= view->pcpu_count)
            *pcpu = -1;
        else
            loads->load[*pcpu] += view->vcpus[i].usage + view->vcpus[i].delay;
    }
}

/* Speed of a thread next to its SMT siblings, as a share of its speed alone. */
static double speed_of(const struct loads *loads, const struct view *view, int32_t pcpu,
                       double factor)
{
    const struct topology_pcpu *pcpus = view->topology.pcpus;
    double busy = 0;
    int others = 0;

    for (int32_t p = pcpus[pcpu].sibling; p != pcpu; p = pcpus[p].sibling, others++) {
        if ((uint32_t)p < view->pcpu_count)
            busy += fmin(loads->load[p], 100) / 100;
    }
    return others ? 1 - (1 - factor) * busy / others : 1;
}

/* Speed of a vCPU on this pCPU with its memory on node `home`, as a share of its speed there. */
static double memory_of(const struct topology *topology, int32_t pcpu, int32_t home, double factor)
{
    const uint32_t distance = topology_distance(topology, topology->pcpus[pcpu].node, home);
    const double hops = ((double)distance - TOPOLOGY_NEAR) / (TOPOLOGY_FAR - TOPOLOGY_NEAR);

    return fmax(MEMORY_LEAST, 1 - (1 - factor) * hops);
}

static double truth(double told, double assumed)
{
    return told > 0 ? told : assumed;
}

void losses_add(const struct loads *loads, const struct view *view, struct losses *losses)
{
    const struct topology *topology = &view->topology;
    const double smt = truth(topology->smt_factor, view->smt_factor);
    const double remote = truth(topology->remote_factor, view->remote_factor);

    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        if (view->pcpus[p].managed)
            losses->crowding += fmax(0, loads->load[p] - 100);
    }
    for (uint32_t i = 0; topology->version && i < view->vcpu_count; i++) {
        const int32_t pcpu = loads->pcpu[i];
        const struct view_vcpu *vcpu = &view->vcpus[i];

        if (pcpu < 0 || (uint32_t)pcpu >= topology->pcpu_count || !view->pcpus[pcpu].managed)
            continue;
        const double speed = speed_of(loads, view, pcpu, smt);
        losses->sibling += vcpu->usage * (1 - speed);
        losses->remote +=
            vcpu->usage * speed * (1 - memory_of(topology, pcpu, vcpu->numa_home, remote));
    }
}
