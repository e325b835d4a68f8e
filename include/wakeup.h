/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wakeup.h - where a thread sleeps until another one signals it: an eventcount.
 *
 * A thread has one wakeup. Every ring that it consumes signals that one, so a thread with several
 * inputs sleeps in one place.
 *
 * Why no wake-up is lost: the sleeper announces itself with a read-modify-write of wakeup.state and
 * then looks at its rings once more; the waker publishes first and then does a read-modify-write of
 * the same word. All read-modify-writes of one word have one order. If the waker's is the later
 * one, it sees the announcement and wakes the sleeper. If it is the earlier one, the sleeper's
 * synchronises with it (acquire/release), and the second look sees what was published.
 * tests/spin/ring.pml checks this argument exhaustively.
 */
#ifndef VCPU_SCHEDULER_WAKEUP_H
#define VCPU_SCHEDULER_WAKEUP_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Two lines of 64 bytes: the adjacent-line prefetcher of x86 makes pairs of them share their fate.
 */
#define CACHE_LINE 128

/** The bits of wakeup.state. */
enum {
    WAKEUP_ASLEEP =
        1 << 0, /* the owner sleeps or is about to: whoever clears it writes the eventfd */
    WAKEUP_STOPPED = 1 << 1, /* never cleared */
};

/** Where one thread sleeps. Initialise with wakeup_init(). */
struct wakeup {
    alignas(CACHE_LINE) _Atomic uint32_t state; /* WAKEUP_ASLEEP | WAKEUP_STOPPED */
    int fd;                                     /* eventfd: readable while a wake-up is pending */
};

/**
 * Makes a wakeup: awake, not stopped.
 * Returns 0, or -EMFILE, -ENFILE, -ENOMEM as eventfd(2) gives them. Any one thread, before others
 * use it.
 */
int wakeup_init(struct wakeup *wakeup);

/** Releases what wakeup_init() took. No thread may use it any more. A zeroed one is not
 * accepted. */
void wakeup_finish(struct wakeup *wakeup);

/**
 * Wakes the owner if it sleeps or is about to; cheap (one atomic operation) when it is awake.
 * Whatever the caller published before is seen by the owner after it woke. Any thread.
 */
void wakeup_signal(struct wakeup *wakeup);

/**
 * Tells the owner to end: from now on wakeup_wait() returns false at once. What the caller
 * published before, the owner sees when it looks once more after that. Any thread, any number of
 * times.
 */
void wakeup_stop(struct wakeup *wakeup);

/** True once wakeup_stop() was called. Any thread. */
bool wakeup_stopped(const struct wakeup *wakeup);

/**
 * First half of going to sleep: announces it. The owner must then look at all its inputs once more,
 * and call wakeup_cancel() if it found something, else wakeup_wait(). Owner only.
 */
void wakeup_prepare(struct wakeup *wakeup);

/**
 * Takes an announcement back. A wake-up that was under way stays pending in wakeup.fd, so an owner
 * that polls wakeup.fd itself calls wakeup_wait(wakeup, 0) after each poll instead: that also
 * drains it. Owner only.
 */
void wakeup_cancel(struct wakeup *wakeup);

/**
 * Second half: sleeps until wakeup_signal(), wakeup_stop() or the deadline.
 * deadline_ns: absolute CLOCK_MONOTONIC time in nanoseconds; UINT64_MAX: none.
 * It may return early without a cause (a pending wake-up from before); callers look and wait again.
 * Returns false when it is stopped, else true. It is awake afterwards. Owner only.
 */
bool wakeup_wait(struct wakeup *wakeup, uint64_t deadline_ns);

#endif
