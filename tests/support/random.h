/* SPDX-License-Identifier: GPL-2.0-or-later */
/* random.h - hosts and loads by chance, the same for the same seed: Marsaglia, Xorshift RNGs, 2003.
 */
#ifndef VS_TESTS_RANDOM_H
#define VS_TESTS_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/** The next number. *seed: not 0. */
static inline uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/** 0 to limit - 1. */
static inline uint32_t below(uint64_t *seed, uint32_t limit)
{
    return (uint32_t)(random_next(seed) >> 33) % limit;
}

/** True once in n times. */
static inline bool one_in(uint64_t *seed, uint32_t n)
{
    return below(seed, n) == 0;
}

#endif
