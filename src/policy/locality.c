/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/locality.h"

#include <math.h>

bool locality_matters(const struct view *view)
{
    const struct topology *topology = &view->topology;
    bool matters = false;
    double fastest = 1;

    if (view->flat || topology->version == 0)
        return false;
    if (topology->llc_count > 1 || (topology->node_count > 1 && view->remote_factor < 1))
        return true;
    for (int32_t p = 0; p < (int32_t)view->pool_count; p++)
        fastest = fmax(fastest, view->pools[p].speed);
    for (int32_t p = 0; p < (int32_t)view->pool_count && !matters; p++)
        matters = view->pools[p].speed < fastest || locality_sibling_loss(view, p) > 0 ||
                  locality_inner_loss(view, p).part > 0;
    return matters;
}

double locality_sibling_loss(const struct view *view, int32_t pool)
{
    uint32_t others = 0;

    for (int32_t p = locality_sibling(view, pool); p != pool; p = locality_sibling(view, p))
        others++;
    return others ? (1 - view->smt_factor) / others : 0;
}

struct inner_loss locality_inner_loss(const struct view *view, int32_t pool)
{
    const struct view_pool *p = &view->pools[pool];
    const double threads = p->pcpu_count, cores = p->core_count;

    if (view->flat || p->pcpu_count <= p->core_count)
        return (struct inner_loss){.full = 100};
    /* With all threads busy, each loses 1 - smt_factor: all the loss is in the demand above full.
     */
    return (struct inner_loss){.full = 100 * cores / threads,
                               .part = (1 - view->smt_factor) * threads / (threads - cores)};
}

static double loss_at(const struct view *view, int32_t home, int32_t node)
{
    const uint32_t distance = topology_distance(&view->topology, node, home);

    return fmin((1 - view->remote_factor) * ((double)distance - TOPOLOGY_NEAR) /
                    (TOPOLOGY_FAR - TOPOLOGY_NEAR),
                1);
}

/* The mean over all managed pCPUs: the kernel alone knows nothing of where memory is. */
static double loss_by_chance(const struct view *view, int32_t home)
{
    double sum = 0, count = 0;

    for (uint32_t p = 0; p < view->pcpu_count && p < view->topology.pcpu_count; p++) {
        if (!view->pcpus[p].managed)
            continue;
        sum += loss_at(view, home, view->topology.pcpus[p].node);
        count++;
    }
    return count > 0 ? sum / count : 0;
}

double locality_remote_loss(const struct view *view, int32_t home, int32_t pool)
{
    const struct topology_pcpu *at = locality_place(view, pool);

    if (!at || home < 0)
        return 0;
    return view->level == POOL_ALL ? loss_by_chance(view, home) : loss_at(view, home, at->node);
}

double locality_taken(const struct view *view, int32_t pool)
{
    double busy = 0;

    for (int32_t p = locality_sibling(view, pool); p != pool; p = locality_sibling(view, p))
        busy += fmin(fmax(view->pools[p].planned_forecast, 0), 100);
    return busy > 0 ? busy * locality_sibling_loss(view, pool) : 0;
}

/* Other vCPUs of the vCPU's VM on pools that share this one's LLC. */
static int32_t company(const struct view *view, uint32_t vcpu, int32_t pool)
{
    const struct topology_pcpu *at = locality_place(view, pool), *other;
    const struct view_domain *domain = &view->domains[view->vcpus[vcpu].domain];
    int32_t count = 0;

    if (!at)
        return 0;
    for (uint32_t v = domain->first_vcpu; v < domain->first_vcpu + domain->vcpu_count; v++) {
        other = v == vcpu ? NULL : locality_place(view, view->vcpus[v].pool);
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
