/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swap.c - the busiest-freest rule (relief.c), by what vCPUs usually want.
 *
 * The measured period tells which pools are above the threshold and which are not. Which vCPUs to
 * move is decided by their usual demand, with a small part of today's: a vCPU that is busy for a
 * moment is not worth two pins, nor is other load that passes. Nor is a pool that is above the
 * threshold for a moment: where no vCPU waits, it must usually be above it. At 35 % mean load that
 * halves what pins lose on the hosts where they lose any, with a quarter less pins; on the public
 * traces as much is left.
 */
#include "policy/usual.h"

/* Without --max-pins, a period has moves of so many pins in all, or else a rotation, which may take
 * three. */
#define SWAP_PINS 2

static void decide(const struct policy_settings *settings, struct policy_state *state,
                   struct plan *plan)
{
    uint32_t pins = settings->max_pins ? settings->max_pins : SWAP_PINS;
    struct move best;

    if (!policy_may_act(settings, plan))
        return;
    usual_size_up(state, &plan->view);
    while (pins > 0 && relief_find(settings, &plan->view, settings->threshold, pins, &best)) {
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
