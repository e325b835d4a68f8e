/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.h - the state of a run, published for other programs.
 *
 * Main publishes a page each period. A reader takes the latest page, reads it as long as it likes
 * and gives it back. Only main and the readers use the lock, and hold it only while a page changes
 * hands: no stage waits for it.
 */
#ifndef VCPU_SCHEDULER_STATUS_STATUS_H
#define VCPU_SCHEDULER_STATUS_STATUS_H

#include "config/options.h"
#include "plan.h"

#include <time.h>

/** A decision with pins. */
struct status_decision {
    time_t at;
    double expected; /* expected fall of the highest load, points */
    double gained;   /* measured fall; NAN: not measured yet */
    uint32_t pins, made;
    char why[200];
    char pin_words[200]; /* the first pins, in words */
};

#define STATUS_DECISIONS 16

/** A period. It does not change while a reader has it. */
struct status_page {
    struct plan *plan;
    time_t at, since;              /* end of this period, start of the run */
    const struct options *options; /* of this period */
    int stuck; /* enum reason: why no pin relieves a busiest pCPU above the threshold; -1: not so */
    struct status_decision decisions[STATUS_DECISIONS]; /* the latest first */
    uint32_t decision_count;

    uint32_t readers; /* for status.c, as the next */
    struct status_page *next;
};

struct status;

/** Returns a status without a page; NULL without memory. Freed by status_free(), which accepts
 * NULL, once all pages were given back. */
struct status *status_new(void);
void status_free(struct status *status);

/** Publishes a period. The caller keeps options until status_free(). Without memory the previous
 * page stays. Main thread. */
void status_publish(struct status *status, const struct options *options, const struct plan *plan);

/** Takes the latest page, to be given back by status_give(); NULL before the first. Any thread. */
struct status_page *status_take(struct status *status);
void status_give(struct status *status, struct status_page *page);

/** What a pool is in this period, in the words of --pool, or "all": it may be less than what was
 * asked for, where the host's topology does not have that. */
const char *status_pool_level(const struct status_page *page, char text[16]);

/** CPU time of this process in seconds, and its resident memory in bytes. Any thread. */
double status_cpu_seconds(void);
uint64_t status_resident_bytes(void);

#endif
