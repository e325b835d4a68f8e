/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/histogram.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SAMPLES 20000

static const double shares[] = {0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1};

/* xorshift64: the same numbers in every run. */
static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int by_value(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

/* Each quantile is not below the exact one, and above it by 1/16 at most. */
static void assert_close(uint64_t *samples, size_t count)
{
    static struct histogram histogram;

    memset(&histogram, 0, sizeof histogram);
    for (size_t i = 0; i < count; i++)
        histogram_add(&histogram, samples[i]);
    qsort(samples, count, sizeof samples[0], by_value);
    assert_int_equal(histogram.count, count);
    assert_true(histogram.max == samples[count - 1]);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        size_t rank = (size_t)ceil(shares[i] * (double)count);
        uint64_t exact = samples[rank > 0 ? rank - 1 : 0];
        uint64_t shown = histogram_quantile(&histogram, shares[i]);

        assert_true(shown >= exact);
        assert_true(shown - exact <= exact / 16);
        assert_true(shown <= histogram.max);
    }
}

static void bounds_the_error(void **state)
{
    static uint64_t samples[SAMPLES];
    uint64_t seed = 2463534242;

    (void)state;
    for (uint32_t bits = 1; bits <= 64; bits++) {
        for (size_t i = 0; i < SAMPLES; i++)
            samples[i] = random_next(&seed) >> (64 - bits);
        assert_close(samples, SAMPLES);
    }
}

static void bounds_the_error_of_long_tails(void **state)
{
    static uint64_t samples[SAMPLES];
    uint64_t seed = 88172645463325252;

    (void)state;
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = random_next(&seed) >> (random_next(&seed) % 64);
    assert_close(samples, SAMPLES);
    for (size_t count = 1; count < 200; count++)
        assert_close(samples + count, count);
}

/* Every power of two and its neighbours: where the rows of buckets meet. */
static void bounds_the_error_of_each_alone(void **state)
{
    (void)state;
    for (uint32_t shift = 0; shift < 64; shift++) {
        for (int64_t off = -1; off <= 1; off++) {
            uint64_t exact = (UINT64_C(1) << shift) + (uint64_t)off;
            struct histogram histogram = {0};

            histogram_add(&histogram, exact);
            histogram_add(&histogram, UINT64_MAX);
            uint64_t shown = histogram_quantile(&histogram, 0.5);

            assert_true(shown >= exact);
            assert_true(shown - exact <= exact / 16);
        }
    }
}

static void is_exact_where_buckets_are_single(void **state)
{
    (void)state;
    for (uint64_t exact = 0; exact < 2 * HISTOGRAM_SUB; exact++) {
        struct histogram histogram = {0};

        histogram_add(&histogram, exact);
        histogram_add(&histogram, 1000);
        assert_int_equal(histogram_quantile(&histogram, 0.5), exact);
    }
}

static void keeps_the_extremes(void **state)
{
    struct histogram histogram = {0};

    (void)state;
    histogram_add(&histogram, 0);
    assert_int_equal(histogram_quantile(&histogram, 1), 0);
    histogram_add(&histogram, UINT64_MAX);
    assert_int_equal(histogram_quantile(&histogram, 0), 0);
    assert_int_equal(histogram_quantile(&histogram, 0.5), 0);
    assert_true(histogram_quantile(&histogram, 0.51) == UINT64_MAX);
    assert_true(histogram_quantile(&histogram, 1) == UINT64_MAX);
    assert_true(histogram.max == UINT64_MAX);
    assert_int_equal(histogram.count, 2);
}

static void never_shows_more_than_the_longest(void **state)
{
    struct histogram histogram = {0};

    (void)state;
    for (int i = 0; i < 10; i++)
        histogram_add(&histogram, 1000000);
    assert_int_equal(histogram_quantile(&histogram, 0.5), 1000000);
    assert_int_equal(histogram_quantile(&histogram, 1), 1000000);
}

static void bears_any_share(void **state)
{
    struct histogram histogram = {0};

    (void)state;
    for (uint64_t ns = 1; ns <= 10; ns++)
        histogram_add(&histogram, ns);
    assert_int_equal(histogram_quantile(&histogram, -1), 1);
    assert_int_equal(histogram_quantile(&histogram, 2), 10);
    assert_int_equal(histogram_quantile(&histogram, (double)INFINITY), 10);
    assert_int_equal(histogram_quantile(&histogram, (double)NAN), 1);
}

static void fills_a_row(void **state)
{
    struct histogram histogram = {0};
    struct histogram_row row = histogram_row(&histogram);

    (void)state;
    assert_int_equal(row.count + row.p50 + row.p90 + row.p99 + row.max, 0);
    for (uint64_t ns = 1; ns <= 30; ns++)
        histogram_add(&histogram, ns);
    row = histogram_row(&histogram);
    assert_int_equal(row.count, 30);
    assert_int_equal(row.p50, 15);
    assert_int_equal(row.p90, 27);
    assert_int_equal(row.p99, 30);
    assert_int_equal(row.max, 30);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_the_error),
        cmocka_unit_test(bounds_the_error_of_long_tails),
        cmocka_unit_test(bounds_the_error_of_each_alone),
        cmocka_unit_test(is_exact_where_buckets_are_single),
        cmocka_unit_test(keeps_the_extremes),
        cmocka_unit_test(never_shows_more_than_the_longest),
        cmocka_unit_test(bears_any_share),
        cmocka_unit_test(fills_a_row),
    };

    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
