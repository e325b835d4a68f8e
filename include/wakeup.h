/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wakeup.h - an eventcount: a thread sleeps on it until another one signals it.
 *
 * A thread has one wakeup. All rings that it consumes signal the same one, so it can wait for
 * several inputs at once.
 *
 * Why no wake-up is lost: before it sleeps, the owner sets WAKEUP_ASLEEP with a read-modify-write
 * of wakeup.state and then checks its rings once more. The other thread first publishes its item,
 * then does a read-modify-write of the same word. The two are ordered. If the owner's comes first,
 * the other thread sees WAKEUP_ASLEEP and wakes the owner. If it comes second, it synchronises with
 * the other one (acquire/release), and the owner's check finds the item. tests/spin/ring.pml checks
 * this argument exhaustively.
 */
#ifndef VCPU_SCHEDULER_WAKEUP_H
#define VCPU_SCHEDULER_WAKEUP_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Two lines of 64 bytes: x86's adjacent-line prefetcher fetches them in pairs. */
#define CACHE_LINE 128

/** The bits of wakeup.state. */
enum {
    WAKEUP_ASLEEP = 1 << 0,  /* the owner sleeps or is about to; who clears it writes the eventfd */
    WAKEUP_STOPPED = 1 << 1, /* never cleared */
};

/** Initialise with wakeup_init(). */
struct wakeup {
    alignas(CACHE_LINE) _Atomic uint32_t state; /* WAKEUP_ASLEEP | WAKEUP_STOPPED */
    int fd;                                     /* eventfd: readable while a wake-up is pending */
};

/**
 * Prepares a wakeup that is awake and not stopped. Returns 0, or -EMFILE, -ENFILE, -ENOMEM as
 * eventfd(2). Before other threads use it.
 */
int wakeup_init(struct wakeup *wakeup);

/** Closes the eventfd. Does not accept a zeroed wakeup. After all threads have ended. */
void wakeup_finish(struct wakeup *wakeup);

/**
 * Wakes the owner if it sleeps or is about to; otherwise it costs one atomic operation. Once awake,
 * the owner sees everything that the caller published before. Any thread.
 */
void wakeup_signal(struct wakeup *wakeup);

/**
 * Tells the owner to end: from now on wakeup_wait() returns false at once. After that, the owner
 * sees everything that the caller published before. Any thread, any number of times.
 */
void wakeup_stop(struct wakeup *wakeup);

/** True once wakeup_stop() was called. Any thread. */
bool wakeup_stopped(const struct wakeup *wakeup);

/**
 * Announces that the owner is about to sleep. The owner must then check all its inputs once more,
 * and call wakeup_cancel() if there is something, else wakeup_wait(). Owner only.
 */
void wakeup_prepare(struct wakeup *wakeup);

/**
 * Revokes the announcement. A signal in between stays pending in wakeup.fd; so an owner that polls
 * wakeup.fd itself calls wakeup_wait(wakeup, 0) after each poll instead, which also drains it.
 * Owner only.
 */
void wakeup_cancel(struct wakeup *wakeup);

/**
 * Sleeps, after wakeup_prepare(), until wakeup_signal(), wakeup_stop() or the deadline.
 * deadline_ns: absolute CLOCK_MONOTONIC time in nanoseconds; UINT64_MAX: none.
 * A pending signal from before can end it early: the owner checks and sleeps again. Returns false
 * if stopped, else true. Owner only.
 */
bool wakeup_wait(struct wakeup *wakeup, uint64_t deadline_ns);

#endif
