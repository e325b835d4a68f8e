/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/balance_state.h"

#include "base/array.h"
#include "policy/locality.h"

#include <stdlib.h>

/*
 * If pools are not alike, a move must be worth this above the price of its pin (points and
 * periods). It is hysteresis: SMT loss depends on all vCPUs of a core, so what one pin saves the
 * next may lose again. A move towards the vCPU's memory needs less, for what it saves stays saved.
 *
 * Measured on the public traces on two sockets with SMT, as work lost and pins relative to
 * --flat, mean over the traces and five sets of homes: 0.803 with 0.96 times the pins; with a
 * premium of 35, 0.800 with 1.07; with 35 and 30 homeward, 0.812 with 0.99.
 */
#define PREMIUM          50.0f
#define PREMIUM_HOMEWARD 20.0f
/* SMT loss counts so many times. More weight saves more of that work, and crowds the busier thread
 * of a core: weights of 1, 1.1 and 1.3 lost 0.816, 0.803 and 0.776 of the work lost with --flat
 * (same traces), but the mean highest load of the first trace was 114, 121 and 126 %. */
#define SIBLING_WEIGHT 1.1
/* Memory stays where it is for longer than this policy looks ahead, so NUMA loss counts so many
 * times. With 4, the same work was lost with a tenth more pins. */
#define REMOTE_LASTS 2.0f

struct policy_state *balance_begin(void)
{
    struct policy_state *state = calloc(1, sizeof *state);

    if (!state)
        return NULL;
    state->forecast = forecast_new();
    if (!state->forecast) {
        free(state);
        return NULL;
    }
    crowding_begin(&state->crowding);
    return state;
}

void balance_finish(struct policy_state *state)
{
    if (!state)
        return;
    forecast_free(state->forecast);
    free(state->vcpus);
    free(state->leaving);
    free(state->pools);
    free(state->here);
    free(state->there);
    free(state->nodes);
    free(state->way.nearer);
    free(state);
}

int balance_learn(struct policy_state *state, const struct view *view)
{
    if (!ARRAY_GROW(state->vcpus, state->vcpu_capacity, view->vcpu_count) ||
        !ARRAY_GROW(state->leaving, state->leaving_capacity, view->vcpu_count) ||
        !ARRAY_GROW(state->pools, state->pool_capacity, view->pool_count) ||
        !ARRAY_GROW(state->here, state->here_capacity, view->domain_count) ||
        !ARRAY_GROW(state->there, state->there_capacity, view->domain_count) ||
        !ARRAY_GROW(state->nodes, state->node_capacity, view->topology.node_count + 1) ||
        !ARRAY_GROW(state->way.nearer, state->nearer_capacity, view->topology.node_count + 1))
        return -ENOMEM;
    return forecast_learn(state->forecast, view);
}

void balance_note(const struct policy_state *state, const struct view *view, int32_t pool,
                  float *sds)
{
    for (uint32_t v = view->pools[pool].first_vcpu; v != VIEW_END; v = view->vcpus[v].next)
        sds[view->vcpus[v].domain] += state->vcpus[v].sd;
}

void balance_forget(const struct view *view, int32_t pool, float *sds)
{
    for (uint32_t v = view->pools[pool].first_vcpu; v != VIEW_END; v = view->vcpus[v].next)
        sds[view->vcpus[v].domain] = 0;
}

struct pool_demand balance_without(const struct policy_state *state, const struct view *view,
                                   uint32_t vcpu, const float *sds)
{
    const struct balance_pool *pool = &state->pools[view->vcpus[vcpu].pool];
    const struct outlook one = state->vcpus[vcpu];

    return pool_demand_without(pool->demand, one, sds[view->vcpus[vcpu].domain] - one.sd,
                               pool->site.slowness);
}

float balance_leaving(struct policy_state *state, const struct view *view, uint32_t vcpu,
                      const float *sds)
{
    const struct balance_pool *pool = &state->pools[view->vcpus[vcpu].pool];

    if (isnan(state->leaving[vcpu]))
        state->leaving[vcpu] = pool->cost - crowding_cost(&state->crowding, &pool->site,
                                                          balance_without(state, view, vcpu, sds));
    return state->leaving[vcpu];
}

void balance_forget_leaving(struct policy_state *state, const struct view *view, int32_t pool)
{
    for (uint32_t v = view->pools[pool].first_vcpu; v != VIEW_END; v = view->vcpus[v].next)
        state->leaving[v] = NAN;
}

void balance_set_way(struct policy_state *state, const struct view *view, int32_t from, int32_t to)
{
    if (!state->shaped)
        return;
    state->way.from = from;
    state->way.to = to;
    for (int32_t home = 0; home < (int32_t)view->topology.node_count; home++)
        state->way.nearer[home] =
            (float)(locality_remote_loss(view, home, from) - locality_remote_loss(view, home, to));
    state->way.one_cache = locality_one_cache(view, from, to);
}

