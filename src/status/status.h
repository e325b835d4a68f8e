/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.h - what a run looks like now, for those who ask from outside.
 *
 * Main publishes each period; a reader takes the latest page, reads it for as long as it likes, and
 * gives it back. The lock is main's and the readers' alone, and held only to change hands: no stage
 * ever meets it.
 */
#ifndef VCPU_SCHEDULER_STATUS_STATUS_H
#define VCPU_SCHEDULER_STATUS_STATUS_H

#include "config/options.h"
#include "plan.h"

#include <stdio.h>
#include <time.h>

/** A decision that made pins, or what was given up. */
struct status_decision {
    time_t at;
    double expected; /* points that the highest load was to fall by */
    double gained;   /* by which it did; NAN: not judged yet */
    uint32_t pins, made;
    char why[200];
    char pin_words[200]; /* the first pins, in words */
};

#define STATUS_DECISIONS 16

/** A period as it was; nothing in it changes while somebody has it. */
struct status_page {
    struct plan *plan;
    time_t at, since;              /* of this period, of the run */
    const struct options *options; /* as they were then */
    int stuck; /* enum reason: why the busiest is above the threshold and no pin helps; -1: one
                          does, or it is not */
    struct status_decision decisions[STATUS_DECISIONS]; /* the latest first */
    uint32_t decision_count;

    uint32_t readers; /* status.c's, as what follows */
    struct status_page *next;
};

struct status;

/** Nothing published yet; NULL without memory. */
struct status *status_new(void);

/** No page may be out. Accepts NULL. */
void status_free(struct status *status);

/** A period is over. options: kept by the caller until status_free(). Without memory the page
 * before stays. Main thread. */
void status_publish(struct status *status, const struct options *options, const struct plan *plan);

/** The latest page, to be given back by status_give(); NULL before the first. Any thread. */
struct status_page *status_take(struct status *status);
void status_give(struct status *status, struct status_page *page);

/** What this process takes itself: CPU time in seconds so far, memory in bytes. Any thread. */
double status_cpu_seconds(void);
uint64_t status_resident_bytes(void);

#endif
