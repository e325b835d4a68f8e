/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ownership.h"

void ownership_pinned(struct ownership *ownership, int32_t from, int32_t to, uint64_t done_ns)
{
    ownership->settled = false;
    ownership->pinned = true;
    ownership->from = from;
    ownership->to = to;
    ownership->pinned_ns = done_ns;
}

void ownership_settled(struct ownership *ownership)
{
    ownership->settled = true;
    ownership->pinned = ownership->seen = false;
}

bool ownership_look(struct ownership *ownership, uint32_t affinity, int32_t single,
                    uint32_t touches, uint64_t begin_ns)
{
    bool ours;

    if (ownership->yielded || (ownership->pinned && begin_ns <= ownership->pinned_ns))
        return false; /* the pin may have come between */
    if (ownership->pinned)
        ours = single == ownership->to || single == ownership->from;
    else
        ours = !ownership->seen || affinity == ownership->affinity;
    ours &= !ownership->seen || touches == ownership->touches;
    ownership->seen = true;
    ownership->touches = touches;
    ownership->affinity = affinity;
    ownership->yielded = !ours;
    return !ours;
}
