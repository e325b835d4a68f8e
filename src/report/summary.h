/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary.h - the figures of a whole run: how crowded the pCPUs were and what was spent on it.
 *
 * L of a pCPU in a period, and lost work, are those of losses.h. In a replay usage + delay is
 * the demand, and what siblings and remote memory cost is as the trace says; on a live host both
 * are estimates. Only managed pCPUs count. Means run over all measured periods but the first, which
 * no policy could have changed. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_REPORT_SUMMARY_H
#define VCPU_SCHEDULER_REPORT_SUMMARY_H

#include "config/options.h"
#include "plan.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct summary;

/** The figures so far. Without a second measured period there is nothing to judge: `judged` is 0
 * and so are the means. */
struct summary_figures {
    uint64_t periods;      /* measured: snapshots but the first */
    uint64_t judged;       /* of these, the ones that the means run over: all but the first */
    uint64_t pins;         /* made; in a dry run those that would have been made */
    uint32_t vcpus, pcpus; /* the most at a time: vCPUs; managed pCPUs */
    double max_mean;       /* mean over periods of the largest L, percent of a pCPU */
    double sd_mean; /* mean over periods of the population standard deviation of L over pCPUs */
    double lost_percent;          /* the next three together */
    double lost_crowding_percent; /* 100 × Σ max(0, L − 100) / Σ demand of the vCPUs */
    double lost_sibling_percent;  /* likewise, to busy threads of the same core: see losses.h */
    double lost_remote_percent;   /* likewise, to the way to memory of another node */
    bool shaped;                  /* a topology was known; else the last two are 0 */
    double over_percent;   /* share of (pCPU, period) pairs with L above the threshold, percent */
    uint64_t suspects;     /* how often a vCPU turned suspect */
    uint64_t judged_plans; /* plans with pins whose gain was measured */
    double gain_expected;  /* mean of these: points by which the highest load was to fall */
    double gain_measured;  /* and by which it was lower a period later */
    double excess_percent; /* 100 × Σ max(0, L − threshold) / Σ demand of the vCPUs */
};

/**
 * An empty summary; NULL without memory. Freed by summary_free().
 * threshold: 1 to 100, percent of a pCPU. dry_run: count PIN_DRY instead of PIN_DONE.
 */
struct summary *summary_new(double threshold, bool dry_run);

/** Accepts NULL. */
void summary_free(struct summary *summary);

/**
 * Adds a period: the view as it was measured, and the pins with their results. Plans are given in
 * the order of their periods, after the actuator, or after the planner where nothing is applied.
 * Allocates only when there are more vCPUs or pCPUs than ever before; time grows with vCPUs +
 * pCPUs. Returns 0, or -ENOMEM: the period is left out.
 */
int summary_add(struct summary *summary, const struct plan *plan);

struct summary_figures summary_figures(const struct summary *summary);

/**
 * Prints it: SUMMARY_JSON as one flat object on one line (figures without a judged period are
 * null), SUMMARY_TEXT as lines to read, SUMMARY_NONE nothing. demand_estimated: a live run, where
 * usage + delay only estimates the demand.
 */
void summary_print(const struct summary *summary, enum summary_form form, bool demand_estimated,
                   FILE *out);

#endif
