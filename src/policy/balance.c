/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * balance.c - place by what vCPUs are likely to need, and pin only where it pays.
 *
 * A pCPU costs what is expected to crowd it, and what the threads of its core are expected to take
 * from each other, summed over the periods to come (crowding.h). A move or swap is worth the cost
 * that it takes away from its two pCPUs, and what its vCPUs no longer lose by their distance from
 * their memory, and is made when that is more than the price of its pins.
 */
#include "policy/balance_pair.h"

#include "base/array.h"
#include "policy/effect.h"
#include "policy/locality.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Whatever --pin-price says, a pin must save this much: what is less may be rounding, and would be
 * gained to and fro (percent of a pCPU in a period). */
#define LEAST_PRICE 0.1f
/* What the threads of a core take from each other is counted so many times. More saves more of that
 * work and crowds the busier thread of a core: on the public traces (as in balance_pair.c) 1 lost
 * 0.816 of what is lost blind to the shape, 1.1 0.803, 1.3 0.776, while the mean highest load of
 * the first trace went from 114 to 121 and 126 %. */
#define SIBLING_WEIGHT 1.1
/* What a vCPU's leaving alone saves counts for so little: a swap may help where no move does, but
 * it is looked for last. */
#define LAST 1e-3f
/* A vCPU's part in a pCPU's cost, going by its size and the cost of another one there, is at most
 * so many times that. */
#define MARGIN 2

static struct policy_state *begin(void)
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

static void finish(struct policy_state *state)
{
    if (!state)
        return;
    forecast_free(state->forecast);
    free(state->vcpus);
    free(state->leaving);
    free(state->pcpus);
    free(state->here);
    free(state->there);
    free(state->nodes);
    free(state);
}

static int learn(struct policy_state *state, const struct view *view)
{
    if (!ARRAY_GROW(state->vcpus, state->vcpu_capacity, view->vcpu_count) ||
        !ARRAY_GROW(state->leaving, state->leaving_capacity, view->vcpu_count) ||
        !ARRAY_GROW(state->pcpus, state->pcpu_capacity, view->pcpu_count) ||
        !ARRAY_GROW(state->here, state->here_capacity, view->domain_count) ||
        !ARRAY_GROW(state->there, state->there_capacity, view->domain_count) ||
        !ARRAY_GROW(state->nodes, state->node_capacity, view->topology.node_count + 1))
        return -ENOMEM;
    return forecast_learn(state->forecast, view);
}

/* Who is there. */
static void count(struct policy_state *state, const struct view *view, int32_t p)
{
    struct balance_pcpu *pcpu = &state->pcpus[p];
    const struct outlook other = forecast_other(state->forecast, view, p);

    pcpu->demand = (struct pcpu_demand){.mean = other.mean, .deviation = other.deviation};
    for (uint32_t v = view->pcpus[p].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        const uint32_t domain = view->vcpus[v].domain;

        pcpu->demand = pcpu_demand_with(pcpu->demand, state->vcpus[v], state->here[domain],
                                        pcpu->site.slowness);
        state->here[domain] += state->vcpus[v].sd;
    }
    balance_forget(view, p, state->here);
}

/* What that costs, beside the other threads of its core. */
static void weigh(struct policy_state *state, const struct view *view, int32_t p)
{
    struct balance_pcpu *pcpu = &state->pcpus[p];
    struct pcpu_site *site = &pcpu->site;

    for (uint32_t n = 0; n < state->crowding.part_count; n++) {
        site->beside[n] = 0;
        for (int32_t o = locality_sibling(view, p); o != p; o = locality_sibling(view, o))
            site->beside[n] += 2 * site->sharing *
                               crowding_busy(&state->crowding.parts[n], state->pcpus[o].demand) /
                               100;
    }
    pcpu->cost = pcpu->rank = crowding_cost(&state->crowding, site, pcpu->demand);
    if (state->shaped)
        pcpu->rank =
            crowding_cost(&state->crowding, site,
                          pcpu_demand_with(pcpu->demand, state->usual, 0, site->slowness)) -
            pcpu->cost;
}

static bool freer(const struct policy_state *state, int32_t a, int32_t b)
{
    const struct balance_pcpu *x = &state->pcpus[a], *y = &state->pcpus[b];

    if (x->rank < y->rank || x->rank > y->rank)
        return x->rank < y->rank;
    if (x->demand.mean < y->demand.mean || x->demand.mean > y->demand.mean)
        return x->demand.mean < y->demand.mean;
    return a < b;
}

static void find_freest(struct policy_state *state, const struct view *view)
{
    const uint32_t room = state->node_count > FREEST / 2 ? 2 : FREEST / state->node_count;

    for (uint32_t n = 0; n < state->node_count; n++)
        state->nodes[n].count = 0;
    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        struct freest *node = &state->nodes[state->shaped ? locality_node(view, p) : 0];
        uint32_t at;

        if (!state->pcpus[p].usable)
            continue;
        if (node->count < room)
            node->count++;
        else if (!freer(state, p, node->pcpus[room - 1]))
            continue;
        for (at = node->count - 1; at > 0 && freer(state, p, node->pcpus[at - 1]); at--)
            node->pcpus[at] = node->pcpus[at - 1];
        node->pcpus[at] = p;
    }
}

