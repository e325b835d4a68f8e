/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * move.c - the best move between two pools, which most policies are made of.
 *
 * Let B > F be the forecasts of two pools, and d the size of the vCPU that goes from B to F, less
 * the size of the one that comes back. The higher of the two falls by min(d, B - F - d): by most if
 * d = (B - F) / 2, by nothing if d = B - F, where the two only change roles. On pools of unequal
 * speed it falls by min(d / speed of B, B - F - d / speed of F).
 */
#include "policy/internal.h"

#include "policy/effect.h"
#include "policy/locality.h"

#include <math.h>

/* A second pin must gain this much more (points): with less, two moves are near-equals. */
#define NEAR_EQUAL 2.0
/* vCPUs of one VM burst together: a vCPU must gain so much more for each of its VM that it joins
 * (points). */
#define COMPANY 1.0
/* The least --min-gain: with less, two pools would only change roles (points). */
#define LEAST_GAIN 0.01
/* A move must gain more than so many times the doubt of its size. */
#define CERTAIN 3.0
/* More than rounding makes of a sum of a few percentages. */
#define ROUNDING 1e-6

uint32_t move_pins(const struct move *move)
{
    return move->other == VIEW_END ? 1 : 2;
}

/* How many other vCPUs of its VM are on a pool. */
static uint32_t company(const struct view *view, uint32_t vcpu, int32_t pool)
{
    uint32_t count = 0;

    for (uint32_t v = view->pools[pool].first_vcpu; v != VIEW_END; v = view->vcpus[v].next)
        count += v != vcpu && view->vcpus[v].domain == view->vcpus[vcpu].domain;
    return count;
}

/* Points that a vCPU loses on another pool: to NUMA distance, and by leaving its VM's LLC. */
static double displacement(const struct view *view, uint32_t vcpu, int32_t to)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];

    if (locality_one_cache(view, v->pool, to))
        return 0;
    return v->size * (locality_remote_loss(view, locality_home(v), to) -
                      locality_remote_loss(view, locality_home(v), v->pool)) -
           LOCALITY_TOGETHER * locality_joined(view, vcpu, v->pool, to);
}

double move_net(const struct move *move)
{
    return move->gain - move->company * COMPANY - move->displacement;
}

/* The net gain less what the pins must gain. */
static double worth(const struct move *move)
{
    return move_net(move) - move_pins(move) * NEAR_EQUAL;
}

static double variance(const struct view *view, uint32_t vcpu)
{
    return vcpu == VIEW_END ? 0 : view->vcpus[vcpu].doubt * view->vcpus[vcpu].doubt;
}

double move_doubt(const struct view *view, uint32_t a, uint32_t b, uint32_t c)
{
    const double sum = variance(view, a) + variance(view, b) + variance(view, c);

    return sum > 0 ? CERTAIN * sqrt(sum) : 0;
}

bool move_crowds_vm(const struct view *view, const struct move *move)
{
    return policy_crowds_vm(view, move->vcpu, move->to, move->other) ||
           (move->other != VIEW_END &&
            policy_crowds_vm(view, move->other, view->vcpus[move->vcpu].pool, move->vcpu));
}

/* A search between two pools. */
struct pair {
    const struct view *view;
    int32_t busy, free;
    double distance; /* percent: forecast of `busy` less that of `free` */
    double ideal;    /* the shift that gains most */
    double nearer;   /* the most that a vCPU can win by distance, part of its size */
    double together; /* and in points */
    double min_gain;
    struct move *best;
};

/* The gain of a candidate that takes `shift` points of the strongest pool off the busier one. */
static double gain_of(const struct pair *pair, double shift)
{
    const double less = shift / pair->view->pools[pair->busy].speed;
    const double more = shift / pair->view->pools[pair->free].speed;

    return less < pair->distance - more ? less : pair->distance - more;
}

/* The most that a vCPU of a size can win by distance between the two pools, points. */
static double most_won(const struct pair *pair, double size)
{
    return pair->nearer * size + pair->together;
}

/* True if a candidate that gains and wins so much at most can't be the best. It spares the exact
 * figures of most candidates. */
static bool is_beaten(const struct pair *pair, double gain, double won, uint32_t pins)
{
    return gain + ROUNDING < pair->min_gain ||
           (pair->best->vcpu != VIEW_END &&
            gain + won - pins * NEAR_EQUAL + ROUNDING < worth(pair->best));
}

