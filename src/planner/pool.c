/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pool.c - the pools of a view: usage, other load, and the demand of the vCPUs there. */
#include "planner/internal.h"
#include "policy/locality.h"

/* A pool this busy is full: its vCPUs may want more than they get (percent). */
#define SATURATED 95.0
/* So is one with as many vCPUs that run or wait nearly all the time (percent) as it has pCPUs. If
 * the host is a guest itself, steal takes time that no counter of a pCPU shows. */
#define ALL_THE_TIME 95.0
/* The demand of a vCPU in a full pool is its usage and delay, but at most this times its last
 * demand: delay overstates what it wants, usage alone understates it by far. With 1.5, the first
 * plans on a crowded host fell short of the best placement (make bench); with more than 2, queueing
 * delay makes half as many pins again. */
#define DEMAND_GROWTH 2.0
/* The host's counters advance by 1/USER_HZ s: over a second that is a point at most. */
#define OTHER_WINDOW_NS UINT64_C(1000000000)
/* A pool is uncertain if it has more than one suspect vCPU for so many pCPUs: their usage may be
 * wrong by half of what it gives. */
#define SUSPECTS 2

/* Sums up what the host counts of the pools' pCPUs since the start of the window. */
static void sum_busy(struct planner *planner, const struct snapshot *snapshot, uint64_t wall_ns)
{
    const struct pools *pools = &planner->managed.pools;

    for (uint32_t p = 0; p < pools->count; p++) {
        planner->pools[p].busy_ns = 0;
        planner->pools[p].counted = 0;
    }
    for (uint32_t p = 0; p < snapshot->size.pcpus; p++) {
        struct pcpu_memory *state = &planner->pcpus[p];
        const double busy_ns = (double)snapshot->busy_ns[p] - (double)state->base_busy_ns;

        state->usage = state->counted ? planner_percent(busy_ns, wall_ns) : 0;
        if (!state->counted || pools->of[p] < 0)
            continue;
        planner->pools[pools->of[p]].busy_ns += busy_ns;
        planner->pools[pools->of[p]].counted++;
    }
}

/* Adds a new reading of the host's counters to the windows. */
static void take_busy(struct planner *planner, const struct snapshot *snapshot)
{
    const uint64_t wall_ns = snapshot->host_ns - planner->window_ns;
    const bool begin = planner->window_ns == 0 || snapshot->host_ns == 0;
    const bool ends = begin || wall_ns >= OTHER_WINDOW_NS;

    if (!begin && (ends || !planner->window_known))
        sum_busy(planner, snapshot, wall_ns);
    for (uint32_t p = 0; p < planner->managed.pools.count; p++) {
        struct pool_memory *pool = &planner->pools[p];

        if (begin || !pool->counted)
            pool->other = 0;
        else if (ends || !planner->window_known)
            pool->other = planner_percent(pool->busy_ns - pool->vcpus_ns, wall_ns * pool->counted);
        if (ends)
            pool->vcpus_ns = 0;
    }
    for (uint32_t p = 0; p < snapshot->size.pcpus && ends; p++) {
        planner->pcpus[p].base_busy_ns = snapshot->busy_ns[p];
        planner->pcpus[p].counted = cpuset_has(&snapshot->online, p);
    }
    if (ends) {
        planner->window_ns = snapshot->host_ns;
        planner->window_known = !begin;
    }
    planner->host_ns = snapshot->host_ns;
}

/* Fills in the load that is not by vCPUs, over windows long enough for the granularity of the
 * host's counters. Short periods share a reading. */
static void measure_other(struct planner *planner, const struct snapshot *snapshot,
                          struct view *view)
{
    if (snapshot->host_ns == 0 || snapshot->host_ns != planner->host_ns)
        take_busy(planner, snapshot);
    for (uint32_t p = 0; p < view->pool_count; p++) {
        const int32_t first = view->pools[p].pcpu;

        view->pools[p].other = first >= 0 && cpuset_has(&snapshot->online, (uint32_t)first)
                                   ? planner->pools[p].other
                                   : 0;
    }
}

/* How many pCPUs what is used of a pool goes by: one if all are offline. */
static uint32_t pcpus_of(const struct view_pool *pool)
{
    return pool->pcpu_count ? pool->pcpu_count : 1;
}

/* The mean speed of a pool's pCPUs. */
static double pcpu_speed(const struct view_pool *pool)
{
    return pool->speed / pcpus_of(pool);
}

/* What a vCPU would use if it were alone, percent of a pCPU of its pool. */
static double estimate(const struct vcpu_memory *state, struct view_vcpu *v,
                       const struct view_pool *pool)
{
    const double known = state->demand / pcpu_speed(pool);
    const double wanted = v->usage + v->delay < 100 ? v->usage + v->delay : 100;
    double most;

    if (!pool->full)
        return v->usage;
    most = DEMAND_GROWTH * (known > v->usage ? known : v->usage);
    v->known = most < wanted ? DEMAND_GROWING : DEMAND_GUESSED;
    return most < wanted ? most : wanted;
}

/* The speed of a pCPU relative to the strongest. */
static double speed_of(const struct view *view, uint32_t pcpu)
{
    const struct topology *topology = &view->topology;

    return !view->flat && pcpu < topology->pcpu_count
               ? topology->pcpus[pcpu].capacity / (double)TOPOLOGY_CAPACITY
               : 1;
}

