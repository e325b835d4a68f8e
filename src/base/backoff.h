/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backoff.h - how long to wait before the next attempt: twice as long each time up to a limit, with
 * jitter, so that many clients of one server don't reconnect at once. */
#ifndef VCPU_SCHEDULER_BASE_BACKOFF_H
#define VCPU_SCHEDULER_BASE_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_NS UINT64_C(100000000)
#define BACKOFF_MOST_NS  UINT64_C(30000000000)

struct backoff {
    uint64_t random;   /* state of the jitter; set by the caller, not 0 */
    uint32_t failures; /* so far */
};

/** Counts a failed attempt. Returns nanoseconds until the next attempt: BACKOFF_FIRST_NS doubled
 * with each failure up to BACKOFF_MOST_NS, give or take a quarter. */
uint64_t backoff_next(struct backoff *backoff);

#endif
