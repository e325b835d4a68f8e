/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan.h"

#include "base/array.h"

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
    free(plan->view.pools);
    free(plan->view.pcpus);
    free(plan->view.sets);
    topology_finish(&plan->view.topology);
    free(plan->decision.pins);
    free(plan->decision.releases);
    free(plan);
}

int plan_reserve(struct plan *plan, const struct snapshot_size *need)
{
    struct view *view = &plan->view;
    struct snapshot_size *capacity = &plan->capacity;

    if (!ARRAY_GROW(view->domains, capacity->domains, need->domains) ||
        !ARRAY_GROW(view->vcpus, capacity->vcpus, need->vcpus) ||
        !ARRAY_GROW(view->pools, plan->pool_capacity, need->pcpus) ||
        !ARRAY_GROW(view->pcpus, capacity->pcpus, need->pcpus) ||
        !ARRAY_GROW(view->sets, capacity->sets, need->sets) ||
        !ARRAY_GROW(plan->decision.pins, plan->decision.pin_capacity, need->vcpus) ||
        !ARRAY_GROW(plan->decision.releases, plan->decision.release_capacity, need->vcpus))
        return -ENOMEM;
    return 0;
}

int plan_copy(struct plan *to, const struct plan *from)
{
    const struct view *view = &from->view;
    const struct snapshot_size need = {
        .domains = view->domain_count,
        .vcpus = view->vcpu_count,
        .pcpus = view->pcpu_count,
        .sets = view->set_count,
    };
    struct plan old;

    if (plan_reserve(to, &need) || topology_copy(&to->view.topology, &view->topology))
        return -ENOMEM;
    old = *to;
    *to = *from;
    to->capacity = old.capacity;
    to->view.domains = old.view.domains;
    to->view.vcpus = old.view.vcpus;
    to->view.pools = old.view.pools;
    to->pool_capacity = old.pool_capacity;
    to->view.pcpus = old.view.pcpus;
    to->view.sets = old.view.sets;
    to->view.topology = old.view.topology;
    to->decision.pins = old.decision.pins;
    to->decision.pin_capacity = old.decision.pin_capacity;
    to->decision.releases = old.decision.releases;
    to->decision.release_capacity = old.decision.release_capacity;
    for (uint32_t d = 0; d < need.domains; d++)
        to->view.domains[d] = view->domains[d];
    for (uint32_t v = 0; v < need.vcpus; v++)
        to->view.vcpus[v] = view->vcpus[v];
    for (uint32_t p = 0; p < view->pool_count; p++)
        to->view.pools[p] = view->pools[p];
    for (uint32_t p = 0; p < need.pcpus; p++)
        to->view.pcpus[p] = view->pcpus[p];
    for (uint32_t s = 0; s < need.sets && old.view.sets_version != view->sets_version; s++)
        to->view.sets[s] = view->sets[s];
    for (uint32_t i = 0; i < from->decision.pin_count; i++)
        to->decision.pins[i] = from->decision.pins[i];
    for (uint32_t i = 0; i < from->decision.release_count; i++)
        to->decision.releases[i] = from->decision.releases[i];
    return 0;
}

void plan_add(struct plan *plan, uint32_t vcpu, int32_t to, uint32_t group)
{
    struct pin *pin = &plan->decision.pins[plan->decision.pin_count++];
    struct view_vcpu *v = &plan->view.vcpus[vcpu];

    *pin = (struct pin){
        .vcpu = vcpu,
        .from = v->pin,
        .to = to,
        .group = group,
        .result = PIN_PLANNED,
    };
    v->pin = to;
    v->blocked_by |= VCPU_DWELLS; /* at most one pin in a period */
    view_put(&plan->view, vcpu, to);
}

void plan_drop(struct plan *plan)
{
    uint32_t kept = 0;

    for (uint32_t i = plan->decision.pin_count; i-- > 0;) {
        const struct pin *pin = &plan->decision.pins[i];
        struct view_vcpu *v = &plan->view.vcpus[pin->vcpu];

        if (pin->from < 0)
            continue;
        v->pin = pin->from;
        v->blocked_by &= (uint16_t)~VCPU_DWELLS;
        view_put(&plan->view, pin->vcpu, pin->from);
    }
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        if (plan->decision.pins[i].from < 0)
            plan->decision.pins[kept++] = plan->decision.pins[i];
    }
    plan->decision.pin_count = kept;
    plan->decision.effect = (struct effect){0};
    plan->decision.gain = 0;
}
