/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/backoff.h"

uint64_t backoff_next(struct backoff *backoff)
{
    uint64_t base = BACKOFF_MOST_NS;

    if (backoff->failures < 16 && BACKOFF_FIRST_NS << backoff->failures < BACKOFF_MOST_NS)
        base = BACKOFF_FIRST_NS << backoff->failures;
    backoff->failures++;
    /* Xorshift (G. Marsaglia, Journal of Statistical Software 8(14), 2003): 13, 7, 17. */
    backoff->random ^= backoff->random << 13;
    backoff->random ^= backoff->random >> 7;
    backoff->random ^= backoff->random << 17;
    return base - base / 4 + backoff->random % (base / 2 + 1);
}
