/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * planner.h - the second stage: two snapshots make a view, a policy makes a plan of it.
 *
 * The planner asks no clock, no host and no file; its time is that of the snapshots. The same
 * snapshots and outcomes always give the same plans. All functions: planner's thread, or the one
 * thread of a replay.
 */
#ifndef VCPU_SCHEDULER_PLANNER_PLANNER_H
#define VCPU_SCHEDULER_PLANNER_PLANNER_H

#include "plan.h"
#include "planner/crosscheck.h"
#include "planner/settings.h"
#include "snapshot.h"

struct planner;

/**
 * Returns a planner without history, or NULL if there is no memory. Keeps the settings, but does
 * not own them. Freed by planner_free(), which accepts NULL.
 */
struct planner *planner_new(const struct planner_settings *settings,
                            const struct crosscheck_ticks *ticks);
void planner_free(struct planner *planner);

/** Changes the settings, but not the policy. They are kept as by planner_new(). The old ones must
 * not be freed either. */
void planner_set_settings(struct planner *planner, const struct planner_settings *settings);

/**
 * One period: fills in the plan's view and decision from a snapshot and what is known of earlier
 * ones. May change what the snapshot says that owners want (--yield-for). The last plan must have
 * been booked. Returns 0, or with words in outcome.failure: -ENOMEM; -EINVAL: at the start, if
 * --cpus names no pCPU of this host.
 */
int planner_step(struct planner *planner, struct snapshot *snapshot, struct plan *plan);

/** Books the results of a plan's pins, once all have one, and updates its totals. */
void planner_book(struct planner *planner, struct plan *plan);

/** Counts a snapshot that is skipped for a newer one. */
void planner_pass_over(struct planner *planner);

#endif
