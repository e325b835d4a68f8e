/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * histogram.h - durations in buckets of bounded relative error, for percentiles without keeping the
 * samples.
 *
 * Log-linear buckets as in HdrHistogram: 16 per power of two, so a percentile is at most 1/16 too
 * high. One writer; not thread safe.
 */
#ifndef VCPU_SCHEDULER_BASE_HISTOGRAM_H
#define VCPU_SCHEDULER_BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB     16
#define HISTOGRAM_BUCKETS ((64 - 3) * HISTOGRAM_SUB)

/* Bounds that a row counts up to, and the one of all. */
#define HISTOGRAM_BOUNDS 14

struct histogram {
    uint64_t count, sum, max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/** What is shown of a histogram; durations in nanoseconds, 0 when count is 0. */
struct histogram_row {
    uint64_t count, sum, p50, p90, p99, max;
    uint64_t within[HISTOGRAM_BOUNDS]; /* how many do not exceed histogram_bounds[] */
};

/** 10 µs to 50 s, nanoseconds; a bucket that a bound parts counts above it. */
extern const uint64_t histogram_bounds[HISTOGRAM_BOUNDS];

/** Counts a duration in nanoseconds. */
void histogram_add(struct histogram *histogram, uint64_t ns);

/** The smallest bucket bound, at most max, that `share` (0 to 1) of the durations do not exceed; 0
 * when empty. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

/** The row of figures. */
struct histogram_row histogram_row(const struct histogram *histogram);

#endif
