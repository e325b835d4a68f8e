/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * move.c - the best exchange of vCPUs between two pCPUs, which most policies are made of.
 *
 * With loads B > F and a vCPU of demand d going from B to F (d less what comes back), the higher of
 * the two falls by min(d, B - F - d): nothing is gained by d = 0 or d = B - F, where the two only
 * change roles, and most by d = (B - F) / 2. On pCPUs of unequal speed d is more on the slower one:
 * min(d / speed of B, B - F - d / speed of F).
 */
#include "policy.h"

#include "policy/effect.h"
#include "policy/locality.h"

#include <math.h>

/* A second pin must be worth it: two exchanges whose gains differ by less than this are near-equals
 * (points). */
#define NEAR_EQUAL 2.0
/* vCPUs of one VM burst together: each one of its own that a vCPU joins must be worth this
 * (points). */
#define COMPANY 1.0
/* To have all of its VM within its LLC is worth this to a vCPU (points): less than what makes
 * near-equals, so that it only chooses among them. */
#define TOGETHER 0.5
/* Whatever --min-gain says: with less, two pCPUs would only change roles (points). */
#define LEAST_GAIN 0.01

uint32_t move_pins(const struct move *move)
{
    return move->other == VIEW_END ? 1 : 2;
}

/** How many vCPUs of its own VM it would meet on that pCPU. */
static uint32_t company(const struct view *view, uint32_t vcpu, int32_t pcpu)
{
    uint32_t count = 0;

    for (uint32_t v = view->pcpus[pcpu].first_vcpu; v != VIEW_END; v = view->vcpus[v].next)
        count += v != vcpu && view->vcpus[v].domain == view->vcpus[vcpu].domain;
    return count;
}

/** Points that a vCPU loses by going there: to the distance of its memory, and by leaving its VM's
 * LLC. */
static double displaced(const struct view *view, uint32_t vcpu, int32_t to)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];
    const uint32_t mates = view->domains[v->domain].vcpu_count;
    double lost;

    if (locality_one_cache(view, v->pcpu, to))
        return 0;
    lost = v->size * (locality_remote_loss(view, locality_home(v), to) -
                      locality_remote_loss(view, locality_home(v), v->pcpu));
    if (mates > 1)
        lost += TOGETHER *
                ((double)locality_company(view, vcpu, v->pcpu) -
                 (double)locality_company(view, vcpu, to)) /
                (mates - 1);
    return lost;
}

double move_net(const struct move *move)
{
    return move->gain - move->company * COMPANY - move->place;
}

/** The same, less what its pins must be worth. */
static double worth(const struct move *move)
{
    return move_net(move) - move_pins(move) * NEAR_EQUAL;
}

/** Two pCPUs, and what is sought between them. */
struct pair {
    const struct view *view;
    int32_t busy, free;
    double distance; /* percent: how much more is expected of `busy` */
    double min_gain;
    struct move *best;
};

/** Points that the sizes of its vCPUs may be off by. */
static double doubt_of(const struct view *view, const struct move *move)
{
    const double one = view->vcpus[move->vcpu].doubt;
    const double other = move->other == VIEW_END ? 0 : view->vcpus[move->other].doubt;

    return one > 0 || other > 0 ? MOVE_CERTAIN * sqrt(one * one + other * other) : 0;
}

/** Keeps the candidate, which takes `shift` points from the busier, if it gains enough, is worth
 * more, and does no harm now. */
static void consider(const struct pair *pair, struct move one, double shift)
{
    const struct view *view = pair->view;
    const double less = shift / view->pcpus[pair->busy].speed;
    const double more = shift / view->pcpus[pair->free].speed;
    struct effect now;

    one.gain = less < pair->distance - more ? less : pair->distance - more;
    if (one.gain < pair->min_gain || move_net(&one) < pair->min_gain)
        return;
    if (one.gain <= doubt_of(view, &one))
        return;
    if (pair->best->vcpu != VIEW_END && worth(&one) <= worth(pair->best))
        return;
    now = effect_of(view, &one);
    if (effect_is_sound(&now, 0))
        *pair->best = one;
}

/** Every vCPU that may come back for one.vcpu. */
static void consider_swaps(const struct pair *pair, struct move one)
{
    const struct view *view = pair->view;
    const double size = view->vcpus[one.vcpu].size, place = one.place;
    const double least = pair->min_gain * view->pcpus[pair->busy].speed;

    for (uint32_t w = view->pcpus[pair->free].first_vcpu; w != VIEW_END; w = view->vcpus[w].next) {
        const double shift = size - view->vcpus[w].size;

        if (shift < least || !policy_can_move(view, w, pair->busy))
            continue;
        one.other = w;
        one.place = place + displaced(view, w, pair->busy);
        consider(pair, one, shift);
    }
}

bool move_find(const struct view *view, int32_t busy, int32_t free, uint32_t max_pins,
               double min_gain, struct move *best, bool *restricted)
{
    const struct pair pair = {
        .view = view,
        .busy = busy,
        .free = free,
        .distance = view->pcpus[busy].planned_forecast - view->pcpus[free].planned_forecast,
        .min_gain = min_gain < LEAST_GAIN ? LEAST_GAIN : min_gain,
        .best = best,
    };

    *best = (struct move){.vcpu = VIEW_END, .other = VIEW_END, .to = free};
    for (uint32_t v = view->pcpus[busy].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        const double size = view->vcpus[v].size;
        struct move one = {.vcpu = v, .other = VIEW_END, .to = free};

        if (size < pair.min_gain * view->pcpus[busy].speed)
            continue; /* however well it fits, it gains no more than it moves */
        if (!policy_can_move(view, v, free)) {
            *restricted |= view->vcpus[v].blocked_by == 0;
            continue;
        }
        one.company = company(view, v, free);
        one.place = displaced(view, v, free);
        consider(&pair, one, size);
        if (max_pins >= 2)
            consider_swaps(&pair, one);
    }
    return best->vcpu != VIEW_END;
}

void move_add(struct plan *plan, const struct move *move)
{
    const struct view *view = &plan->view;
    const int32_t from = view->vcpus[move->vcpu].pcpu;
    const uint32_t group =
        plan->decision.pin_count ? plan->decision.pins[plan->decision.pin_count - 1].group + 1 : 0;

    if (move->other == VIEW_END) {
        plan_add(plan, move->vcpu, move->to, group);
        return;
    }
    /* For a moment one pCPU holds both: let it be the one that stays lower. */
    if (view->pcpus[move->to].planned_forecast +
            view->vcpus[move->vcpu].size / view->pcpus[move->to].speed <=
        view->pcpus[from].planned_forecast +
            view->vcpus[move->other].size / view->pcpus[from].speed) {
        plan_add(plan, move->vcpu, move->to, group);
        plan_add(plan, move->other, from, group);
    } else {
        plan_add(plan, move->other, from, group);
        plan_add(plan, move->vcpu, move->to, group);
    }
}
