/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.c - the table of policies, and what they share: the first questions, and the words of
 * every reason.
 */
#include "policy.h"

#include "policy/effect.h"

#include <stdio.h>
#include <string.h>

static const struct policy *const policies[] = {&policy_swap, &policy_balance, &policy_exchange,
                                                &policy_stddev, &policy_none};

const struct policy *policy_at(uint32_t n)
{
    return n < sizeof policies / sizeof *policies ? policies[n] : NULL;
}

const struct policy *policy_find(const char *name)
{
    const struct policy *policy;

    for (uint32_t n = 0; (policy = policy_at(n)); n++) {
        if (strcmp(policy->name, name) == 0)
            return policy;
    }
    return NULL;
}

uint32_t policy_max_pins(const struct policy_settings *settings, const struct policy *policy)
{
    return settings->max_pins ? settings->max_pins : policy->default_max_pins;
}

/** "pCPU 3 at 41.2 %", and what is waiting there. */
static const char *describe(const struct view *view, int32_t pcpu, char *text, size_t size)
{
    const struct view_pcpu *p;

    if (pcpu < 0)
        return "no pCPU";
    p = &view->pcpus[pcpu];
    snprintf(text, size, "pCPU %d at %.1f %%", pcpu, p->usage);
    return text;
}

void plan_because(struct plan *plan, const struct policy_settings *settings, enum reason reason)
{
    const struct view *view = &plan->view;
    char busy_text[48], free_text[48];
    const char *busiest = describe(view, view->busiest, busy_text, sizeof busy_text);
    const char *freest = describe(view, view->freest, free_text, sizeof free_text);
    char *why = plan->decision.why;
    const size_t size = sizeof plan->decision.why;
    const double limit = settings->threshold;

    plan->decision.reason = reason;
    switch (reason) {
    case REASON_ACT:
        effect_of_plan(plan);
        plan->decision.gain = effect_gain(&plan->decision.effect);
        snprintf(
            why, size,
            "busiest %s is above the threshold of %g %%, freest %s: %u pin%s to %s %.1f points",
            busiest, limit, freest, plan->decision.pin_count,
            plan->decision.pin_count == 1 ? "" : "s",
            effect_relief(&plan->decision.effect) <= EFFECT_LEAST && plan->decision.gain > 0
                ? "save work of"
                : "gain",
            plan->decision.gain);
        break;
    case REASON_PLACE:
        snprintf(why, size, "%u floating vCPU%s get%s a pCPU, each where it crowds least",
                 plan->decision.pin_count, plan->decision.pin_count == 1 ? "" : "s",
                 plan->decision.pin_count == 1 ? "s" : "");
        break;
    case REASON_FIRST:
        snprintf(why, size, "first snapshot: usage is known from the next one on");
        break;
    case REASON_NO_DOMAIN:
        snprintf(why, size, "no active domain");
        break;
    case REASON_BELOW:
        snprintf(why, size, "busiest %s is %s the threshold of %g %%", busiest,
                 view->pcpus[view->busiest].planned_demand < limit ? "below" : "at", limit);
        break;
    case REASON_ALL_ABOVE:
        snprintf(why, size,
                 "all %u managed pCPUs are above the threshold of %g %% (freest %s): no room",
                 cpuset_count(&view->managed), limit, freest);
        break;
    case REASON_NO_GAIN:
        snprintf(why, size,
                 "busiest %s is above the threshold of %g %%, but no move or swap gains %g points",
                 busiest, limit, settings->min_gain);
        break;
    case REASON_NONE_MOVABLE:
        snprintf(why, size,
                 "busiest %s is above the threshold of %g %%, but holds no vCPU that may be moved",
                 busiest, limit);
        break;
    case REASON_ONE_PCPU:
        snprintf(why, size, "%u managed pCPU%s, fewer than two with a usage to be decided on",
                 cpuset_count(&view->managed), cpuset_count(&view->managed) == 1 ? "" : "s");
        break;
    case REASON_BALANCED:
        snprintf(why, size, "the standard deviation over pCPUs is at or below %g points",
                 settings->stddev);
        break;
    case REASON_OBSERVE:
        snprintf(why, size, "busiest %s, freest %s: policy none only looks", busiest, freest);
        break;
    case REASON_GAP:
        snprintf(why, size, "the host was away: usage is known again from the next period on");
        break;
    case REASON_SETTLING:
        snprintf(
            why, size,
            "pins of an earlier plan were still being made: waiting for a whole period after them");
        break;
    case REASON_HARM:
        snprintf(why, size,
                 "the policy's plan would do harm (highest load %.1f to %.1f %%, lost work %.1f to "
                 "%.1f points): dropped; please report this",
                 plan->decision.effect.before.highest, plan->decision.effect.after.highest,
                 plan->decision.effect.before.lost, plan->decision.effect.after.lost);
        break;
    }
}

bool policy_can_compare(const struct view *view)
{
    uint32_t count = 0;

    /* All equal: the lowest number is both the busiest and the freest. */
    for (uint32_t p = 0; p < view->pcpu_count && count < 2; p++)
        count += view->pcpus[p].managed && view->pcpus[p].certain;
    return count == 2;
}

bool policy_has_room(const struct policy_settings *settings, const struct view *view)
{
    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        if (view->pcpus[p].managed && view->pcpus[p].certain &&
            view->pcpus[p].planned_demand <= settings->threshold)
            return true;
    }
    return false;
}

bool policy_may_act(const struct policy_settings *settings, struct plan *plan)
{
    const struct view *view = &plan->view;

    if (!policy_can_compare(view))
        plan_because(plan, settings, REASON_ONE_PCPU);
    else if (view->pcpus[view->busiest].planned_demand <= settings->threshold)
        plan_because(plan, settings, REASON_BELOW);
    else if (view->pcpus[view->busiest].planned_demand <= 100 && !policy_has_room(settings, view))
        plan_because(plan, settings, REASON_ALL_ABOVE);
    else
        return true;
    return false;
}

static bool any_movable(const struct view *view, int32_t pcpu)
{
    for (uint32_t v = view->pcpus[pcpu].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        if (!view->vcpus[v].blocked_by)
            return true;
    }
    return false;
}

void policy_conclude(const struct policy_settings *settings, struct plan *plan)
{
    const struct view *view = &plan->view;

    if (plan->decision.pin_count)
        plan_because(plan, settings, REASON_ACT);
    else if (!policy_has_room(settings, view))
        plan_because(plan, settings, REASON_ALL_ABOVE);
    else if (any_movable(view, view->busiest))
        plan_because(plan, settings, REASON_NO_GAIN);
    else
        plan_because(plan, settings, REASON_NONE_MOVABLE);
}

bool policy_can_move(const struct view *view, uint32_t vcpu, int32_t to)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];

    return !v->blocked_by && v->pcpu != to && v->refused != (uint32_t)to + 1 &&
           view->pcpus[to].managed && view->pcpus[to].certain &&
           cpuset_has(&view->sets[v->allowed], (uint32_t)to);
}

bool policy_wants_more(const struct view *view, int32_t pcpu)
{
    for (uint32_t v = view->pcpus[pcpu].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        if (view->vcpus[v].known == DEMAND_GROWING)
            return true;
    }
    return false;
}