/* True if the pCPU is the first of its core in a pool. */
static bool first_thread(const struct view *view, uint32_t pcpu)
{
    const struct topology *topology = &view->topology;

    if (pcpu >= topology->pcpu_count)
        return true;
    for (int32_t o = topology->pcpus[pcpu].sibling; o != (int32_t)pcpu;
         o = topology->pcpus[o].sibling) {
        if (o < (int32_t)pcpu && view->pcpus[o].managed &&
            view->pcpus[o].pool == view->pcpus[pcpu].pool)
            return false;
    }
    return true;
}

void planner_begin_pools(struct planner *planner, struct view *view)
{
    const struct pools *pools = &planner->managed.pools;

    view->level = pools->level;
    view->pool_count = pools->count;
    for (uint32_t p = 0; p < view->pool_count; p++) {
        view->pools[p] = (struct view_pool){.first_vcpu = VIEW_END, .pcpu = -1, .certain = true};
        planner->pools[p].never_idle = planner->pools[p].suspect = 0;
    }
    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        const int32_t in = pools->of[p];
        const bool managed = cpuset_has(&planner->managed.all, p);
        struct view_pool *pool;

        view->pcpus[p] = (struct view_pcpu){.pool = in, .managed = managed};
        if (in < 0 || (!managed && pools->level != POOL_CPU))
            continue;
        pool = &view->pools[in];
        pool->managed |= managed;
        pool->speed += speed_of(view, p);
        pool->pcpu_count++;
        pool->core_count += first_thread(view, p);
        if (pool->pcpu < 0)
            pool->pcpu = (int32_t)p;
    }
    for (uint32_t p = 0; p < view->pool_count; p++) {
        if (view->pools[p].pcpu_count == 0)
            view->pools[p].speed = 1; /* all its pCPUs are offline */
    }
    view->shaped = locality_matters(view);
}

/* Sums up what is used of each pool, and finds out whether it is full and certain. */
static void sum_usage(struct planner *planner, struct view *view)
{
    for (uint32_t p = 0; p < view->pool_count; p++)
        view->pools[p].usage = view->pools[p].other;
    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        const struct view_vcpu *v = &view->vcpus[i];

        if (v->pool < 0)
            continue;
        view->pools[v->pool].usage += v->usage / pcpus_of(&view->pools[v->pool]);
        planner->pools[v->pool].never_idle += v->usage + v->delay >= ALL_THE_TIME;
        planner->pools[v->pool].suspect += (v->blocked_by & VCPU_SUSPECT) != 0;
    }
    for (uint32_t p = 0; p < view->pool_count; p++) {
        struct view_pool *pool = &view->pools[p];

        pool->full = planner->pools[p].never_idle >= pcpus_of(pool) || pool->usage >= SATURATED;
        pool->certain = SUSPECTS * planner->pools[p].suspect <= pool->pcpu_count;
    }
}

/* Fills in what is shown of pCPUs. What the host counts tells more where a pool holds several. */
static void view_pcpus(const struct planner *planner, struct view *view)
{
    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        struct view_pcpu *pcpu = &view->pcpus[p];
        const struct view_pool *pool = pcpu->pool < 0 ? NULL : &view->pools[pcpu->pool];
        const bool counted = planner->window_known && planner->pcpus[p].counted;

        pcpu->other = pool ? pool->other : 0;
        pcpu->demand = pool ? pool->demand : 0;
        pcpu->usage = pool && (pool->pcpu_count <= 1 || !counted) ? pool->usage
                      : counted                                   ? planner->pcpus[p].usage
                                                                  : 0;
    }
}

void planner_load_pools(struct planner *planner, const struct snapshot *snapshot, struct view *view)
{
    measure_other(planner, snapshot, view);
    sum_usage(planner, view);
    for (uint32_t p = 0; p < view->pool_count; p++)
        view->pools[p].planned_demand = view->pools[p].planned_forecast = view->pools[p].other;
    /* Backwards, so that each list is in the view's order. */
    for (uint32_t i = view->vcpu_count; i-- > 0;) {
        struct view_vcpu *v = &view->vcpus[i];
        const int32_t pool = v->pool;

        v->size = v->demand = v->usage;
        if (pool < 0)
            continue;
        v->demand = pcpu_speed(&view->pools[pool]) *
                    estimate(&planner->vcpus[v->name.slot], v, &view->pools[pool]);
        planner->vcpus[v->name.slot].demand = v->demand;
        v->size = v->demand;
        v->pool = -1;
        view_put(view, i, pool);
    }
    for (uint32_t p = 0; p < view->pool_count; p++)
        view->pools[p].demand = view->pools[p].planned_demand;
    view_pcpus(planner, view);
}

void planner_find_extremes(struct view *view)
{
    double least = 0; /* demand and SMT loss of the freest */

    view->busiest = view->freest = -1;
    for (int32_t p = 0; p < (int32_t)view->pool_count; p++) {
        const struct view_pool *one = &view->pools[p];

        if (!one->managed || !one->certain)
            continue;
        if (view->busiest < 0 || one->planned_demand > view->pools[view->busiest].planned_demand)
            view->busiest = p;
        if (view->freest < 0 || one->planned_demand + locality_taken(view, p) < least) {
            view->freest = p;
            least = one->planned_demand + locality_taken(view, p);
        }
    }
}
