/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swap.c - the busiest-freest rule (relief.c), by what vCPUs usually want.
 *
 * Which pCPUs are above the threshold and which have room is asked of the period that was measured.
 * Whom to exchange is asked of what vCPUs usually want, with what they want now for a part: a vCPU
 * that is busy for a moment is not worth two pins, nor is a pCPU on which something else is.
 */
#include "policy/usual.h"

/* Where --max-pins is not given, a period has an exchange of so many pins; or a rotation, which may
 * take one more: the default. */
#define EXCHANGE_PINS 2

static void decide(const struct policy_settings *settings, struct policy_state *state,
                   struct plan *plan)
{
    uint32_t pins = settings->max_pins ? settings->max_pins : EXCHANGE_PINS;
    struct move best;

    if (!policy_may_act(settings, plan))
        return;
    usual_size_up(state, &plan->view, false);
    while (pins > 0 && relief_find(settings, &plan->view, pins, &best)) {
        move_add(plan, &best);
        pins -= move_pins(&best);
    }
    if (plan->decision.pin_count == 0)
        rotation_add(settings, plan, policy_max_pins(settings, &policy_swap));
    policy_conclude(settings, plan);
}

const struct policy policy_swap = {
    .name = "swap",
    .summary = "the best move or swap between the busiest and the freest pCPU",
    .default_max_pins = 3,
    .begin = usual_begin,
    .finish = usual_finish,
    .learn = usual_learn,
    .decide = decide,
};
