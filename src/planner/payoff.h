/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * payoff.h - did a plan's pins gain what it expected?
 *
 * Both figures are of the pCPUs that the pins touched: by how many points the highest load among
 * them was to fall (or, where it was to stay, the work lost there), and by how many it was lower
 * when the next whole period was measured. Planner's thread.
 */
#ifndef VCPU_SCHEDULER_PLANNER_PAYOFF_H
#define VCPU_SCHEDULER_PLANNER_PAYOFF_H

#include "plan.h"

#include <stdbool.h>

/** The last plan with pins, until it is judged. Zeroed at first. */
struct payoff {
    bool open;            /* there is one to be judged */
    struct effect effect; /* as it was planned */
    double expected;      /* plan.gain */
    struct cpuset touched;
};

/** Remembers a plan whose pins were made. */
void payoff_open(struct payoff *payoff, const struct plan *plan);

/** Judges it by a view measured since: the points really gained, negative if it got worse. */
double payoff_judge(struct payoff *payoff, const struct view *view);

#endif
