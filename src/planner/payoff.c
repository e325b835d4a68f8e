/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planner/payoff.h"

#include "policy/effect.h"

void payoff_open(struct payoff *payoff, const struct plan *plan)
{
    payoff->touched = effect_touched(plan);
    payoff->open = cpuset_count(&payoff->touched) > 0;
    payoff->effect = plan->decision.effect;
    payoff->expected = plan->decision.gain;
}

double payoff_judge(struct payoff *payoff, const struct view *view)
{
    const struct effect gained = {.before = payoff->effect.before,
                                  .after = effect_toll(view, &payoff->touched)};

    payoff->open = false;
    return effect_relief(&payoff->effect) > EFFECT_LEAST ? effect_relief(&gained)
                                                         : effect_saved(&gained);
}
