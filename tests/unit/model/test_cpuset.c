/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpuset.h"
#include "support/random.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A set of runs and gaps of random lengths, up to 2^bits each. */
static void random_set(struct cpuset *set, uint64_t *state)
{
    uint32_t bits = 1 + (uint32_t)(random_next(state) % 12);
    uint32_t cpu = (uint32_t)(random_next(state) >> 32) % (1U << bits);

    cpuset_clear(set);
    while (cpu < CPUSET_MAX) {
        uint32_t run = 1 + (uint32_t)(random_next(state) >> 32) % (1U << bits);

        for (; run > 0 && cpu < CPUSET_MAX; run--)
            cpuset_add(set, cpu++);
        cpu += 1 + (uint32_t)(random_next(state) >> 32) % (1U << bits);
    }
}

static void assert_reads_as(const char *text, const char *expected)
{
    struct cpuset set;
    char written[256];

    assert_int_equal(cpuset_parse(&set, text), 0);
    assert_int_equal(cpuset_format(&set, written, sizeof written), strlen(expected));
    assert_string_equal(written, expected);
}

static void reads_lists(void **state)
{
    (void)state;
    assert_reads_as("", "");
    assert_reads_as("\n", "");
    assert_reads_as("  \t", "");
    assert_reads_as("0", "0");
    assert_reads_as("0-3,8,10-11", "0-3,8,10-11");
    assert_reads_as("0-3,8,10-11\n", "0-3,8,10-11");
    assert_reads_as("  0 - 3 ,\t8 , 10-11  \n", "0-3,8,10-11");
    assert_reads_as("3,2,1", "1-3");
    assert_reads_as("5-5", "5");
    assert_reads_as("1,1,1-2", "1-2");
    assert_reads_as("007", "7");
    assert_reads_as("63-64,127,128", "63-64,127-128");
    assert_reads_as("0-8191", "0-8191");
    assert_reads_as("8191", "8191");
}

static void removes_in_order(void **state)
{
    (void)state;
    assert_reads_as("0-7,^5", "0-4,6-7");
    assert_reads_as("0-7, ^5 ,^0,^7", "1-4,6");
    assert_reads_as("^5,0-7", "0-7");
    assert_reads_as("0-7,^5,5", "0-7");
    assert_reads_as("^3", "");
    assert_reads_as("2,^3", "2");
}

/* As operators write it, and libvirt. */
static void blanks_part_as_commas_do(void **state)
{
    (void)state;
    assert_reads_as("0-3 8-11", "0-3,8-11");
    assert_reads_as(" 1  2\t3 , 4 ", "1-4");
    assert_reads_as("0-7,^4-5", "0-3,6-7");
    assert_reads_as("0-7 ^4 - 5 ^0\n", "1-3,6-7");
    assert_reads_as("^4-5,0-7", "0-7");
    assert_reads_as("0-7,^0-7", "");
}

static void refuses_what_is_no_list(void **state)
{
    static const char *const texts[] = {
        ",",      "1,",  ",1",   "1,,2", "-",     "-1",  "1-",     "3-2",  "1-2-3", "1 a",
        "1,2 ,",  "a",   "1a",   "0x1",  "1.5",   "+1",  "^",      "^^1",  "^2-1",  "^ 1",
        "1^2",    "^,1", "1;2",  "1\n2", "1\n\n", "\n1", "1,\n",   "\n\n", "1--2",  "1\r\n",
        "0-3,^a", "- 1", "1-,2", "1\v",  "1-^2",  "all", "8191,x", "\xb2", "1-a",   "1\n ",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct cpuset set, before;

        memset(&set, 0x5a, sizeof set);
        before = set;
        int error = cpuset_parse(&set, texts[i]);

        if (error != -EINVAL)
            fail_msg("\"%s\" gives %d", texts[i], error);
        assert_true(cpuset_equal(&set, &before));
    }
}

