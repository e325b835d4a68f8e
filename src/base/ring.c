/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "ring.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

int wakeup_init(struct wakeup *wakeup)
{
    int fd = eventfd(0, EFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    wakeup->fd = fd;
    atomic_init(&wakeup->state, 0);
    return 0;
}

void wakeup_finish(struct wakeup *wakeup)
{
    close(wakeup->fd);
    wakeup->fd = -1;
}

/* Every change of wakeup.state is a read-modify-write that always writes: ring.h says why. */

void wakeup_signal(struct wakeup *wakeup)
{
    uint32_t old =
        atomic_fetch_and_explicit(&wakeup->state, ~(uint32_t)WAKEUP_ASLEEP, memory_order_acq_rel);

    if (old & WAKEUP_ASLEEP)
        eventfd_write(wakeup->fd, 1);
}

void wakeup_stop(struct wakeup *wakeup)
{
    uint32_t old = atomic_fetch_or_explicit(&wakeup->state, WAKEUP_STOPPED, memory_order_acq_rel);

    if (old & WAKEUP_ASLEEP)
        eventfd_write(wakeup->fd, 1);
}

bool wakeup_stopped(const struct wakeup *wakeup)
{
    return atomic_load_explicit(&wakeup->state, memory_order_acquire) & WAKEUP_STOPPED;
}

void wakeup_prepare(struct wakeup *wakeup)
{
    atomic_fetch_or_explicit(&wakeup->state, WAKEUP_ASLEEP, memory_order_acq_rel);
}

void wakeup_cancel(struct wakeup *wakeup)
{
    atomic_fetch_and_explicit(&wakeup->state, ~(uint32_t)WAKEUP_ASLEEP, memory_order_acq_rel);
}

/* True once a wake-up is pending; false at the deadline or on a signal. */
static bool wait_until(const struct wakeup *wakeup, uint64_t deadline_ns)
{
    struct pollfd pending = {.fd = wakeup->fd, .events = POLLIN};
    struct timespec time, left = {0};

    clock_gettime(CLOCK_MONOTONIC, &time);
    uint64_t now_ns = (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;

    if (deadline_ns > now_ns) {
        left.tv_sec = (time_t)((deadline_ns - now_ns) / NS_PER_S);
        left.tv_nsec = (long)((deadline_ns - now_ns) % NS_PER_S);
    }
    return ppoll(&pending, 1, &left, NULL) > 0;
}

bool wakeup_wait(struct wakeup *wakeup, uint64_t deadline_ns)
{
    eventfd_t wakeups;

    /* Nobody else reads the eventfd: what was readable still is, and the read does not block. */
    if (!wakeup_stopped(wakeup) && (deadline_ns == UINT64_MAX || wait_until(wakeup, deadline_ns)))
        eventfd_read(wakeup->fd, &wakeups);

    uint32_t old =
        atomic_fetch_and_explicit(&wakeup->state, ~(uint32_t)WAKEUP_ASLEEP, memory_order_acq_rel);

    return !(old & WAKEUP_STOPPED);
}

int ring_init(struct ring *ring, uint32_t capacity, struct wakeup *consumer)
{
    size_t size;

    if (capacity == 0 || (capacity & (capacity - 1)) != 0)
        return -EINVAL;
    if (__builtin_mul_overflow(capacity, sizeof(void *), &size))
        return -ENOMEM;

    /* Whole lines: the slots share none with what others write. */
    size = (size + RING_CACHE_LINE - 1) & ~(size_t)(RING_CACHE_LINE - 1);
    void *_Atomic *slots = aligned_alloc(RING_CACHE_LINE, size);

    if (slots == NULL)
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

    assert(item != NULL);
    if (atomic_load_explicit(slot, memory_order_acquire) != NULL)
        return false;
    atomic_store_explicit(slot, item, memory_order_release);
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

bool ring_push(struct ring *ring, void *item)
{
    if (!ring_try_push(ring, item))
        return false;
    if (ring->consumer != NULL)
        wakeup_signal(ring->consumer);
    return true;
}

void *ring_try_pop(struct ring *ring)
{
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    void *_Atomic *slot = &ring->slots[head & ring->mask];
    void *item = atomic_load_explicit(slot, memory_order_acquire);

    if (item == NULL)
        return NULL;
    atomic_store_explicit(slot, NULL, memory_order_release);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return item;
}

uint32_t ring_count(const struct ring *ring)
{
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    uint32_t count = atomic_load_explicit(&ring->tail, memory_order_acquire) - head;

    /* A counter is written after its slot: the other side's may be one behind what this one did. */
    if (count == UINT32_MAX)
        return 0;
    return count <= ring->mask ? count : ring->mask + 1;
}
