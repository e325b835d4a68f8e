/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * relief.c - the busiest-freest rule: relieve the busiest pool by a plain move to the freest, or by
 * a swap with it.
 *
 * If no move between the two helps, the rule goes on as an operator would: from a busiest that
 * can't be relieved (one great vCPU, fixed ones) to the next busiest, and from a freest that
 * allowed sets forbid to the next freest. If pools are not alike, it compares the net gains of
 * moves to a few of the freest.
 */
#include "policy/internal.h"

#include "policy/locality.h"

/* About so many pairs of vCPUs are tried, which bounds the time of a decision. */
#define PAIRS_TRIED 6400
/* So many of the freest are compared if pools are not alike. */
#define FREEST_COMPARED 8

/* The pool above the threshold, and usually above `usual` unless vCPUs wait there, that follows
 * `after` (-1: the first) in the order of falling forecasts, of equals by number; -1: none. */
static int32_t next_busiest(const struct view *view, double threshold, double usual, int32_t after)
{
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pool_count; p++) {
        const struct view_pool *one = &view->pools[p];

        if (!one->managed || !one->certain || one->planned_demand <= threshold ||
            (one->planned_demand <= 100 && one->planned_forecast <= usual))
            continue;
        if (after >= 0 &&
            (one->planned_forecast > view->pools[after].planned_forecast ||
             (one->planned_forecast >= view->pools[after].planned_forecast && p <= after)))
            continue;
        if (best < 0 || one->planned_forecast > view->pools[best].planned_forecast)
            best = p;
    }
    return best;
}

/* How far a pool is from free: its forecast, and what its siblings would take. */
static double taken(const struct view *view, int32_t pool)
{
    return view->pools[pool].planned_forecast + locality_taken(view, pool);
}

/* The pool with a demand of `limit` at most that follows `after` (-1: the first) in the order of
 * rising taken(), of equals by number; -1: none. */
static int32_t next_freest(const struct view *view, double limit, int32_t after)
{
    const double last = after < 0 ? 0 : taken(view, after);
    double least = 0;
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pool_count; p++) {
        const struct view_pool *one = &view->pools[p];
        double here;

        if (!one->managed || !one->certain || one->planned_demand > limit)
            continue;
        if (best >= 0 && one->planned_forecast >= least)
            continue; /* siblings only add to it */
        here = taken(view, p);
        if (after >= 0 && (here < last || (here <= last && p <= after)))
            continue;
        if (best < 0 || here < least) {
            best = p;
            least = here;
        }
    }
    return best;
}

/* The most that any move could relieve a pool by: at best the vCPU goes to an idle pool of full
 * speed. Also counts the pool's vCPUs. */
static double most_relief(const struct view *view, int32_t pool, uint32_t *vcpus)
{
    const struct view_pool *p = &view->pools[pool];
    double most = 0;

    *vcpus = 0;
    for (uint32_t v = p->first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
        const double size = view->vcpus[v].size;
        const double shed = size / p->speed, left = p->planned_forecast - size;
        const double relief = shed < left ? shed : left;

        ++*vcpus;
        if (!view->vcpus[v].blocked_by && relief > most)
            most = relief;
    }
    return most;
}

/* What a move to a pool must gain. If vCPUs wait there, other load may want more than it gets. */
static double least_gain(const struct policy_settings *settings, const struct view *view,
                         int32_t pool)
{
    return settings->min_gain +
           (view->pools[pool].planned_demand > 100 ? relief_unseen(view, pool) : 0);
}

/* Finds the best move from `busy` to the freest pool with a demand of `limit` at most that its
 * vCPUs may use. */
static bool relieve(const struct policy_settings *settings, const struct view *view, int32_t busy,
                    double limit, uint32_t pins, struct move *best)
{
    const double speed = view->pools[busy].speed;
    uint32_t compared = 0;

    *best = (struct move){.vcpu = VIEW_END};
    for (int32_t free = next_freest(view, limit, -1); free >= 0;
         free = next_freest(view, limit, free)) {
        const double part = view->pools[free].speed / (view->pools[free].speed + speed);
        bool restricted = false;
        struct move one;

        if (free == busy || (limit > settings->threshold && policy_wants_more(view, free)))
            continue;
        /* A move gains at most this part of the distance: half of it if both are equally fast. */
        if ((taken(view, busy) - taken(view, free)) * part < settings->min_gain)
            break;
        if (move_find(view, busy, free, pins, least_gain(settings, view, free), &one,
                      &restricted) &&
            (best->vcpu == VIEW_END || move_net(&one) > move_net(best)))
            *best = one;
        if (view->shaped ? !restricted && ++compared == FREEST_COMPARED
                         : best->vcpu != VIEW_END || !restricted)
            break;
    }
    return best->vcpu != VIEW_END;
}

bool relief_find(const struct policy_settings *settings, const struct view *view, double usual,
                 uint32_t pins, struct move *best)
{
    const double limit = settings->threshold;
    uint32_t tried = 0, vcpus;

    for (int32_t busy = next_busiest(view, limit, usual, -1); busy >= 0 && tried < PAIRS_TRIED;
         busy = next_busiest(view, limit, usual, busy)) {
        const double demand = view->pools[busy].planned_demand;

        if (most_relief(view, busy, &vcpus) < settings->min_gain)
            continue;
        tried += vcpus * vcpus;
        if (relieve(settings, view, busy, limit, pins, best) ||
            (demand > 100 && relieve(settings, view, busy, demand, pins, best)))
            return true;
    }
    return false;
}
