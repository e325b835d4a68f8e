/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pcpu.c - the pCPUs of a view: usage, other load, and the demand of the vCPUs there. */
#include "planner/internal.h"
#include "policy/locality.h"

/* A pCPU this busy is full: its vCPUs may want more than they get (percent). */
#define SATURATED 95.0
/* So is one with a vCPU that runs or waits nearly all the time (percent). If the host is a guest
 * itself, steal takes time that no counter of a pCPU shows. */
#define ALL_THE_TIME 95.0
/* The demand of a vCPU on a full pCPU is its usage and delay, but at most this times its last
 * demand: delay overstates what it wants, usage alone understates it by far. With 1.5, the first
 * plans on a crowded host fell short of the best placement (make bench); with more than 2, queueing
 * delay makes half as many pins again. */
#define DEMAND_GROWTH 2.0
/* The host's counters advance by 1/USER_HZ s: over a second that is a point at most. */
#define OTHER_WINDOW_NS UINT64_C(1000000000)

/* Adds a new reading of the host's counters to the windows. */
static void take_busy(struct planner *planner, const struct snapshot *snapshot)
{
    const uint64_t wall_ns = snapshot->host_ns - planner->window_ns;
    const bool begin = planner->window_ns == 0 || snapshot->host_ns == 0;
    const bool ends = begin || wall_ns >= OTHER_WINDOW_NS;

    for (uint32_t p = 0; p < snapshot->size.pcpus; p++) {
        struct pcpu_memory *state = &planner->pcpus[p];
        const double busy_ns = (double)snapshot->busy_ns[p] - (double)state->base_busy_ns;

        if (begin || !state->counted)
            state->other = 0;
        else if (ends || !planner->window_known)
            state->other = planner_percent(busy_ns - state->vcpus_ns, wall_ns);
        if (ends) {
            state->base_busy_ns = snapshot->busy_ns[p];
            state->vcpus_ns = 0;
            state->counted = cpuset_has(&snapshot->online, p);
        }
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
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        view->pcpus[p].other = cpuset_has(&snapshot->online, p) ? planner->pcpus[p].other : 0;
}

/* What a vCPU would use if it were alone, percent of its pCPU. */
static double estimate(const struct vcpu_memory *state, struct view_vcpu *v,
                       const struct view_pcpu *pcpu)
{
    const double known = state->demand / pcpu->speed;
    const double wanted = v->usage + v->delay < 100 ? v->usage + v->delay : 100;
    double most;

    if (!pcpu->full)
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

void planner_view_pcpus(struct planner *planner, const struct snapshot *snapshot, struct view *view)
{
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        view->pcpus[p] = (struct view_pcpu){
            .first_vcpu = VIEW_END,
            .managed = cpuset_has(&planner->managed.all, p),
            .speed = speed_of(view, p),
            .certain = true,
        };
    view->shaped = locality_matters(view);
    measure_other(planner, snapshot, view);
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        view->pcpus[p].usage = view->pcpus[p].planned_demand = view->pcpus[p].planned_forecast =
            view->pcpus[p].other;
    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        const struct view_vcpu *v = &view->vcpus[i];

        if (v->pcpu < 0)
            continue;
        view->pcpus[v->pcpu].usage += v->usage;
        view->pcpus[v->pcpu].full |= v->usage + v->delay >= ALL_THE_TIME;
        if (v->blocked_by & VCPU_SUSPECT)
            view->pcpus[v->pcpu].certain = false;
    }
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        view->pcpus[p].full |= view->pcpus[p].usage >= SATURATED;
    /* Backwards, so that each list is in the view's order. */
    for (uint32_t i = view->vcpu_count; i-- > 0;) {
        struct view_vcpu *v = &view->vcpus[i];
        const int32_t pcpu = v->pcpu;

        v->size = v->demand = v->usage;
        if (pcpu < 0)
            continue;
        v->demand = view->pcpus[pcpu].speed *
                    estimate(&planner->vcpus[v->name.slot], v, &view->pcpus[pcpu]);
        planner->vcpus[v->name.slot].demand = v->demand;
        v->size = v->demand;
        v->pcpu = -1;
        view_put(view, i, pcpu);
    }
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        view->pcpus[p].demand = view->pcpus[p].planned_demand;
}

void planner_find_extremes(struct view *view)
{
    double least = 0; /* demand and SMT loss of the freest */

    view->busiest = view->freest = -1;
    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        const struct view_pcpu *one = &view->pcpus[p];

        if (!one->managed || !one->certain)
            continue;
        if (view->busiest < 0 || one->planned_demand > view->pcpus[view->busiest].planned_demand)
            view->busiest = p;
        if (view->freest < 0 || one->planned_demand + locality_taken(view, p) < least) {
            view->freest = p;
            least = one->planned_demand + locality_taken(view, p);
        }
    }
}
