/* SPDX-License-Identifier: GPL-2.0-or-later */
/* none.c - measures, shows and records, but pins nothing. */
#include "policy.h"

static void decide(const struct policy_settings *settings, struct policy_state *state,
                   struct plan *plan)
{
    (void)state;
    plan_because(plan, settings, REASON_OBSERVE);
}

const struct policy policy_none = {
    .name = "none",
    .summary = "observe only, never pin",
    .default_max_pins = 0,
    .observes = true,
    .decide = decide,
};