/* Works out how much a vCPU can win by distance. */
static void look_around(struct pair *pair)
{
    const struct view *view = pair->view;

    if (locality_one_cache(view, pair->busy, pair->free))
        return;
    for (int32_t home = 0; home < (int32_t)view->topology.node_count; home++)
        pair->nearer = fmax(pair->nearer, fabs(locality_remote_loss(view, home, pair->busy) -
                                               locality_remote_loss(view, home, pair->free)));
    pair->together = LOCALITY_TOGETHER;
}

/* Keeps a candidate if it gains enough, is worth more than the best and is sound. */
static void consider(const struct pair *pair, struct move one)
{
    const struct view *view = pair->view;
    struct effect now;

    if (one.gain < pair->min_gain || move_net(&one) < pair->min_gain)
        return;
    if (one.gain <= move_doubt(view, one.vcpu, one.other, VIEW_END))
        return;
    if (pair->best->vcpu != VIEW_END && worth(&one) <= worth(pair->best))
        return;
    if (move_crowds_vm(view, &one))
        return;
    now = effect_of(view, &one);
    if (effect_is_sound(&now, 0))
        *pair->best = one;
}

/* Considers every vCPU that may come back for one.vcpu. */
static void consider_swaps(const struct pair *pair, struct move one)
{
    const struct view *view = pair->view;
    const double size = view->vcpus[one.vcpu].size, displaced = one.displacement;
    const double least = pair->min_gain * view->pools[pair->busy].speed;

    if (is_beaten(pair, gain_of(pair, fmin(size, pair->ideal)),
                  most_won(pair, size) - one.company - displaced, 2))
        return;
    for (uint32_t w = view->pools[pair->free].first_vcpu; w != VIEW_END; w = view->vcpus[w].next) {
        const double back = view->vcpus[w].size, shift = size - back;

        if (shift < least)
            continue;
        one.gain = gain_of(pair, shift);
        if (is_beaten(pair, one.gain, most_won(pair, back) - one.company - displaced, 2) ||
            !policy_can_move(view, w, pair->busy))
            continue;
        one.other = w;
        one.displacement = displaced + displacement(view, w, pair->busy);
        consider(pair, one);
    }
}

bool move_find(const struct view *view, int32_t busy, int32_t free, uint32_t max_pins,
               double min_gain, struct move *best, bool *restricted)
{
    struct pair pair = {
        .view = view,
        .busy = busy,
        .free = free,
        .distance = view->pools[busy].planned_forecast - view->pools[free].planned_forecast,
        .min_gain = min_gain < LEAST_GAIN ? LEAST_GAIN : min_gain,
        .best = best,
    };

    pair.ideal = pair.distance / (1 / view->pools[busy].speed + 1 / view->pools[free].speed);
    look_around(&pair);
    *best = (struct move){.vcpu = VIEW_END, .other = VIEW_END, .to = free};
    for (uint32_t v = view->pools[busy].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        const double size = view->vcpus[v].size;
        struct move one = {.vcpu = v, .other = VIEW_END, .to = free};

        if (size < pair.min_gain * view->pools[busy].speed)
            continue; /* a move gains no more than it moves */
        if (!policy_can_move(view, v, free)) {
            *restricted |= view->vcpus[v].blocked_by == 0;
            continue;
        }
        one.gain = gain_of(&pair, max_pins < 2 ? size : fmin(size, pair.ideal));
        if (is_beaten(&pair, one.gain, 2 * most_won(&pair, size), 1))
            continue;
        one.gain = gain_of(&pair, size);
        one.company = company(view, v, free);
        one.displacement = displacement(view, v, free);
        consider(&pair, one);
        if (max_pins >= 2)
            consider_swaps(&pair, one);
    }
    return best->vcpu != VIEW_END;
}

void move_add(struct plan *plan, const struct move *move)
{
    const struct view *view = &plan->view;
    const int32_t from = view->vcpus[move->vcpu].pool;
    const uint32_t group =
        plan->decision.pin_count ? plan->decision.pins[plan->decision.pin_count - 1].group + 1 : 0;

    if (move->other == VIEW_END) {
        plan_add(plan, move->vcpu, move->to, group);
        return;
    }
    /* Between the two pins one pool holds both vCPUs: let it be the one with the lower peak. */
    if (view->pools[move->to].planned_forecast +
            view->vcpus[move->vcpu].size / view->pools[move->to].speed <=
        view->pools[from].planned_forecast +
            view->vcpus[move->other].size / view->pools[from].speed) {
        plan_add(plan, move->vcpu, move->to, group);
        plan_add(plan, move->other, from, group);
    } else {
        plan_add(plan, move->other, from, group);
        plan_add(plan, move->vcpu, move->to, group);
    }
}
