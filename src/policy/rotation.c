/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rotation.c - if no move between two pools helps, a rotation over three may: the busiest sends a
 * vCPU to a second pool, which sends one back and another one on to the freest.
 *
 * Example: three pools hold vCPUs of 100 and 50 % that sum to 200, 150 and 100 %. Any move between
 * two of them only changes roles. A 100 for a 50, and a 50 on to the third, makes 150 % on each.
 */
#include "policy/internal.h"

#include "policy/effect.h"

#include <math.h>

/* About so many rotations are tried, which bounds the time of a decision. */
#define ROTATIONS_TRIED 20000

struct rotation {
    int32_t busy, second, free;
    uint32_t out;  /* from busy to second */
    uint32_t back; /* from second to busy; VIEW_END: none */
    uint32_t on;   /* from second to free */
    double gain;   /* points by which the highest forecast of the three falls */
};

/* True if the pool's demand is known. */
static bool usable(const struct view *view, int32_t pool)
{
    return view->pools[pool].managed && view->pools[pool].certain && !policy_wants_more(view, pool);
}

static int32_t find_busiest(const struct view *view)
{
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pool_count; p++) {
        if (usable(view, p) && view->pools[p].planned_demand > 100 &&
            (best < 0 || view->pools[p].planned_forecast > view->pools[best].planned_forecast))
            best = p;
    }
    return best;
}

/* The freest pool but for two. */
static int32_t find_freest(const struct view *view, int32_t not, int32_t nor)
{
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pool_count; p++) {
        if (usable(view, p) && p != not &&p != nor &&
            (best < 0 || view->pools[p].planned_forecast < view->pools[best].planned_forecast))
            best = p;
    }
    return best;
}

/* Points by which the highest forecast of the three falls, if the other load of `second` and `free`
 * wants twice what it gets. */
static double gain_of(const struct view *view, const struct rotation *one)
{
    const struct view_pool *busy = &view->pools[one->busy], *second = &view->pools[one->second],
                           *free = &view->pools[one->free];
    const double on = view->vcpus[one->on].size;
    const double shift =
        view->vcpus[one->out].size - (one->back == VIEW_END ? 0 : view->vcpus[one->back].size);
    const double highest = fmax(fmax(busy->planned_forecast - shift / busy->speed,
                                     second->planned_forecast + (shift - on) / second->speed),
                                free->planned_forecast + on / free->speed);

    return busy->planned_forecast - highest - relief_unseen(view, one->second) -
           relief_unseen(view, one->free);
}

/* policy_crowds_vm(), if the VM has no more vCPUs than there are pCPUs: a greater one waits for
 * itself anywhere. */
static bool crowds(const struct view *view, uint32_t vcpu, int32_t to, uint32_t but)
{
    return policy_crowds_vm(view, vcpu, to, but) &&
           view->domains[view->vcpus[vcpu].domain].vcpu_count <= cpuset_count(&view->managed);
}

static bool crowds_vm(const struct view *view, const struct rotation *one)
{
    return crowds(view, one->on, one->free, VIEW_END) ||
           (crowds(view, one->out, one->second, one->on) &&
            crowds(view, one->out, one->second, one->back)) ||
           (one->back != VIEW_END && crowds(view, one->back, one->busy, one->out));
}

/* Tries every vCPU that may go on to the freest, with one.out and one.back given. */
static void try_onward(const struct view *view, struct rotation one, struct rotation *best)
{
    for (uint32_t v = view->pools[one.second].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        if (v == one.back || !policy_can_move(view, v, one.free))
            continue;
        one.on = v;
        one.gain = gain_of(view, &one);
        if (one.gain > best->gain && one.gain > move_doubt(view, one.out, one.on, one.back) &&
            !crowds_vm(view, &one))
            *best = one;
    }
}

/* Tries every rotation over one.second. Returns about how many there were. */
static uint32_t try_second(const struct view *view, struct rotation one, uint32_t pins,
                           struct rotation *best)
{
    uint32_t tried = 1;

    for (uint32_t v = view->pools[one.busy].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        if (!policy_can_move(view, v, one.second))
            continue;
        one.out = v;
        one.back = VIEW_END;
        try_onward(view, one, best);
        for (uint32_t w = view->pools[one.second].first_vcpu; pins > 2 && w != VIEW_END;
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

/* Adds the pins as one group: all are made, or none. */
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

    if (one.busy < 0 || pins < 2 || policy_any_below(settings, view))
        return;
    for (one.second = 0; one.second < (int32_t)view->pool_count && tried < ROTATIONS_TRIED;
         one.second++) {
        if (one.second == one.busy || !usable(view, one.second))
            continue;
        one.free = find_freest(view, one.busy, one.second);
        if (one.free >= 0 &&
            view->pools[one.busy].planned_forecast - view->pools[one.free].planned_forecast >
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
