/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "payoff.h"

static struct cpuset touched(const struct plan *plan)
{
    struct cpuset set;

    cpuset_clear(&set);
    for (uint32_t i = 0; i < plan->pin_count; i++) {
        if (plan->pins[i].from < 0)
            continue; /* a placement: nothing was crowded less by it */
        cpuset_add(&set, (uint32_t)plan->pins[i].from);
        cpuset_add(&set, (uint32_t)plan->pins[i].to);
    }
    return set;
}

/** The highest load of the set: as measured, or as booked by the plan's pins. */
static double highest(const struct view *view, const struct cpuset *set, bool booked)
{
    double most = 0;

    for (int p = cpuset_next(set, 0); p >= 0 && p < (int)view->pcpu_count;
         p = cpuset_next(set, (uint32_t)p + 1)) {
        const double load = booked ? view->pcpus[p].load : view->pcpus[p].measured;

        if (load > most)
            most = load;
    }
    return most;
}

double payoff_expected(const struct plan *plan)
{
    const struct cpuset set = touched(plan);

    return highest(&plan->view, &set, false) - highest(&plan->view, &set, true);
}

void payoff_open(struct payoff *payoff, const struct plan *plan)
{
    payoff->touched = touched(plan);
    payoff->open = cpuset_count(&payoff->touched) > 0;
    payoff->before = highest(&plan->view, &payoff->touched, false);
    payoff->expected = plan->gain;
}

double payoff_judge(struct payoff *payoff, const struct view *view)
{
    payoff->open = false;
    return payoff->before - highest(view, &payoff->touched, false);
}
