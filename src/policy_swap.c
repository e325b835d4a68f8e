/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_swap.c - the busiest-freest rule: when the busiest pCPU is above the threshold and another
 * has room, relieve the busiest by one move to, or one swap with, the freest.
 *
 * Which pCPUs are above the threshold and which have room is asked of the period that was measured.
 * Whom to exchange is asked of what vCPUs usually want, with what they want now for a part: a vCPU
 * that is busy for a moment is not worth two pins.
 *
 * Where the pair can't help each other, the rule goes on as an operator would: a busiest that can't
 * be relieved (one great vCPU, fixed ones) does not keep the next one waiting, and where an allowed
 * set forbids the freest the next freest is asked.
 */
#include "forecast.h"
#include "locality.h"
#include "policy.h"

#include <stdlib.h>

/* The part of a vCPU's size that is what it wants now; the rest is what it usually wants. With more
 * of the present, recorded hosts saw several times the pins and no less work lost. */
#define NOW_PART 0.05
/* So many of the busiest are asked for an exchange at most: the bound of a decision's time. */
#define BUSIEST_ASKED 16

struct policy_state {
    struct forecast *forecast;
};

static struct policy_state *begin(void)
{
    struct policy_state *state = calloc(1, sizeof *state);

    if (state)
        state->forecast = forecast_new();
    if (state && !state->forecast) {
        free(state);
        return NULL;
    }
    return state;
}

static void finish(struct policy_state *state)
{
    if (!state)
        return;
    forecast_free(state->forecast);
    free(state);
}

static int learn(struct policy_state *state, const struct view *view)
{
    return forecast_learn(state->forecast, view);
}

/** Sizes by what is usual. */
static void expect(const struct policy_state *state, struct view *view)
{
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        view->pcpus[p].weight = view->pcpus[p].other;
    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        struct view_vcpu *v = &view->vcpus[i];

        if (!(v->why_not & (VCPU_NEW | VCPU_PAUSED | VCPU_SUSPECT)))
            v->size = NOW_PART * v->demand +
                      (1 - NOW_PART) * (double)forecast_vcpu(state->forecast, v).mean;
        if (v->pcpu >= 0)
            view->pcpus[v->pcpu].weight += v->size;
    }
}

/** Of the pCPUs above the threshold, the one with the highest weight that is below the weight (and
 * behind the number) of `after`; -1: none. */
static int32_t next_busiest(const struct view *view, double threshold, int32_t after)
{
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        const struct view_pcpu *one = &view->pcpus[p];

        if (!one->managed || !one->certain || one->load <= threshold)
            continue;
        if (after >= 0 && (one->weight > view->pcpus[after].weight ||
                           (one->weight >= view->pcpus[after].weight && p <= after)))
            continue;
        if (best < 0 || one->weight > view->pcpus[best].weight)
            best = p;
    }
    return best;
}

/** How far a pCPU is from free: what it is likely to do, and what it would lose to the other
 * threads of its core. */
static double taken(const struct view *view, int32_t pcpu)
{
    return view->pcpus[pcpu].weight + locality_taken(view, pcpu);
}

/** Of the pCPUs with room, the one of which least is taken, but more than of `after` (or as much,
 * behind its number); -1: none. */
static int32_t next_freest(const struct view *view, double threshold, int32_t after)
{
    const double last = after < 0 ? 0 : taken(view, after);
    double least = 0;
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        const struct view_pcpu *one = &view->pcpus[p];
        double here;

        if (!one->managed || !one->certain || one->load > threshold)
            continue;
        if (best >= 0 && one->weight >= least)
            continue; /* siblings take only more */
        here = taken(view, p);
        if (after >= 0 && (here < last || (here <= last && p <= after)))
            continue;
        if (best < 0 || here < least) {
            best = p;
            least = here;
        }
    }
    return best;
}

/** The best exchange of `busy` with the freest pCPU that its vCPUs may use. */
static bool relieve(const struct policy_settings *settings, const struct view *view, int32_t busy,
                    uint32_t pins, struct exchange *best)
{
    const double limit = settings->threshold;

    for (int32_t free = next_freest(view, limit, -1); free >= 0;
         free = next_freest(view, limit, free)) {
        bool restricted = false;

        /* The half of the distance is the most that can be gained. */
        if (taken(view, busy) - taken(view, free) < 2 * settings->min_gain)
            return false;
        if (exchange_find(view, busy, free, pins, settings->min_gain, best, &restricted))
            return true;
        if (!restricted)
            return false;
    }
    return false;
}

/** One exchange of the busiest pCPU that can be relieved. */
static bool find(const struct policy_settings *settings, const struct view *view, uint32_t pins,
                 struct exchange *best)
{
    const double limit = settings->threshold;
    int32_t busy = -1;

    for (int asked = 0; asked < BUSIEST_ASKED; asked++) {
        busy = next_busiest(view, limit, busy);
        if (busy < 0)
            return false;
        if (relieve(settings, view, busy, pins, best))
            return true;
    }
    return false;
}

static bool any_movable(const struct view *view, int32_t pcpu)
{
    for (uint32_t v = view->pcpus[pcpu].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        if (!view->vcpus[v].why_not)
            return true;
    }
    return false;
}

static void decide(const struct policy_settings *settings, struct policy_state *state,
                   struct plan *plan)
{
    uint32_t pins = policy_max_pins(settings, &policy_swap);
    struct exchange best;

    if (!policy_may_act(settings, plan))
        return;
    if (state) /* without, what is usual is not known */
        expect(state, &plan->view);
    while (pins > 0 && find(settings, &plan->view, pins, &best)) {
        exchange_add(plan, &best);
        pins -= exchange_pins(&best);
    }
    if (plan->pin_count)
        plan_because(plan, settings, REASON_ACT);
    else if (any_movable(&plan->view, plan->view.busiest))
        plan_because(plan, settings, REASON_NO_GAIN);
    else
        plan_because(plan, settings, REASON_NONE_MOVABLE);
}

const struct policy policy_swap = {
    .name = "swap",
    .summary = "the best move or swap between the busiest and the freest pCPU",
    .default_max_pins = 2,
    .begin = begin,
    .finish = finish,
    .learn = learn,
    .decide = decide,
};
