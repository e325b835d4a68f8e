/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - finds a stage that hangs. Each stage publishes since when it has been at the work at
 * hand. Main looks now and then, logs a stage that hangs, and feeds systemd's watchdog while none
 * does.
 */
#ifndef VCPU_SCHEDULER_PIPELINE_WATCH_H
#define VCPU_SCHEDULER_PIPELINE_WATCH_H

#include "base/progress.h"

#include <stdbool.h>
#include <stdint.h>

enum { WATCH_STAGES = 3 };

/** What main knows of a stage. */
struct watch_stage {
    const char *name; /* for the log */
    const struct progress *mark;
    uint64_t late_since_ns; /* the mark that is overdue; 0: none is */
    uint64_t noticed_ns;    /* when main first saw it overdue */
    bool logged;            /* that it is overdue */
};

/** Main's. */
struct watch {
    struct watch_stage stages[WATCH_STAGES]; /* names and marks: set by the caller */
    uint64_t feed_ns;                        /* how often the watchdog is fed; 0: there is none */
    uint64_t fed_ns;
};

/** Reads from the environment how often the watchdog must be fed. */
void watch_init(struct watch *watch);

/**
 * Looks at all stages at `now_ns`; `period_ns` is the length of a period. Logs once that a stage is
 * overdue, and later that it goes on. Feeds the watchdog if it is time and no stage is overdue.
 * Returns in how many milliseconds to look again at the latest. Main thread.
 */
int watch_look(struct watch *watch, uint64_t period_ns, uint64_t now_ns);

#endif
