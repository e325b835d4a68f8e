/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.c - the table of policies, and what they share: the first checks, and each reason in
 * words.
 */
#include "policy/internal.h"

#include "base/text.h"
#include "policy/effect.h"

#include <stdarg.h>
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

void plan_say(struct plan *plan, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(plan->decision.why, sizeof plan->decision.why, format, arguments);
    va_end(arguments);
}

const char *policy_describe(const struct view *view, int32_t pool, char *text, size_t size)
{
    char words[VIEW_POOL_WORDS];

    view_pool_words(view, pool, words, sizeof words);
    if (pool < 0)
        snprintf(text, size, "%s", words);
    else
        snprintf(text, size, "%s at %.1f %%", words, view->pools[pool].usage);
    return text;
}

/* How many pools are managed. */
static uint32_t count_managed(const struct view *view)
{
    uint32_t count = 0;

    for (uint32_t p = 0; p < view->pool_count; p++)
        count += view->pools[p].managed;
    return count;
}

/* How several reasons begin: the busiest in words, the threshold. */
#define ABOVE "busiest %s is above the threshold of %g %%"

/* Works out what the pins are to gain, and says it. */
static void say_gain(struct plan *plan, const struct policy_settings *settings, const char *busiest,
                     const char *freest)
{
    struct decision *decision = &plan->decision;
    bool relieves;

    effect_of_plan(plan);
    decision->gain = effect_gain(&decision->effect);
    relieves = effect_relief(&decision->effect) > EFFECT_LEAST || decision->gain <= 0;
    plan_say(plan, ABOVE ", freest %s: %u pin%s to %s %.1f points", busiest, settings->threshold,
             freest, decision->pin_count, text_plural(decision->pin_count),
             relieves ? "gain" : "save work of", decision->gain);
}

static void say_harm(struct plan *plan, const struct effect *effect)
{
    plan_say(plan,
             "the policy's plan would do harm (highest load %.1f to %.1f %%, lost work %.1f to "
             "%.1f points): dropped; please report this",
             effect->before.highest, effect->after.highest, effect->before.lost,
             effect->after.lost);
}

/* The words of the reasons that need no figures. */
static const char *const plain_words[REASON_COUNT] = {
    [REASON_FIRST] = "first snapshot: usage is known from the next one on",
    [REASON_NO_DOMAIN] = "no active domain",
    [REASON_GAP] = "the host was away: usage is known again from the next period on",
    [REASON_SETTLING] =
        "pins of an earlier plan were still being made: waiting for a whole period after them",
};

void plan_because(struct plan *plan, const struct policy_settings *settings, enum reason reason)
{
    const struct view *view = &plan->view;
    const uint32_t pins = plan->decision.pin_count;
    uint32_t managed;
    char busy_text[POLICY_DESCRIPTION], free_text[POLICY_DESCRIPTION];
    const char *busiest = policy_describe(view, view->busiest, busy_text, sizeof busy_text);
    const char *freest = policy_describe(view, view->freest, free_text, sizeof free_text);

    plan->decision.reason = reason;
    switch (reason) {
    case REASON_ACT:
        say_gain(plan, settings, busiest, freest);
        break;
    case REASON_PLACE:
        plan_say(plan, "%u floating vCPU%s a %s, each where it crowds least", pins,
                 pins == 1 ? " gets" : "s get", view_pool_noun(view));
        break;
    case REASON_BELOW:
        plan_say(plan, "busiest %s is %s the threshold of %g %%", busiest,
                 view->pools[view->busiest].planned_demand < settings->threshold ? "below" : "at",
                 settings->threshold);
        break;
    case REASON_ALL_ABOVE:
        plan_say(plan, "all %u managed %ss are above the threshold of %g %% (freest %s): no room",
                 count_managed(view), view_pool_noun(view), settings->threshold, freest);
        break;
    case REASON_NO_GAIN:
        plan_say(plan, ABOVE ", but no move or swap gains %g points", busiest, settings->threshold,
                 settings->min_gain);
        break;
    case REASON_NONE_MOVABLE:
        plan_say(plan, ABOVE ", but holds no vCPU that may be moved", busiest, settings->threshold);
        break;
    case REASON_ONE_PCPU:
        managed = count_managed(view);
        plan_say(plan, "%u managed %s%s, fewer than two with a usage to be decided on", managed,
                 view_pool_noun(view), text_plural(managed));
        break;
    case REASON_BALANCED:
        plan_say(plan, "the standard deviation over %ss is at or below %g points",
                 view_pool_noun(view), settings->stddev);
        break;
    case REASON_OBSERVE:
        plan_say(plan, "busiest %s, freest %s: policy none only looks", busiest, freest);
        break;
    case REASON_FIRST:
    case REASON_NO_DOMAIN:
    case REASON_GAP:
    case REASON_SETTLING:
        plan_say(plan, "%s", plain_words[reason]);
        break;
    case REASON_HARM:
        say_harm(plan, &plan->decision.effect);
        break;
    }
}

