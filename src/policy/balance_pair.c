/* SPDX-License-Identifier: GPL-2.0-or-later */
/* balance_pair.c - the best exchange of two pCPUs, by what is expected of them. */
#include "policy/balance_pair.h"

#include "policy/effect.h"
#include "policy/locality.h"

/*
 * What a move must be worth above the price of its pin, where pCPUs are not alike (points and
 * periods, as the price): hysteresis, for what siblings take from each other changes with all of
 * their vCPUs, and what is saved by one pin is lost again by the next. Less is asked of a move that
 * brings a vCPU nearer to its memory, for that stays saved. On the public traces on two sockets
 * with SMT, work lost and pins against `balance` blind to the shape, mean over traces and five ways
 * to lay homes: 0.803 by 0.96 times the pins; with 35 instead of 50, 0.800 by 1.07; with 35 and 30
 * homeward 0.812 by 0.99.
 */
#define PREMIUM          50.0f
#define PREMIUM_HOMEWARD 20.0f
/* Memory stays where it is for longer than this policy looks ahead: what its distance costs counts
 * for so many times as long. With 4 the same work was lost by a tenth more pins. */
#define REMOTE_LASTS 2.0f
/* To have all of its VM within its LLC is worth this to a vCPU (points and periods): no pin, but a
 * choice between near-equals. */
#define TOGETHER 4.0f

void balance_note(const struct policy_state *state, const struct view *view, int32_t pcpu,
                  float *sds)
{
    for (uint32_t v = view->pcpus[pcpu].first_vcpu; v != VIEW_END; v = view->vcpus[v].next)
        sds[view->vcpus[v].domain] += state->vcpus[v].sd;
}

void balance_forget(const struct view *view, int32_t pcpu, float *sds)
{
    for (uint32_t v = view->pcpus[pcpu].first_vcpu; v != VIEW_END; v = view->vcpus[v].next)
        sds[view->vcpus[v].domain] = 0;
}

struct pcpu_demand balance_without(const struct policy_state *state, const struct view *view,
                                   uint32_t vcpu, const float *noted)
{
    const struct balance_pcpu *pcpu = &state->pcpus[view->vcpus[vcpu].pcpu];
    const struct outlook one = state->vcpus[vcpu];

    return pcpu_demand_without(pcpu->demand, one, noted[view->vcpus[vcpu].domain] - one.sd,
                               pcpu->site.slowness);
}

void balance_leave(struct policy_state *state, const struct view *view, int32_t pcpu,
                   const float *noted)
{
    const struct balance_pcpu *from = &state->pcpus[pcpu];

    for (uint32_t v = view->pcpus[pcpu].first_vcpu; v != VIEW_END; v = view->vcpus[v].next)
        state->leaving[v] = from->cost - crowding_cost(&state->crowding, &from->site,
                                                       balance_without(state, view, v, noted));
}

float balance_place_saves(const struct policy_state *state, const struct view *view, uint32_t vcpu,
                          int32_t to)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];
    const int32_t from = v->pcpu;
    float nearer;

    if (!state->shaped)
        return 0;
    nearer = (float)(locality_remote_loss(view, locality_home(v), from) -
                     locality_remote_loss(view, locality_home(v), to));
    if (nearer > 0 || nearer < 0)
        return nearer * REMOTE_LASTS * crowding_use(&state->crowding, state->vcpus[vcpu]) -
               (nearer > 0 ? PREMIUM_HOMEWARD : PREMIUM);
    return state->pcpus[to].site.sharing > 0 || !locality_one_cache(view, from, to) ? -PREMIUM : 0;
}

/* What it is worth to join those of its VM, if it is anything to the choice. */
static float together(const struct policy_state *state, const struct view *view, uint32_t vcpu,
                      int32_t to)
{
    const uint32_t mates = view->domains[view->vcpus[vcpu].domain].vcpu_count - 1;
    const int32_t from = view->vcpus[vcpu].pcpu;

    if (!state->shaped || mates == 0 || locality_one_cache(view, from, to))
        return 0;
    return TOGETHER *
           ((float)locality_company(view, vcpu, to) - (float)locality_company(view, vcpu, from)) /
           (float)mates;
}

/* Keeps the candidate if it is worth more, and does no harm now. */
static void consider(const struct policy_state *state, const struct view *view, struct choice *best,
                     struct move one, float worth)
{
    struct effect now;

