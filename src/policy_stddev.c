/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy_stddev.c - acts while the standard deviation of the load over the managed pCPUs is above
 * --stddev, whatever the threshold says.
 *
 * Moving a demand d from load B to load F lowers the sum of squares by 2 d (B - F - d). Of all
 * pairs that contain the busiest or the freest pCPU, the one with the greatest such fall exchanges.
 */
#include "policy.h"

#include <math.h>
#include <stdio.h>

static bool counts(const struct view_pcpu *pcpu)
{
    return pcpu->managed && pcpu->certain;
}

static double deviation(const struct view *view)
{
    double sum = 0, squares = 0, mean;
    uint32_t n = 0;

    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        if (!counts(&view->pcpus[p]))
            continue;
        sum += view->pcpus[p].load;
        n++;
    }
    if (n == 0)
        return 0;
    mean = sum / n;
    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        if (counts(&view->pcpus[p]))
            squares += (view->pcpus[p].load - mean) * (view->pcpus[p].load - mean);
    }
    return sqrt(squares / n);
}

/** The highest or the lowest load, as it is planned by now. */
static int32_t extreme(const struct view *view, bool highest)
{
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        const double load = view->pcpus[p].load;

        if (counts(&view->pcpus[p]) &&
            (best < 0 || (highest ? load > view->pcpus[best].load : load < view->pcpus[best].load)))
            best = p;
    }
    return best;
}

static void try_pair(const struct policy_settings *settings, const struct view *view, int32_t busy,
                     int32_t free, uint32_t pins, struct exchange *best, double *best_fall)
{
    const double distance = view->pcpus[busy].load - view->pcpus[free].load;
    struct exchange one;
    bool restricted = false;
    double fall;

    if (busy == free || distance < 2 * settings->min_gain ||
        !exchange_find(view, busy, free, pins, settings->min_gain, &one, &restricted))
        return;
    fall = 2 * one.gain * (distance - one.gain);
    if (fall > *best_fall) {
        *best_fall = fall;
        *best = one;
    }
}

static bool find(const struct policy_settings *settings, const struct view *view, uint32_t pins,
                 struct exchange *best)
{
    const int32_t busiest = extreme(view, true), freest = extreme(view, false);
    double fall = 0;

    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        if (!counts(&view->pcpus[p]))
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
    const double begin = deviation(view);
    uint32_t pins = policy_max_pins(settings, &policy_stddev);
    struct exchange best;

    (void)state;
    if (!policy_can_compare(view)) {
        plan_because(plan, settings, REASON_ONE_PCPU);
        return;
    }
    if (begin <= settings->stddev) {
        plan_because(plan, settings, REASON_BALANCED);
        return;
    }
    while (pins > 0 && deviation(view) > settings->stddev && find(settings, view, pins, &best)) {
        exchange_add(plan, &best);
        pins -= exchange_pins(&best);
    }
    plan_because(plan, settings, plan->pin_count ? REASON_ACT : REASON_NO_GAIN);
    /* In its own words: the threshold is not what it goes by. */
    if (plan->pin_count)
        snprintf(plan->why, sizeof(plan->why),
                 "the standard deviation over pCPUs is %.1f, above %g points: %u pin%s to bring it "
                 "to %.1f",
                 begin, settings->stddev, plan->pin_count, plan->pin_count == 1 ? "" : "s",
                 deviation(view));
    else
        snprintf(plan->why, sizeof(plan->why),
                 "the standard deviation over pCPUs is %.1f, above %g points, but no move or swap "
                 "gains %g points",
                 begin, settings->stddev, settings->min_gain);
}

const struct policy policy_stddev = {
    .name = "stddev",
    .summary = "moves and swaps while the standard deviation is above --stddev",
    .default_max_pins = 2,
    .decide = decide,
};
