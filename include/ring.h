/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring.h - lock-free hand-over of buffers between two threads.
 *
 * A ring carries pointers from one producer thread to one consumer thread. It never blocks and
 * never allocates after ring_init(). By itself (ring_try_push(), ring_try_pop()) it needs acquire
 * and release only; what it takes to sleep until something arrives is in wakeup.h.
 */
#ifndef VCPU_SCHEDULER_RING_H
#define VCPU_SCHEDULER_RING_H

#include "wakeup.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * A bounded queue of pointers, one producer thread, one consumer thread. Initialise with
 * ring_init().
 *
 * A slot says itself whether it is free (NULL), so that the two threads share no line but the
 * slots'. With small rings, that is faster than counters that each reads of the other (Giacomoni et
 * al., FastForward, PPoPP 2008).
 */
struct ring {
    alignas(CACHE_LINE) _Atomic uint32_t head; /* how many were popped; the consumer's line */
    alignas(CACHE_LINE) _Atomic uint32_t tail; /* how many were pushed; the producer's line */
    /* Written once by ring_init(), read by both. */
    alignas(CACHE_LINE) uint32_t mask;
    struct wakeup *consumer;
    void *_Atomic *slots;
};

/**
 * Prepares an empty ring.
 * capacity: how many pointers it holds, a power of two, 1 to 2^31.
 * consumer: the wakeup of the thread that pops, kept and not owned; NULL if it never sleeps.
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
