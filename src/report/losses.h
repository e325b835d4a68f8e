/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * losses.h - where vCPUs were in a period, and the work that was lost.
 *
 * L is the load of a pool: usage + delay of the vCPUs measured there, plus the host's own usage.
 * Work is lost in three ways, each in percent of a pool:
 *
 *   crowding  the part of L above 100: max(0, L - 100)
 *   sibling   usage * (1 - speed). The threads of a core slow each other down:
 *             speed = 1 - (1 - F) * mean over the other threads of min(L, 100) / 100.
 *             F is the speed of a thread while all others are busy. Threads are assumed to be
 *             busy independently of each other.
 *   remote    usage * speed * (1 - memory). Away from the node of its memory a vCPU slows down:
 *             memory = max(0.1, 1 - (1 - R) * (distance - 10) / 10).
 *             R is the speed at distance 20.
 *
 * F and R are those of the host or trace if known, else those of the policies. Without a topology
 * the last two losses are 0.
 */
#ifndef VCPU_SCHEDULER_REPORT_LOSSES_H
#define VCPU_SCHEDULER_REPORT_LOSSES_H

#include "plan.h"

#include <stdint.h>

/** Zeroed is empty. One thread at a time. */
struct loads {
    int32_t *pool; /* pool that each vCPU of the view counted on; -1: none */
    double *load;  /* L of each pool of the view */
    uint32_t vcpu_capacity, pool_capacity;
};

struct losses {
    double crowding, sibling, remote;
};

/** Ensures capacity for views of this size. Returns 0 or -ENOMEM. Freed by loads_finish(), which
 * zeroes the struct. */
int loads_reserve(struct loads *loads, uint32_t vcpus, uint32_t pools);
void loads_finish(struct loads *loads);

/** Finds the pool of each vCPU and L of each pool as the period was measured, before the plan's
 * own pins. Needs loads_reserve() first. */
void loads_measure(struct loads *loads, const struct plan *plan);

/** Adds the work lost on managed pools in the period of the last loads_measure(). */
void losses_add(const struct loads *loads, const struct view *view, struct losses *losses);

#endif
