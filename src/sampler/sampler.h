/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sampler.h - the first stage: one sweep a period over the host's domains.
 *
 * Periods begin at multiples of the period from the first one on, so that they do not drift; one
 * that can't be sampled, because the sweep before took too long or no buffer is at home, is skipped
 * and counted. No history.
 */
#ifndef VCPU_SCHEDULER_SAMPLER_SAMPLER_H
#define VCPU_SCHEDULER_SAMPLER_SAMPLER_H

#include "base/progress.h"
#include "host.h"
#include "snapshot.h"

struct wakeup;

struct sampler {
    const struct host_ops *ops;
    struct host *host; /* not owned */
    uint64_t period_ns;
    uint64_t (*period)(void *opaque); /* asked anew whenever it is woken; NULL: period_ns stays */
    void *opaque;                     /* of period() */
    uint64_t due_ns;                  /* when the next period begins; 0: now */
    uint64_t sequence;                /* of the next snapshot */
    uint64_t skipped;
    struct progress mark; /* the period it waits for or samples */
};

/**
 * Waits for the next period to begin. Who has changed what period() says signals the wakeup: then a
 * period that would be over by now begins at once, and counts as none that was missed. Returns
 * false when the wakeup is stopped or a replay is at its
 * end. Sampler's thread.
 */
bool sampler_wait(struct sampler *sampler, struct wakeup *wakeup);

/** Samples the period into *snapshot. Returns as host_ops.sample(). Sampler's thread. */
int sampler_step(struct sampler *sampler, struct snapshot *snapshot, struct failure *why);

/** Leaves the period out, because there is no buffer. Sampler's thread. */
void sampler_skip(struct sampler *sampler);

#endif
