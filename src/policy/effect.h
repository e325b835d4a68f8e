/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * effect.h - what pins change, by what the vCPUs want now.
 *
 * A policy chooses by what it expects. Whatever it expects, a plan must not do harm by what is
 * wanted now: it must not raise the highest wanted load, and it must not lose more work than doing
 * nothing would. Lost is what the vCPUs of a pCPU want, less
 * what they do there, in points of the strongest pCPU. They do
 *
 *   what they want × share × (1 - siblings) × (1 - distance)
 *
 *   share      of a pCPU of which more than 100 % is wanted: what everybody there gets of it
 *   siblings   the part that busy threads of the same core take
 *   distance   the part that the way to a vCPU's memory takes
 *
 * The parts are those of locality.h, and where nothing but vCPUs runs the sum is that of
 * report/losses.h, but for the little load that every pCPU has of the host's own. Planner's thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_EFFECT_H
#define VCPU_SCHEDULER_POLICY_EFFECT_H

#include "plan.h"
#include "policy.h"

/* What is less than this may be rounding (points). */
#define EFFECT_LEAST 1e-6

/** What a move or swap changes on its two pCPUs, as the view is booked. O(threads of the two
 * cores), and O(their vCPUs) where distance matters. */
struct effect effect_of(const struct view *view, const struct move *move);

/** Points by which the highest load falls, and by which less work is lost; negative: more. */
static inline double effect_relief(const struct effect *effect)
{
    return effect->before.highest - effect->after.highest;
}

static inline double effect_saved(const struct effect *effect)
{
    return effect->before.lost - effect->after.lost;
}

/**
 * True if it helps and harms nobody: no more work is lost than before, and either the highest load
 * falls, or less work is lost without a load above `limit` (percent: see effect_limit()).
 */
bool effect_is_sound(const struct effect *effect, double limit);

/** What it gains, points: the relief where there is any, else the work saved if there is any. */
double effect_gain(const struct effect *effect);

/** The highest load that a plan may make, percent: the highest that a managed pCPU had before it,
 * or the threshold. O(pCPUs). */
double effect_limit(const struct view *view, double threshold);

/** The pCPUs that the plan's pins leave and go to, without placements. */
struct cpuset effect_touched(const struct plan *plan);

/** What some pCPUs come to as the view is booked. O(threads of their cores), and O(their vCPUs)
 * where distance matters. */
struct toll effect_toll(const struct view *view, const struct cpuset *pcpus);

/** Fills in plan->effect by all pins of the plan. */
void effect_of_plan(struct plan *plan);

#endif
