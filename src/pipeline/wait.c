/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait.c - what the main thread does while the others work: it sleeps, shows plans, reloads; and
 * how they tell it what happened. */
#include "pipeline/internal.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* ---- any thread ---- */

void pipeline_set(struct pipeline *pipeline, uint32_t flags)
{
    atomic_fetch_or_explicit(&pipeline->flags, flags, memory_order_release);
    wakeup_signal(&pipeline->main_wakeup);
}

uint32_t pipeline_flags(struct pipeline *pipeline)
{
    return atomic_load_explicit(&pipeline->flags, memory_order_acquire);
}

void pipeline_fail(struct pipeline *pipeline, const struct failure *why)
{
    if (atomic_fetch_or_explicit(&pipeline->flags, FLAG_FAILING, memory_order_acq_rel) &
        FLAG_FAILING)
        return;
    pipeline->failure = *why;
    pipeline_set(pipeline, FLAG_FAILED);
}

/* ---- the main thread ---- */

void pipeline_show(struct pipeline *pipeline)
{
    struct plan *plan;

    while ((plan = ring_try_pop(&pipeline->reports))) {
        notify_plan(&pipeline->notify, plan);
        if (!(pipeline_flags(pipeline) & FLAG_UNSEEN) &&
            pipeline->sink->show(pipeline->sink->opaque, plan))
            pipeline_set(pipeline, FLAG_UNSEEN);
        ring_push(&pipeline->free_plans, plan);
    }
}

void pipeline_use(struct pipeline *pipeline, const struct options *options)
{
    atomic_store_explicit(&pipeline->current, options, memory_order_release);
    pipeline->sampler.period_ns = (uint64_t)(options->period_s * 1e9 + 0.5);
}

/* SIGHUP: reads the configuration again. Changed options take effect from the next period on. */
static void reload(struct pipeline *pipeline)
{
    struct signalfd_siginfo signal;
    const struct options *options;

    if (read(pipeline->reloads, &signal, sizeof signal) != sizeof signal)
        return;
    options = pipeline->sink->reload(pipeline->sink->opaque);
    if (!options)
        return;
    pipeline_use(pipeline, options);
    wakeup_signal(&pipeline->sampler_wakeup); /* the period may have changed */
}

bool pipeline_wait(struct pipeline *pipeline, int signals, uint32_t known, int milliseconds)
{
    struct pollfd fds[] = {
        {.fd = pipeline->main_wakeup.fd, .events = POLLIN},
        {.fd = signals, .events = POLLIN},
        {.fd = pipeline->reloads, .events = POLLIN},
    };

    wakeup_prepare(&pipeline->main_wakeup);
    if (ring_count(&pipeline->reports) || pipeline_flags(pipeline) != known)
        milliseconds = 0;
    poll(fds, 3, milliseconds);
    if (fds[0].revents)
        wakeup_wait(&pipeline->main_wakeup, 0);
    else
        wakeup_cancel(&pipeline->main_wakeup);
    if (fds[2].revents)
        reload(pipeline);
    return fds[1].revents != 0;
}
