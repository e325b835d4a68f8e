/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy/forecast.h"

#include "base/array.h"

#include <math.h>
#include <stdlib.h>

/* Weight of a new period in a vCPU's mean and variance: the last 23 make up half of them. */
#define NEW_PERIOD 0.03
/* The same for retention, which may be steadier, for it is learnt from all vCPUs. */
#define NEW_SPAN 0.01
/* The same for the other load of a pool: the last 4 periods make up half of it. What passes within
 * that is no reason to move a vCPU; what stays is soon known. */
#define NEW_OTHER 0.16

static const uint32_t spans[FORECAST_SPANS] = {1, 4, 12};

/* What was known at the start of a span. */
struct begin {
    float mean, deviation;
};

struct vcpu_memory {
    uint64_t serial;                /* of the vCPU; 0: none */
    uint64_t begun[FORECAST_SPANS]; /* step of begin[]; 0: not begun */
    uint32_t count;                 /* measured periods */
    enum demand_known known;        /* the best that its demand was known */
    float mean, variance, deviation;
    struct begin begin[FORECAST_SPANS];
};

/* The other load of a pool. */
struct other_memory {
    uint32_t count; /* periods that it was known */
    float mean;
};

/* Retention over a span, learnt from all vCPUs: left / squares. */
struct span_memory {
    uint64_t begun; /* step */
    uint32_t count; /* spans that ended */
    double left;    /* mean of deviation at the start × deviation at the end */
    double squares; /* mean of deviation at the start, squared */
};

struct forecast {
    uint64_t step; /* periods learnt, from 1 */
    struct span_memory spans[FORECAST_SPANS];
    double grand_mean; /* of all vCPUs' means */
    double spread;     /* variance of the true means over vCPUs */
    struct vcpu_memory *vcpus;
    struct other_memory *others;
    uint32_t vcpu_capacity, other_capacity;
};

struct forecast *forecast_new(void)
{
    return calloc(1, sizeof(struct forecast));
}

void forecast_free(struct forecast *forecast)
{
    if (!forecast)
        return;
    free(forecast->vcpus);
    free(forecast->others);
    free(forecast);
}

static bool reserve(struct forecast *forecast, const struct view *view)
{
    for (uint32_t v = 0; v < view->vcpu_count; v++) {
        if (!ARRAY_GROW(forecast->vcpus, forecast->vcpu_capacity, view->vcpus[v].name.slot + 1))
            return false;
    }
    return ARRAY_GROW(forecast->others, forecast->other_capacity, view->pool_count);
}

/* The weight of the count-th period in a mean: equal weights until that would be below `least`. */
static float newest(double least, uint32_t count)
{
    return fmaxf((float)least, 1.0f / (float)count);
}

static void learn_vcpu(struct vcpu_memory *memory, const struct view_vcpu *vcpu)
{
    float deviation;

    /* Estimates from before its demand was known better tell nothing of how it varies. */
    if (memory->serial != vcpu->serial || memory->known == DEMAND_GROWING ||
        vcpu->known < memory->known)
        *memory = (struct vcpu_memory){.serial = vcpu->serial, .known = vcpu->known};
    memory->count++;
    deviation = (float)vcpu->demand - memory->mean;
    if (memory->count > 1)
        memory->variance +=
            newest(NEW_PERIOD, memory->count - 1) * (deviation * deviation - memory->variance);
    memory->mean += newest(NEW_PERIOD, memory->count) * deviation;
    memory->deviation = (float)vcpu->demand - memory->mean;
}

/* A pool that is not managed is forgotten: its load may be another when it returns. */
static void learn_other(struct other_memory *memory, const struct view_pool *pool)
{
    if (!pool->managed)
        *memory = (struct other_memory){0};
    else if (pool->certain)
        memory->mean += newest(NEW_OTHER, ++memory->count) * ((float)pool->other - memory->mean);
}

static bool measured(const struct view_vcpu *vcpu)
{
    return (vcpu->blocked_by & (VCPU_NEW | VCPU_PAUSED | VCPU_SUSPECT)) == 0;
}

/* Ends a span: learns what is left of the deviations at its start. Then begins the next one. */
static void learn_span(struct forecast *forecast, enum forecast_span span, const struct view *view)
{
    struct span_memory *memory = &forecast->spans[span];
    double left = 0, squares = 0;

    for (uint32_t v = 0; v < view->vcpu_count; v++) {
        const struct view_vcpu *vcpu = &view->vcpus[v];
        struct vcpu_memory *one = &forecast->vcpus[vcpu->name.slot];
        const struct begin begin = one->begin[span];

        if (!measured(vcpu))
            continue;
        if (memory->begun > 0 && one->begun[span] == memory->begun) {
            left += (double)begin.deviation * (vcpu->demand - (double)begin.mean);
            squares += (double)begin.deviation * (double)begin.deviation;
        }
        one->begin[span] = (struct begin){.mean = one->mean, .deviation = one->deviation};
        one->begun[span] = forecast->step;
    }
    if (memory->begun > 0) {
        const double weight = fmax(NEW_SPAN * spans[span], 1.0 / ++memory->count);

        memory->left += weight * (left - memory->left);
        memory->squares += weight * (squares - memory->squares);
    }
    memory->begun = forecast->step;
}