static void refuses_what_is_out_of_range(void **state)
{
    static const char *const texts[] = {
        "8192",       "0-8192",      "8192-8193", "^8192",
        "4294967296", "4294967297",  "0,9999999", "18446744073709551616",
        "3-99999999", "1,^99999999", "8191-8192", "340282366920938463463374607431768211456",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct cpuset set, before;

        memset(&set, 0x5a, sizeof set);
        before = set;
        int error = cpuset_parse(&set, texts[i]);

        if (error != -ERANGE)
            fail_msg("\"%s\" gives %d", texts[i], error);
        assert_true(cpuset_equal(&set, &before));
    }
}

static void text_and_back(void **state)
{
    uint64_t seed = 0x9e3779b97f4a7c15;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        static char text[CPUSET_MAX * 5];
        struct cpuset set, again;

        random_set(&set, &seed);
        size_t length = cpuset_format(&set, text, sizeof text);

        assert_int_equal(length, strlen(text));
        assert_int_equal(cpuset_parse(&again, text), 0);
        assert_true(cpuset_equal(&set, &again));
    }
}

/* No list is longer than that of pairs: their numbers have no range to hide in. */
static void the_longest_list_fits(void **state)
{
    static char text[CPUSET_LIST_MAX];
    struct cpuset pairs, again;

    (void)state;
    cpuset_clear(&pairs);
    for (uint32_t cpu = 0; cpu < CPUSET_MAX; cpu++) {
        if (cpu % 3 < 2)
            cpuset_add(&pairs, cpu);
    }
    assert_in_range(cpuset_format(&pairs, text, sizeof text), 1, sizeof text - 1);
    assert_int_equal(cpuset_parse(&again, text), 0);
    assert_true(cpuset_equal(&pairs, &again));
}

static void cuts_what_does_not_fit(void **state)
{
    static const char whole[] = "0-3,8,8190-8191";
    struct cpuset set;

    (void)state;
    assert_int_equal(cpuset_parse(&set, whole), 0);
    for (size_t size = 0; size <= sizeof whole; size++) {
        char text[sizeof whole + 1];

        memset(text, '#', sizeof text);
        assert_int_equal(cpuset_format(&set, text, size), strlen(whole));
        assert_int_equal(text[size], '#');
        if (size > 0) {
            size_t kept = size - 1 < strlen(whole) ? size - 1 : strlen(whole);

            assert_int_equal(strlen(text), kept);
            assert_memory_equal(text, whole, kept);
        }
    }
    assert_int_equal(cpuset_format(&set, NULL, 0), strlen(whole));
}

static void has_what_was_added(void **state)
{
    struct cpuset set;

    (void)state;
    cpuset_clear(&set);
    assert_int_equal(cpuset_count(&set), 0);
    assert_int_equal(cpuset_next(&set, 0), -1);
    for (uint32_t cpu = 0; cpu < CPUSET_MAX; cpu++) {
        assert_false(cpuset_has(&set, cpu));
        cpuset_add(&set, cpu);
        assert_true(cpuset_has(&set, cpu));
        assert_int_equal(cpuset_count(&set), cpu + 1);
    }
    assert_false(cpuset_has(&set, CPUSET_MAX));
    assert_false(cpuset_has(&set, UINT32_MAX));
    for (uint32_t cpu = 0; cpu < CPUSET_MAX; cpu++) {
        cpuset_remove(&set, cpu);
        assert_false(cpuset_has(&set, cpu));
        assert_int_equal(cpuset_next(&set, 0), cpu + 1 < CPUSET_MAX ? (int)cpu + 1 : -1);
    }
    assert_int_equal(cpuset_count(&set), 0);
}

static void walks_in_order(void **state)
{
    static const int expected[] = {0, 63, 64, 191, 4096, 8191, -1};
    struct cpuset set;
    int cpu = -1;

    (void)state;
    assert_int_equal(cpuset_parse(&set, "8191,0,4096,191,63,64"), 0);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        cpu = cpuset_next(&set, (uint32_t)(cpu + 1));
        assert_int_equal(cpu, expected[i]);
    }
    assert_int_equal(cpuset_next(&set, 65), 191);
    assert_int_equal(cpuset_next(&set, 8191), 8191);
    assert_int_equal(cpuset_next(&set, CPUSET_MAX), -1);
    assert_int_equal(cpuset_next(&set, UINT32_MAX), -1);
}