/* Roughly, and more rather than less: might a vCPU's going there pay? Spares the reckoning of most
 * where pCPUs are not alike; where they are, their cost has told already. */
static bool may_pay(const struct policy_state *state, const struct view *view, uint32_t v,
                    int32_t to, float price)
{
    const struct balance_pcpu *here = &state->pcpus[view->vcpus[v].pcpu];
    const struct balance_pcpu *there = &state->pcpus[to];
    const float size =
        (state->vcpus[v].mean + fabsf(state->vcpus[v].deviation)) / state->usual.mean;

    return !state->shaped || balance_place_saves(state, view, v, to) +
                                     MARGIN * size * fmaxf(here->rank - there->rank, 0) >
                                 price;
}

/* What its best vCPU's leaving for that pCPU would save. */
static void find_relief(struct policy_state *state, const struct view *view, int32_t p, int32_t to,
                        float price)
{
    struct balance_pcpu *pcpu = &state->pcpus[p];
    const struct balance_pcpu *free = &state->pcpus[to];

    balance_note(state, view, to, state->there);
    for (uint32_t v = view->pcpus[p].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        float saved;

        if (view->vcpus[v].blocked_by || !may_pay(state, view, v, to, price))
            continue;
        saved = pcpu->cost -
                crowding_cost(&state->crowding, &pcpu->site,
                              balance_without(state, view, v, state->here)) +
                balance_place_saves(state, view, v, to);
        if (saved <= pcpu->relief)
            continue;
        pcpu->relief = fmaxf(pcpu->relief, LAST * saved);
        saved += free->cost - crowding_cost(&state->crowding, &free->site,
                                            pcpu_demand_with(free->demand, state->vcpus[v],
                                                             state->there[view->vcpus[v].domain],
                                                             free->site.slowness));
        pcpu->relief = fmaxf(pcpu->relief, saved);
    }
    balance_forget(view, to, state->there);
}

/* The same for the freest of every node. */
static void find_reliefs(struct policy_state *state, const struct view *view, int32_t p,
                         float price)
{
    struct balance_pcpu *pcpu = &state->pcpus[p];

    pcpu->relief = 0;
    if (!pcpu->usable || (!state->shaped && pcpu->cost < price))
        return;
    balance_note(state, view, p, state->here);
    for (uint32_t n = 0; n < state->node_count; n++) {
        if (state->nodes[n].count && state->nodes[n].pcpus[0] != p)
            find_relief(state, view, p, state->nodes[n].pcpus[0], price);
    }
    balance_forget(view, p, state->here);
}

/* The pCPU of the greatest relief; -1 when none is left. */
static int32_t find_worst(const struct policy_state *state, const struct view *view)
{
    int32_t worst = -1;
    float most = 0;

    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        if (state->pcpus[p].relief > most) {
            most = state->pcpus[p].relief;
            worst = p;
        }
    }
    return worst;
}

/* Tries a pCPU with each of the freest and with those of its own core. */
static void try_pairs(struct policy_state *state, const struct view *view, int32_t from,
                      uint32_t pins, struct choice *best)
{
    for (uint32_t n = 0; n < state->node_count; n++) {
        for (uint32_t f = 0; f < state->nodes[n].count; f++) {
            if (state->nodes[n].pcpus[f] != from)
                balance_try_pair(state, view, from, state->nodes[n].pcpus[f], pins, best);
        }
    }
    if (!state->shaped)
        return;
    for (int32_t o = locality_sibling(view, from); o != from; o = locality_sibling(view, o)) {
        if (state->pcpus[o].usable)
            balance_try_pair(state, view, from, o, 1, best);
    }
}

/* The best exchange of a pCPU, if any is worth more than the price. */
static bool find_best(struct policy_state *state, const struct view *view, int32_t from,
                      float price, uint32_t pins, struct choice *best)
{
    *best = (struct choice){{.vcpu = VIEW_END}, price};
    balance_note(state, view, from, state->here);
    balance_leave(state, view, from, state->here);
    if (state->shaped) /* a good move spares the reckoning of most swaps */
        try_pairs(state, view, from, 1, best);
    try_pairs(state, view, from, pins, best);
    balance_forget(view, from, state->here);
    return best->move.vcpu != VIEW_END;
}

