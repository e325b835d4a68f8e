/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * headroom.h - is the host full? This is not whether a pin helps: a host with one great vCPU, a
 * busy process of its own, or vCPUs fixed to one pool may be far from full.
 */
#ifndef VCPU_SCHEDULER_PLANNER_HEADROOM_H
#define VCPU_SCHEDULER_PLANNER_HEADROOM_H

#include "plan.h"

/* The host is reported full after so many full periods in a row. One may be a burst, and the second
 * may still be disturbed by pins made in it; the third is a whole period after them. */
#define FULL_PERIODS 3

/**
 * True if the total demand exceeds what the managed pools can give, or each of them is above the
 * threshold (percent of a pool) with certain usage. Load that can't move (the host's own, and
 * fixed, excluded or yielded vCPUs) fills at most its own pool. The view must not have booked pins
 * yet. Planner's thread.
 */
bool room_is_full(const struct view *view, double threshold);

#endif
