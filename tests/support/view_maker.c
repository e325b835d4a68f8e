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

void view_of_ones(struct view *view, struct view_pool *pools, struct view_pcpu *pcpus,
                  uint32_t count)
{
    view->level = POOL_CPU;
    view->pools = pools;
    view->pcpus = pcpus;
    view->pool_count = view->pcpu_count = count;
    for (uint32_t p = 0; p < count; p++) {
        pcpus[p] = (struct view_pcpu){.pool = (int32_t)p, .managed = true};
        pools[p] = (struct view_pool){.first_vcpu = VIEW_END,
                                      .managed = true,
                                      .speed = 1,
                                      .certain = true,
                                      .pcpu = (int32_t)p,
                                      .pcpu_count = 1,
                                      .core_count = 1};
    }
}

void view_show(struct view *view)
{
    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        const struct view_pool *pool;

        if (view->pcpus[p].pool < 0)
            continue;
        pool = &view->pools[view->pcpus[p].pool];
        view->pcpus[p].usage = pool->usage;
        view->pcpus[p].other = pool->other;
        view->pcpus[p].demand = pool->demand;
        view->pcpus[p].managed = pool->managed;
    }
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
    view->set_count = 1;
    view->smt_factor = view->remote_factor = 1;
    strcpy(view->domains[0].name, "made");
    view_of_ones(view, view->pools, view->pcpus, pcpus);
    for (uint32_t p = 0; p < pcpus; p++)
        cpuset_add(&view->managed, p);
    view->sets[0] = (struct view_set){view->managed, view->managed};
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

void view_cut(struct plan *plan, uint32_t size)
{
    struct view *view = &plan->view;

    view->level = POOL_SIZED;
    view->pool_count = (view->pcpu_count - 1) / size + 1;
    for (uint32_t i = 0; i < view->pool_count; i++) {
        const uint32_t first = i * size;
        const uint32_t count = view->pcpu_count - first < size ? view->pcpu_count - first : size;

        view->pools[i].pcpu = (int32_t)first;
        view->pools[i].pcpu_count = view->pools[i].core_count = count;
        view->pools[i].speed = count;
        for (uint32_t p = first; p < first + count; p++)
            view->pcpus[p].pool = (int32_t)i;
    }
    cpuset_clear(&view->sets[0].pools);
    for (uint32_t i = 0; i < view->pool_count; i++)
        cpuset_add(&view->sets[0].pools, i);
}

uint32_t view_add(struct plan *plan, int32_t pool, double demand)
{
    struct view *view = &plan->view;
    const uint32_t index = view->vcpu_count++;

    if (index == plan->capacity.vcpus)
        die("too many vCPUs");
    view->vcpus[index] = (struct view_vcpu){
        .name = {.id = 1, .number = index, .slot = index},
        .serial = index + 1,
        .next = VIEW_END,
        .last_pcpu = pool < 0 ? -1 : view->pools[pool].pcpu,
        .numa_home = -1,
        .guess = -1,
        .pin = pool,
        .pool = pool,
        .blocked_by = pool < 0 ? VCPU_FLOATING : 0,
        .usage = demand,
        .demand = demand,
        .size = demand,
    };
    return index;
}

void view_allow(struct plan *plan, uint32_t vcpu, const char *list)
{
    struct view *view = &plan->view;
    struct view_set *set = &view->sets[view->set_count];

    if (view->set_count == plan->capacity.sets || cpuset_parse(&set->pcpus, list))
        die("not a list");
    set->pools = set->pcpus;
    view->vcpus[vcpu].allowed = view->set_count++;
    if (cpuset_count(&set->pools) <= 1)
        view->vcpus[vcpu].blocked_by |= VCPU_FIXED;
}

void view_close(struct plan *plan)
{
    struct view *view = &plan->view;

    view->busiest = view->freest = -1;
    view->shaped = locality_matters(view);
    for (uint32_t p = 0; p < view->pool_count; p++) {
        view->pools[p].first_vcpu = VIEW_END;
        view->pools[p].planned_forecast = view->pools[p].planned_demand = view->pools[p].usage =
            view->pools[p].other;
    }
    for (uint32_t i = view->vcpu_count; i-- > 0;) {
        const int32_t pool = view->vcpus[i].pool;

        view->vcpus[i].pool = -1;
        if (pool < 0)
            continue;
        view_put(view, i, pool);
        view->pools[pool].usage += view->vcpus[i].usage / view->pools[pool].pcpu_count;
    }
    for (int32_t p = 0; p < (int32_t)view->pool_count; p++) {
        struct view_pool *pcpu = &view->pools[p];

        pcpu->demand = pcpu->planned_demand;
        if (!pcpu->managed || !pcpu->certain)
            continue;
        if (view->busiest < 0 || pcpu->planned_demand > view->pools[view->busiest].planned_demand)
            view->busiest = p;
        if (view->freest < 0 || pcpu->planned_demand < view->pools[view->freest].planned_demand)
            view->freest = p;
    }
    view_show(view);
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
    to->pools = arrays.pools;
    to->pcpus = arrays.pcpus;
    to->sets = arrays.sets;
    memcpy(to->domains, from->domains, from->domain_count * sizeof *to->domains);
    memcpy(to->vcpus, from->vcpus, from->vcpu_count * sizeof *to->vcpus);
    memcpy(to->pools, from->pools, from->pool_count * sizeof *to->pools);
    memcpy(to->pcpus, from->pcpus, from->pcpu_count * sizeof *to->pcpus);
    memcpy(to->sets, from->sets, from->set_count * sizeof *to->sets);
    return copy;
}