/* What is likely of every vCPU. */
static void expect(struct policy_state *state, const struct view *view)
{
    double mean = 0;

    crowding_look_ahead(&state->crowding, state->forecast);
    for (uint32_t v = 0; v < view->vcpu_count; v++) {
        state->vcpus[v] = view->vcpus[v].blocked_by & VCPU_PAUSED
                              ? (struct outlook){0} /* it wants nothing until it is resumed */
                              : forecast_vcpu(state->forecast, &view->vcpus[v]);
        mean += (double)state->vcpus[v].mean;
    }
    state->usual =
        (struct outlook){.mean = view->vcpu_count ? (float)(mean / view->vcpu_count) : 0};
    for (uint32_t d = 0; d < view->domain_count; d++)
        state->here[d] = state->there[d] = 0;
}

static void look_ahead(struct policy_state *state, const struct view *view)
{
    expect(state, view);
    state->shaped = view->shaped;
    state->node_count = state->shaped && view->topology.node_count ? view->topology.node_count : 1;
    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        struct balance_pcpu *pcpu = &state->pcpus[p];

        pcpu->usable = view->pcpus[p].managed && view->pcpus[p].certain;
        pcpu->site = (struct pcpu_site){
            .speed = (float)view->pcpus[p].speed,
            .slowness = (float)(1 / view->pcpus[p].speed),
            .sharing = (float)(SIBLING_WEIGHT * locality_sibling_loss(view, p)),
        };
        count(state, view, p);
    }
    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++)
        weigh(state, view, p);
}

/* A pCPU's crowd has changed: so has what it costs, and what the other threads of its core do. */
static void renew(struct policy_state *state, const struct view *view, int32_t p)
{
    count(state, view, p);
    weigh(state, view, p);
    for (int32_t o = locality_sibling(view, p); o != p; o = locality_sibling(view, o))
        weigh(state, view, o);
}

/* Every move and swap that is worth the price of its pins, the best first. */
static void add_paying(const struct policy_settings *settings, struct policy_state *state,
                       struct plan *plan, uint32_t pins)
{
    const struct view *view = &plan->view;
    const float price = fmaxf((float)settings->pin_price, LEAST_PRICE);
    struct choice best;

    find_freest(state, view);
    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++)
        find_reliefs(state, view, p, price);
    for (uint32_t misses = 0; pins > 0 && misses < MISSES;) {
        const int32_t from = find_worst(state, view);

        if (from < 0)
            break;
        if (!find_best(state, view, from, price, pins, &best)) {
            state->pcpus[from].relief = 0;
            misses++;
            continue;
        }
        move_add(plan, &best.move);
        pins -= move_pins(&best.move);
        renew(state, view, from);
        renew(state, view, best.move.to);
        find_freest(state, view);
        for (int side = 0; side < 2; side++) {
            const int32_t p = side ? best.move.to : from;

            find_reliefs(state, view, p, price);
            for (int32_t o = locality_sibling(view, p); o != p; o = locality_sibling(view, o))
                find_reliefs(state, view, o, price);
        }
    }
}

/* No work is lost while a pCPU does not crowd, nor saved where all are crowded: what is left is to
 * be fair, and to be below the threshold. Steady vCPUs are moved for that by the plain rule, if the
 * relief of all the periods ahead is worth the price of two pins. */
static void add_fair(const struct policy_settings *usual, struct policy_state *state,
                     struct plan *plan, uint32_t pins)
{
    struct policy_settings fair = *usual;
    struct move best;

    fair.min_gain = fmax(usual->min_gain, 2 * usual->pin_price / (double)state->crowding.periods);
    forecast_size_up(state->forecast, &plan->view, 0, true);
    while (pins > 0 && relief_find(&fair, &plan->view, pins, &best)) {
        move_add(plan, &best);
        pins -= move_pins(&best);
    }
    if (plan->decision.pin_count == 0)
        rotation_add(&fair, plan, pins);
}

static void decide(const struct policy_settings *settings, struct policy_state *state,
                   struct plan *plan)
{
    const uint32_t pins = policy_max_pins(settings, &policy_balance);

    if (!policy_may_act(settings, plan))
        return;
    look_ahead(state, &plan->view);
    state->limit = effect_limit(&plan->view, settings->threshold);
    if (policy_has_room(settings, &plan->view))
        add_paying(settings, state, plan, pins);
    if (plan->decision.pin_count == 0)
        add_fair(settings, state, plan, pins);
    policy_conclude(settings, plan);
    if (plan->decision.reason == REASON_NO_GAIN) /* in its own words: it goes by the price */
        snprintf(plan->decision.why, sizeof plan->decision.why,
                 "busiest pCPU %d at %.1f %% is above the threshold of %g %%, but no move or swap "
                 "is worth the price of its pins",
                 plan->view.busiest, plan->view.pcpus[plan->view.busiest].usage,
                 settings->threshold);
}

const struct policy policy_balance = {
    .name = "balance",
    .summary = "place by what vCPUs are likely to need; pin where it pays",
    .default_max_pins = 32,
    .begin = begin,
    .finish = finish,
    .learn = learn,
    .decide = decide,
};
