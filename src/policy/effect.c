/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/effect.h"

#include "policy/internal.h"
#include "policy/locality.h"

#include <math.h>

/* Every pool has a little load of the host's own. So much of it (percent) takes nothing from the
 * siblings, or an idle core would never be better than a crowded thread. */
#define IDLING 5.0

/* The view as a move would make it. */
struct booking {
    const struct view *view;
    const struct move *move; /* NULL: the view as it is */
    int32_t from;
    double left, joined; /* what `from` loses and move->to gains, percent of each */
};

static struct booking book(const struct view *view, const struct move *move)
{
    const struct view_vcpu *v = &view->vcpus[move->vcpu];
    const double back = move->other == VIEW_END ? 0 : view->vcpus[move->other].demand;
    const double shift = v->demand - back;

    return (struct booking){
        .view = view,
        .move = move,
        .from = v->pool,
        .left = shift / view->pools[v->pool].speed,
        .joined = shift / view->pools[move->to].speed,
    };
}

static double demand_of(const struct booking *booking, int32_t pool)
{
    const double demand = booking->view->pools[pool].planned_demand;

    if (!booking->move)
        return demand;
    if (pool == booking->from)
        return demand - booking->left;
    return pool == booking->move->to ? demand + booking->joined : demand;
}

/* The part of a pool's work that threads of the same core take from each other. */
static double sibling_part(const struct booking *booking, int32_t pool)
{
    const struct view *view = booking->view;
    double busy = 0;

    for (int32_t o = locality_sibling(view, pool); o != pool; o = locality_sibling(view, o))
        busy += fmax(fmin(demand_of(booking, o), 100) - fmin(view->pools[o].other, IDLING), 0);
    return busy > 0 ? busy / 100 * locality_sibling_loss(view, pool)
                    : locality_inner_part(view, pool, demand_of(booking, pool));
}

static double remote_demand(const struct view *view, uint32_t vcpu, int32_t pool)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];

    return v->demand * locality_remote_loss(view, locality_home(v), pool);
}

/* Points that NUMA distance would take from the pool's vCPUs if they got all that they want. */
static double remote_sum(const struct booking *booking, int32_t pool)
{
    const struct view *view = booking->view;
    const struct move *move = booking->move;
    double sum = 0;

    for (uint32_t v = view->pools[pool].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        if (!move || (v != move->vcpu && v != move->other))
            sum += remote_demand(view, v, pool);
    }
    if (move && pool == move->to)
        sum += remote_demand(view, move->vcpu, pool);
    if (move && pool == booking->from && move->other != VIEW_END)
        sum += remote_demand(view, move->other, pool);
    return sum;
}

/* The work lost on one pool: what its vCPUs want less what they do. */
static double thread_lost(const struct booking *booking, int32_t pool)
{
    const struct view_pool *p = &booking->view->pools[pool];
    const double demand = demand_of(booking, pool);
    const double wants = fmax(0, demand - p->other), rest = fmax(0, 100 - p->other);
    const double wanted = wants * p->speed, share = wants > rest ? rest / wants : 1;

    if (!p->managed)
        return 0;
    if (!booking->view->shaped)
        return wanted * (1 - share);
    return wanted -
           (wanted - remote_sum(booking, pool)) * share * (1 - sibling_part(booking, pool));
}

static double core_lost(const struct booking *booking, int32_t pool)
{
    const struct view *view = booking->view;
    double lost = thread_lost(booking, pool);

    for (int32_t o = locality_sibling(view, pool); o != pool; o = locality_sibling(view, o))
        lost += thread_lost(booking, o);
    return lost;
}

static struct toll pair_toll(const struct booking *booking, int32_t a, int32_t b)
{
    struct toll toll = {
        .highest = fmax(demand_of(booking, a), demand_of(booking, b)),
        .lost = core_lost(booking, a),
    };

    if (!locality_one_core(booking->view, a, b))
        toll.lost += core_lost(booking, b);
    return toll;
}

struct effect effect_of(const struct view *view, const struct move *move)
{
    const struct booking before = {.view = view}, after = book(view, move);
    const int32_t from = after.from, to = move->to;

    return (struct effect){.before = pair_toll(&before, from, to),
                           .after = pair_toll(&after, from, to)};
}

bool effect_is_sound(const struct effect *effect, double limit)
{
    if (effect_saved(effect) < -EFFECT_LEAST)
        return false;
    return effect_relief(effect) > EFFECT_LEAST ||
           (effect_saved(effect) > EFFECT_LEAST && effect->after.highest <= limit + EFFECT_LEAST);
}

double effect_gain(const struct effect *effect)
{
    const double relief = effect_relief(effect), saved = effect_saved(effect);

    return relief <= EFFECT_LEAST && saved > EFFECT_LEAST ? saved : relief;
}

double effect_limit(const struct view *view, double threshold)
{
    double limit = threshold;

    for (uint32_t p = 0; p < view->pool_count; p++) {
        if (view->pools[p].managed)
            limit = fmax(limit, view->pools[p].demand);
    }
    return limit;
}

struct cpuset effect_touched(const struct plan *plan)
{
    struct cpuset set;

    cpuset_clear(&set);
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        if (plan->decision.pins[i].from < 0 ||
            plan->decision.pins[i].from == plan->decision.pins[i].to)
            continue; /* a placement relieves no pool */
        cpuset_add(&set, (uint32_t)plan->decision.pins[i].from);
        cpuset_add(&set, (uint32_t)plan->decision.pins[i].to);
    }
    return set;
}

/* True if no thread of the pool's core with a lower number is in the set. */
static bool first_of_core(const struct view *view, const struct cpuset *pools, int32_t pool)
{
    for (int32_t o = locality_sibling(view, pool); o != pool; o = locality_sibling(view, o)) {
        if (o < pool && cpuset_has(pools, (uint32_t)o))
            return false;
    }
    return true;
}

struct toll effect_toll(const struct view *view, const struct cpuset *pools)
{
    const struct booking booking = {.view = view};
    struct toll toll = {0};

    for (int p = cpuset_next(pools, 0); p >= 0 && p < (int)view->pool_count;
         p = cpuset_next(pools, (uint32_t)p + 1)) {
        toll.highest = fmax(toll.highest, view->pools[p].planned_demand);
        if (first_of_core(view, pools, p))
            toll.lost += core_lost(&booking, p);
    }
    return toll;
}

/* Books all pins but placements again, or takes them back. */
static void rebook(struct plan *plan, bool made)
{
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        const struct pin *pin = &plan->decision.pins[made ? i : plan->decision.pin_count - 1 - i];

        if (pin->from >= 0)
            view_put(&plan->view, pin->vcpu, made ? pin->to : pin->from);
    }
}

void effect_of_plan(struct plan *plan)
{
    const struct cpuset touched = effect_touched(plan);

    plan->decision.effect.after = effect_toll(&plan->view, &touched);
    rebook(plan, false);
    plan->decision.effect.before = effect_toll(&plan->view, &touched);
    rebook(plan, true);
}
