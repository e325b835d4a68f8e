/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crowding.h - the expected cost of a pool over the periods to come, in points of the strongest
 * pool × periods: the demand above what counts as crowded, and the SMT loss of its core.
 *
 * The likely demand of a pool is taken as normally distributed, with the sums of its vCPUs' means
 * and variances. vCPUs of one VM are correlated, for they burst together. Planner's thread. Inline,
 * because most of a decision's time is spent here.
 */
#ifndef VCPU_SCHEDULER_POLICY_CROWDING_H
#define VCPU_SCHEDULER_POLICY_CROWDING_H

#include "policy/forecast.h"

#include <math.h>

/* Correlation of the vCPUs of a VM: 0.3 to 0.95 on recorded Spark nodes; 0.5 to 1 serve alike. */
#define CROWDING_CORRELATION 0.8f

enum { CROWDING_PARTS = FORECAST_SPANS + 1 };

/* E[max(0, Z + z)] of a standard normal Z, tabulated. */
enum { TABLE_STEPS = 64, TABLE_REACH = 8, TABLE_SIZE = 2 * TABLE_REACH * TABLE_STEPS };

/** A part of the future. */
struct crowding_part {
    float weight;    /* periods */
    float crowded;   /* percent above which a pool of one pCPU is crowded */
    float retention; /* the part of a deviation that is left by then, 0 to 1 */
    float residual;  /* the part of the standard deviation that is unknown by then, 0 to 1 */
};

/** The future. */
struct crowding {
    struct crowding_part parts[CROWDING_PARTS];
    uint32_t part_count;
    float periods; /* sum of the weights */
    float lasting; /* sum of weight × retention */
    float table[TABLE_SIZE + 2];
};

/** The expected demand on a pool, percent of it. */
struct pool_demand {
    float mean, deviation, variance;
};

/** What a pool's position in the topology means to its cost. */
struct pool_site {
    float speed, slowness;        /* relative to the strongest, and the inverse */
    float sharing;                /* locality_sibling_loss(), weighted */
    float beside[CROWDING_PARTS]; /* points lost on its core per point that it is busy */
    float full, inner;            /* locality_inner_loss(), weighted */
    float margin;                 /* of a pCPU's margin below 100 % that a pool needs */
};

/** Fills the table; called once. */
void crowding_begin(struct crowding *crowding);

/** Divides the future into parts, by the retention of deviations. */
void crowding_look_ahead(struct crowding *crowding, const struct forecast *forecast);

/** E[max(0, X - crowded)] of a normal X. */
static inline float crowding_excess(const struct crowding *crowding, float mean, float sd,
                                    float crowded)
{
    const float z = (mean - crowded) / sd;
    float at, part;
    int i;

    if (z <= -TABLE_REACH)
        return 0;
    if (z >= TABLE_REACH)
        return mean - crowded;
    at = (z + TABLE_REACH) * TABLE_STEPS;
    i = (int)at;
    part = at - (float)i;
    return sd * (crowding->table[i] + part * (crowding->table[i + 1] - crowding->table[i]));
}

/** How busy a pool is in a part of the future, 0 to 100. */
static inline float crowding_busy(const struct crowding_part *part, struct pool_demand demand)
{
    const float wanted = demand.mean + part->retention * demand.deviation;

    return wanted < 0 ? 0 : wanted > 100 ? 100 : wanted; /* fminf() would be a call */
}

/** The cost of a pool at that site with that demand. Demand above 100 % counts as if all siblings
 * were busy, so that stacking vCPUs on one thread saves no SMT loss. */
static inline float crowding_cost(const struct crowding *crowding, const struct pool_site *site,
                                  struct pool_demand demand)
{
    const float sd = sqrtf(fmaxf(demand.variance, 0));
    float cost = 0;

    for (uint32_t n = 0; n < crowding->part_count; n++) {
        const struct crowding_part *part = &crowding->parts[n];
        const float wanted = demand.mean + part->retention * demand.deviation;

        cost += part->weight * (crowding_excess(crowding, wanted, part->residual * sd + 0.5f,
                                                100 - site->margin * (100 - part->crowded)) +
                                site->beside[n] * crowding_busy(part, demand) +
                                (wanted > 100 ? 2 * site->sharing * (wanted - 100) : 0));
        if (site->inner > 0)
            cost += part->weight * site->inner *
                    (crowding_excess(crowding, wanted, part->residual * sd + 0.5f, site->full) -
                     crowding_excess(crowding, wanted, part->residual * sd + 0.5f, 100));
    }
    return cost * site->speed;
}

/** The SMT loss that the costs of two threads of a core leave out if both change. */
static inline float crowding_joint(const struct crowding *crowding, const struct pool_site *site,
                                   struct pool_demand before, struct pool_demand after,
                                   struct pool_demand other_before, struct pool_demand other_after)
{
    float joint = 0;

    for (uint32_t n = 0; n < crowding->part_count; n++) {
        const struct crowding_part *part = &crowding->parts[n];

        joint += part->weight * (crowding_busy(part, after) - crowding_busy(part, before)) *
                 (crowding_busy(part, other_after) - crowding_busy(part, other_before));
    }
    return joint * 2 * site->sharing / 100 * site->speed;
}

/** What a vCPU is expected to use, points × periods. */
static inline float crowding_use(const struct crowding *crowding, struct outlook vcpu)
{
    return fmaxf(crowding->periods * vcpu.mean + crowding->lasting * vcpu.deviation, 0);
}

/** The demand of a pool with one more vCPU. `same`: sum of sd of its VM's other vCPUs there. */
static inline struct pool_demand pool_demand_with(struct pool_demand demand, struct outlook vcpu,
                                                  float same, float slowness)
{
    demand.mean += vcpu.mean * slowness;
    demand.deviation += vcpu.deviation * slowness;
    demand.variance +=
        slowness * slowness * (vcpu.sd * (vcpu.sd + 2 * CROWDING_CORRELATION * same));
    return demand;
}

/** The demand of a pool without a vCPU that is there. `same`: as above. */
static inline struct pool_demand pool_demand_without(struct pool_demand demand, struct outlook vcpu,
                                                     float same, float slowness)
{
    demand.mean -= vcpu.mean * slowness;
    demand.deviation -= vcpu.deviation * slowness;
    demand.variance -=
        slowness * slowness * (vcpu.sd * (vcpu.sd + 2 * CROWDING_CORRELATION * same));
    return demand;
}

#endif
