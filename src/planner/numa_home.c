/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planner/numa_home.h"

static int32_t node_of(const struct view *view, const struct view_vcpu *vcpu)
{
    const int32_t pcpu = vcpu->pool < 0 ? -1 : view->pools[vcpu->pool].pcpu;

    return (uint32_t)pcpu < view->topology.pcpu_count ? view->topology.pcpus[pcpu].node : -1;
}

static void guess(const struct view *view, const struct view_domain *domain, uint32_t *votes)
{
    struct view_vcpu *vcpus = &view->vcpus[domain->first_vcpu];
    int32_t most = -1;

    for (uint32_t v = 0; v < domain->vcpu_count; v++) {
        const int32_t node = node_of(view, &vcpus[v]);

        if (node < 0)
            continue;
        votes[node]++;
        if (most < 0 || votes[node] > votes[most] || (votes[node] == votes[most] && node < most))
            most = node;
    }
    for (uint32_t v = 0; v < domain->vcpu_count; v++) {
        const int32_t node = node_of(view, &vcpus[v]);

        if (node >= 0)
            votes[node] = 0;
        vcpus[v].guess = most;
    }
}

void numa_home_guess(struct view *view, uint32_t *votes)
{
    if (view->topology.node_count < 2)
        return;
    for (uint32_t d = 0; d < view->domain_count; d++)
        guess(view, &view->domains[d], votes);
}
