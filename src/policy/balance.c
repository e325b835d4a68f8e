/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * balance.c - move by what vCPUs are likely to need, and pin only where it pays.
 *
 * The cost of a pool is the crowding and SMT loss expected there, summed over the periods to come
 * (crowding.h). A move is worth the cost that it saves on its two pools and the NUMA loss that it
 * saves its vCPUs. It is made if that is more than the price of its pins.
 */
#include "policy/balance_pair.h"

#include "policy/effect.h"
#include "policy/locality.h"

#include <math.h>

/* The least --pin-price (points and periods): less may be rounding, gained to and fro. */
#define LEAST_PRICE 0.1f
/* The search of a period ends after so many pools that no move relieves. 3 to 64 serve alike. */
#define MISSES 8
/* Weight of what a vCPU's leaving saves on its own pool alone: a swap may help if no plain move
 * does, but such pools come last. */
#define LAST 1e-3f
/* About so many pairs of vCPUs are tried for a vCPU's pool, but at least so many pools. */
#define PAIRS_TRIED  32768
#define FREEST_LEAST 3
/* A vCPU's part in a pool's cost is at most so many times its size (in usual vCPUs) × rank. */
#define MARGIN 2

static bool freer(const struct policy_state *state, int32_t a, int32_t b)
{
    const struct balance_pool *x = &state->pools[a], *y = &state->pools[b];

    if (x->rank < y->rank || x->rank > y->rank)
        return x->rank < y->rank;
    if (x->demand.mean < y->demand.mean || x->demand.mean > y->demand.mean)
        return x->demand.mean < y->demand.mean;
    return a < b;
}

/* How many of the freest pools are tried. Fewer where a pool has many vCPUs, for the pairs of these
 * grow with the square. */
static uint32_t count_tried(const struct view *view)
{
    const uint64_t each = view->vcpu_count / view->pool_count + 1;
    const uint64_t tried = PAIRS_TRIED / (each * each);

    return tried > FREEST ? FREEST : tried < FREEST_LEAST ? FREEST_LEAST : (uint32_t)tried;
}

static void find_freest(struct policy_state *state, const struct view *view)
{
    const uint32_t tried = count_tried(view);
    const uint32_t most = state->node_count > tried / 2 ? 2 : tried / state->node_count;

    for (uint32_t n = 0; n < state->node_count; n++)
        state->nodes[n].count = 0;
    for (int32_t p = 0; p < (int32_t)view->pool_count; p++) {
        struct freest *node = &state->nodes[state->shaped ? locality_node(view, p) : 0];
        uint32_t at;

        if (!state->pools[p].usable)
            continue;
        if (node->count < most)
            node->count++;
        else if (!freer(state, p, node->pools[most - 1]))
            continue;
        for (at = node->count - 1; at > 0 && freer(state, p, node->pools[at - 1]); at--)
            node->pools[at] = node->pools[at - 1];
        node->pools[at] = p;
    }
}

/* True if moving a vCPU to a pool may pay: a cheap upper bound that spares the exact figures of
 * most vCPUs. If all pools are alike, find_reliefs() has checked the cost already. */
static bool may_pay(const struct policy_state *state, const struct view *view, uint32_t v,
                    int32_t to, float price)
{
    const struct balance_pool *here = &state->pools[view->vcpus[v].pool];
    const struct balance_pool *there = &state->pools[to];
    const float size =
        (state->vcpus[v].mean + fabsf(state->vcpus[v].deviation)) / state->usual.mean;

    return !state->shaped || balance_locality_saves(state, view, v) +
                                     MARGIN * size * fmaxf(here->rank - there->rank, 0) >
                                 price;
}

/* Raises the pool's relief to what its best vCPU saves by moving to `to`. */
static void find_relief(struct policy_state *state, const struct view *view, int32_t p, int32_t to,
                        float price)
{
    struct balance_pool *pool = &state->pools[p];
    const struct balance_pool *free = &state->pools[to];

    balance_note(state, view, to, state->there);
    balance_set_way(state, view, p, to);
    for (uint32_t v = view->pools[p].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        float saved;

        if (view->vcpus[v].blocked_by || !may_pay(state, view, v, to, price))
            continue;
        saved =
            balance_leaving(state, view, v, state->here) + balance_locality_saves(state, view, v);
        if (saved <= pool->relief)
            continue;
        pool->relief = fmaxf(pool->relief, LAST * saved);
        saved += free->cost - crowding_cost(&state->crowding, &free->site,
                                            pool_demand_with(free->demand, state->vcpus[v],
                                                             state->there[view->vcpus[v].domain],
                                                             free->site.slowness));
        pool->relief = fmaxf(pool->relief, saved);
    }
    balance_forget(view, to, state->there);
}

/* Finds the pool's relief: the most that moving a vCPU to the freest of any node saves. */
static void find_reliefs(struct policy_state *state, const struct view *view, int32_t p,
                         float price)
{
    struct balance_pool *pool = &state->pools[p];

    pool->relief = 0;
    if (!pool->usable || (!state->shaped && pool->cost < price))
        return;
    balance_note(state, view, p, state->here);
    balance_forget_leaving(state, view, p);
    for (uint32_t n = 0; n < state->node_count; n++) {
        if (state->nodes[n].count && state->nodes[n].pools[0] != p)
            find_relief(state, view, p, state->nodes[n].pools[0], price);
    }
    balance_forget(view, p, state->here);
}

/* The pool of the greatest relief; -1: none is left. */
static int32_t find_worst(const struct policy_state *state, const struct view *view)
{
    int32_t worst = -1;
    float most = 0;

    for (int32_t p = 0; p < (int32_t)view->pool_count; p++) {
        if (state->pools[p].relief > most) {
            most = state->pools[p].relief;
            worst = p;
        }
    }
    return worst;
}

