/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/histogram.h"

#include <math.h>

/* HISTOGRAM_SUB is 1 << SUB_BITS. */
#define SUB_BITS 4

_Static_assert(HISTOGRAM_SUB == 1 << SUB_BITS, "buckets are found by shifting");
_Static_assert(HISTOGRAM_BUCKETS == (64 - SUB_BITS + 1) * HISTOGRAM_SUB, "every uint64_t has one");

/* Durations below HISTOGRAM_SUB have a bucket each. For others, the highest set bit selects a row
 * of HISTOGRAM_SUB buckets, and the SUB_BITS bits below it select the bucket in that row. */
static uint32_t bucket_of(uint64_t ns)
{
    if (ns < HISTOGRAM_SUB)
        return (uint32_t)ns;
    uint32_t shift = 63 - SUB_BITS - (uint32_t)__builtin_clzll(ns);

    return shift * HISTOGRAM_SUB + (uint32_t)(ns >> shift);
}

/* The longest duration that the bucket counts. */
static uint64_t bucket_bound(uint32_t bucket)
{
    if (bucket < 2 * HISTOGRAM_SUB)
        return bucket;
    uint32_t shift = bucket / HISTOGRAM_SUB - 1;
    uint64_t lowest = (uint64_t)(HISTOGRAM_SUB + bucket % HISTOGRAM_SUB) << shift;

    return lowest + ((UINT64_C(1) << shift) - 1);
}

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

const uint64_t histogram_bounds[HISTOGRAM_BOUNDS] = {
    10 * US, 50 * US,  100 * US, 500 * US,  1 * MS,    5 * MS,     10 * MS,
    50 * MS, 100 * MS, 500 * MS, 1000 * MS, 5000 * MS, 10000 * MS, 50000 * MS};

void histogram_add(struct histogram *histogram, uint64_t ns)
{
    histogram->buckets[bucket_of(ns)]++;
    histogram->count++;
    histogram->sum += ns;
    if (ns > histogram->max)
        histogram->max = ns;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
    if (histogram->count == 0)
        return 0;
    const double rank = fmax(ceil(share * (double)histogram->count), 1);
    uint64_t seen = histogram->buckets[0];
    uint32_t bucket = 0;

    while ((double)seen < rank && bucket + 1 < HISTOGRAM_BUCKETS)
        seen += histogram->buckets[++bucket];
    uint64_t bound = bucket_bound(bucket);

    return bound < histogram->max ? bound : histogram->max;
}

struct histogram_row histogram_row(const struct histogram *histogram)
{
    struct histogram_row row = {
        .count = histogram->count,
        .sum = histogram->sum,
        .p50 = histogram_quantile(histogram, 0.50),
        .p90 = histogram_quantile(histogram, 0.90),
        .p99 = histogram_quantile(histogram, 0.99),
        .max = histogram->max,
    };
    uint32_t bucket = 0;
    uint64_t seen = 0;

    for (int bound = 0; bound < HISTOGRAM_BOUNDS; bound++) {
        for (; seen < histogram->count && bucket_bound(bucket) <= histogram_bounds[bound]; bucket++)
            seen += histogram->buckets[bucket];
        row.within[bound] = seen;
    }
    return row;
}
