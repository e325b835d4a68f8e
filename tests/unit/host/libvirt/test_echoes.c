/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events counted against the daemon's pins, in any order. */
#include "host/libvirt/echoes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const unsigned char a[DOMAIN_UUID_LEN] = {1}, b[DOMAIN_UUID_LEN] = {2};

static void own_pins_are_nobody_elses(void **state)
{
    struct echoes *echoes = echoes_new();

    (void)state;
    for (uint64_t now = 1; now < 50; now++) {
        echoes_expect(echoes, a, 0, now);
        if (now % 2)
            echoes_hear(echoes, a, 0, now); /* before its call returns */
        echoes_called(echoes, a, 0, false, now);
        if (now % 2 == 0)
            echoes_hear(echoes, a, 0, now);
        assert_false(echoes_foreign(echoes, a, 0));
        assert_false(echoes_take(echoes, a, 0));
    }
    echoes_free(echoes);
}

static void one_too_many_is_somebody_elses(void **state)
{
    struct echoes *echoes = echoes_new();

    (void)state;
    echoes_hear(echoes, b, 3, 1); /* never pinned */
    assert_true(echoes_foreign(echoes, b, 3));
    assert_true(echoes_take(echoes, b, 3));
    assert_false(echoes_take(echoes, b, 3));
    assert_false(echoes_foreign(echoes, b, 2));
    assert_false(echoes_foreign(echoes, a, 3));
    /* Their event comes first: it does not matter which event belongs to which pin. */
    echoes_expect(echoes, a, 0, 2);
    echoes_hear(echoes, a, 0, 2);
    assert_false(echoes_foreign(echoes, a, 0));
    echoes_called(echoes, a, 0, false, 3);
    echoes_hear(echoes, a, 0, 3);
    assert_true(echoes_foreign(echoes, a, 0));
    assert_true(echoes_take(echoes, a, 0));
    /* The daemon's next pin makes the vCPU its own again. */
    echoes_expect(echoes, a, 0, 4);
    assert_false(echoes_foreign(echoes, a, 0));
    echoes_free(echoes);
}

static void a_pin_that_failed_has_no_echo(void **state)
{
    struct echoes *echoes = echoes_new();

    (void)state;
    echoes_expect(echoes, a, 0, 1);
    echoes_called(echoes, a, 0, true, 1);
    assert_false(echoes_foreign(echoes, a, 0));
    echoes_hear(echoes, a, 0, 2);
    assert_true(echoes_foreign(echoes, a, 0));
    /* Their event came during the daemon's call, which failed. */
    echoes_expect(echoes, b, 0, 1);
    echoes_hear(echoes, b, 0, 1);
    assert_false(echoes_foreign(echoes, b, 0));
    echoes_called(echoes, b, 0, true, 1);
    assert_true(echoes_foreign(echoes, b, 0));
    echoes_free(echoes);
}

/* After an echo was lost with its connection, later events are counted again. */
static void what_is_lost_is_not_waited_for(void **state)
{
    struct echoes *echoes = echoes_new();

    (void)state;
    echoes_expect(echoes, a, 0, 1);
    echoes_called(echoes, a, 0, false, 1);
    echoes_reconnected(echoes, 5);
    echoes_hear(echoes, a, 0, 5 + ECHO_NS - 1); /* late: counts as the daemon's */
    assert_false(echoes_foreign(echoes, a, 0));
    echoes_expect(echoes, a, 1, 1);
    echoes_called(echoes, a, 1, false, 1);
    echoes_hear(echoes, a, 1, 1 + ECHO_NS);
    assert_true(echoes_foreign(echoes, a, 1));
    echoes_free(echoes);
}

static void an_earlier_runs_last_pin(void **state)
{
    struct echoes *echoes = echoes_new();

    (void)state;
    echoes_expect_late(echoes, a, 0, 1);
    echoes_expect_late(echoes, a, 0, 2); /* not a second time */
    echoes_hear(echoes, a, 0, 2);
    assert_false(echoes_foreign(echoes, a, 0));
    echoes_hear(echoes, a, 0, 3);
    assert_true(echoes_foreign(echoes, a, 0));
    echoes_free(echoes);
}

static void many(void **state)
{
    struct echoes *echoes = echoes_new();
    uint64_t now = 1;

    (void)state;
    for (uint32_t v = 0; v < 3000; v++, now += ECHO_NS / 100) {
        echoes_expect(echoes, a, v, now);
        echoes_called(echoes, a, v, false, now);
        echoes_hear(echoes, a, v, now);
        assert_false(echoes_foreign(echoes, a, v));
        echoes_hear(echoes, a, v, now);
        assert_true(echoes_foreign(echoes, a, v));
    }
    echoes_free(echoes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_pins_are_nobody_elses),
        cmocka_unit_test(one_too_many_is_somebody_elses),
        cmocka_unit_test(a_pin_that_failed_has_no_echo),
        cmocka_unit_test(what_is_lost_is_not_waited_for),
        cmocka_unit_test(an_earlier_runs_last_pin),
        cmocka_unit_test(many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
