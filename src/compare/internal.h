/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - what the files of --compare share. Main thread.
 *
 * level.c finds what vCPUs may be pinned to on the trace's host, compare.c replays the trace with
 * each of these under each policy, and choice.c says what that speaks for. timeline.c reduces one
 * run over time to the cells of a picture: load of each pool, lost work, pins; and finds a lower
 * bound for every placement. report/losses.h defines lost work and L, the load of a pool in a
 * period.
 */
#ifndef VCPU_SCHEDULER_COMPARE_INTERNAL_H
#define VCPU_SCHEDULER_COMPARE_INTERNAL_H

#include "base/json.h"
#include "compare/compare.h"
#include "plan.h"
#include "report/losses.h"
#include "report/summary.h"
#include "trace/trace.h"

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
    double max;    /* lowest possible load of the busiest pool, if each is one pCPU */
};

struct timeline {
    uint32_t periods;                     /* seen so far */
    uint32_t vcpus;                       /* the most that a view may hold */
    uint32_t columns, periods_per_column; /* the last column may hold fewer */
    uint32_t pcpus;
    uint32_t pools, rows, pools_per_row; /* the last row may hold fewer */
    double threshold;
    struct timeline_bound bound;
    double *sum, *max;   /* of L over the pools and periods of a cell; row by row */
    double *lost;        /* per column: lost work in counted periods */
    double *unavoidable; /* per column: the part that every placement loses */
    uint64_t *pins;      /* per column */
    struct loads loads;  /* work space */
};

/** Returns a timeline of at most this many periods, vCPUs, pCPUs and pools, each 1 or more; NULL
 * without memory. threshold: percent. Freed by timeline_free(), which accepts NULL. */
struct timeline *timeline_new(uint32_t periods, uint32_t vcpus, uint32_t pcpus, uint32_t pools,
                              double threshold);
void timeline_free(struct timeline *timeline);

/**
 * Adds a period after the actuator; plans come in the order of their periods. Period 0, which has
 * no usage, is skipped, as is a view with more vCPUs, or other pCPUs or pools, than given to
 * timeline_new().
 */
void timeline_add(struct timeline *timeline, const struct plan *plan);

/** Mean of L in a cell; 0 without a period. */
double timeline_mean(const struct timeline *timeline, uint32_t row, uint32_t column);

/* Single pCPUs, the whole host, and at most three between. */
#define COMPARE_LEVELS 5

/** What vCPUs are pinned to in some replays. */
struct compare_level {
    char name[16];                    /* the word for --pool; "all" for the whole host */
    struct options options;           /* the settings, with the defaults of this level */
    struct pools pools;               /* the trace's host cut into them */
    const struct compare_level *same; /* an earlier level of the same pools; NULL: none */
};

/** The result of one replay. */
struct compare_row {
    const struct compare_level *level;
    const struct policy *policy; /* `none` at level "all" is the kernel alone */
    struct summary_figures figures;
    double pin_rate; /* pins per 100 vCPUs and 100 periods */
    double left;     /* share of the avoidable lost work that is left; NAN if none was avoidable */
    double cost;     /* lost work, and pins at --pin-price, in percent of the demand */
    struct timeline *timeline;
};

/** What is best for the host. */
struct compare_choice {
    const struct compare_row *row; /* NULL: too few periods to judge */
    char text[640];                /* in one sentence */
};

/** What no placement can avoid; lost work to crowding only. NAN without a counted period. */
struct compare_bound {
    double lost_percent, excess_percent, max_mean; /* as in struct summary_figures */
};

struct compare {
    const struct options *options;
    struct trace *trace;
    struct compare_bound bound;
    uint32_t level_count, count;
    struct compare_level levels[COMPARE_LEVELS]; /* single pCPUs, the whole host, the others */
    struct compare_row *rows; /* single pCPUs: policy none, then the others in the order of their
                                 table; likewise the other levels; last the kernel alone */
    struct compare_choice choice;
};

/**
 * Reads the trace of options->uri once for all replays: it may be a pipe. The caller keeps options
 * until compare_free(), which accepts NULL. Returns 0 and *compare, or a negative errno as
 * trace_read().
 */
int compare_new(const struct options *options, struct compare **compare, struct failure *why);
void compare_free(struct compare *compare);

/**
 * Fills in the levels: single pCPUs, the whole host, and what the host's shape offers between; of a
 * host without one pools of 2, 4 and 8 pCPUs; where --pool is on the command line, that one.
 * Returns 0 or -ENOMEM.
 */
int compare_add_levels(struct compare *compare);

/** True for the row that has no pins and one pool of everything. */
static inline bool compare_is_kernel(const struct compare_row *row)
{
    return row->level->options.planner.pool.level == POOL_ALL;
}

/** Chooses by the figures of all rows. */
void compare_choose(struct compare *compare);

/**
 * Replays the trace under every policy, with the settings that it would have. signals: as
 * pipeline_run(). Returns 0, or a negative errno, -EINTR after a signal; failures are logged.
 */
int compare_run(struct compare *compare, int signals);

/** Writes the figures as a JSON object. */
void compare_write_json(struct json *json, const char *key, const struct compare *compare);

/** Prints the table: SUMMARY_JSON as one object on one line, else as text. */
void compare_print(const struct compare *compare, enum summary_form form, FILE *out);

/**
 * Writes the page to options->report, completely or not at all. Returns 0, or a negative errno with
 * the words in *why.
 */
int compare_write_page(const struct compare *compare, struct failure *why);

#endif
