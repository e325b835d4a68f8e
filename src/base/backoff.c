/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/backoff.h"

/* Xorshift (G. Marsaglia, Journal of Statistical Software 8(14), 2003): 13, 7, 17. */
static uint64_t next_random(uint64_t x)
{
    x ^= x << 13;
    x ^= x >> 7;
    return x ^ x << 17;
}

uint64_t backoff_next(struct backoff *backoff)
{
    uint64_t base = BACKOFF_MOST_NS;

    if (backoff->failures < 16 && BACKOFF_FIRST_NS << backoff->failures < BACKOFF_MOST_NS)
        base = BACKOFF_FIRST_NS << backoff->failures;
    backoff->failures++;
    backoff->random = next_random(backoff->random);
    return base - base / 4 + backoff->random % (base / 2 + 1);
}
