/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sampler/sampler.h"

#include "base/clock.h"
#include "wakeup.h"

#include <errno.h>

/* When the period after `last` begins. After a change of its length, not before `now`. */
static uint64_t next_due(struct sampler *sampler, uint64_t last, uint64_t now)
{
    const uint64_t before_ns = sampler->known_ns;

    sampler->known_ns = atomic_load_explicit(&sampler->period_ns, memory_order_relaxed);
    if (last == 0)
        return clock_now();
    if (sampler->known_ns != before_ns && last + sampler->known_ns < now)
        return now;
    return last + sampler->known_ns;
}

bool sampler_wait(struct sampler *sampler, struct wakeup *wakeup)
{
    const uint64_t last = sampler->due_ns;
    uint64_t now = 0;

    do {
        /* First announce the wait, then read the period: a later change ends the wait. */
        if (wakeup)
            wakeup_prepare(wakeup);
        sampler->due_ns = next_due(sampler, last, now);
        progress_begin(&sampler->mark, sampler->due_ns);
        now = sampler->ops->wait(sampler->host, wakeup, sampler->due_ns);
        if (sampler->ops->owns_clock && now > 0 && now < UINT64_MAX)
            now = sampler->due_ns; /* never early or late */
        if (wakeup)
            wakeup_cancel(wakeup);
    } while (now > 0 && now < sampler->due_ns);
    if (now == 0 || now == UINT64_MAX)
        return false;
    if (now >= sampler->due_ns + sampler->known_ns) {
        const uint64_t late = (now - sampler->due_ns) / sampler->known_ns;

        sampler->skipped += late;
        sampler->due_ns += late * sampler->known_ns;
        progress_begin(&sampler->mark, sampler->due_ns);
    }
    return true;
}

int sampler_step(struct sampler *sampler, struct snapshot *snapshot, struct failure *why)
{
    const int error = sampler->ops->sample(sampler->host, snapshot, why);

    if (error == -EAGAIN)
        sampler_skip(sampler);
    if (error)
        return error;
    snapshot->sequence = sampler->sequence++;
    snapshot->skipped = sampler->skipped;
    return 0;
}

void sampler_skip(struct sampler *sampler)
{
    sampler->skipped++;
}
