/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Doubles from a tenth of a second to half a minute, and stays there. */
static void doubles_up_to_the_bound(void **state)
{
    static const double seconds[] = {0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30};

    (void)state;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct backoff backoff = {.random = seed};

        for (size_t n = 0; n < sizeof seconds / sizeof *seconds; n++) {
            const double wait = (double)backoff_next(&backoff) / 1e9;

            assert_true(wait >= 0.75 * seconds[n] - 1e-9 && wait <= 1.25 * seconds[n] + 1e-9);
        }
    }
}

static void never_overflows(void **state)
{
    struct backoff backoff = {.random = 1, .failures = UINT32_MAX - 2};

    (void)state;
    for (int n = 0; n < 2; n++)
        assert_true(backoff_next(&backoff) >= BACKOFF_MOST_NS / 4 * 3);
}

/* Clients that lost the same server use the whole range of the jitter. */
static void spreads(void **state)
{
    uint32_t early = 0, late = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct backoff backoff = {.random = seed * 1000003, .failures = 20};
        const double wait = (double)backoff_next(&backoff) / BACKOFF_MOST_NS;

        early += wait < 0.85;
        late += wait > 1.15;
    }
    assert_in_range(early, 100, 300);
    assert_in_range(late, 100, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_up_to_the_bound),
        cmocka_unit_test(never_overflows),
        cmocka_unit_test(spreads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
