/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - tells whether the stages go on: each publishes since when it has been at the work at
 * hand, main looks now and then, names one that hangs, and feeds systemd's watchdog only while none
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
    uint64_t noticed_ns;    /* when main first saw that */
    bool told;              /* and said it */
};

/** Main's; not to be copied while in use. */
struct watch {
    struct watch_stage stages[WATCH_STAGES]; /* names and marks: filled in by the caller */
    uint64_t feed_ns;                        /* how often the watchdog is fed; 0: there is none */
    uint64_t fed_ns;
};

/** Asks the environment for the watchdog. */
void watch_init(struct watch *watch);

/**
 * Looks at all stages at `now_ns`, the periods being `period_ns` long. Says of one that has been at
 * the same thing for longer than the limit that it makes no progress, once, and that it goes on.
 * Feeds the watchdog if it is time and no stage is overdue. Returns in how many milliseconds to
 * look again at the latest. Main thread.
 */
int watch_look(struct watch *watch, uint64_t period_ns, uint64_t now_ns);

#endif
