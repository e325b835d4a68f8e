/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stddev.c - acts while the standard deviation of the forecasts of the managed pools is above
 * --stddev, whatever the threshold.
 *
 * Between equally fast pools with forecasts B and F, moving a size d lowers the sum of squares by
 * 2 d (B - F - d). Of all pairs with the busiest or the freest pool, the move with the greatest
 * fall is made.
 *
 * A vCPU that was measured in one period only hardly moves. No threshold holds this policy back, so
 * in the first period it would spread the vCPUs that are busy at that moment, and join those that
 * are busy at others. On recorded hosts with much room, that lost more work than doing nothing.
 */
#include "policy/usual.h"

#include "base/text.h"

#include <math.h>

static bool counts(const struct view_pool *pool)
{
    return pool->managed && pool->certain;
}

static double deviation(const struct view *view)
{
    double sum = 0, squares = 0, mean;
    uint32_t n = 0;

    for (uint32_t p = 0; p < view->pool_count; p++) {
        if (!counts(&view->pools[p]))
            continue;
        sum += view->pools[p].planned_forecast;
        n++;
    }
    if (n == 0)
        return 0;
    mean = sum / n;
    for (uint32_t p = 0; p < view->pool_count; p++) {
        if (counts(&view->pools[p]))
            squares +=
                (view->pools[p].planned_forecast - mean) * (view->pools[p].planned_forecast - mean);
    }
    return sqrt(squares / n);
}

/* The pool with the highest or the lowest planned forecast. */
static int32_t extreme(const struct view *view, bool highest)
{
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pool_count; p++) {
        const double forecast = view->pools[p].planned_forecast;

        if (counts(&view->pools[p]) &&
            (best < 0 || (highest ? forecast > view->pools[best].planned_forecast
                                  : forecast < view->pools[best].planned_forecast)))
            best = p;
    }
    return best;
}

/* By how much a move lowers the sum of squares. */
static double fall_of(const struct view *view, const struct move *move, int32_t busy)
{
    const struct view_pool *from = &view->pools[busy], *to = &view->pools[move->to];
    const double back = move->other == VIEW_END ? 0 : view->vcpus[move->other].size;
    const double shift = view->vcpus[move->vcpu].size - back;
    const double less = shift / from->speed, more = shift / to->speed;

    return less * (2 * from->planned_forecast - less) - more * (2 * to->planned_forecast + more);
}

static void try_pair(const struct policy_settings *settings, const struct view *view, int32_t busy,
                     int32_t free, uint32_t pins, struct move *best, double *best_fall)
{
    const double distance = view->pools[busy].planned_forecast - view->pools[free].planned_forecast;
    struct move one;
    bool restricted = false;
    double fall;

    if (busy == free || distance < settings->min_gain ||
        !move_find(view, busy, free, pins, settings->min_gain, &one, &restricted))
        return;
    fall = fall_of(view, &one, busy);
    if (fall > *best_fall) {
        *best_fall = fall;
        *best = one;
    }
}

static bool find(const struct policy_settings *settings, const struct view *view, uint32_t pins,
                 struct move *best)
{
    const int32_t busiest = extreme(view, true), freest = extreme(view, false);
    double fall = 0;

    for (int32_t p = 0; p < (int32_t)view->pool_count; p++) {
        if (!counts(&view->pools[p]))
            continue;
        try_pair(settings, view, busiest, p, pins, best, &fall);
        try_pair(settings, view, p, freest, pins, best, &fall);
    }
    return fall > 0;
}

static void decide(const struct policy_settings *settings, struct policy_state *state,
                   struct plan *plan)
{
    const struct view *view = &plan->view;
    double begin;
    uint32_t pins = policy_max_pins(settings, &policy_stddev);
    struct move best;

    if (!policy_can_compare(view)) {
        plan_because(plan, settings, REASON_ONE_PCPU);
        return;
    }
    usual_size_up(state, &plan->view);
    usual_doubt_first(state, &plan->view);
    begin = deviation(view);
    if (begin <= settings->stddev) {
        plan_because(plan, settings, REASON_BALANCED);
        return;
    }
    while (pins > 0 && deviation(view) > settings->stddev && find(settings, view, pins, &best)) {
        move_add(plan, &best);
        pins -= move_pins(&best);
    }
    plan_because(plan, settings, plan->decision.pin_count ? REASON_ACT : REASON_NO_GAIN);
    /* In other words than usual: this policy ignores the threshold. */
    if (plan->decision.pin_count)
        plan_say(
            plan,
            "the standard deviation over %ss is %.1f, above %g points: %u pin%s to bring it to "
            "%.1f",
            view_pool_noun(view), begin, settings->stddev, plan->decision.pin_count,
            text_plural(plan->decision.pin_count), deviation(view));
    else
        plan_say(
            plan,
            "the standard deviation over %ss is %.1f, above %g points, but no move or swap gains "
            "%g points",
            view_pool_noun(view), begin, settings->stddev, settings->min_gain);
}

const struct policy policy_stddev = {
    .name = "stddev",
    .summary = "moves and swaps while the standard deviation is above --stddev",
    .default_max_pins = 2,
    .begin = usual_begin,
    .finish = usual_finish,
    .learn = usual_learn,
    .decide = decide,
};
