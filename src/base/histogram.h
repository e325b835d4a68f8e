/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * histogram.h - counts durations in buckets, for percentiles without the samples.
 *
 * Log-linear buckets as in HdrHistogram: 16 per power of two, so a percentile is at most 1/16 too
 * high. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_BASE_HISTOGRAM_H
#define VCPU_SCHEDULER_BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB     16
#define HISTOGRAM_BUCKETS ((64 - 3) * HISTOGRAM_SUB)
#define HISTOGRAM_BOUNDS  14

struct histogram {
    uint64_t count, sum, max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

/** A summary of a histogram; durations in nanoseconds, 0 if count is 0. */
struct histogram_row {
    uint64_t count, sum, p50, p90, p99, max;
    uint64_t within[HISTOGRAM_BOUNDS]; /* how many are at most histogram_bounds[] */
};

/** Nanoseconds, 10 µs to 50 s. A bucket that a bound divides counts as above it. */
extern const uint64_t histogram_bounds[HISTOGRAM_BOUNDS];

/** Counts a duration in nanoseconds. */
void histogram_add(struct histogram *histogram, uint64_t ns);

/** The least bucket bound, at most max, that `share` (0 to 1) of them don't exceed; 0 if empty. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

/** Summarises a histogram. */
struct histogram_row histogram_row(const struct histogram *histogram);

#endif
