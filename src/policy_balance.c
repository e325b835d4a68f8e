/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_balance.c - place by what vCPUs are likely to need, and pin only where it pays.
 *
 * The likely demand of a pCPU is taken as normally distributed, with the sums of its vCPUs' means
 * and variances; vCPUs of one VM count as correlated, for they burst together. Its cost is what is
 * expected above what crowds it (see part_crowded), summed over the periods to come: the next, the
 * handful and the dozen after it, where what goes on now still lasts in part, and the usual state
 * behind them. A move or swap is worth the cost that it takes away from its two pCPUs, and is made
 * when that is more than the price of its pins.
 */
#include "policy.h"

#include "forecast.h"
#include "grow.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* vCPUs of one VM burst together: their correlation on recorded Spark nodes is 0.3 to 0.95; from
 * 0.5 to 1 all serve. */
#define CORRELATION 0.8f
/* So many of the freest pCPUs are asked, and so many pCPUs that can't be relieved are passed over,
 * a period: the bound of its time. Three to 64 serve alike. */
#define FREEST 8
#define MISSES 8
/* Parts of the future whose deviations differ by less are judged as one. */
#define SAME 0.03
/* Whatever --pin-price says, a pin must save this much: what is less may be rounding, and would be
 * gained to and fro (percent of a pCPU in a period). */
#define LEAST_PRICE 0.1f
/* What a vCPU's leaving alone saves counts for so little: a swap may help where no move does, but
 * it is looked for last. */
#define LAST 1e-3f

/*
 * The future is judged in four parts: the next period, the five after it, the ten after those, and
 * 16 as usual. What goes on now is known well, so only what comes near 100 % is crowded; of the
 * usual, what is above 75 %, for it is noise that lifts it over 100 %.
 */
enum { PARTS = FORECAST_SPANS + 1 };
static const float part_weight[PARTS] = {1, 5, 10, 16};
static const float part_crowded[PARTS] = {95, 95, 95, 75};

/* E[max(0, Z + z)] of a standard normal Z, tabulated. */
enum { TABLE_STEPS = 64, TABLE_REACH = 8, TABLE_SIZE = 2 * TABLE_REACH * TABLE_STEPS };

/* A part of the future that is judged at once. */
struct part {
    float weight;  /* periods */
    float crowded; /* percent */
    float kept;    /* of a deviation, at that time */
    float rest;    /* of the standard deviation: what is not known by then */
};

/* What is expected on a pCPU. */
struct crowd {
    float mean, away, variance;
};

struct pcpu_state {
    struct crowd crowd;
    float cost;
    float relief; /* the most that one vCPU's leaving for the freest would save */
    bool usable;
};

struct policy_state {
    struct forecast *forecast;
    struct outlook *vcpus;
    struct pcpu_state *pcpus;
    float *here, *there; /* per domain: sum of sd over its vCPUs on the pCPU at hand */
    uint32_t vcpu_room, pcpu_room, here_room, there_room;
    int32_t freest[FREEST];
    uint32_t freest_count;
    struct part parts[PARTS];
    uint32_t part_count;
    float table[TABLE_SIZE + 2];
};

/* The best so far. */
struct choice {
    struct exchange exchange;
    float worth; /* per pin */
};

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
    for (int i = 0; i < TABLE_SIZE + 2; i++) {
        const double z = (double)i / TABLE_STEPS - TABLE_REACH;

        state->table[i] = (float)(exp(-z * z / 2) / sqrt(2 * 3.14159265358979323846) +
                                  z * erfc(-z / sqrt(2)) / 2);
    }
    return state;
}

static void finish(struct policy_state *state)
{
    if (!state)
        return;
    forecast_free(state->forecast);
    free(state->vcpus);
    free(state->pcpus);
    free(state->here);
    free(state->there);
    free(state);
}