bool policy_can_compare(const struct view *view)
{
    uint32_t count = 0;

    for (uint32_t p = 0; p < view->pool_count && count < 2; p++)
        count += view->pools[p].managed && view->pools[p].certain;
    return count == 2;
}

bool policy_any_below(const struct policy_settings *settings, const struct view *view)
{
    for (uint32_t p = 0; p < view->pool_count; p++) {
        if (view->pools[p].managed && view->pools[p].certain &&
            view->pools[p].planned_demand <= settings->threshold)
            return true;
    }
    return false;
}

bool policy_may_act(const struct policy_settings *settings, struct plan *plan)
{
    const struct view *view = &plan->view;

    if (!policy_can_compare(view))
        plan_because(plan, settings, REASON_ONE_PCPU);
    else if (view->pools[view->busiest].planned_demand <= settings->threshold)
        plan_because(plan, settings, REASON_BELOW);
    else if (view->pools[view->busiest].planned_demand <= 100 && !policy_any_below(settings, view))
        plan_because(plan, settings, REASON_ALL_ABOVE);
    else
        return true;
    return false;
}

static bool any_movable(const struct view *view, int32_t pool)
{
    for (uint32_t v = view->pools[pool].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
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
    else if (!policy_any_below(settings, view))
        plan_because(plan, settings, REASON_ALL_ABOVE);
    else if (any_movable(view, view->busiest))
        plan_because(plan, settings, REASON_NO_GAIN);
    else
        plan_because(plan, settings, REASON_NONE_MOVABLE);
}

bool policy_can_move(const struct view *view, uint32_t vcpu, int32_t to)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];

    return !v->blocked_by && v->pool != to && v->refused != (uint32_t)to + 1 &&
           view->pools[to].managed && view->pools[to].certain &&
           cpuset_has(&view->sets[v->allowed].pools, (uint32_t)to);
}

/* How many other vCPUs of its VM are in a pool, not counting `but`. */
static uint32_t count_mates(const struct view *view, uint32_t vcpu, int32_t pool, uint32_t but)
{
    uint32_t count = 0;

    for (uint32_t v = view->pools[pool].first_vcpu; v != VIEW_END; v = view->vcpus[v].next)
        count += v != vcpu && v != but && view->vcpus[v].domain == view->vcpus[vcpu].domain;
    return count;
}

bool policy_crowds_vm(const struct view *view, uint32_t vcpu, int32_t to, uint32_t but)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];
    const uint32_t most = view->pools[to].pcpu_count;
    uint32_t there;

    if (most < 2 || view->domains[v->domain].vcpu_count <= most)
        return false;
    there = count_mates(view, vcpu, to, but );
    return there >= most && (v->pool < 0 || there >= count_mates(view, vcpu, v->pool, VIEW_END));
}

bool policy_wants_more(const struct view *view, int32_t pool)
{
    for (uint32_t v = view->pools[pool].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        if (view->vcpus[v].known == DEMAND_GROWING)
            return true;
    }
    return false;
}
