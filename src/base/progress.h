/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.h - since when a thread has been at the work at hand, for another that watches it.
 *
 * It is one word, written by relaxed atomics once or twice a period: nothing else is published by
 * it, and an old value only delays a look's result.
 */
#ifndef VCPU_SCHEDULER_BASE_PROGRESS_H
#define VCPU_SCHEDULER_BASE_PROGRESS_H

#include <stdatomic.h>
#include <stdint.h>

/** Since when a stage has been at it: CLOCK_MONOTONIC nanoseconds, in the future while it waits for
 * that time; 0: it has nothing to do. */
struct progress {
    _Atomic uint64_t since_ns;
};

/** The stage begins something, or goes on to the next part of it. The stage's thread. */
static inline void progress_begin(struct progress *progress, uint64_t now_ns)
{
    atomic_store_explicit(&progress->since_ns, now_ns, memory_order_relaxed);
}

/** The stage has nothing to do; before it looks at its rings for the last time. Its thread. */
static inline void progress_rest(struct progress *progress)
{
    atomic_store_explicit(&progress->since_ns, 0, memory_order_relaxed);
}

/**
 * Something is about to be pushed to the stage: from now on it has something to do, even if it
 * never wakes up. Before the push, so that the stage, which takes the mark away only after it has
 * seen what was pushed, leaves none behind. The producer's thread.
 */
static inline void progress_expect(struct progress *progress, uint64_t now_ns)
{
    uint64_t rest = 0;

    atomic_compare_exchange_strong_explicit(&progress->since_ns, &rest, now_ns,
                                            memory_order_relaxed, memory_order_relaxed);
}

/** The mark as it is. Any thread. */
static inline uint64_t progress_since(const struct progress *progress)
{
    return atomic_load_explicit(&progress->since_ns, memory_order_relaxed);
}

#endif