static int learn(struct policy_state *state, const struct view *view)
{
    if (!GROW(state->vcpus, state->vcpu_room, view->vcpu_count) ||
        !GROW(state->pcpus, state->pcpu_room, view->pcpu_count) ||
        !GROW(state->here, state->here_room, view->domain_count) ||
        !GROW(state->there, state->there_room, view->domain_count))
        return -ENOMEM;
    return forecast_learn(state->forecast, view);
}

/* E[max(0, X - crowded)] of a normal X. */
static inline float excess(const struct policy_state *state, float mean, float sd, float crowded)
{
    const float z = (mean - crowded) / sd;
    float at, part;
    int i;

    if (z <= -TABLE_REACH)
        return 0;
    if (z >= TABLE_REACH)
        return mean - crowded;
    at = (z + TABLE_REACH) * TABLE_STEPS;
    i = (int)at;
    part = at - (float)i;
    return sd * (state->table[i] + part * (state->table[i + 1] - state->table[i]));
}

static float cost_of(const struct policy_state *state, struct crowd crowd)
{
    const float sd = sqrtf(fmaxf(crowd.variance, 0));
    float cost = 0;

    for (uint32_t n = 0; n < state->part_count; n++) {
        const struct part *part = &state->parts[n];

        cost += part->weight * excess(state, crowd.mean + part->kept * crowd.away,
                                      part->rest * sd + 0.5f, part->crowded);
    }
    return cost;
}

/* `same`: sum of sd over the vCPUs of its VM that are there, without itself. */
static struct crowd with(struct crowd crowd, struct outlook vcpu, float same)
{
    crowd.mean += vcpu.mean;
    crowd.away += vcpu.away;
    crowd.variance += vcpu.sd * (vcpu.sd + 2 * CORRELATION * same);
    return crowd;
}

static struct crowd without(struct crowd crowd, struct outlook vcpu, float same)
{
    crowd.mean -= vcpu.mean;
    crowd.away -= vcpu.away;
    crowd.variance -= vcpu.sd * (vcpu.sd + 2 * CORRELATION * same);
    return crowd;
}

/* Notes who is on a pCPU, by VM; forget() takes it back. */
static void note(const struct policy_state *state, const struct view *view, int32_t pcpu,
                 float *sds)
{
    for (uint32_t v = view->pcpus[pcpu].first_vcpu; v != VIEW_END; v = view->vcpus[v].next)
        sds[view->vcpus[v].domain] += state->vcpus[v].sd;
}

static void forget(const struct view *view, int32_t pcpu, float *sds)
{
    for (uint32_t v = view->pcpus[pcpu].first_vcpu; v != VIEW_END; v = view->vcpus[v].next)
        sds[view->vcpus[v].domain] = 0;
}

static void weigh(struct policy_state *state, const struct view *view, int32_t p)
{
    struct pcpu_state *pcpu = &state->pcpus[p];

    pcpu->crowd = (struct crowd){.mean = (float)view->pcpus[p].other};
    for (uint32_t v = view->pcpus[p].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        const uint32_t domain = view->vcpus[v].domain;

        pcpu->crowd = with(pcpu->crowd, state->vcpus[v], state->here[domain]);
        state->here[domain] += state->vcpus[v].sd;
    }
    forget(view, p, state->here);
    pcpu->cost = cost_of(state, pcpu->crowd);
}

static bool freer(const struct policy_state *state, int32_t a, int32_t b)
{
    const struct pcpu_state *x = &state->pcpus[a], *y = &state->pcpus[b];

    if (x->cost < y->cost || x->cost > y->cost)
        return x->cost < y->cost;
    if (x->crowd.mean < y->crowd.mean || x->crowd.mean > y->crowd.mean)
        return x->crowd.mean < y->crowd.mean;
    return a < b;
}

