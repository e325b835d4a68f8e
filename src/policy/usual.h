/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usual.h - the memory of a policy that goes by what vCPUs usually want, and by nothing else.
 * Planner's thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_USUAL_H
#define VCPU_SCHEDULER_POLICY_USUAL_H

#include "policy.h"

/** policy.begin, finish and learn. */
struct policy_state *usual_begin(void);
void usual_finish(struct policy_state *state);
int usual_learn(struct policy_state *state, const struct view *view);

/** Sets the view's sizes and weights to what is usual, with what is wanted now for a small part.
 * `state` NULL: nothing is known, they stay as they are. */
void usual_size_up(const struct policy_state *state, struct view *view, bool in_doubt);

#endif
