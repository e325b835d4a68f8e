/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flags.c - how the threads tell the main thread what happened. */
#include "pipeline/internal.h"

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