static void find_freest(struct policy_state *state, const struct view *view)
{
    state->freest_count = 0;
    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        uint32_t at;

        if (!state->pcpus[p].usable)
            continue;
        if (state->freest_count < FREEST)
            state->freest_count++;
        else if (!freer(state, p, state->freest[FREEST - 1]))
            continue;
        for (at = state->freest_count - 1; at > 0 && freer(state, p, state->freest[at - 1]); at--)
            state->freest[at] = state->freest[at - 1];
        state->freest[at] = p;
    }
}

static void find_relief(struct policy_state *state, const struct view *view, int32_t p, float price)
{
    struct pcpu_state *pcpu = &state->pcpus[p];
    const int32_t to = state->freest[0];
    const struct pcpu_state *free = &state->pcpus[to];

    pcpu->relief = 0;
    if (!pcpu->usable || pcpu->cost < price || p == to)
        return;
    note(state, view, p, state->here);
    note(state, view, to, state->there);
    for (uint32_t v = view->pcpus[p].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        const struct outlook *vcpu = &state->vcpus[v];
        const uint32_t domain = view->vcpus[v].domain;
        float saved;

        if (view->vcpus[v].why_not)
            continue;
        saved = pcpu->cost -
                cost_of(state, without(pcpu->crowd, *vcpu, state->here[domain] - vcpu->sd));
        if (saved <= pcpu->relief)
            continue;
        pcpu->relief = fmaxf(pcpu->relief, LAST * saved);
        saved += free->cost - cost_of(state, with(free->crowd, *vcpu, state->there[domain]));
        pcpu->relief = fmaxf(pcpu->relief, saved);
    }
    forget(view, p, state->here);
    forget(view, to, state->there);
}

static void consider(struct choice *best, uint32_t vcpu, uint32_t other, int32_t to, float worth)
{
    if (worth > best->worth)
        *best = (struct choice){{.vcpu = vcpu, .other = other, .to = to}, worth};
}

/* Every vCPU that may come back for `v`. */
static void try_swaps(const struct policy_state *state, const struct view *view, int32_t from,
                      int32_t to, uint32_t v, struct choice *best)
{
    const struct pcpu_state *busy = &state->pcpus[from], *free = &state->pcpus[to];
    const struct outlook *vcpu = &state->vcpus[v];
    const uint32_t domain = view->vcpus[v].domain;
    const struct crowd left = without(busy->crowd, *vcpu, state->here[domain] - vcpu->sd);
    const float both = busy->cost + free->cost;

    for (uint32_t w = view->pcpus[to].first_vcpu; w != VIEW_END; w = view->vcpus[w].next) {
        const struct outlook *other = &state->vcpus[w];
        const uint32_t home = view->vcpus[w].domain;
        const bool same = home == domain;
        float cost;

        if ((other->mean >= vcpu->mean && other->mean + other->away >= vcpu->mean + vcpu->away) ||
            !policy_can_move(view, w, from))
            continue;
        cost = cost_of(state, with(left, *other, state->here[home] - (same ? vcpu->sd : 0)));
        if ((both - cost) / 2 <= best->worth)
            continue;
        cost += cost_of(state, with(without(free->crowd, *other, state->there[home] - other->sd),
                                    *vcpu, state->there[domain] - (same ? other->sd : 0)));
        consider(best, v, w, to, (both - cost) / 2);
    }
}

