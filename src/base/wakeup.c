/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "wakeup.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
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

/* Every change of wakeup.state is a read-modify-write that always writes; see wakeup.h. */

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
    const uint64_t now_ns = clock_now();
    struct timespec left = {0};

    if (deadline_ns > now_ns) {
        left.tv_sec = (time_t)((deadline_ns - now_ns) / NS_PER_S);
        left.tv_nsec = (long)((deadline_ns - now_ns) % NS_PER_S);
    }
    return ppoll(&pending, 1, &left, NULL) > 0;
}

bool wakeup_wait(struct wakeup *wakeup, uint64_t deadline_ns)
{
    eventfd_t wakeups;

    /* Only this thread reads the eventfd: it is still readable, so that the read does not block. */
    if (!wakeup_stopped(wakeup) && (deadline_ns == UINT64_MAX || wait_until(wakeup, deadline_ns)))
        eventfd_read(wakeup->fd, &wakeups);

    uint32_t old =
        atomic_fetch_and_explicit(&wakeup->state, ~(uint32_t)WAKEUP_ASLEEP, memory_order_acq_rel);

    return !(old & WAKEUP_STOPPED);
}
