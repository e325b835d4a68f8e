/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch.h - tells whether the stages go on: each publishes since when it has been at the work at
 * hand, main looks now and then, names one that hangs, and feeds systemd's watchdog only while none
 * does.
 *
 * A mark is one word, written by relaxed atomics once or twice a period: nothing else is published
 * by it, and an old value only delays a look's result.
 */
#ifndef VCPU_SCHEDULER_WATCH_H
#define VCPU_SCHEDULER_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** Since when a stage has been at it: CLOCK_MONOTONIC nanoseconds, in the future while it waits for
 * that time; 0: it has nothing to do. */
struct watch_mark {
    _Atomic uint64_t since_ns;
};

/** The stage begins something, or goes on to the next part of it. The stage's thread. */
static inline void watch_begin(struct watch_mark *mark, uint64_t now_ns)
{
    atomic_store_explicit(&mark->since_ns, now_ns, memory_order_relaxed);
}

/** The stage has nothing to do; before it looks at its rings for the last time. Its thread. */
static inline void watch_rest(struct watch_mark *mark)
{
    atomic_store_explicit(&mark->since_ns, 0, memory_order_relaxed);
}

/**
 * Something is about to be pushed to the stage: from now on it has something to do, even if it
 * never wakes up. Before the push, so that the stage, which takes the mark away only after it has
 * seen what was pushed, leaves none behind. The producer's thread.
 */
static inline void watch_expect(struct watch_mark *mark, uint64_t now_ns)
{
    uint64_t rest = 0;

    atomic_compare_exchange_strong_explicit(&mark->since_ns, &rest, now_ns, memory_order_relaxed,
                                            memory_order_relaxed);
}

/** The mark as it is. Any thread. */
static inline uint64_t watch_since(const struct watch_mark *mark)
{
    return atomic_load_explicit(&mark->since_ns, memory_order_relaxed);
}

enum { WATCH_STAGES = 3 };

/** What main knows of a stage. */
struct watch_stage {
    const char *name; /* for the log */
    const struct watch_mark *mark;
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
