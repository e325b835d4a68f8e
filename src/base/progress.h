/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.h - publishes since when a thread has been at its present work, for a thread that
 * watches it.
 *
 * Relaxed atomics are enough: it publishes nothing else, and an old value only delays what the
 * watcher finds.
 */
#ifndef VCPU_SCHEDULER_BASE_PROGRESS_H
#define VCPU_SCHEDULER_BASE_PROGRESS_H

#include <stdatomic.h>
#include <stdint.h>

/** CLOCK_MONOTONIC nanoseconds since when a stage has been at its work, in the future while it
 * waits for that time; 0: it has nothing to do. */
struct progress {
    _Atomic uint64_t since_ns;
};

/** The stage begins a piece of work. The stage's thread. */
static inline void progress_begin(struct progress *progress, uint64_t now_ns)
{
    atomic_store_explicit(&progress->since_ns, now_ns, memory_order_relaxed);
}

/** The stage has nothing to do. Its thread, before it looks at its rings once more and sleeps. */
static inline void progress_rest(struct progress *progress)
{
    atomic_store_explicit(&progress->since_ns, 0, memory_order_relaxed);
}

/** The stage is about to get work: it counts as working even if it never wakes up. The producer's
 * thread, before the push: the stage clears the mark only after it has taken what was pushed. */
static inline void progress_expect(struct progress *progress, uint64_t now_ns)
{
    uint64_t rest = 0;

    atomic_compare_exchange_strong_explicit(&progress->since_ns, &rest, now_ns,
                                            memory_order_relaxed, memory_order_relaxed);
}

/** Since when, as struct progress has it. Any thread. */
static inline uint64_t progress_since(const struct progress *progress)
{
    return atomic_load_explicit(&progress->since_ns, memory_order_relaxed);
}

#endif
