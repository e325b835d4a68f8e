/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crowding.h - what a pCPU is expected to cost over the periods to come, in points of the strongest
 * pCPU and periods: what its vCPUs want above what crowds it, and what it and the other threads of
 * its core take from each other.
 *
 * The likely demand of a pCPU is taken as normally distributed, with the sums of its vCPUs' means
 * and variances; vCPUs of one VM count as correlated, for they burst together. Planner's thread;
 * inline, for this is where a decision's time goes.
 */
#ifndef VCPU_SCHEDULER_POLICY_CROWDING_H
#define VCPU_SCHEDULER_POLICY_CROWDING_H

#include "policy/forecast.h"

#include <math.h>

/* vCPUs of one VM burst together: their correlation on recorded Spark nodes is 0.3 to 0.95; from
 * 0.5 to 1 all serve. */
#define CROWDING_CORRELATION 0.8f

/* The next period, the five after it, the ten after those, and 16 as usual. */
enum { CROWDING_PARTS = FORECAST_SPANS + 1 };

/* E[max(0, Z + z)] of a standard normal Z, tabulated. */
enum { TABLE_STEPS = 64, TABLE_REACH = 8, TABLE_SIZE = 2 * TABLE_REACH * TABLE_STEPS };

/** A part of the future that is judged at once. */
struct crowding_part {
    float weight;    /* periods */
    float crowded;   /* percent */
    float retention; /* of a deviation, at that time */
    float residual;  /* of the standard deviation: what is not known by then */
};

/** The future. */
struct crowding {
    struct crowding_part parts[CROWDING_PARTS];
    uint32_t part_count;
    float periods; /* sum of the weights */
    float lasting; /* sum of weight × kept */
    float table[TABLE_SIZE + 2];
};

/** What is expected on a pCPU, percent of it. */
struct pcpu_demand {
    float mean, deviation, variance;
};

/** A pCPU's place. */
struct pcpu_site {
    float speed, slowness;        /* of the strongest, and the inverse */
    float sharing;                /* locality_sibling_loss() */
    float beside[CROWDING_PARTS]; /* points lost on its core per point that it is busy */
};

/** Fills the table, once. */
void crowding_begin(struct crowding *crowding);

/** Divides the future into parts, by what the forecast knows of how long deviations last. */
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

/** How busy a pCPU is in a part of the future, 0 to 100. */
static inline float crowding_busy(const struct crowding_part *part, struct pcpu_demand demand)
{
    const float wanted = demand.mean + part->retention * demand.deviation;

    return wanted < 0 ? 0 : wanted > 100 ? 100 : wanted; /* fminf() would be a call */
}

/** What a pCPU at that spot costs with such a crowd. What it is to do above 100 % is counted as if
 * the core's others were busy, too: nothing is gained by stacking it there for their sake. */
static inline float crowding_cost(const struct crowding *crowding, const struct pcpu_site *site,
                                  struct pcpu_demand demand)
{
    const float sd = sqrtf(fmaxf(demand.variance, 0));
    float cost = 0;

    for (uint32_t n = 0; n < crowding->part_count; n++) {
        const struct crowding_part *part = &crowding->parts[n];
        const float wanted = demand.mean + part->retention * demand.deviation;

        cost += part->weight *
                (crowding_excess(crowding, wanted, part->residual * sd + 0.5f, part->crowded) +
                 site->beside[n] * crowding_busy(part, demand) +
                 (wanted > 100 ? 2 * site->sharing * (wanted - 100) : 0));
    }
    return cost * site->speed;
}

/** What the costs of two threads of one core leave out where both change. */
static inline float crowding_joint(const struct crowding *crowding, const struct pcpu_site *site,
                                   struct pcpu_demand before, struct pcpu_demand after,
                                   struct pcpu_demand other_before, struct pcpu_demand other_after)
{
    float joint = 0;

    for (uint32_t n = 0; n < crowding->part_count; n++) {
        const struct crowding_part *part = &crowding->parts[n];

        joint += part->weight * (crowding_busy(part, after) - crowding_busy(part, before)) *
                 (crowding_busy(part, other_after) - crowding_busy(part, other_before));
    }
    return joint * 2 * site->sharing / 100 * site->speed;
}

/** What a vCPU is expected to use, points and periods. */
static inline float crowding_use(const struct crowding *crowding, struct outlook vcpu)
{
    return fmaxf(crowding->periods * vcpu.mean + crowding->lasting * vcpu.deviation, 0);
}

/** A crowd with one more. `same`: sum of sd over the vCPUs of its VM that are there, without
 * itself. */
static inline struct pcpu_demand pcpu_demand_with(struct pcpu_demand demand, struct outlook vcpu,
                                                  float same, float slowness)
{
    demand.mean += vcpu.mean * slowness;
    demand.deviation += vcpu.deviation * slowness;
    demand.variance +=
        slowness * slowness * (vcpu.sd * (vcpu.sd + 2 * CROWDING_CORRELATION * same));
    return demand;
}

static inline struct pcpu_demand pcpu_demand_without(struct pcpu_demand demand, struct outlook vcpu,
                                                     float same, float slowness)
{
    demand.mean -= vcpu.mean * slowness;
    demand.deviation -= vcpu.deviation * slowness;
    demand.variance -=
        slowness * slowness * (vcpu.sd * (vcpu.sd + 2 * CROWDING_CORRELATION * same));
    return demand;
}

#endif
