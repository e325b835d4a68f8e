/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary.h - the figures of a whole run: load of the pCPUs, lost work, pins.
 *
 * losses.h defines lost work and L, the load of a pCPU in a period. In a replay usage + delay is
 * the demand, and the trace gives the cost of siblings and remote memory; on a live host both are
 * estimates. Only managed pCPUs count. Means run over all measured periods but the first, which no
 * policy could have changed. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_REPORT_SUMMARY_H
#define VCPU_SCHEDULER_REPORT_SUMMARY_H

#include "config/options.h"
#include "plan.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct summary;

/** The figures so far. Those of nothing are NAN: the means before the second measured period. */
struct summary_figures {
    uint64_t periods;      /* measured: all snapshots but the first */
    uint64_t counted;      /* of these, all but the first: the means run over them */
    uint64_t pins;         /* made; in a dry run those that would have been made */
    uint32_t vcpus, pcpus; /* highest numbers at a time of vCPUs and managed pCPUs */
    double max_mean;       /* mean over periods of the largest L, percent of a pCPU */
    double sd_mean; /* mean over periods of the population standard deviation of L over pCPUs */
    double lost_percent;          /* sum of the next three */
    double lost_crowding_percent; /* 100 × Σ max(0, L − 100) / Σ demand of the vCPUs */
    double lost_sibling_percent;  /* the same for busy SMT siblings: see losses.h */
    double lost_remote_percent;   /* the same for memory of another node */
    bool shaped;                  /* the topology is known; else the last two are 0 */
    double over_percent;   /* share of (pCPU, period) pairs with L above the threshold, percent */
    uint64_t suspects;     /* how often a vCPU turned suspect */
    uint64_t judged_plans; /* plans with pins whose gain was measured */
    double gain_expected;  /* mean of these: expected fall of the highest load, points */
    double gain_measured;  /* its fall as measured a period later */
    double excess_percent; /* 100 × Σ max(0, L − threshold) / Σ demand of the vCPUs */
};

/**
 * An empty summary; NULL without memory. threshold: percent of a pCPU. dry_run: count PIN_DRY
 * instead of PIN_DONE. Freed by summary_free(), which accepts NULL.
 */
struct summary *summary_new(double threshold, bool dry_run);
void summary_free(struct summary *summary);

/**
 * Adds a period after the actuator, or after the planner where nothing is applied; plans come in
 * the order of their periods. Allocates only when there is more to add than ever before. Returns 0,
 * or -ENOMEM: the period is left out.
 */
int summary_add(struct summary *summary, const struct plan *plan);

struct summary_figures summary_figures(const struct summary *summary);

/**
 * Prints the figures: SUMMARY_JSON as one flat object on one line (null without a counted period),
 * SUMMARY_TEXT as text, SUMMARY_NONE not at all. demand_estimated: a live run, where usage + delay
 * only estimates the demand.
 */
void summary_print(const struct summary *summary, enum summary_form form, bool demand_estimated,
                   FILE *out);

#endif
