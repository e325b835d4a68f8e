/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sampler.h"

#include "clock.h"

#include <errno.h>

bool sampler_wait(struct sampler *sampler, struct bell *bell)
{
    uint64_t now;

    if (sampler->due_ns == 0)
        sampler->due_ns = sampler->ops->simulated ? 1 : clock_now();
    else
        sampler->due_ns += sampler->period_ns;
    watch_begin(&sampler->mark, sampler->due_ns);
    now = sampler->ops->wait(sampler->host, bell, sampler->due_ns);
    if (now == 0 || now == UINT64_MAX)
        return false;
    if (!sampler->ops->simulated && now >= sampler->due_ns + sampler->period_ns) {
        const uint64_t late = (now - sampler->due_ns) / sampler->period_ns;

        sampler->skipped += late;
        sampler->due_ns += late * sampler->period_ns;
        watch_begin(&sampler->mark, sampler->due_ns);
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
    snapshot->due_ns = sampler->due_ns;
    snapshot->skipped = sampler->skipped;
    return 0;
}

void sampler_skip(struct sampler *sampler)
{
    sampler->skipped++;
}
