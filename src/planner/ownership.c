/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planner/ownership.h"

void ownership_pinned(struct ownership *ownership, int32_t from, int32_t to, uint64_t done_ns)
{
    ownership->released = false;
    ownership->pinned = ownership->stale = true;
    ownership->from = from;
    ownership->to = to;
    ownership->pinned_ns = done_ns;
}

void ownership_released(struct ownership *ownership)
{
    ownership->released = true;
    ownership->pinned = ownership->seen = false;
}

void ownership_yield(struct ownership *ownership, uint64_t at_ns)
{
    ownership_released(ownership);
    ownership->yielded = true;
    ownership->yielded_ns = at_ns;
}

void ownership_return(struct ownership *ownership, uint32_t affinity, uint32_t touches)
{
    ownership->yielded = ownership->pinned = ownership->released = false;
    ownership->seen = ownership->returned = true;
    ownership->affinity = ownership->wish = affinity;
    ownership->touches = touches;
}

void ownership_recut(struct ownership *ownership)
{
    if (ownership->pinned && ownership->stale)
        ownership->seen = false;
    ownership->pinned = false;
}

bool ownership_look(struct ownership *ownership, uint32_t affinity, int32_t pool, bool whole,
                    uint32_t touches, uint64_t begin_ns)
{
    bool ours;

    if (ownership->yielded || begin_ns <= ownership->pinned_ns)
        return false; /* the affinity may have been read before the pin */
    if (ownership->pinned)
        ours = (pool == ownership->to || pool == ownership->from) &&
               (whole || ownership->stale || affinity == ownership->affinity);
    else
        ours = !ownership->seen || affinity == ownership->affinity;
    ours &= !ownership->seen || touches == ownership->touches;
    ownership->seen = true;
    ownership->stale = false;
    ownership->touches = touches;
    ownership->affinity = affinity;
    ownership->yielded = !ours;
    ownership->yielded_ns = begin_ns;
    return !ours;
}
