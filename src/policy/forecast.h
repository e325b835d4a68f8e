/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forecast.h - what each vCPU is likely to want, and the likely other load of each pool, learnt
 * from the periods so far.
 *
 * Of each vCPU a slow mean of its demand is kept, the standard deviation, and the present deviation
 * from the mean. How long deviations last is learnt from all vCPUs together, as the part that is
 * left after some periods (retention): about 0 on a host of noise, near 1 on one of long jobs.
 * Planner's thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_FORECAST_H
#define VCPU_SCHEDULER_POLICY_FORECAST_H

#include "plan.h"

/** How far ahead: 1, 4 or 12 periods. */
enum forecast_span { FORECAST_NEXT, FORECAST_SOON, FORECAST_LATER, FORECAST_SPANS };

/** Percent of one pool. The likely demand after a span is mean + retention × deviation. */
struct outlook {
    float mean;
    float deviation; /* demand of the last period less the mean */
    float sd;
};

/** What the doubt of a size is. */
enum forecast_doubt {
    FORECAST_SURE,   /* none */
    FORECAST_MEAN,   /* the standard error of the mean: for what goes on and on */
    FORECAST_VARIES, /* the standard deviation: for a gain in every period */
};

struct forecast;

/** Returns an empty forecast, or NULL if there is no memory. Freed by forecast_free(), which
 * accepts NULL. */
struct forecast *forecast_new(void);
void forecast_free(struct forecast *forecast);

/**
 * Learns from the view of a period; every period in order. Leaves out vCPUs that are not measured
 * (new, paused, suspect). Returns 0, or -ENOMEM if nothing was learnt. O(vCPUs + pools); allocates
 * only for slots and pools never seen before.
 */
int forecast_learn(struct forecast *forecast, const struct view *view);

/** The outlook of a vCPU of the view that was learnt last. */
struct outlook forecast_vcpu(const struct forecast *forecast, const struct view_vcpu *vcpu);

/** How many periods the mean of a vCPU is of, 0: none. Begins anew when demand is known better. */
uint32_t forecast_periods(const struct forecast *forecast, const struct view_vcpu *vcpu);

/** The outlook of a pool's other load, of the view that was learnt last; sd is unknown: 0. */
struct outlook forecast_other(const struct forecast *forecast, const struct view *view,
                              int32_t pool);

/**
 * Sets the sizes of the view that was learnt last: the size of a measured vCPU becomes its mean,
 * with `now_part` (0 to 1) of today's demand, and its doubt what `doubt` says. The planned
 * forecasts are sums of these sizes and of other load, sized likewise.
 */
void forecast_size_up(const struct forecast *forecast, struct view *view, double now_part,
                      enum forecast_doubt doubt);

/** The retention of deviations over a span, 0 to 1. */
double forecast_retention(const struct forecast *forecast, enum forecast_span span);

#endif