    if (worth <= best->worth)
        return;
    now = effect_of(view, &one);
    if (effect_is_sound(&now, state->limit))
        *best = (struct choice){one, worth};
}

/* Where all are alike, what comes back must be less; else an equal may win by its place. */
static bool may_return(const struct policy_state *state, const struct outlook *other,
                       const struct outlook *vcpu)
{
    return state->shaped || other->mean < vcpu->mean ||
           other->mean + other->deviation < vcpu->mean + vcpu->deviation;
}

/* Every vCPU that may come back for `v`, whose place saves so much. Not within a core: there a swap
 * changes little that a move would not. */
static void try_swaps(const struct policy_state *state, const struct view *view, int32_t to,
                      uint32_t v, float place, struct choice *best)
{
    const int32_t from = view->vcpus[v].pcpu;
    const struct balance_pcpu *busy = &state->pcpus[from], *free = &state->pcpus[to];
    const struct outlook *vcpu = &state->vcpus[v];
    const uint32_t domain = view->vcpus[v].domain;
    const struct pcpu_demand left = balance_without(state, view, v, state->here);
    const float both = busy->cost + free->cost + place;

    for (uint32_t w = view->pcpus[to].first_vcpu; w != VIEW_END; w = view->vcpus[w].next) {
        const struct outlook *other = &state->vcpus[w];
        const uint32_t home = view->vcpus[w].domain;
        const bool same = home == domain;
        struct pcpu_demand here, there;
        float cost;

        if (!may_return(state, other, vcpu) || !policy_can_move(view, w, from) ||
            (state->shaped && (state->leaving[v] + place + state->leaving[w]) / 2 <= best->worth))
            continue;
        here = pcpu_demand_with(left, *other, state->here[home] - (same ? vcpu->sd : 0),
                                busy->site.slowness);
        cost = crowding_cost(&state->crowding, &busy->site, here) -
               balance_place_saves(state, view, w, from);
        if ((both - cost) / 2 <= best->worth)
            continue;
        there =
            pcpu_demand_with(balance_without(state, view, w, state->there), *vcpu,
                             state->there[domain] - (same ? other->sd : 0), free->site.slowness);
        cost += crowding_cost(&state->crowding, &free->site, there);
        consider(state, view, best, (struct move){.vcpu = v, .other = w, .to = to},
                 (both - cost) / 2);
    }
}

/* Notes for every vCPU of the second pCPU what its going the other way could save at most; returns
 * the most of these. Where all are alike, what its pCPU costs bounds it well enough. */
static float most_returned(struct policy_state *state, const struct view *view, int32_t from,
                           int32_t to)
{
    float most = 0;

    if (!state->shaped)
        return state->pcpus[to].cost;
    balance_leave(state, view, to, state->there);
    for (uint32_t w = view->pcpus[to].first_vcpu; w != VIEW_END; w = view->vcpus[w].next) {
        if (!policy_can_move(view, w, from))
            continue;
        state->leaving[w] += balance_place_saves(state, view, w, from);
        if (state->leaving[w] > most)
            most = state->leaving[w];
    }
    return most;
}

void balance_try_pair(struct policy_state *state, const struct view *view, int32_t from, int32_t to,
                      uint32_t pins, struct choice *best)
{
    const struct balance_pcpu *busy = &state->pcpus[from], *free = &state->pcpus[to];
    const bool core = locality_one_core(view, from, to);
    float returned;

    balance_note(state, view, to, state->there);
    returned = most_returned(state, view, from, to);
    for (uint32_t v = view->pcpus[from].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        struct pcpu_demand joined;
        float place, saved;

        if (!policy_can_move(view, v, to))
            continue;
        place = balance_place_saves(state, view, v, to) + together(state, view, v, to);
        saved = state->leaving[v] + place;
        if (saved <= best->worth && !core)
            continue; /* the rest of this sum only takes away */
        if (pins >= 2 && (saved + returned) / 2 > best->worth)
            try_swaps(state, view, to, v, place, best);
        if (core && free->demand.mean + state->vcpus[v].mean >= busy->demand.mean)
            continue; /* it runs no better behind its sibling than beside it */
        joined = pcpu_demand_with(free->demand, state->vcpus[v],
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
