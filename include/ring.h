/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring.h - lock-free hand-over of buffers between two threads, and sleeping until one arrives.
 *
 * A ring carries pointers from one producer thread to one consumer thread. It never blocks and
 * never allocates after ring_init(). A bell is what a thread sleeps on: every ring that the thread
 * consumes rings the same bell, so a thread with several inputs sleeps in one place. The ring by
 * itself (ring_try_push(), ring_try_pop()) needs acquire and release only; what it takes to sleep
 * without missing a wake-up lives in the bell alone.
 *
 * Why no wake-up is lost: the sleeper announces itself with a read-modify-write of wakeup.state and
 * then looks at its rings once more; the waker publishes first and then does a read-modify-write of
 * the same word. All read-modify-writes of one word have one order. Is the waker's the later one,
 * it sees the announcement and wakes; is it the earlier one, the sleeper's synchronises with it
 * (acquire/release) and the second look sees what was published. tests/spin/ring.pml checks this
 * argument exhaustively.
 */
#ifndef VCPU_SCHEDULER_RING_H
#define VCPU_SCHEDULER_RING_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Two lines of 64 bytes: the adjacent-line prefetcher of x86 makes pairs of them share their fate.
 */
#define RING_CACHE_LINE 128

/** The bits of wakeup.state. */
enum {
    WAKEUP_ASLEEP =
        1 << 0, /* the owner sleeps or is about to: whoever clears it writes the eventfd */
    WAKEUP_STOPPED = 1 << 1, /* never cleared */
};

/** Where one thread sleeps. Initialise with wakeup_init(). */
struct wakeup {
    alignas(RING_CACHE_LINE) _Atomic uint32_t state; /* WAKEUP_ASLEEP | WAKEUP_STOPPED */
    int fd; /* eventfd: readable while a wake-up is pending */
};

/**
 * Prepares a bell: awake, not stopped.
 * Returns 0, or -EMFILE, -ENFILE, -ENOMEM as eventfd(2) gives them. Any one thread, before others
 * use it.
 */
int wakeup_init(struct wakeup *wakeup);

/** Releases what wakeup_init() took. No thread may use the bell any more. A zeroed bell is not
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
 * that polls wakeup.fd itself calls wakeup_wait(bell, 0) after each poll instead: that also drains
 * it. Owner only.
 */
void wakeup_cancel(struct wakeup *wakeup);

/**
 * Second half: sleeps until wakeup_signal(), wakeup_stop() or the deadline.
 * deadline_ns: absolute CLOCK_MONOTONIC time in nanoseconds; UINT64_MAX: none.
 * It may return early without a cause (a pending wake-up from before); callers look and wait again.
 * Returns false when the bell is stopped, else true. The bell is awake afterwards. Owner only.
 */
bool wakeup_wait(struct wakeup *wakeup, uint64_t deadline_ns);

/**
 * A bounded queue of pointers, one producer thread, one consumer thread. Initialise with
 * ring_init().
 *
 * A slot says itself whether it is free (NULL), so that the two threads share no line but the
 * slots'. With small rings, that is faster than counters that each reads of the other (Giacomoni et
 * al., FastForward, PPoPP 2008).
 */
struct ring {
    alignas(RING_CACHE_LINE) _Atomic uint32_t head; /* how many were popped; the consumer's line */
    alignas(RING_CACHE_LINE) _Atomic uint32_t tail; /* how many were pushed; the producer's line */
    /* Written once by ring_init(), read by both. */
    alignas(RING_CACHE_LINE) uint32_t mask;
    struct wakeup *consumer;
    void *_Atomic *slots;
};

/**
 * Prepares an empty ring.
 * capacity: how many pointers it holds, a power of two, 1 to 2^31.
 * consumer: the bell of the thread that pops, kept and not owned; NULL if it never sleeps.
 * Returns 0, -EINVAL (capacity) or -ENOMEM. Before the ring is shared.
 */
int ring_init(struct ring *ring, uint32_t capacity, struct wakeup *consumer);

/** Frees the slots (not what they point to). Accepts a zeroed ring. No thread may use it any more.
 */
void ring_finish(struct ring *ring);

/** Appends a pointer, never NULL. Returns false, and does nothing, when the ring is full. Producer
 * only. */
bool ring_try_push(struct ring *ring, void *item);

/** ring_try_push(), then wakes the consumer. Producer only. */
bool ring_push(struct ring *ring, void *item);

/** Takes the oldest pointer, NULL when the ring is empty. Consumer only. */
void *ring_try_pop(struct ring *ring);

/**
 * How many pointers are in it, 0 to its capacity. The other side may have moved on meanwhile, but
 * the count never promises too much: the consumer can pop that many, the producer can push as many
 * as are missing. Either side.
 */
uint32_t ring_count(const struct ring *ring);

#endif
