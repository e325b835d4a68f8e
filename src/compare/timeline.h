/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline.h - one run over time, reduced to the cells of a picture: load of each pCPU, lost work,
 * pins; and a lower bound for every placement.
 *
 * report/losses.h defines lost work and L, the load of a pCPU in a period. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_COMPARE_TIMELINE_H
#define VCPU_SCHEDULER_COMPARE_TIMELINE_H

#include "plan.h"
#include "report/losses.h"

#include <stdint.h>

/* Largest picture: one or two pixels per column and row. */
#define TIMELINE_COLUMNS 600
#define TIMELINE_ROWS    128

/** Sums over the counted periods: all but the first, which no policy could have changed. */
struct timeline_bound {
    uint64_t periods;
    double demand; /* percent of a pCPU, over vCPUs and periods */
    double lost;   /* the part above 100 percent of all pCPUs together; crowding only, as the least
                      cost of siblings and remote memory is not known */
    double excess; /* the part above the threshold, at least that of single vCPUs */
    double max;    /* lowest possible load of the busiest pCPU */
};

struct timeline {
    uint32_t periods;                     /* seen so far */
    uint32_t vcpus;                       /* the most that a view may hold */
    uint32_t columns, periods_per_column; /* the last column may hold fewer */
    uint32_t pcpus, rows, pcpus_per_row;  /* the last row may hold fewer */
    double threshold;
    struct timeline_bound bound;
    double *sum, *max;   /* of L over the pCPUs and periods of a cell; row by row */
    double *lost;        /* per column: lost work in counted periods */
    double *unavoidable; /* per column: the part that every placement loses */
    uint64_t *pins;      /* per column */
    struct loads loads;  /* work space */
};

/**
 * Returns a timeline of at most this many periods, vCPUs and pCPUs, each 1 or more; NULL without
 * memory. threshold: percent.
 */
struct timeline *timeline_new(uint32_t periods, uint32_t vcpus, uint32_t pcpus, double threshold);

/** Accepts NULL. */
void timeline_free(struct timeline *timeline);

/**
 * Adds a period after the actuator; plans come in the order of their periods. Period 0, which has
 * no usage, is skipped, as is a view with more vCPUs or other pCPUs than given to timeline_new().
 */
void timeline_add(struct timeline *timeline, const struct plan *plan);

/** Mean of L in a cell; 0 without a period. */
double timeline_mean(const struct timeline *timeline, uint32_t row, uint32_t column);

#endif
