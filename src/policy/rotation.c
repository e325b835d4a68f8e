/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rotation.c - where no move or swap of two pCPUs helps, three may: the busiest sends a vCPU to a
 * second pCPU, which sends one back and another one on to the freest.
 *
 * With 200, 150 and 100 % wanted on three pCPUs by vCPUs of 100 and of 50 %, every exchange of two
 * of them only changes roles, but 150 on each can be had: a 100 for a 50, and a 50 on to the third.
 */
#include "policy.h"

#include "policy/effect.h"

#include <math.h>

/* The bound of a decision's time: so many choices are looked at, about. */
#define CHOICES_ASKED 20000

/** The busiest, the second and the freest, and who goes from each to the next. */
struct rotation {
    int32_t busy, second, free;
    uint32_t out, back, on; /* back: VIEW_END for none */
    double gain;            /* points by which the highest of the three falls */
};

/** True if what is wanted there is known. */
static bool usable(const struct view *view, int32_t pcpu)
{
    return view->pcpus[pcpu].managed && view->pcpus[pcpu].certain && !policy_wants_more(view, pcpu);
}

static int32_t find_busiest(const struct view *view)
{
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        if (usable(view, p) && view->pcpus[p].planned_demand > 100 &&
            (best < 0 || view->pcpus[p].planned_forecast > view->pcpus[best].planned_forecast))
            best = p;
    }
    return best;
}

/** The freest of all but two. */
static int32_t find_freest(const struct view *view, int32_t not, int32_t nor)
{
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        if (usable(view, p) && p != not &&p != nor &&
            (best < 0 || view->pcpus[p].planned_forecast < view->pcpus[best].planned_forecast))
            best = p;
    }
    return best;
}

static double doubt_of(const struct view *view, const struct rotation *one)
{
    const double out = view->vcpus[one->out].doubt, on = view->vcpus[one->on].doubt;
    const double back = one->back == VIEW_END ? 0 : view->vcpus[one->back].doubt;

    return MOVE_CERTAIN * sqrt(out * out + on * on + back * back);
}

/** Points by which the highest of the three falls, if what else runs on the two that wait wants
 * twice what it gets. */
static double gain_of(const struct view *view, const struct rotation *one)
{
    const struct view_pcpu *busy = &view->pcpus[one->busy], *second = &view->pcpus[one->second],
                           *free = &view->pcpus[one->free];
    const double on = view->vcpus[one->on].size;
    const double shift =
        view->vcpus[one->out].size - (one->back == VIEW_END ? 0 : view->vcpus[one->back].size);
    const double highest = fmax(fmax(busy->planned_forecast - shift / busy->speed,
                                     second->planned_forecast + (shift - on) / second->speed),
                                free->planned_forecast + on / free->speed);

    return busy->planned_forecast - highest - relief_unseen(view, one->second) -
           relief_unseen(view, one->free);
}

/** Tries everyone who may go on, with `one->out` and `one->back` given. */
static void try_onward(const struct view *view, struct rotation one, struct rotation *best)
{
    for (uint32_t v = view->pcpus[one.second].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        if (v == one.back || !policy_can_move(view, v, one.free))
            continue;
        one.on = v;
        one.gain = gain_of(view, &one);
        if (one.gain > best->gain && one.gain > doubt_of(view, &one))
            *best = one;
    }
}

/** Tries every way over a second pCPU. Returns about how many there were. */
static uint32_t try_second(const struct view *view, struct rotation one, uint32_t pins,
                           struct rotation *best)
{
    uint32_t tried = 1;

    for (uint32_t v = view->pcpus[one.busy].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        if (!policy_can_move(view, v, one.second))
            continue;
        one.out = v;
        one.back = VIEW_END;
        try_onward(view, one, best);
        for (uint32_t w = view->pcpus[one.second].first_vcpu; pins > 2 && w != VIEW_END;
             w = view->vcpus[w].next) {
            tried++;
            if (!policy_can_move(view, w, one.busy))
                continue;
            one.back = w;
            try_onward(view, one, best);
        }
    }
    return tried;
}

/** One group: done all or not at all. */
static void add(struct plan *plan, const struct rotation *rotation)
{
    const uint32_t group = plan->decision.pin_count;

    plan_add(plan, rotation->on, rotation->free, group);
    if (rotation->back != VIEW_END)
        plan_add(plan, rotation->back, rotation->busy, group);
    plan_add(plan, rotation->out, rotation->second, group);
}

void rotation_add(const struct policy_settings *settings, struct plan *plan, uint32_t pins)
{
    const struct view *view = &plan->view;
    struct rotation best = {.gain = settings->min_gain}, one = {.busy = find_busiest(view)};
    uint32_t tried = 0;

    if (one.busy < 0 || pins < 2 || policy_has_room(settings, view))
        return;
    for (one.second = 0; one.second < (int32_t)view->pcpu_count && tried < CHOICES_ASKED;
         one.second++) {
        if (one.second == one.busy || !usable(view, one.second))
            continue;
        one.free = find_freest(view, one.busy, one.second);
        if (one.free >= 0 &&
            view->pcpus[one.busy].planned_forecast - view->pcpus[one.free].planned_forecast >
                settings->min_gain)
            tried += try_second(view, one, pins, &best);
    }
    if (best.gain <= settings->min_gain)
        return;
    add(plan, &best);
    effect_of_plan(plan);
    if (!effect_is_sound(&plan->decision.effect, 0))
        plan_drop(plan);
}
