/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sampler.h - the first stage: one sweep over the host's domains in each period.
 *
 * Periods do not drift: each begins a multiple of the period after the first. A period is skipped
 * and counted if the sweep before it took too long or no buffer is free.
 */
#ifndef VCPU_SCHEDULER_SAMPLER_SAMPLER_H
#define VCPU_SCHEDULER_SAMPLER_SAMPLER_H

#include "base/progress.h"
#include "host.h"
#include "snapshot.h"

struct wakeup;

struct sampler {
    const struct host_ops *ops;
    struct host *host;          /* not owned */
    _Atomic uint64_t period_ns; /* any thread may change it, and then signals the wakeup */
    uint64_t known_ns;          /* period_ns as read last */
    uint64_t due_ns;            /* when the next period begins; 0: now */
    uint64_t sequence;          /* of the next snapshot */
    uint64_t skipped;
    struct progress mark; /* the period it waits for or samples */
};

/**
 * Waits for the next period to begin. One that a change of period_ns makes over by then begins at
 * once and is not counted as skipped. Returns false when the wakeup is stopped or a replay ends.
 * Sampler's thread.
 */
bool sampler_wait(struct sampler *sampler, struct wakeup *wakeup);

/** Samples the period into *snapshot. Returns as host_ops.sample(). Sampler's thread. */
int sampler_step(struct sampler *sampler, struct snapshot *snapshot, struct failure *why);

/** Skips and counts the period. Sampler's thread. */
void sampler_skip(struct sampler *sampler);

#endif
