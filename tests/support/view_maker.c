/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/view_maker.h"

#include "policy/locality.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what)
{
    fprintf(stderr, "view maker: %s\n", what);
    abort();
}

static struct plan *with_room(const struct snapshot_size *size)
{
    struct plan *plan = plan_new();

    if (!plan || plan_reserve(plan, size))
        die("no memory");
    return plan;
}

struct plan *view_make(uint32_t pcpus, uint32_t capacity)
{
    const struct snapshot_size size = {
        .domains = 1, .vcpus = capacity, .pcpus = pcpus, .sets = capacity + 1};
    struct plan *plan = with_room(&size);
    struct view *view = &plan->view;

    view->period = 1;
    view->span_s = 3;
    view->domain_count = 1;
    view->pcpu_count = pcpus;
    view->set_count = 1;
    view->smt_factor = view->remote_factor = 1;
    strcpy(view->domains[0].name, "made");
    for (uint32_t p = 0; p < pcpus; p++) {
        cpuset_add(&view->managed, p);
        view->pcpus[p] = (struct view_pcpu){
            .first_vcpu = VIEW_END, .managed = true, .speed = 1, .certain = true};
    }
    view->sets[0] = view->managed;
    return plan;
}

void view_shape(struct plan *plan, uint32_t sockets, uint32_t llcs, uint32_t cores,
                uint32_t threads)
{
    if (topology_regular(&plan->view.topology, sockets, llcs, cores, threads))
        die("no shape");
    plan->view.smt_factor = 0.6;
    plan->view.remote_factor = 0.85;
}

uint32_t view_add(struct plan *plan, int32_t pcpu, double demand)
{
    struct view *view = &plan->view;
    const uint32_t index = view->vcpu_count++;

    if (index == plan->capacity.vcpus)
        die("too many vCPUs");
    view->vcpus[index] = (struct view_vcpu){
        .name = {.id = 1, .number = index, .slot = index},
        .serial = index + 1,
        .next = VIEW_END,
        .last_pcpu = pcpu,
        .numa_home = -1,
        .guess = -1,
        .pin = pcpu,
        .pcpu = pcpu,
        .blocked_by = pcpu < 0 ? VCPU_FLOATING : 0,
        .usage = demand,
        .demand = demand,
        .size = demand,
    };
    return index;
}

void view_allow(struct plan *plan, uint32_t vcpu, const char *list)
{
    struct view *view = &plan->view;
    struct cpuset *set = &view->sets[view->set_count];

    if (view->set_count == plan->capacity.sets || cpuset_parse(set, list))
        die("not a list");
    view->vcpus[vcpu].allowed = view->set_count++;
    if (cpuset_count(set) <= 1)
        view->vcpus[vcpu].blocked_by |= VCPU_FIXED;
}

void view_close(struct plan *plan)
{
    struct view *view = &plan->view;

    view->busiest = view->freest = -1;
    view->shaped = locality_matters(view);
    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        view->pcpus[p].first_vcpu = VIEW_END;
        view->pcpus[p].planned_forecast = view->pcpus[p].planned_demand = view->pcpus[p].usage =
            view->pcpus[p].other;
    }
    for (uint32_t i = view->vcpu_count; i-- > 0;) {
        const int32_t pcpu = view->vcpus[i].pcpu;

        view->vcpus[i].pcpu = -1;
        if (pcpu < 0)
            continue;
        view_put(view, i, pcpu);
        view->pcpus[pcpu].usage += view->vcpus[i].usage;
    }
    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        struct view_pcpu *pcpu = &view->pcpus[p];

        pcpu->demand = pcpu->planned_demand;
        if (!pcpu->managed || !pcpu->certain)
            continue;
        if (view->busiest < 0 || pcpu->planned_demand > view->pcpus[view->busiest].planned_demand)
            view->busiest = p;
        if (view->freest < 0 || pcpu->planned_demand < view->pcpus[view->freest].planned_demand)
            view->freest = p;
    }
}

struct plan *view_copy(const struct plan *plan)
{
    struct plan *copy = with_room(&plan->capacity);
    const struct view *from = &plan->view;
    struct view *to = &copy->view;
    const struct view arrays = *to;

    *to = *from;
    to->topology = arrays.topology;
    if (topology_copy(&to->topology, &from->topology))
        die("no memory");
    to->domains = arrays.domains;
    to->vcpus = arrays.vcpus;
    to->pcpus = arrays.pcpus;
    to->sets = arrays.sets;
    memcpy(to->domains, from->domains, from->domain_count * sizeof *to->domains);
    memcpy(to->vcpus, from->vcpus, from->vcpu_count * sizeof *to->vcpus);
    memcpy(to->pcpus, from->pcpus, from->pcpu_count * sizeof *to->pcpus);
    memcpy(to->sets, from->sets, from->set_count * sizeof *to->sets);
    return copy;
}
