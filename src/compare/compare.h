/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare.h - --compare: a trace replayed under every policy of the table.
 *
 * Main thread.
 */
#ifndef VCPU_SCHEDULER_COMPARE_COMPARE_H
#define VCPU_SCHEDULER_COMPARE_COMPARE_H

#include "compare/timeline.h"
#include "config/options.h"
#include "report/summary.h"
#include "trace/trace.h"

/** The result of one policy. */
struct compare_row {
    const struct policy *policy;
    struct summary_figures figures;
    double pin_rate; /* pins per 100 vCPUs and 100 periods */
    double left;     /* share of the avoidable lost work that is left; NAN if none was avoidable */
    struct timeline *timeline;
};

/** What no placement can avoid; lost work to crowding only. NAN without a counted period. */
struct compare_bound {
    double lost_percent, excess_percent, max_mean; /* as in struct summary_figures */
};

struct compare {
    const struct options *options;
    struct trace *trace;
    struct compare_bound bound;
    uint32_t count;
    struct compare_row *rows; /* policy none, then the others in the order of their table */
};

/**
 * Reads the trace of options->uri once for all replays: it may be a pipe. The caller keeps options
 * until compare_free(). Returns 0 and *compare, or a negative errno as trace_read().
 */
int compare_new(const struct options *options, struct compare **compare, struct failure *why);

/**
 * Replays the trace under every policy with the same settings. signals: as pipeline_run(). Returns
 * 0, or a negative errno, -EINTR after a signal; failures are logged.
 */
int compare_run(struct compare *compare, int signals);

/** Accepts NULL. */
void compare_free(struct compare *compare);

#endif
