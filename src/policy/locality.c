/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/locality.h"

#include <math.h>

bool locality_matters(const struct view *view)
{
    const struct topology *topology = &view->topology;
    bool matters = false;

    if (view->flat || topology->version == 0)
        return false;
    if (topology->llc_count > 1 || (topology->node_count > 1 && view->remote_factor < 1))
        return true;
    for (int32_t p = 0; p < (int32_t)view->pcpu_count && !matters; p++)
        matters = view->pcpus[p].speed < 1 || locality_sibling_loss(view, p) > 0;
    return matters;
}

double locality_sibling_loss(const struct view *view, int32_t pcpu)
{
    uint32_t others = 0;

    for (int32_t p = locality_sibling(view, pcpu); p != pcpu; p = locality_sibling(view, p))
        others++;
    return others ? (1 - view->smt_factor) / others : 0;
}

double locality_remote_loss(const struct view *view, int32_t home, int32_t pcpu)
{
    const struct topology_pcpu *at = locality_pcpu(view, pcpu);
    uint32_t distance;

    if (!at || home < 0)
        return 0;
    distance = topology_distance(&view->topology, at->node, home);
    return fmin((1 - view->remote_factor) * ((double)distance - TOPOLOGY_NEAR) /
                    (TOPOLOGY_FAR - TOPOLOGY_NEAR),
                1);
}

double locality_taken(const struct view *view, int32_t pcpu)
{
    double busy = 0;

    for (int32_t p = locality_sibling(view, pcpu); p != pcpu; p = locality_sibling(view, p))
        busy += fmin(fmax(view->pcpus[p].planned_forecast, 0), 100);
    return busy > 0 ? busy * locality_sibling_loss(view, pcpu) : 0;
}

/* Other vCPUs of the vCPU's VM on pCPUs that share this one's LLC. */
static int32_t company(const struct view *view, uint32_t vcpu, int32_t pcpu)
{
    const struct topology_pcpu *at = locality_pcpu(view, pcpu), *other;
    const struct view_domain *domain = &view->domains[view->vcpus[vcpu].domain];
    int32_t count = 0;

    if (!at)
        return 0;
    for (uint32_t v = domain->first_vcpu; v < domain->first_vcpu + domain->vcpu_count; v++) {
        other = v == vcpu ? NULL : locality_pcpu(view, view->vcpus[v].pcpu);
        count += other && other->llc == at->llc;
    }
    return count;
}

double locality_joined(const struct view *view, uint32_t vcpu, int32_t from, int32_t to)
{
    const uint32_t mates = view->domains[view->vcpus[vcpu].domain].vcpu_count - 1;

    if (mates == 0 || view->topology.llc_count < 2)
        return 0;
    return (double)(company(view, vcpu, to) - company(view, vcpu, from)) / mates;
}
