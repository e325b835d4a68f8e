/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backoff.h - how long to wait before the next attempt: twice as long each time up to a bound, and
 * never quite the same, so that many who lost the same server don't come back all at once.
 */
#ifndef VCPU_SCHEDULER_BASE_BACKOFF_H
#define VCPU_SCHEDULER_BASE_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_NS UINT64_C(100000000)
#define BACKOFF_MOST_NS  UINT64_C(30000000000)

struct backoff {
    uint64_t random;   /* what the jitter comes of; set by the caller, any but 0 */
    uint32_t failures; /* attempts so far; 0 at the beginning */
};

/**
 * Counts one more failed attempt. Returns nanoseconds until the next one: BACKOFF_FIRST_NS doubled
 * with each failure up to BACKOFF_MOST_NS, give or take a quarter.
 */
uint64_t backoff_next(struct backoff *backoff);

#endif
