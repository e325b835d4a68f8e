/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * headroom.h - is the host full? Not whether a pin helps: one vCPU alone above the threshold, a
 * busy process of the host, or vCPUs that their owner has fixed to one pCPU leave it as roomy as it
 * is.
 */
#ifndef VCPU_SCHEDULER_PLANNER_HEADROOM_H
#define VCPU_SCHEDULER_PLANNER_HEADROOM_H

#include "plan.h"

/* A host counts as full when so many periods in turn were. One may be a burst, and the second may
 * still hold what the pins of the first have settled; the third is a whole one after them. */
#define ROOM_PERIODS 3

/**
 * True if the managed pCPUs together are wanted more than they can give, or each is above the
 * threshold (percent of a pCPU). What can't go elsewhere, the host's own load and fixed, excluded
 * or yielded vCPUs, fills no more than the pCPU that it is on. Of a view whose pCPUs and lists are
 * as measured: before a plan books pins in it. A pCPU whose usage is uncertain is not taken for one
 * above the threshold. Planner's thread.
 */
bool room_is_full(const struct view *view, double threshold);

#endif
