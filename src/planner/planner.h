/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * planner.h - the second stage: two snapshots make usage, a policy makes a plan.
 *
 * The planner's time is the snapshots' time. It asks no clock, no host and no file: the same
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
 * A planner with no history. The settings are kept, not owned. Returns NULL without memory. Freed
 * by planner_free(), which accepts NULL.
 */
struct planner *planner_new(const struct planner_settings *settings,
                            const struct crosscheck_steps *steps);
void planner_free(struct planner *planner);

/** Goes on with other settings, of the same policy. Kept as by planner_new(); the old ones must
 * stay, too. */
void planner_set_settings(struct planner *planner, const struct planner_settings *settings);

/**
 * One period: fills the plan's view, reason and pins from a snapshot and what is known of the ones
 * before. What the snapshot says that owners want is brought up to what is known of them. The plan
 * before must have been booked. Returns 0, or with the words in plan->failure: -ENOMEM; -EINVAL: at
 * the start, --cpus names no pCPU that this host has.
 */
int planner_step(struct planner *planner, struct snapshot *snapshot, struct plan *plan);

/** Books what became of a plan's pins, once they all have a result, and brings its totals up to
 * date. */
void planner_book(struct planner *planner, struct plan *plan);

/** A snapshot is left for a newer one: it is counted, and never planned on. */
void planner_pass_over(struct planner *planner);

#endif
