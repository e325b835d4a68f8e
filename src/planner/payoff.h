/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * payoff.h - did a plan's pins gain what it expected?
 *
 * Expected and measured gain are of the pCPUs that the pins touched: the points by which their
 * highest demand falls, or, if the plan did not expect it to fall, by which less work is lost
 * there. The gain is measured over the next whole period. Planner's thread.
 */
#ifndef VCPU_SCHEDULER_PLANNER_PAYOFF_H
#define VCPU_SCHEDULER_PLANNER_PAYOFF_H

#include "plan.h"

#include <stdbool.h>

/** The last plan with pins, until it is judged. Zeroed at first. */
struct payoff {
    bool open;            /* there is one to be judged */
    struct effect effect; /* as planned */
    double expected;      /* decision.gain */
    struct cpuset touched;
};

/** Remembers a plan whose pins were made. */
void payoff_open(struct payoff *payoff, const struct plan *plan);

/** Judges the plan by a later view. Returns the points gained; negative: it got worse. */
double payoff_judge(struct payoff *payoff, const struct view *view);

#endif