/* The variance of a vCPU's mean by chance alone, if its periods are independent. */
static double chance(const struct vcpu_memory *memory)
{
    return (double)memory->variance * fmax(NEW_PERIOD / (2 - NEW_PERIOD), 1.0 / memory->count);
}

/*
 * The means of vCPUs differ because the vCPUs do, and by chance. Their variance less that of chance
 * is the variance of the true means (spread). A mean is trusted in proportion to it (James and
 * Stein, Estimation with Quadratic Loss, 1961): of many vCPUs, the one that looks busiest is partly
 * the luckiest, and a policy that takes luck for size does harm on a host of noise.
 */
static void learn_spread(struct forecast *forecast, const struct view *view)
{
    double sum = 0, squares = 0, by_chance = 0, n = 0;

    for (uint32_t v = 0; v < view->vcpu_count; v++) {
        const struct vcpu_memory *memory = &forecast->vcpus[view->vcpus[v].name.slot];

        if (!measured(&view->vcpus[v]))
            continue;
        sum += (double)memory->mean;
        squares += (double)memory->mean * (double)memory->mean;
        by_chance += chance(memory);
        n++;
    }
    if (n == 0)
        return;
    forecast->grand_mean = sum / n;
    forecast->spread = fmax(0, squares / n - sum / n * sum / n - by_chance / n);
}

int forecast_learn(struct forecast *forecast, const struct view *view)
{
    if (!reserve(forecast, view))
        return -ENOMEM;
    forecast->step++;
    for (uint32_t v = 0; v < view->vcpu_count; v++) {
        if (measured(&view->vcpus[v]))
            learn_vcpu(&forecast->vcpus[view->vcpus[v].name.slot], &view->vcpus[v]);
    }
    for (uint32_t p = 0; p < view->pool_count; p++)
        learn_other(&forecast->others[p], &view->pools[p]);
    for (int span = 0; span < FORECAST_SPANS; span++) {
        const struct span_memory *memory = &forecast->spans[span];

        if (memory->begun == 0 || forecast->step - memory->begun >= spans[span])
            learn_span(forecast, (enum forecast_span)span, view);
    }
    learn_spread(forecast, view);
    return 0;
}

struct outlook forecast_vcpu(const struct forecast *forecast, const struct view_vcpu *vcpu)
{
    const struct vcpu_memory *memory = &forecast->vcpus[vcpu->name.slot];
    double by_chance, trust, mean;

    if (memory->serial != vcpu->serial)
        return (struct outlook){.mean = (float)vcpu->demand};
    by_chance = chance(memory);
    trust = by_chance > 0 ? forecast->spread / (forecast->spread + by_chance) : 1;
    mean = forecast->grand_mean + trust * ((double)memory->mean - forecast->grand_mean);
    return (struct outlook){.mean = (float)mean,
                            .deviation = (float)(vcpu->demand - mean),
                            .sd = sqrtf(memory->variance)};
}

uint32_t forecast_periods(const struct forecast *forecast, const struct view_vcpu *vcpu)
{
    const struct vcpu_memory *memory = &forecast->vcpus[vcpu->name.slot];

    return memory->serial == vcpu->serial ? memory->count : 0;
}

struct outlook forecast_other(const struct forecast *forecast, const struct view *view,
                              int32_t pool)
{
    const struct other_memory *memory = &forecast->others[pool];
    const float now = (float)view->pools[pool].other, mean = memory->count ? memory->mean : now;

    return (struct outlook){.mean = mean, .deviation = now - mean};
}

double forecast_retention(const struct forecast *forecast, enum forecast_span span)
{
    const struct span_memory *memory = &forecast->spans[span];

    return memory->squares > 0 ? fmin(fmax(memory->left / memory->squares, 0), 1) : 0;
}

/* How far a vCPU's demand may be from its mean, or its mean from the true one (standard error), by
 * chance: points. Periods that follow each other are alike by retention, so they tell less of the
 * mean than as many independent ones. */
static double doubt_of(const struct forecast *forecast, const struct view_vcpu *vcpu,
                       enum forecast_doubt doubt)
{
    const struct vcpu_memory *memory = &forecast->vcpus[vcpu->name.slot];
    const double variance = (double)memory->variance;
    const double alike = forecast_retention(forecast, FORECAST_NEXT);

    if (doubt == FORECAST_SURE || memory->serial != vcpu->serial)
        return 0;
    if (doubt == FORECAST_VARIES || alike >= 1)
        return sqrt(variance);
    return sqrt(fmin(variance, chance(memory) * (1 + alike) / (1 - alike)));
}

void forecast_size_up(const struct forecast *forecast, struct view *view, double now_part,
                      enum forecast_doubt doubt)
{
    for (int32_t p = 0; p < (int32_t)view->pool_count; p++) {
        const struct outlook other = forecast_other(forecast, view, p);

        view->pools[p].planned_forecast = (double)other.mean + now_part * (double)other.deviation;
    }
    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        struct view_vcpu *v = &view->vcpus[i];

        if (v->blocked_by & VCPU_PAUSED) {
            v->size = 0; /* no demand until it is resumed */
        } else if (measured(v)) {
            const struct outlook usual = forecast_vcpu(forecast, v);

            v->size = now_part * v->demand + (1 - now_part) * (double)usual.mean;
            v->doubt = doubt_of(forecast, v, doubt);
        }
        if (v->pool >= 0)
            view->pools[v->pool].planned_forecast += v->size / view->pools[v->pool].speed;
    }
}
