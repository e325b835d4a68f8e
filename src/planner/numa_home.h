/* SPDX-License-Identifier: GPL-2.0-or-later */
/* numa_home.h - where the memory of vCPUs is taken to be when nobody tells it. */
#ifndef VCPU_SCHEDULER_PLANNER_NUMA_HOME_H
#define VCPU_SCHEDULER_PLANNER_NUMA_HOME_H

#include "plan.h"

/**
 * Guesses the home of every vCPU of the view, whose guesses are -1: the node where most vCPUs of
 * its domain count, of several the lower index; none where they count nowhere, or where there are
 * no two nodes, since nothing is far then. votes: an element per node, all 0, and left so.
 * O(vCPUs). Planner's thread.
 */
void homes_guess(struct view *view, uint32_t *votes);

#endif