float balance_locality_saves(const struct policy_state *state, const struct view *view,
                             uint32_t vcpu)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];
    const int32_t home = locality_home(v);
    const bool back = v->pool != state->way.from;
    float nearer;

    if (!state->shaped)
        return 0;
    nearer = home < 0 ? 0 : back ? -state->way.nearer[home] : state->way.nearer[home];
    if (nearer > 0 || nearer < 0)
        return nearer * REMOTE_LASTS * crowding_use(&state->crowding, state->vcpus[vcpu]) -
               (nearer > 0 ? PREMIUM_HOMEWARD : PREMIUM);
    return state->pools[back ? state->way.from : state->way.to].site.sharing > 0 ||
                   !state->way.one_cache
               ? -PREMIUM
               : 0;
}

/* Sums up the demand on a pool. */
static void count(struct policy_state *state, const struct view *view, int32_t p)
{
    struct balance_pool *pool = &state->pools[p];
    const struct outlook other = forecast_other(state->forecast, view, p);

    pool->demand = (struct pool_demand){.mean = other.mean, .deviation = other.deviation};
    for (uint32_t v = view->pools[p].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        const uint32_t domain = view->vcpus[v].domain;

        pool->demand = pool_demand_with(pool->demand, state->vcpus[v], state->here[domain],
                                        pool->site.slowness);
        state->here[domain] += state->vcpus[v].sd;
    }
    balance_forget(view, p, state->here);
}

/* Works out the cost and rank of a pool, by its demand and that of its siblings. */
static void weigh(struct policy_state *state, const struct view *view, int32_t p)
{
    struct balance_pool *pool = &state->pools[p];
    struct pool_site *site = &pool->site;

    for (uint32_t n = 0; n < state->crowding.part_count; n++) {
        site->beside[n] = 0;
        for (int32_t o = locality_sibling(view, p); o != p; o = locality_sibling(view, o))
            site->beside[n] += 2 * site->sharing *
                               crowding_busy(&state->crowding.parts[n], state->pools[o].demand) /
                               100;
    }
    pool->cost = pool->rank = crowding_cost(&state->crowding, site, pool->demand);
    if (state->shaped)
        pool->rank =
            crowding_cost(&state->crowding, site,
                          pool_demand_with(pool->demand, state->usual, 0, site->slowness)) -
            pool->cost;
}

/* Fills in the outlook of every vCPU, and clears the sums of here[] and there[]. */
static void expect(struct policy_state *state, const struct view *view)
{
    double mean = 0;

    crowding_look_ahead(&state->crowding, state->forecast);
    state->tried = 0;
    for (uint32_t v = 0; v < view->vcpu_count; v++) {
        state->vcpus[v] = view->vcpus[v].blocked_by & VCPU_PAUSED
                              ? (struct outlook){0} /* no demand until it is resumed */
                              : forecast_vcpu(state->forecast, &view->vcpus[v]);
        mean += (double)state->vcpus[v].mean;
    }
    state->usual =
        (struct outlook){.mean = view->vcpu_count ? (float)(mean / view->vcpu_count) : 0};
    for (uint32_t d = 0; d < view->domain_count; d++)
        state->here[d] = state->there[d] = 0;
}

void balance_look_ahead(struct policy_state *state, const struct view *view)
{
    expect(state, view);
    state->shaped = view->shaped;
    state->node_count = state->shaped && view->topology.node_count ? view->topology.node_count : 1;
    for (int32_t p = 0; p < (int32_t)view->pool_count; p++) {
        struct balance_pool *pool = &state->pools[p];
        struct inner_loss inner;

        pool->usable = view->pools[p].managed && view->pools[p].certain;
        inner = locality_inner_loss(view, p);
        pool->site = (struct pool_site){
            .speed = (float)view->pools[p].speed,
            .slowness = (float)(1 / view->pools[p].speed),
            .sharing = (float)(SIBLING_WEIGHT * locality_sibling_loss(view, p)),
            .full = (float)inner.full,
            .inner = (float)(SIBLING_WEIGHT * inner.part),
            .margin =
                view->pools[p].pcpu_count > 1 ? 1 / sqrtf((float)view->pools[p].pcpu_count) : 1,
        };
        count(state, view, p);
    }
    for (int32_t p = 0; p < (int32_t)view->pool_count; p++)
        weigh(state, view, p);
}

void balance_renew(struct policy_state *state, const struct view *view, int32_t p)
{
    count(state, view, p);
    weigh(state, view, p);
    for (int32_t o = locality_sibling(view, p); o != p; o = locality_sibling(view, o))
        weigh(state, view, o);
}
