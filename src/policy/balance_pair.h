/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * balance_pair.h - the best move between two pools, by the costs of policy `balance`. Planner's
 * thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_BALANCE_PAIR_H
#define VCPU_SCHEDULER_POLICY_BALANCE_PAIR_H

#include "policy/balance_state.h"

/** The best move so far. */
struct choice {
    struct move move;
    float worth; /* points and periods per pin */
};

/** Tries every move between two pools that takes at least and at most so many pins. The sums of
 * `from` are in state->here. */
void balance_try_pair(struct policy_state *state, const struct view *view, int32_t from, int32_t to,
                      uint32_t least_pins, uint32_t pins, struct choice *best);

#endif
