/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCPUs that are refused, or arrive, in every period don't keep others waiting. */
#include "support/fake_host.h"

#include "log/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Four vCPUs crowd pCPU 0 of 4, and one more floats. */
static struct host *crowd(uint32_t *floating)
{
    struct host *host = fake_new(4, 400);
    const uint32_t domain = fake_domain(host, "crowd");

    for (uint32_t v = 0; v < 4; v++)
        fake_vcpu(host, domain, 0, 40);
    *floating = fake_vcpu(host, fake_domain(host, "floating"), 1, 10);
    fake_set_affinity(host, *floating, "0-3");
    return host;
}

/* The highest demand on one pCPU. */
static double highest(const struct host *host)
{
    double load[4] = {0}, most = 0;

    for (uint32_t v = 0; v < 4; v++)
        load[host->vcpus[v].last_pcpu] += host->vcpus[v].demand;
    for (uint32_t p = 0; p < 4; p++)
        most = load[p] > most ? load[p] : most;
    return most;
}

static uint32_t asked(const struct host *host, uint32_t vcpu)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < host->call_count; i++)
        count += host->calls[i].vcpu == vcpu && host->calls[i].verb == FAKE_PIN;
    return count;
}

static const char *const options[] = {
    "",           "--dwell 0",        "--dwell 0 --policy balance",
    "--dwell 50", "--policy balance", "--policy stddev"};

static void a_placing_refused_for_ever_stops_nobody(void **state)
{
    (void)state;
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        uint32_t floating;
        struct host *host = crowd(&floating);
        struct rig *rig = rig_new(host, options[o]);

        fake_fail(host, floating, FAKE_PIN, FAKE_ALWAYS, -EINVAL);
        for (int period = 0; period < 10; period++)
            rig_period(rig, 3);
        assert_true(highest(host) <= 50);
        assert_in_range(asked(host, floating), 1, 4);
        for (int period = 0; period < 90; period++)
            rig_period(rig, 3);
        assert_in_range(asked(host, floating), 2, 8);
        assert_string_equal(fake_affinity(host, floating), "0-3");
        rig_free(rig);
    }
}

/* Many vCPUs at once, all refused. */
static void many_refused_stop_nobody(void **state)
{
    uint32_t first;
    struct host *host = crowd(&first);
    struct rig *rig = rig_new(host, "--dwell 0");

    (void)state;
    for (uint32_t n = 0; n < 5; n++) {
        const uint32_t v = fake_vcpu(host, fake_domain(host, "more"), 1, 1);

        fake_set_affinity(host, v, "0-3");
        fake_fail(host, v, FAKE_PIN, FAKE_ALWAYS, -EINVAL);
    }
    for (int period = 0; period < 10; period++)
        rig_period(rig, 3);
    assert_true(highest(host) <= 50);
    rig_free(rig);
}

static void one_that_was_refused_is_placed_when_it_can_be(void **state)
{
    uint32_t floating;
    struct host *host = crowd(&floating);
    struct rig *rig = rig_new(host, "");

    (void)state;
    fake_fail(host, floating, FAKE_PIN, FAKE_ALWAYS, -EINVAL);
    for (int period = 0; period < 10; period++)
        rig_period(rig, 3);
    fake_quiet(host);
    for (int period = 0; period < 20; period++)
        rig_period(rig, 3);
    assert_in_range(asked(host, floating), 1, 2);
    assert_string_not_equal(fake_affinity(host, floating), "0-3");
    rig_free(rig);
}

/* On a host where domains start all the time, each period has vCPUs to place. */
static void newcomers_in_each_period_stop_nobody(void **state)
{
    (void)state;
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        uint32_t v;
        struct host *host = crowd(&v);
        struct rig *rig = rig_new(host, options[o]);

        for (int period = 0; period < 16; period++) {
            rig_period(rig, 3);
            v = fake_vcpu(host, fake_domain(host, "new"), 1, 1);
            fake_set_affinity(host, v, "0-3");
        }
        assert_true(highest(host) <= 50);
        rig_period(rig, 3);
        rig_period(rig, 3);
        rig_period(rig, 3);
        for (v = 4; v < host->vcpu_count; v++)
            assert_int_equal(cpuset_count(&host->vcpus[v].affinity), 1);
        rig_free(rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_placing_refused_for_ever_stops_nobody),
        cmocka_unit_test(many_refused_stop_nobody),
        cmocka_unit_test(one_that_was_refused_is_placed_when_it_can_be),
        cmocka_unit_test(newcomers_in_each_period_stop_nobody),
    };

    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
