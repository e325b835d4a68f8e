/* SPDX-License-Identifier: GPL-2.0-or-later */
/* numa_home.h - guesses the NUMA home of vCPUs for which the host tells none. */
#ifndef VCPU_SCHEDULER_PLANNER_NUMA_HOME_H
#define VCPU_SCHEDULER_PLANNER_NUMA_HOME_H

#include "plan.h"

/**
 * Sets the guess of every vCPU of the view, all -1 before: the node where most vCPUs of its domain
 * count, of equals the lower index. It stays -1 if they count nowhere or the host has one node.
 * `votes` has an element per node, all 0 before and after. O(vCPUs). Planner's thread.
 */
void numa_home_guess(struct view *view, uint32_t *votes);

#endif
