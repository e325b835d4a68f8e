/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - the clock of all times and durations. */
#ifndef VCPU_SCHEDULER_BASE_CLOCK_H
#define VCPU_SCHEDULER_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/** CLOCK_MONOTONIC in nanoseconds. Any thread. */
static inline uint64_t clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

#endif