/* Every exchange between the two. */
static void try_pair(struct policy_state *state, const struct view *view, int32_t from, int32_t to,
                     uint32_t pins, struct choice *best)
{
    const struct pcpu_state *busy = &state->pcpus[from], *free = &state->pcpus[to];

    note(state, view, to, state->there);
    for (uint32_t v = view->pcpus[from].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        const struct outlook *vcpu = &state->vcpus[v];
        const uint32_t domain = view->vcpus[v].domain;
        float saved;

        if (!policy_can_move(view, v, to))
            continue;
        saved = busy->cost -
                cost_of(state, without(busy->crowd, *vcpu, state->here[domain] - vcpu->sd));
        if (saved <= best->worth)
            continue; /* the rest of this sum only takes away */
        if (pins >= 2 && (saved + free->cost) / 2 > best->worth)
            try_swaps(state, view, from, to, v, best);
        saved += free->cost - cost_of(state, with(free->crowd, *vcpu, state->there[domain]));
        consider(best, v, VIEW_END, to, saved);
    }
    forget(view, to, state->there);
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

/* The best exchange of a pCPU with one of the freest, if any is worth more than the price. */
static bool find_best(struct policy_state *state, const struct view *view, int32_t from,
                      float price, uint32_t pins, struct choice *best)
{
    *best = (struct choice){{.vcpu = VIEW_END}, price};
    note(state, view, from, state->here);
    for (uint32_t f = 0; f < state->freest_count; f++) {
        if (state->freest[f] != from)
            try_pair(state, view, from, state->freest[f], pins, best);
    }
    forget(view, from, state->here);
    return best->exchange.vcpu != VIEW_END;
}

static void look_ahead(struct policy_state *state, const struct view *view)
{
    state->part_count = 0;
    for (int n = 0; n < PARTS; n++) {
        const double kept =
            n < FORECAST_SPANS ? forecast_kept(state->forecast, (enum forecast_span)n) : 0;
        struct part *last = n > 0 ? &state->parts[state->part_count - 1] : NULL;

        if (last && fabs(kept - (double)last->kept) < SAME && !(part_crowded[n] < last->crowded)) {
            last->weight += part_weight[n];
            continue;
        }
        state->parts[state->part_count++] = (struct part){
            .weight = part_weight[n],
            .crowded = part_crowded[n],
            .kept = (float)kept,
            .rest = (float)sqrt(1 - kept * kept),
        };
    }
    for (uint32_t v = 0; v < view->vcpu_count; v++)
        state->vcpus[v] = view->vcpus[v].why_not & VCPU_PAUSED
                              ? (struct outlook){0} /* it wants nothing until it is resumed */
                              : forecast_vcpu(state->forecast, &view->vcpus[v]);
    for (uint32_t d = 0; d < view->domain_count; d++)
        state->here[d] = state->there[d] = 0;
    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        state->pcpus[p].usable = view->pcpus[p].managed && view->pcpus[p].certain;
        weigh(state, view, p);
    }
}

static void decide(const struct policy_settings *settings, struct policy_state *state,
                   struct plan *plan)
{
    const struct view *view = &plan->view;
    const float price = fmaxf((float)settings->pin_price, LEAST_PRICE);
    uint32_t pins = policy_max_pins(settings, &policy_balance);
    struct choice best;

    if (!policy_may_act(settings, plan))
        return;
    look_ahead(state, view);
    find_freest(state, view);
    if (state->freest_count < 2) {
        plan_because(plan, settings, REASON_ONE_PCPU);
        return;
    }
    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++)
        find_relief(state, view, p, price);
    for (uint32_t misses = 0; pins > 0 && misses < MISSES;) {
        const int32_t from = find_worst(state, view);

        if (from < 0)
            break;
        if (!find_best(state, view, from, price, pins, &best)) {
            state->pcpus[from].relief = 0;
            misses++;
            continue;
        }
        exchange_add(plan, &best.exchange);
        pins -= exchange_pins(&best.exchange);
        weigh(state, view, from);
        weigh(state, view, best.exchange.to);
        find_freest(state, view);
        find_relief(state, view, from, price);
        find_relief(state, view, best.exchange.to, price);
    }
    plan_because(plan, settings, plan->pin_count ? REASON_ACT : REASON_NO_GAIN);
    if (!plan->pin_count) /* in its own words: it goes by the price */
        snprintf(plan->why, sizeof plan->why,
                 "busiest pCPU %d at %.1f %% is above the threshold of %g %%, but no move or swap "
                 "is worth the price of its pins",
                 view->busiest, view->pcpus[view->busiest].usage, settings->threshold);
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
