/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "ring.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int ring_init(struct ring *ring, uint32_t capacity, struct wakeup *consumer)
{
    size_t size;

    if (capacity == 0 || (capacity & (capacity - 1)) != 0)
        return -EINVAL;
    if (__builtin_mul_overflow(capacity, sizeof(void *), &size))
        return -ENOMEM;

    /* Whole cache lines: the slots share none with other data. */
    size = (size + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
    void *_Atomic *slots = aligned_alloc(CACHE_LINE, size);

    if (!slots)
        return -ENOMEM;
    for (uint32_t i = 0; i < capacity; i++)
        atomic_init(&slots[i], NULL);
    *ring = (struct ring){.mask = capacity - 1, .consumer = consumer, .slots = slots};
    return 0;
}

void ring_finish(struct ring *ring)
{
    free(ring->slots);
    ring->slots = NULL;
}

bool ring_try_push(struct ring *ring, void *item)
{
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    void *_Atomic *slot = &ring->slots[tail & ring->mask];

    assert(item);
    if (atomic_load_explicit(slot, memory_order_acquire))
        return false;
    atomic_store_explicit(slot, item, memory_order_release);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

bool ring_push(struct ring *ring, void *item)
{
    if (!ring_try_push(ring, item))
        return false;
    if (ring->consumer)
        wakeup_signal(ring->consumer);
    return true;
}

void *ring_try_pop(struct ring *ring)
{
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    void *_Atomic *slot = &ring->slots[head & ring->mask];
    void *item = atomic_load_explicit(slot, memory_order_acquire);

    if (!item)
        return NULL;
    atomic_store_explicit(slot, NULL, memory_order_release);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return item;
}

uint32_t ring_count(const struct ring *ring)
{
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    uint32_t count = atomic_load_explicit(&ring->tail, memory_order_acquire) - head;

    /* The other side writes its counter after the slot, so that the counter may be one behind. */
    if (count == UINT32_MAX)
        return 0;
    return count <= ring->mask ? count : ring->mask + 1;
}
