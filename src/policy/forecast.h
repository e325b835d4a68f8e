/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forecast.h - what each vCPU is likely to want, and what else is likely to run on each pCPU,
 * learnt from what was seen so far.
 *
 * A vCPU is known by the slow mean of its demand, by how far it goes from it (standard deviation),
 * and by how far it is from it now. How long such a deviation lasts is learnt from all vCPUs
 * together, as the part of it that is left after some periods: on a host of noise it is gone at
 * once, on one of long jobs it stays. Planner's thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_FORECAST_H
#define VCPU_SCHEDULER_POLICY_FORECAST_H

#include "plan.h"

/** How far ahead: the next period, a handful, a dozen. */
enum forecast_span { FORECAST_NEXT, FORECAST_SOON, FORECAST_LATER, FORECAST_SPANS };

/** One vCPU; percent of one pCPU. Its demand after a span is likely mean + kept × away. */
struct outlook {
    float mean;
    float deviation; /* demand of the last period less mean */
    float sd;
};

struct forecast;

/** Knows nothing yet; NULL without memory. Freed by forecast_free(), which accepts NULL. */
struct forecast *forecast_new(void);
void forecast_free(struct forecast *forecast);

/**
 * Learns from a period's view; every period in turn. What is not measured (new, paused, suspect) is
 * left out. Returns 0, or -ENOMEM: nothing was learnt. O(vCPUs + pCPUs); allocates for slots and
 * pCPUs never seen before only.
 */
int forecast_learn(struct forecast *forecast, const struct view *view);

/** What is known of a vCPU of the view that was learnt from last. */
struct outlook forecast_vcpu(const struct forecast *forecast, const struct view_vcpu *vcpu);

/** What is known of what runs on a pCPU beside vCPUs, in the view that was learnt from last. Its sd
 * is not known: 0. */
struct outlook forecast_other(const struct forecast *forecast, const struct view *view,
                              int32_t pcpu);

/**
 * Sets what exchanges go by to what is usual: of a vCPU that is measured, size becomes its mean
 * with `now_part` (0 to 1) of what it wants now, doubt its standard deviation if `in_doubt`; each
 * pCPU's weight is made of these, and of what else runs there, likewise. The view was learnt from
 * last.
 */
void forecast_size_up(const struct forecast *forecast, struct view *view, double now_part,
                      bool in_doubt);

/** The part of a deviation that is left after a span, 0 to 1. */
double forecast_kept(const struct forecast *forecast, enum forecast_span span);

#endif
