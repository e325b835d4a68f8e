/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring.h - a lock-free queue of pointers from one producer thread to one consumer thread.
 *
 * It never blocks, and never allocates after ring_init(). ring_try_push() and ring_try_pop() need
 * acquire and release only. wakeup.h has what a consumer needs to sleep until an item arrives.
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
 * A bounded queue. Initialise with ring_init().
 *
 * A slot is free when it holds NULL, so the two threads share no cache line but the slots'. In
 * small rings this is faster than reading each other's counters (Giacomoni et al., FastForward,
 * PPoPP 2008).
 */
struct ring {
    alignas(CACHE_LINE) _Atomic uint32_t head; /* how many were popped; the consumer's line */
    alignas(CACHE_LINE) _Atomic uint32_t tail; /* how many were pushed; the producer's line */
    /* Written once by ring_init(), read by both threads. */
    alignas(CACHE_LINE) uint32_t mask;
    struct wakeup *consumer;
    void *_Atomic *slots;
};

/**
 * Prepares an empty ring.
 * capacity: a power of two, 1 to 2^31.
 * consumer: the wakeup of the thread that pops, not owned by the ring; NULL if it never sleeps.
 * Returns 0, -EINVAL (capacity) or -ENOMEM. Before the ring is shared.
 */
int ring_init(struct ring *ring, uint32_t capacity, struct wakeup *consumer);

/** Frees the slots, not what they point to. Accepts a zeroed ring. After all threads have ended. */
void ring_finish(struct ring *ring);

/** Appends a pointer, never NULL. Returns false if the ring is full. Producer only. */
bool ring_try_push(struct ring *ring, void *item);

/** ring_try_push(), then wakes the consumer. Producer only. */
bool ring_push(struct ring *ring, void *item);

/** Removes the oldest pointer; NULL if the ring is empty. Consumer only. */
void *ring_try_pop(struct ring *ring);

/**
 * How many pointers are in it, 0 to its capacity. The other thread may change that at any time, but
 * the consumer can pop at least that many, and the producer can push at least capacity - count.
 * Both threads.
 */
uint32_t ring_count(const struct ring *ring);

#endif
