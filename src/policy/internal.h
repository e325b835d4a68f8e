/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - what policies share: the first checks and last words (policy.c), the best move
 * between two pools (move.c), the busiest-freest rule (relief.c) and the rotation (rotation.c).
 * Planner's thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_INTERNAL_H
#define VCPU_SCHEDULER_POLICY_INTERNAL_H

#include "policy.h"

/** Returns how many pins a period the settings allow this policy. */
uint32_t policy_max_pins(const struct policy_settings *settings, const struct policy *policy);

/** Writes the reason in words, instead of those that plan_because() gave it. */
void plan_say(struct plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Bytes for what policy_describe() writes. */
#define POLICY_DESCRIPTION (VIEW_POOL_WORDS + 16)

/** "pCPU 3 at 41.2 %": a pool and its usage in words. Returns `text`. */
const char *policy_describe(const struct view *view, int32_t pool, char *text, size_t size);

/** True if at least two managed pools have a usage that decisions may rely on. */
bool policy_can_compare(const struct view *view);

/**
 * Checks what every policy checks first: there are two pools to compare, the busiest is above the
 * threshold, and another is not, or a vCPU waits (a pool's demand is above 100 %). If there is
 * nothing to do, sets the reason and returns false.
 */
bool policy_may_act(const struct policy_settings *settings, struct plan *plan);

/** True if the planned demand of a managed pool is at or below the threshold. */
bool policy_any_below(const struct policy_settings *settings, const struct view *view);

/** Sets the reason after a decision: its pins, or why there are none. */
void policy_conclude(const struct policy_settings *settings, struct plan *plan);

/** True if the vCPU (index) may be moved to the pool: it is movable, the pool is managed and
 * allowed, and the vCPU is not there already. */
bool policy_can_move(const struct view *view, uint32_t vcpu, int32_t to);

/**
 * True if a pool of several pCPUs already holds as many vCPUs of a vCPU's VM as it has pCPUs, not
 * counting `but` (index; VIEW_END: none), and no fewer than its own pool: they would wait for each
 * other. O(vCPUs of the two pools).
 */
bool policy_crowds_vm(const struct view *view, uint32_t vcpu, int32_t to, uint32_t but);

/** True if a vCPU on the pool wants more than its demand says: the pool's demand is not known. */
bool policy_wants_more(const struct view *view, int32_t pool);

/** One vCPU goes from a pool to another (a plain move), and one may come back for it (a swap). */
struct move {
    uint32_t vcpu;  /* index in view.vcpus */
    uint32_t other; /* the one that comes back; VIEW_END: none */
    int32_t to;
    uint32_t company;    /* vCPUs of its own VM that `vcpu` joins */
    double displacement; /* points that the two lose to NUMA and LLC distance; negative: they win */
    double gain;         /* points by which the higher of the two forecasts falls */
};

/** policy_crowds_vm() for both vCPUs of a move. */
bool move_crowds_vm(const struct view *view, const struct move *move);

/** Returns the gain less the costs of company and displacement, points. */
double move_net(const struct move *move);

/** Returns how many pins the move takes: 1 or 2. */
uint32_t move_pins(const struct move *move);

/**
 * Points that the sizes of up to three moving vCPUs (indices; VIEW_END: none) may be off by: three
 * times the doubt of their sum. A move must gain more.
 */
double move_doubt(const struct view *view, uint32_t a, uint32_t b, uint32_t c);

/**
 * Finds the plain move or swap between `busy` and `free` that lowers the higher of the two
 * forecasts most, among near-equals the one with fewer pins, among equals the first in the view's
 * order. At most `max_pins` pins. Returns false if none gains at least `min_gain` points and more
 * than its doubt, and is sound by today's demand (effect.h). Sets *restricted if a vCPU's allowed
 * set ruled out a move.
 */
bool move_find(const struct view *view, int32_t busy, int32_t free, uint32_t max_pins,
               double min_gain, struct move *best, bool *restricted);

/** Adds the move's pins to the plan. Of a swap, the pin with the lower peak in between is first. */
void move_add(struct plan *plan, const struct move *move);

/**
 * The busiest-freest rule: finds the best move off the busiest pool that can be relieved, by the
 * view's sizes. Only pools above the threshold are relieved, and where no vCPU waits (their demand
 * is at most 100 %), only if their forecast is above `usual` (percent). The other pool of the move
 * is at or below the threshold; if vCPUs wait on the busy one, any pool with less demand will do.
 * Returns false if there is no such move.
 */
bool relief_find(const struct policy_settings *settings, const struct view *view, double usual,
                 uint32_t pins, struct move *best);

/* Other load on a full pool is assumed to want twice what it gets, but no more than this on top
 * (points). */
#define RELIEF_UNSEEN 10.0

/** Points that a pool's other load may want on top of what it gets. */
static inline double relief_unseen(const struct view *view, int32_t pool)
{
    const double other = view->pools[pool].other;

    return other < RELIEF_UNSEEN ? other : RELIEF_UNSEEN;
}

/** For hosts where vCPUs wait and no move helps: adds two or three pins over three pools that lower
 * the highest forecast of the three by more than --min-gain, if there are such and `pins` allows.
 * The plan holds no pins but placements. */
void rotation_add(const struct policy_settings *settings, struct plan *plan, uint32_t pins);

#endif
