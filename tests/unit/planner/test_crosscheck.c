/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the two counters of a vCPU are trusted. */
#include "planner/crosscheck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)

static const struct crosscheck_ticks ticks = {.clk_tck_ns = 10 * MS, .hz_ns = 4 * MS};

/* Readings that took 3 and 5 ms: 2 × 10 + 3 + 5 + 4. */
static const uint64_t tolerance = 32 * MS;

static struct crosscheck_reading first_reading(void)
{
    return (struct crosscheck_reading){
        .at_ns = 1000 * MS,
        .spent_ns = 3 * MS,
        .time_ns = 500 * MS,
        .cgroup_ns = 501 * MS,
        .checked = true,
    };
}

/* Takes a first reading, and another after `wall`, in which the counters gained so much. */
static bool gains(uint64_t wall, uint64_t time, uint64_t cgroup)
{
    struct crosscheck check = {.begun = false};
    struct crosscheck_reading now = first_reading();

    assert_false(crosscheck_take(&check, &ticks, &now));
    now.at_ns += wall;
    now.spent_ns = 5 * MS;
    now.time_ns += time;
    now.cgroup_ns += cgroup;
    return crosscheck_take(&check, &ticks, &now);
}

static void agreeing_within_the_bound(void **state)
{
    (void)state;
    assert_false(gains(3000 * MS, 1500 * MS, 1500 * MS));
    assert_false(gains(3000 * MS, 1500 * MS + tolerance, 1500 * MS));
    assert_false(gains(3000 * MS, 1500 * MS, 1500 * MS + tolerance));
    assert_false(gains(3000 * MS, 0, tolerance));
    assert_false(gains(3000 * MS, 0, 0));
}

static void disagreeing_above_the_bound(void **state)
{
    (void)state;
    assert_true(gains(3000 * MS, 1500 * MS + tolerance + 1, 1500 * MS));
    assert_true(gains(3000 * MS, 1500 * MS, 1500 * MS + tolerance + 1));
    assert_true(gains(3000 * MS, 0, tolerance + 1));
    assert_true(gains(3000 * MS, 1500 * MS, 0));
    /* The bound doesn't grow with the time that passed. */
    assert_true(gains(3600000 * MS, 1800000 * MS + tolerance + 1, 1800000 * MS));
}

static void falling_is_suspect_however_little(void **state)
{
    struct crosscheck check;
    struct crosscheck_reading now;

    (void)state;
    for (int which = 0; which < 4; which++) {
        memset(&check, 0, sizeof check);
        now = first_reading();
        now.checked = which < 3;
        assert_false(crosscheck_take(&check, &ticks, &now));
        now.at_ns += 3000 * MS;
        if (which == 0 || which == 3)
            now.time_ns--;
        else if (which == 1)
            now.cgroup_ns--;
        else
            now.time_ns = now.cgroup_ns = 0; /* what a vanishing domain shows */
        assert_true(crosscheck_take(&check, &ticks, &now));
    }
}

/* Ten milliseconds a period: one of them can't show a disagreement, a second can. */
static void short_periods_share_a_window(void **state)
{
    struct crosscheck check = {.begun = false};
    struct crosscheck_reading now = first_reading();
    int periods = 0;

    (void)state;
    now.spent_ns = 0;
    assert_false(crosscheck_take(&check, &ticks, &now));
    do {
        assert_true(++periods <= 100);
        now.at_ns += 10 * MS;
        now.time_ns += 5 * MS;
        now.cgroup_ns += 4 * MS; /* a fifth less */
    } while (!crosscheck_take(&check, &ticks, &now));
    assert_int_equal(periods, 25); /* 24 ms are tolerated */
}

/* The granularity does not add up: counters that are 10 ms off at each reading stay trusted. */
static void steps_do_not_add_up(void **state)
{
    struct crosscheck check = {.begun = false};
    struct crosscheck_reading now = first_reading();

    (void)state;
    now.spent_ns = 0;
    now.time_ns = 0;
    now.cgroup_ns = 0;
    for (uint64_t period = 0; period < 1000; period++) {
        now.at_ns += 10 * MS;
        now.cgroup_ns += 3700000;
        now.time_ns = now.cgroup_ns / (10 * MS) * (10 * MS);
        assert_false(crosscheck_take(&check, &ticks, &now));
    }
}

