/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usual.h - the state of policies that remember only what vCPUs usually want. Planner's thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_USUAL_H
#define VCPU_SCHEDULER_POLICY_USUAL_H

#include "policy/internal.h"

/** The policy's begin, finish and learn. */
struct policy_state *usual_begin(void);
void usual_finish(struct policy_state *state);
int usual_learn(struct policy_state *state, const struct view *view);

/** Sets the view's sizes and forecasts to the usual demand, with a small part of today's. Does
 * nothing if `state` is NULL. */
void usual_size_up(const struct policy_state *state, struct view *view);

/** Puts the sizes in doubt that only one period tells of: their doubt becomes as great as they are.
 * After usual_size_up(); does nothing if `state` is NULL. */
void usual_doubt_first(const struct policy_state *state, struct view *view);

#endif