/* Each operation against its definition, pCPU by pCPU. */
static void set_algebra(void **state)
{
    uint64_t seed = 88172645463325252;

    (void)state;
    for (int round = 0; round < 50; round++) {
        struct cpuset a, b, both, either, rest;
        bool within = true, equal = true;

        random_set(&a, &seed);
        random_set(&b, &seed);
        both = either = rest = a;
        cpuset_and(&both, &b);
        cpuset_or(&either, &b);
        cpuset_subtract(&rest, &b);
        for (uint32_t cpu = 0; cpu < CPUSET_MAX; cpu++) {
            bool in_a = cpuset_has(&a, cpu), in_b = cpuset_has(&b, cpu);

            assert_int_equal(cpuset_has(&both, cpu), in_a && in_b);
            assert_int_equal(cpuset_has(&either, cpu), in_a || in_b);
            assert_int_equal(cpuset_has(&rest, cpu), in_a && !in_b);
            within = within && (!in_a || in_b);
            equal = equal && in_a == in_b;
        }
        assert_int_equal(cpuset_within(&a, &b), within);
        assert_int_equal(cpuset_equal(&a, &b), equal);
        assert_true(cpuset_within(&both, &a));
        assert_true(cpuset_within(&a, &either));
        assert_true(cpuset_equal(&a, &a));
    }
}

static void maps_and_back(void **state)
{
    uint64_t seed = 42;

    (void)state;
    for (int round = 0; round < 500; round++) {
        unsigned char map[CPUSET_MAX / 8];
        struct cpuset set, again;

        random_set(&set, &seed);
        cpuset_to_map(&set, map, sizeof map);
        for (uint32_t cpu = 0; cpu < CPUSET_MAX; cpu++)
            assert_int_equal(map[cpu / 8] >> (cpu % 8) & 1, cpuset_has(&set, cpu));
        memset(&again, 0xff, sizeof again);
        cpuset_from_map(&again, map, sizeof map);
        assert_true(cpuset_equal(&set, &again));
    }
}

static void maps_of_other_sizes(void **state)
{
    unsigned char map[CPUSET_MAX / 8 + 2];
    struct cpuset set, low;

    (void)state;
    memset(map, 0xff, sizeof map);
    cpuset_from_map(&set, map, sizeof map);
    assert_int_equal(cpuset_count(&set), CPUSET_MAX);

    cpuset_to_map(&set, map, sizeof map);
    assert_int_equal(map[CPUSET_MAX / 8 - 1], 0xff);
    assert_int_equal(map[CPUSET_MAX / 8], 0);
    assert_int_equal(map[CPUSET_MAX / 8 + 1], 0);

    memset(map, 0x5a, sizeof map);
    cpuset_to_map(&set, map, 3);
    assert_int_equal(map[2], 0xff);
    assert_int_equal(map[3], 0x5a);
    cpuset_from_map(&low, map, 3);
    assert_int_equal(cpuset_parse(&set, "0-23"), 0);
    assert_true(cpuset_equal(&low, &set));
    cpuset_from_map(&low, map, 0);
    assert_int_equal(cpuset_count(&low), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lists),
        cmocka_unit_test(removes_in_order),
        cmocka_unit_test(blanks_part_as_commas_do),
        cmocka_unit_test(refuses_what_is_no_list),
        cmocka_unit_test(refuses_what_is_out_of_range),
        cmocka_unit_test(text_and_back),
        cmocka_unit_test(the_longest_list_fits),
        cmocka_unit_test(cuts_what_does_not_fit),
        cmocka_unit_test(has_what_was_added),
        cmocka_unit_test(walks_in_order),
        cmocka_unit_test(set_algebra),
        cmocka_unit_test(maps_and_back),
        cmocka_unit_test(maps_of_other_sizes),
    };

    return cmocka_run_group_tests_name("cpuset", tests, NULL, NULL);
}