static void suspect_until_a_whole_window_agrees(void **state)
{
    struct crosscheck check = {.begun = false};
    struct crosscheck_reading now = first_reading();
    int periods = 0;

    (void)state;
    assert_false(crosscheck_take(&check, &ticks, &now));
    now.at_ns += 100 * MS;
    now.time_ns += 60 * MS;
    assert_true(crosscheck_take(&check, &ticks, &now));
    do {
        assert_true(++periods <= 20);
        now.at_ns += 100 * MS;
        now.time_ns += 50 * MS;
        now.cgroup_ns += 50 * MS;
    } while (crosscheck_take(&check, &ticks, &now));
    assert_int_equal(periods, 10);
    assert_false(check.suspect);
}

static void a_lie_in_between_begins_the_window_anew(void **state)
{
    struct crosscheck check = {.begun = false};
    struct crosscheck_reading now = first_reading();
    int periods = 0;

    (void)state;
    crosscheck_take(&check, &ticks, &now);
    now.at_ns += 100 * MS;
    now.time_ns--;
    assert_true(crosscheck_take(&check, &ticks, &now));
    do {
        assert_true(++periods <= 30);
        now.at_ns += 100 * MS;
        if (periods == 6)
            now.cgroup_ns -= 1;
    } while (crosscheck_take(&check, &ticks, &now));
    assert_int_equal(periods, 16);
}

static void long_periods_are_whole_windows(void **state)
{
    struct crosscheck check = {.begun = false};
    struct crosscheck_reading now = first_reading();

    (void)state;
    crosscheck_take(&check, &ticks, &now);
    now.at_ns += 3000 * MS;
    now.time_ns += 1000 * MS;
    assert_true(crosscheck_take(&check, &ticks, &now));
    now.at_ns += 3000 * MS;
    now.time_ns += 1000 * MS;
    now.cgroup_ns += 1000 * MS;
    assert_false(crosscheck_take(&check, &ticks, &now));
}

/* What the second source counted before its first reading is no disagreement. */
static void a_source_that_comes_is_compared_from_then_on(void **state)
{
    struct crosscheck check = {.begun = false};
    struct crosscheck_reading now = first_reading();

    (void)state;
    now.checked = false;
    now.cgroup_ns = 0;
    crosscheck_take(&check, &ticks, &now);
    for (int period = 0; period < 3; period++) {
        now.at_ns += 300 * MS;
        now.time_ns += 200 * MS;
        assert_false(crosscheck_take(&check, &ticks, &now));
    }
    now.at_ns += 300 * MS;
    now.time_ns += 200 * MS;
    now.cgroup_ns = 777777 * MS;
    now.checked = true;
    assert_false(crosscheck_take(&check, &ticks, &now));
    now.at_ns += 300 * MS;
    now.time_ns += 200 * MS;
    now.cgroup_ns += 200 * MS;
    assert_false(crosscheck_take(&check, &ticks, &now));
    now.at_ns += 300 * MS;
    now.time_ns += 200 * MS;
    assert_true(crosscheck_take(&check, &ticks, &now));
}

static void a_source_that_goes_is_not_missed(void **state)
{
    struct crosscheck check = {.begun = false};
    struct crosscheck_reading now = first_reading();

    (void)state;
    crosscheck_take(&check, &ticks, &now);
    now.checked = false;
    now.cgroup_ns = 0;
    for (int period = 0; period < 10; period++) {
        now.at_ns += 3000 * MS;
        now.time_ns += 2000 * MS;
        assert_false(crosscheck_take(&check, &ticks, &now));
    }
    now.time_ns--;
    now.at_ns += 3000 * MS;
    assert_true(crosscheck_take(&check, &ticks, &now));
}

static void the_kernel_tells_its_steps(void **state)
{
    const struct crosscheck_ticks told = crosscheck_ticks();

    (void)state;
    assert_in_range(told.clk_tck_ns, 100000, 20 * MS);
    assert_in_range(told.hz_ns, 100000, 20 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agreeing_within_the_bound),
        cmocka_unit_test(disagreeing_above_the_bound),
        cmocka_unit_test(falling_is_suspect_however_little),
        cmocka_unit_test(short_periods_share_a_window),
        cmocka_unit_test(steps_do_not_add_up),
        cmocka_unit_test(suspect_until_a_whole_window_agrees),
        cmocka_unit_test(a_lie_in_between_begins_the_window_anew),
        cmocka_unit_test(long_periods_are_whole_windows),
        cmocka_unit_test(a_source_that_comes_is_compared_from_then_on),
        cmocka_unit_test(a_source_that_goes_is_not_missed),
        cmocka_unit_test(the_kernel_tells_its_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
