/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/balance_pair.h"

#include "policy/effect.h"
#include "policy/locality.h"

#include <math.h>

/* To have all of its VM within its LLC is worth this to a vCPU (points and periods): less than a
 * pin, but enough to choose among near-equals. */
#define TOGETHER 4.0f

/* So many swaps are worked out in a period, which bounds the time of a decision. */
#define SWAPS_TRIED 200000

/* What moving a vCPU is worth by the company of its VM within the LLC. */
static float together(const struct policy_state *state, const struct view *view, uint32_t vcpu,
                      int32_t to)
{
    const int32_t from = view->vcpus[vcpu].pool;

    return state->shaped && !locality_one_cache(view, from, to)
               ? TOGETHER * (float)locality_joined(view, vcpu, from, to)
               : 0;
}

/* Keeps a candidate if it is worth more than the best and is sound. */
static void consider(const struct policy_state *state, const struct view *view, struct choice *best,
                     struct move one, float worth)
{
    struct effect now;

    if (worth <= best->worth || move_crowds_vm(view, &one))
        return;
    now = effect_of(view, &one);
    if (effect_is_sound(&now, state->limit))
        *best = (struct choice){one, worth};
}

/* If all pools are alike, the vCPU that comes back must be smaller. If not, an equal one may win by
 * locality. */
static bool may_return(const struct policy_state *state, const struct outlook *other,
                       const struct outlook *vcpu)
{
    return state->shaped || other->mean < vcpu->mean ||
           other->mean + other->deviation < vcpu->mean + vcpu->deviation;
}

/* Tries every vCPU that may come back for `v`, whose move saves `local` by locality. */
static void try_swaps(struct policy_state *state, const struct view *view, int32_t to, uint32_t v,
                      float local, struct choice *best)
{
    const int32_t from = view->vcpus[v].pool;
    const struct balance_pool *busy = &state->pools[from], *free = &state->pools[to];
    const struct outlook *vcpu = &state->vcpus[v];
    const uint32_t domain = view->vcpus[v].domain;
    const struct pool_demand left = balance_without(state, view, v, state->here);
    const float both = busy->cost + free->cost + local;

    for (uint32_t w = view->pools[to].first_vcpu; w != VIEW_END; w = view->vcpus[w].next) {
        const struct outlook *other = &state->vcpus[w];
        const uint32_t other_domain = view->vcpus[w].domain;
        const bool same = other_domain == domain;
        struct pool_demand here, there;
        float back, cost;

        if (!may_return(state, other, vcpu) || !policy_can_move(view, w, from))
            continue;
        back = balance_locality_saves(state, view, w);
        if (state->shaped &&
            (state->leaving[v] + local + (balance_leaving(state, view, w, state->there) + back)) /
                    2 <=
                best->worth)
            continue;
        if (state->tried++ >= SWAPS_TRIED)
            return;
        here = pool_demand_with(left, *other, state->here[other_domain] - (same ? vcpu->sd : 0),
                                busy->site.slowness);
        cost = crowding_cost(&state->crowding, &busy->site, here) - back;
        if ((both - cost) / 2 <= best->worth)
            continue;
        there =
            pool_demand_with(balance_without(state, view, w, state->there), *vcpu,
                             state->there[domain] - (same ? other->sd : 0), free->site.slowness);
        cost += crowding_cost(&state->crowding, &free->site, there);
        consider(state, view, best, (struct move){.vcpu = v, .other = w, .to = to},
                 (both - cost) / 2);
    }
}

/* Works out, for every vCPU of `to`, the most that its coming back could save, and returns the
 * highest of these. If all pools are alike, the cost of `to` is a good enough bound. */
static float most_returned(struct policy_state *state, const struct view *view, int32_t from,
                           int32_t to)
{
    float most = 0;

    if (!state->shaped)
        return state->pools[to].cost;
    for (uint32_t w = view->pools[to].first_vcpu; w != VIEW_END; w = view->vcpus[w].next) {
        if (policy_can_move(view, w, from))
            most = fmaxf(most, balance_leaving(state, view, w, state->there) +
                                   balance_locality_saves(state, view, w));
    }
    return most;
}

void balance_try_pair(struct policy_state *state, const struct view *view, int32_t from, int32_t to,
                      uint32_t least_pins, uint32_t pins, struct choice *best)
{
    const struct balance_pool *busy = &state->pools[from], *free = &state->pools[to];
    const bool core = locality_one_core(view, from, to);
    const float most_together = state->shaped ? TOGETHER : 0;
    float returned = 0;

    if (least_pins > 1 && view->pools[to].first_vcpu == VIEW_END)
        return;
    balance_note(state, view, to, state->there);
    balance_set_way(state, view, from, to);
    if (pins >= 2)
        returned = most_returned(state, view, from, to);
    for (uint32_t v = view->pools[from].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        struct pool_demand joined;
        float local, saved;

        if (!policy_can_move(view, v, to))
            continue;
        saved = balance_leaving(state, view, v, state->here);
        local = balance_locality_saves(state, view, v);
        if (saved + (local + most_together) <= best->worth && !core)
            continue; /* the rest of this sum only subtracts */
        local += together(state, view, v, to);
        saved += local;
        if (saved <= best->worth && !core)
            continue;
        if (pins >= 2 && (saved + returned) / 2 > best->worth)
            try_swaps(state, view, to, v, local, best);
        if (least_pins > 1)
            continue;
        if (core && free->demand.mean + state->vcpus[v].mean >= busy->demand.mean)
            continue; /* the busier thread would only be the other one */
        joined = pool_demand_with(free->demand, state->vcpus[v],
                                  state->there[view->vcpus[v].domain], free->site.slowness);
        saved += free->cost - crowding_cost(&state->crowding, &free->site, joined);
        if (core)
            saved -=
                crowding_joint(&state->crowding, &busy->site, busy->demand,
                               balance_without(state, view, v, state->here), free->demand, joined);
        consider(state, view, best, (struct move){.vcpu = v, .other = VIEW_END, .to = to}, saved);
    }
    balance_forget(view, to, state->there);
}
