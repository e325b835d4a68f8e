/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a host is full, and when it only looks so. */
#include "log/log.h"
#include "planner/headroom.h"
#include "support/fake_host.h"
#include "support/view_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void full_is(struct plan *plan, double threshold, bool full)
{
    view_close(plan);
    assert_int_equal(room_is_full(&plan->view, threshold), full);
    plan_free(plan);
}

/* So many vCPUs on one pCPU, which may go anywhere but for `blocked_by`. */
static void add(struct plan *plan, int32_t pcpu, uint32_t count, double demand, uint16_t blocked_by)
{
    for (uint32_t i = 0; i < count; i++)
        plan->view.vcpus[view_add(plan, pcpu, demand)].blocked_by = blocked_by;
}

static void one_vcpu_alone_above_the_threshold(void **state)
{
    struct plan *plan = view_make(4, 8);

    (void)state;
    add(plan, 0, 1, 90, 0);
    full_is(plan, 50, false);
}

static void a_busy_process_of_the_host(void **state)
{
    struct plan *plan = view_make(4, 8);

    (void)state;
    plan->view.pools[0].other = 100;
    add(plan, 1, 1, 20, 0);
    full_is(plan, 50, false);
}

/* vCPUs that can't move fill one pCPU at most, whatever they want. */
static void fixed_vcpus_on_one_pcpu(void **state)
{
    static const uint16_t stay[] = {VCPU_FIXED, VCPU_EXCLUDED, VCPU_YIELDED | VCPU_FLOATING};

    (void)state;
    for (size_t s = 0; s < sizeof stay / sizeof *stay; s++) {
        struct plan *plan = view_make(4, 16);

        add(plan, 0, 9, 100, stay[s]);
        add(plan, 0, 3, 30, 0);
        full_is(plan, 50, false);
    }
}

static void siblings_of_one_core(void **state)
{
    static const bool full[] = {false, true, false};
    static const double threshold[] = {50, 50, 70};

    (void)state;
    for (int step = 0; step < 3; step++) {
        struct plan *plan = view_make(4, 8);

        view_shape(plan, 1, 1, 2, 2);
        for (int32_t p = 0; p < (step ? 4 : 2); p++)
            add(plan, p, 1, 60, 0);
        full_is(plan, threshold[step], full[step]);
    }
}

static void wanted_more_than_there_is(void **state)
{
    static const uint16_t may_move[] = {0, VCPU_DWELLS, VCPU_FLOATING, VCPU_SUSPECT};

    (void)state;
    for (uint32_t count = 4; count <= 5; count++) {
        for (size_t m = 0; m < sizeof may_move / sizeof *may_move; m++) {
            struct plan *plan = view_make(4, 8);

            add(plan, 0, count, 90, may_move[m]);
            full_is(plan, 50, count == 5);
        }
    }
}

static void each_above_the_threshold(void **state)
{
    (void)state;
    for (int32_t busy = 2; busy <= 3; busy++) {
        struct plan *plan = view_make(4, 8);

        plan->view.pools[3].managed = false; /* idle, and not to be used */
        for (int32_t p = 0; p < busy; p++)
            add(plan, p, 1, 51, VCPU_FIXED);
        full_is(plan, 50, busy == 3);
    }
}

static void at_the_threshold_is_not_above(void **state)
{
    struct plan *plan = view_make(2, 2);

    (void)state;
    add(plan, 0, 1, 50, 0);
    add(plan, 1, 1, 99, 0);
    full_is(plan, 50, false);
}

static void what_is_uncertain_says_nothing(void **state)
{
    struct plan *plan = view_make(2, 2);

    (void)state;
    add(plan, 0, 1, 90, 0);
    add(plan, 1, 1, 90, 0);
    plan->view.pools[1].certain = false;
    full_is(plan, 50, false);
}

/* Two that want 80 % of a strong core each, on a strong one and one of 0.4. */
static void slow_cores_give_less(void **state)
{
    (void)state;
    for (int slow = 0; slow < 2; slow++) {
        struct plan *plan = view_make(2, 2);

        plan->view.pools[1].speed = slow ? 0.4 : 1;
        add(plan, 0, 2, 80, 0);
        full_is(plan, 100, slow);
    }
}

static void without_a_managed_pcpu(void **state)
{
    struct plan *plan = view_make(1, 1);

    (void)state;
    plan->view.pools[0].managed = false;
    add(plan, 0, 1, 100, 0);
    full_is(plan, 50, false);
}

/* ---- period by period ---- */

static struct rig *rig_of(double demand, const char *options)
{
    struct host *host = fake_new(2, 8);
    const uint32_t domain = fake_domain(host, "guest");

    for (int32_t v = 0; v < 4; v++)
        fake_vcpu(host, domain, v % 2, demand);
    return rig_new(host, options);
}

static void it_takes_three_periods_and_ends_with_one(void **state)
{
    static const char *const options[] = {"", "--policy balance", "--policy stddev",
                                          "--policy none"};

    (void)state;
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        struct rig *rig = rig_of(80, options[o]);

        for (uint32_t period = 0; period < 8; period++)
            assert_int_equal(rig_period(rig, 3)->decision.no_room, period >= FULL_PERIODS);
        for (uint32_t v = 0; v < 4; v++)
            rig->host->vcpus[v].demand = 10;
        assert_false(rig_period(rig, 3)->decision.no_room);
        for (uint32_t v = 0; v < 4; v++)
            rig->host->vcpus[v].demand = 80;
        assert_false(rig_period(rig, 3)->decision.no_room);
        rig_free(rig);
    }
}

static void a_period_that_tells_nothing_keeps_it(void **state)
{
    struct rig *rig = rig_of(80, "");

    (void)state;
    for (uint32_t period = 0; period < 5; period++)
        rig_period(rig, 3);
    rig->host->epoch++;
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.reason, REASON_GAP);
    assert_true(rig->plan->decision.no_room);
    rig_period(rig, 3);
    assert_true(rig->plan->decision.no_room);
    rig->host->domains[0].gone = true;
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.reason, REASON_NO_DOMAIN);
    assert_false(rig->plan->decision.no_room);
    rig_free(rig);
}

/* The busiest stays above the threshold for ever, and nothing is to be gained: no alarm. */
static void what_no_pin_helps_is_no_full_host(void **state)
{
    struct host *host = fake_new(4, 8);
    struct rig *rig = rig_new(host, "");

    (void)state;
    fake_vcpu(host, fake_domain(host, "alone"), 0, 95);
    for (uint32_t period = 0; period < 10; period++) {
        rig_period(rig, 3);
        assert_false(rig->plan->decision.no_room);
    }
    assert_int_equal(rig->plan->decision.reason, REASON_NO_GAIN);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_vcpu_alone_above_the_threshold),
        cmocka_unit_test(a_busy_process_of_the_host),
        cmocka_unit_test(fixed_vcpus_on_one_pcpu),
        cmocka_unit_test(siblings_of_one_core),
        cmocka_unit_test(wanted_more_than_there_is),
        cmocka_unit_test(each_above_the_threshold),
        cmocka_unit_test(at_the_threshold_is_not_above),
        cmocka_unit_test(what_is_uncertain_says_nothing),
        cmocka_unit_test(slow_cores_give_less),
        cmocka_unit_test(without_a_managed_pcpu),
        cmocka_unit_test(it_takes_three_periods_and_ends_with_one),
        cmocka_unit_test(a_period_that_tells_nothing_keeps_it),
        cmocka_unit_test(what_no_pin_helps_is_no_full_host),
    };

    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
