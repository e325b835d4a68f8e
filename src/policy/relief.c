/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * relief.c - the busiest-freest rule: relieve the busiest pCPU by one move to, or one swap with,
 * the freest.
 *
 * Where the pair can't help each other, the rule goes on as an operator would: a busiest that can't
 * be relieved (one great vCPU, fixed ones) does not keep the next one waiting, and where an allowed
 * set forbids the freest the next freest is asked. Where pCPUs are not alike, the few freest are
 * compared by what the exchange gains there, all told.
 */
#include "policy.h"

#include "policy/locality.h"

/* The bound of a decision's time: so many pairs of vCPUs are looked at, about. */
#define PAIRS_ASKED 6400
/* So many of the freest are compared where pCPUs are not alike. */
#define FREEST_COMPARED 8

/** Of the pCPUs above the threshold, the one with the highest weight that is below the weight (and
 * behind the number) of `after`; -1: none. */
static int32_t next_busiest(const struct view *view, double threshold, int32_t after)
{
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        const struct view_pcpu *one = &view->pcpus[p];

        if (!one->managed || !one->certain || one->planned_demand <= threshold)
            continue;
        if (after >= 0 &&
            (one->planned_forecast > view->pcpus[after].planned_forecast ||
             (one->planned_forecast >= view->pcpus[after].planned_forecast && p <= after)))
            continue;
        if (best < 0 || one->planned_forecast > view->pcpus[best].planned_forecast)
            best = p;
    }
    return best;
}

/** How far a pCPU is from free: what it is likely to do, and what it would lose to the other
 * threads of its core. */
static double taken(const struct view *view, int32_t pcpu)
{
    return view->pcpus[pcpu].planned_forecast + locality_taken(view, pcpu);
}

/** Of the pCPUs at or below `limit`, the one of which least is taken, but more than of `after` (or
 * as much, behind its number); -1: none. */
static int32_t next_freest(const struct view *view, double limit, int32_t after)
{
    const double last = after < 0 ? 0 : taken(view, after);
    double least = 0;
    int32_t best = -1;

    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        const struct view_pcpu *one = &view->pcpus[p];
        double here;

        if (!one->managed || !one->certain || one->planned_demand > limit)
            continue;
        if (best >= 0 && one->planned_forecast >= least)
            continue; /* siblings take only more */
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

/** The most that any exchange could relieve a pCPU by: what it sheds stays somewhere, at best on a
 * pCPU of full speed that is idle otherwise. */
static double most_relief(const struct view *view, int32_t pcpu, uint32_t *vcpus)
{
    const struct view_pcpu *p = &view->pcpus[pcpu];
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

/** What an exchange with that pCPU has to gain. Of what else runs there only the part is seen that
 * it gets; where vCPUs wait it may want more. */
static double least_gain(const struct policy_settings *settings, const struct view *view,
                         int32_t pcpu)
{
    return settings->min_gain +
           (view->pcpus[pcpu].planned_demand > 100 ? relief_unseen(view, pcpu) : 0);
}

/** The best exchange of `busy` with the freest pCPU at or below `limit` that its vCPUs may use. */
static bool relieve(const struct policy_settings *settings, const struct view *view, int32_t busy,
                    double limit, uint32_t pins, struct move *best)
{
    const double speed = view->pcpus[busy].speed;
    uint32_t compared = 0;

    *best = (struct move){.vcpu = VIEW_END};
    for (int32_t free = next_freest(view, limit, -1); free >= 0;
         free = next_freest(view, limit, free)) {
        const double part = view->pcpus[free].speed / (view->pcpus[free].speed + speed);
        bool restricted = false;
        struct move one;

        if (free == busy || (limit > settings->threshold && policy_wants_more(view, free)))
            continue;
        /* More can't be gained: half of the distance where both are as fast. */
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

bool relief_find(const struct policy_settings *settings, const struct view *view, uint32_t pins,
                 struct move *best)
{
    const double limit = settings->threshold;
    uint32_t asked = 0, vcpus;

    for (int32_t busy = next_busiest(view, limit, -1); busy >= 0 && asked < PAIRS_ASKED;
         busy = next_busiest(view, limit, busy)) {
        const double load = view->pcpus[busy].planned_demand;

        if (most_relief(view, busy, &vcpus) < settings->min_gain)
            continue;
        asked += vcpus * vcpus;
        if (relieve(settings, view, busy, limit, pins, best) ||
            (load > 100 && relieve(settings, view, busy, load, pins, best)))
            return true;
    }
    return false;
}
