/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline.h - how one run went over time, in so few figures that a picture can show them: load of
 * each pCPU, lost work, pins; and what no placement could have avoided.
 *
 * L of a pCPU in a period, and lost work, are those of report/losses.h. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_COMPARE_TIMELINE_H
#define VCPU_SCHEDULER_COMPARE_TIMELINE_H

#include "plan.h"
#include "report/losses.h"

#include <stdint.h>

/* The most columns and rows of a picture: one or two of a screen's pixels each. */
#define TIMELINE_COLUMNS 600
#define TIMELINE_ROWS    128

/** Sums over the judged periods: all but the first, which no policy could have changed. */
struct timeline_bound {
    uint64_t periods;
    double demand; /* percent of a pCPU, over vCPUs and periods */
    double lost;   /* of that above 100 percent of all pCPUs together: lost wherever vCPUs are. Of
                      crowding only: what siblings and remote memory cost at least is not known */
    double excess; /* the same above the threshold, and at least what single vCPUs are above it */
    double max;    /* the least that the busiest pCPU can be asked for */
};

struct timeline {
    uint32_t periods;                     /* seen so far */
    uint32_t vcpus;                       /* the most that a view may have */
    uint32_t columns, periods_per_column; /* the last column may hold fewer */
    uint32_t pcpus, rows, pcpus_per_row;  /* the last row may hold fewer */
    double threshold;
    struct timeline_bound bound;
    double *sum, *max; /* of L, each row's columns together: over its pCPUs and periods */
    double *lost,
        *unavoidable; /* of each column, judged periods: all lost work; of that unavoidable */
    uint64_t *pins;   /* of each column */
    struct placement placement; /* work space */
};

/**
 * A timeline for so many periods, vCPUs and pCPUs, each 1 or more. threshold: percent.
 * Returns NULL without memory. Freed by timeline_free().
 */
struct timeline *timeline_new(uint32_t periods, uint32_t vcpus, uint32_t pcpus, double threshold);

/** Accepts NULL. */
void timeline_free(struct timeline *timeline);

/**
 * Adds a period, after the actuator, in their order. A view of period 0 has no usage and is passed
 * over, as is one with more than was said at the start.
 */
void timeline_add(struct timeline *timeline, const struct plan *plan);

/** Mean of L in a cell, 0 where nothing was seen. */
double timeline_mean(const struct timeline *timeline, uint32_t row, uint32_t column);

#endif