/* Tries a pool with each of the freest and with its siblings. Within a core only plain moves: a
 * swap there changes little more. */
static void try_pairs(struct policy_state *state, const struct view *view, int32_t from,
                      uint32_t least_pins, uint32_t pins, struct choice *best)
{
    for (uint32_t n = 0; n < state->node_count; n++) {
        for (uint32_t f = 0; f < state->nodes[n].count; f++) {
            if (state->nodes[n].pools[f] != from)
                balance_try_pair(state, view, from, state->nodes[n].pools[f], least_pins, pins,
                                 best);
        }
    }
    if (!state->shaped || least_pins > 1)
        return;
    for (int32_t o = locality_sibling(view, from); o != from; o = locality_sibling(view, o)) {
        if (state->pools[o].usable)
            balance_try_pair(state, view, from, o, 1, 1, best);
    }
}

/* Finds the best move off a pool. Returns false if none is worth more than the price. */
static bool find_best(struct policy_state *state, const struct view *view, int32_t from,
                      float price, uint32_t pins, struct choice *best)
{
    *best = (struct choice){{.vcpu = VIEW_END}, price};
    balance_note(state, view, from, state->here);
    if (state->shaped) /* a good plain move first, which rules out most swaps early */
        try_pairs(state, view, from, 1, 1, best);
    if (!state->shaped || pins >= 2)
        try_pairs(state, view, from, state->shaped ? 2 : 1, pins, best);
    balance_forget(view, from, state->here);
    return best->move.vcpu != VIEW_END;
}

/* Adds all moves that are worth the price of their pins, the greatest relief first. */
static void add_paying(const struct policy_settings *settings, struct policy_state *state,
                       struct plan *plan, uint32_t pins)
{
    const struct view *view = &plan->view;
    const float price = fmaxf((float)settings->pin_price, LEAST_PRICE);
    struct choice best;

    find_freest(state, view);
    for (int32_t p = 0; p < (int32_t)view->pool_count; p++)
        find_reliefs(state, view, p, price);
    for (uint32_t misses = 0; pins > 0 && misses < MISSES;) {
        const int32_t from = find_worst(state, view);

        if (from < 0)
            break;
        if (!find_best(state, view, from, price, pins, &best)) {
            state->pools[from].relief = 0;
            misses++;
            continue;
        }
        move_add(plan, &best.move);
        pins -= move_pins(&best.move);
        balance_renew(state, view, from);
        balance_renew(state, view, best.move.to);
        find_freest(state, view);
        for (int side = 0; side < 2; side++) {
            const int32_t p = side ? best.move.to : from;

            find_reliefs(state, view, p, price);
            for (int32_t o = locality_sibling(view, p); o != p; o = locality_sibling(view, o))
                find_reliefs(state, view, o, price);
        }
    }
}

/* Adds all moves of the busiest-freest rule. */
static void add_relief(const struct policy_settings *settings, struct plan *plan, uint32_t *pins)
{
    struct move best;

    while (*pins > 0 && relief_find(settings, &plan->view, 0, *pins, &best)) {
        move_add(plan, &best);
        *pins -= move_pins(&best);
    }
}

/*
 * If no move saves work, because no pool is crowded or all are, what is left is fairness and the
 * threshold. vCPUs are moved by the busiest-freest rule, if the relief over all periods ahead is
 * worth the price of two pins.
 *
 * If all pools are above the threshold, vCPUs that wait go on waiting however demand varies, so it
 * is enough to know their means, and these are known better with every period. Otherwise only
 * steady vCPUs are moved.
 */
static void add_fair(const struct policy_settings *usual, struct policy_state *state,
                     struct plan *plan, uint32_t pins)
{
    struct policy_settings fair = *usual, waiting;

    fair.min_gain = fmax(usual->min_gain, 2 * usual->pin_price / (double)state->crowding.periods);
    if (!policy_any_below(&fair, &plan->view)) {
        waiting = fair;
        waiting.threshold = fmax(fair.threshold, 100); /* relieve only pools where vCPUs wait */
        forecast_size_up(state->forecast, &plan->view, 0, FORECAST_MEAN);
        add_relief(&waiting, plan, &pins);
        if (plan->decision.pin_count == 0)
            rotation_add(&fair, plan, pins);
        if (plan->decision.pin_count > 0)
            return;
    }
    forecast_size_up(state->forecast, &plan->view, 0, FORECAST_VARIES);
    add_relief(&fair, plan, &pins);
}

static void decide(const struct policy_settings *settings, struct policy_state *state,
                   struct plan *plan)
{
    const uint32_t pins = policy_max_pins(settings, &policy_balance);
    char text[POLICY_DESCRIPTION];

    if (!policy_may_act(settings, plan))
        return;
    balance_look_ahead(state, &plan->view);
    state->limit = effect_limit(&plan->view, settings->threshold);
    if (policy_any_below(settings, &plan->view))
        add_paying(settings, state, plan, pins);
    if (plan->decision.pin_count == 0)
        add_fair(settings, state, plan, pins);
    policy_conclude(settings, plan);
    /* This policy goes by the price, not by min_gain. */
    if (plan->decision.reason == REASON_NO_GAIN)
        plan_say(plan,
                 "busiest %s is above the threshold of %g %%, but no move or swap is worth the "
                 "price of its pins",
                 policy_describe(&plan->view, plan->view.busiest, text, sizeof text),
                 settings->threshold);
}

const struct policy policy_balance = {
    .name = "balance",
    .summary = "place by what vCPUs are likely to need; pin where it pays",
    .default_max_pins = 32,
    .begin = balance_begin,
    .finish = balance_finish,
    .learn = balance_learn,
    .decide = decide,
};
