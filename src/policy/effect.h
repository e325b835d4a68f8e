/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * effect.h - what pins change, by the demand of today.
 *
 * A policy may choose by a forecast, but its plan must do no harm by today's demand: it must not
 * raise the highest demand of a pool, nor lose more work than doing nothing would. The work lost on
 * a pool is what its vCPUs want less what they do, in points of the strongest pool. They do
 *
 *   demand × share × (1 - sibling loss) × (1 - remote loss)
 *
 *   share          what other load leaves of the pool / what they want, if they want more, else 1
 *   sibling loss   the part that busy threads of the same core take (locality.h)
 *   remote loss    the part that NUMA distance takes (locality.h)
 *
 * On a host that runs vCPUs only, the sum is that of report/losses.h, except that a little load of
 * the host's own on every pool is ignored. Planner's thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_EFFECT_H
#define VCPU_SCHEDULER_POLICY_EFFECT_H

#include "plan.h"

#include <stdbool.h>

struct move; /* policy/internal.h */

/* Less than this may be rounding (points). */
#define EFFECT_LEAST 1e-6

/** The effect of a move on its two pools, relative to the planned demand. O(threads of the two
 * cores + their vCPUs). */
struct effect effect_of(const struct view *view, const struct move *move);

/** Points by which the highest demand falls; negative: it rises. */
static inline double effect_relief(const struct effect *effect)
{
    return effect->before.highest - effect->after.highest;
}

/** Points by which less work is lost; negative: more is lost. */
static inline double effect_saved(const struct effect *effect)
{
    return effect->before.lost - effect->after.lost;
}

/**
 * True if the effect helps and does no harm: no more work is lost than before, and either the
 * highest demand falls, or less work is lost and no demand is above `limit` (percent, see
 * effect_limit()).
 */
bool effect_is_sound(const struct effect *effect, double limit);

/** The gain, points: the relief if there is any, else the work saved if there is any. */
double effect_gain(const struct effect *effect);

/** The highest demand that a plan may cause, percent: the threshold, or the highest demand of a
 * managed pool before the plan. O(pools). */
double effect_limit(const struct view *view, double threshold);

/** The pools that the plan's pins leave and go to, without placements. */
struct cpuset effect_touched(const struct plan *plan);

/** The figures of some pools by their planned demand. O(threads of their cores + their vCPUs). */
struct toll effect_toll(const struct view *view, const struct cpuset *pools);

/** Sets decision.effect to the effect of all pins of the plan. */
void effect_of_plan(struct plan *plan);

#endif
