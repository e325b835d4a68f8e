/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `balance` decides after a given history: cases worked out by hand. */
#include "support/view_maker.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct policy_settings usual = {
    .threshold = 50, .min_gain = 5, .pin_price = 15, .dwell = 5};

/* Learns so many periods of the present demand. */
static struct policy_state *after(const struct plan *plan, int periods)
{
    struct policy_state *state = policy_balance.begin();

    assert_non_null(state);
    for (int period = 0; period < periods; period++)
        assert_int_equal(policy_balance.learn(state, &plan->view), 0);
    return state;
}

/* Decides after a quiet history. */
static void decide(struct plan *plan, const struct policy_settings *settings)
{
    struct policy_state *state;

    view_close(plan);
    state = after(plan, 30);
    policy_balance.decide(settings, state, plan);
    policy_balance.finish(state);
}

static void says(const struct plan *plan, enum reason reason)
{
    if (plan->decision.reason != reason || (plan->decision.pin_count > 0) != (reason == REASON_ACT))
        fail_msg("reason %d, %u pins: %s", (int)plan->decision.reason, plan->decision.pin_count,
                 plan->decision.why);
}

static double highest(const struct plan *plan)
{
    double most = 0;

    for (uint32_t p = 0; p < plan->view.pcpu_count; p++)
        most = fmax(most, plan->view.pools[p].planned_demand);
    return most;
}

static void relieves_what_is_crowded(void **state)
{
    struct plan *plan = view_make(4, 8);

    (void)state;
    for (int v = 0; v < 3; v++)
        view_add(plan, 2, 50);
    decide(plan, &usual);
    says(plan, REASON_ACT);
    assert_int_equal(plan->decision.pin_count, 2); /* one would leave 100 %, which is crowded */
    assert_true(highest(plan) <= 50);
    assert_true(fabs(plan->decision.gain - 100) < 1e-9);
    plan_free(plan);
}

/* 130 | 60: a move leaves 120 at the least, two pins 100. */
static void swaps_where_it_saves_more(void **state)
{
    struct policy_settings settings = usual;
    struct plan *plan = view_make(2, 4);

    (void)state;
    settings.threshold = 80;
    view_add(plan, 0, 70);
    view_add(plan, 0, 60);
    view_add(plan, 1, 40);
    view_add(plan, 1, 20);
    decide(plan, &settings);
    says(plan, REASON_ACT);
    assert_int_equal(plan->decision.pin_count, 2);
    assert_int_equal(plan->decision.pins[0].group, plan->decision.pins[1].group);
    assert_int_equal(plan->decision.pins[0].from, plan->decision.pins[1].to);
    assert_int_equal(plan->decision.pins[0].to, plan->decision.pins[1].from);
    assert_true(highest(plan) <= 100);
    plan_free(plan);
}

/* 130 | 75: nobody fits, but 60 for 25 makes 95 | 110, and 70 for 50 makes 110 | 95. */
static void swaps_where_no_move_helps(void **state)
{
    struct policy_settings settings = usual;
    struct plan *plan = view_make(3, 8);

    (void)state;
    settings.threshold = 80;
    view_add(plan, 0, 70);
    view_add(plan, 0, 60);
    view_add(plan, 1, 50);
    view_add(plan, 1, 20);
    view_allow(plan, view_add(plan, 2, 79), "2");
    decide(plan, &settings);
    says(plan, REASON_ACT);
    assert_int_equal(plan->decision.pin_count, 2);
    assert_int_equal(plan->decision.pins[0].group, plan->decision.pins[1].group);
    assert_int_equal(plan->decision.pins[0].from, plan->decision.pins[1].to);
    assert_int_equal(plan->decision.pins[0].to, plan->decision.pins[1].from);
    assert_true(highest(plan) <= 110);
    plan_free(plan);
}

/* A pCPU is above the threshold but not crowded, so no pin saves work. Steady vCPUs are brought
 * below the threshold even so; vCPUs that come and go are left alone. */
static void what_is_not_crowded_is_moved_if_steady(void **state)
{
    for (int varies = 0; varies <= 1; varies++) {
        struct plan *plan = view_make(4, 4);
        struct policy_state *learnt = policy_balance.begin();

        (void)state;
        view_add(plan, 0, 30);
        view_add(plan, 0, 30);
        for (int period = 0; period < 200; period++) {
            for (uint32_t v = 0; v < 2 && varies; v++)
                plan->view.vcpus[v].demand = plan->view.vcpus[v].usage = period % 2 ? 30 : 5;
            view_close(plan);
            assert_int_equal(policy_balance.learn(learnt, &plan->view), 0);
        }
        policy_balance.decide(&usual, learnt, plan);
        says(plan, varies ? REASON_NO_GAIN : REASON_ACT);
        assert_int_equal(plan->decision.pin_count, varies ? 0 : 1);
        policy_balance.finish(learnt);
        plan_free(plan);
    }
}

static void a_pin_must_be_worth_its_price(void **state)
{
    static const double prices[] = {0, 1, 15, 100, 1000};
    uint32_t before = UINT32_MAX;

    (void)state;
    for (size_t n = 0; n < sizeof prices / sizeof *prices; n++) {
        struct policy_settings settings = usual;
        struct plan *plan = view_make(6, 60);

        settings.pin_price = prices[n];
        for (int v = 0; v < 12; v++)
            view_add(plan, v % 3, 5 + 2.5 * v); /* 78, 88 and 98 */
        decide(plan, &settings);
        assert_true(plan->decision.pin_count <= before);
        before = plan->decision.pin_count;
        if (n == 0)
            says(plan, REASON_ACT);
        plan_free(plan);
    }
    assert_int_equal(before, 0);
}

/* Twelve VMs of a vCPU each, three a pCPU. */
static struct plan *twelve_vms(void)
{
    const struct snapshot_size size = {.domains = 12, .vcpus = 12, .pcpus = 4, .sets = 1};
    struct plan *plan = view_make(4, 12);

    assert_int_equal(plan_reserve(plan, &size), 0);
    plan->view.domain_count = 12;
    for (uint32_t v = 0; v < 12; v++)
        plan->view.vcpus[view_add(plan, (int32_t)v % 4, 5)].domain = v;
    view_close(plan);
    return plan;
}

/* Each wants 60 for a period now and then: three that do so now on pCPU 0 soon will not. */
static void a_moment_is_not_worth_a_pin(void **state)
{
    struct plan *plan = twelve_vms();
    struct policy_state *learnt = policy_balance.begin();
    uint64_t seed = 7;

    (void)state;
    for (int period = 0; period <= 300; period++) {
        for (uint32_t v = 0; v < 12; v++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            plan->view.vcpus[v].demand = plan->view.vcpus[v].usage =
                (period < 300 ? seed >> 33 & 15 : v % 4) == 0 ? 60 : 5;
        }
        assert_int_equal(policy_balance.learn(learnt, &plan->view), 0);
    }
    view_close(plan);
    assert_true(plan->view.pools[0].planned_demand > 150);
    policy_balance.decide(&usual, learnt, plan);
    says(plan, REASON_NO_GAIN);
    policy_balance.finish(learnt);
    plan_free(plan);
}

/* The same with long jobs: the present demand lasts. */
static void what_lasts_is(void **state)
{
    struct plan *plan = twelve_vms();
    struct policy_state *learnt = policy_balance.begin();

    (void)state;
    for (uint32_t period = 0; period <= 330; period++) {
        for (uint32_t v = 0; v < 12; v++)
            plan->view.vcpus[v].demand = plan->view.vcpus[v].usage =
                period / 30 % 4 == 3 && v % 4 == 0 ? 60 : 5;
        assert_int_equal(policy_balance.learn(learnt, &plan->view), 0);
    }
    for (uint32_t v = 0; v < 12; v++)
        plan->view.vcpus[v].demand = plan->view.vcpus[v].usage = v % 4 == 0 ? 60 : 5;
    view_close(plan);
    assert_int_equal(policy_balance.learn(learnt, &plan->view), 0);
    policy_balance.decide(&usual, learnt, plan);
    says(plan, REASON_ACT);
    for (uint32_t i = 0; i < plan->decision.pin_count; i++)
        assert_int_equal(plan->decision.pins[i].from, 0);
    policy_balance.finish(learnt);
    plan_free(plan);
}

/* Two equal pCPUs, but one holds a vCPU of the same VM, which bursts at the same time. */
static void mates_are_kept_apart(void **state)
{
    (void)state;
    for (uint32_t mate = 1; mate <= 2; mate++) {
        struct plan *plan = view_make(3, 8);
        const struct snapshot_size size = {.domains = 3, .vcpus = 8, .pcpus = 3, .sets = 9};
        struct policy_state *learnt = policy_balance.begin();

        assert_int_equal(plan_reserve(plan, &size), 0);
        plan->view.domain_count = 3;
        view_add(plan, 0, 40);
        view_allow(plan, view_add(plan, 0, 80), "0");
        view_add(plan, 1, 40);
        view_add(plan, 2, 40);
        plan->view.vcpus[1].domain = 1;
        plan->view.vcpus[mate == 1 ? 3 : 2].domain = 2;
        for (uint32_t period = 0; period < 200; period++) {
            for (uint32_t v = 0; v < 4; v++)
                plan->view.vcpus[v].demand = v == 1 ? 80 : period % 2 ? 70 : 10;
            view_close(plan);
            assert_int_equal(policy_balance.learn(learnt, &plan->view), 0);
        }
        plan->view.vcpus[2].demand = plan->view.vcpus[3].demand = 40;
        view_close(plan);
        policy_balance.decide(&usual, learnt, plan);
        says(plan, REASON_ACT);
        assert_int_equal(plan->decision.pins[0].vcpu, 0);
        assert_int_equal(plan->decision.pins[0].to, 3 - mate);
        policy_balance.finish(learnt);
        plan_free(plan);
    }
}

/* ---- who and where ---- */

static void leaves_who_may_not_be_moved(void **state)
{
    static const uint16_t flags[] = {VCPU_FIXED,  VCPU_EXCLUDED, VCPU_UNCHECKED, VCPU_NEW,
                                     VCPU_DWELLS, VCPU_FLOATING, VCPU_SUSPECT};

    (void)state;
    for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
        struct plan *plan = view_make(2, 4);

        for (int v = 0; v < 3; v++)
            view_add(plan, 0, 60);
        plan->view.vcpus[0].blocked_by = plan->view.vcpus[2].blocked_by = flags[f];
        decide(plan, &usual);
        says(plan, REASON_ACT);
        assert_int_equal(plan->decision.pin_count, 1);
        assert_int_equal(plan->decision.pins[0].vcpu, 1);
        plan_free(plan);
    }
}

/* Demand from before the pause crowds no pCPU. */
static void a_paused_vcpu_wants_nothing(void **state)
{
    struct plan *plan = view_make(2, 4);

    (void)state;
    for (int v = 0; v < 3; v++)
        view_add(plan, 0, 60);
    plan->view.vcpus[0].blocked_by = plan->view.vcpus[2].blocked_by = VCPU_PAUSED;
    decide(plan, &usual);
    says(plan, REASON_NO_GAIN);
    assert_int_equal(plan->decision.pin_count, 0);
    plan_free(plan);
}

static void keeps_to_allowed_sets(void **state)
{
    struct plan *plan = view_make(4, 8);

    (void)state;
    view_allow(plan, view_add(plan, 0, 60), "0,3");
    view_allow(plan, view_add(plan, 0, 60), "0");
    view_allow(plan, view_add(plan, 0, 60), "0,2-3");
    view_add(plan, 3, 30);
    decide(plan, &usual);
    says(plan, REASON_ACT);
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        const uint32_t v = plan->decision.pins[i].vcpu;

        assert_true(v != 1);
        assert_true(cpuset_has(&plan->view.sets[plan->view.vcpus[v].allowed].pools,
                               (uint32_t)plan->decision.pins[i].to));
    }
    assert_true(highest(plan) <= 90);
    plan_free(plan);
}

static void uncertain_and_unmanaged_pcpus_take_no_part(void **state)
{
    struct plan *plan = view_make(6, 20);

    (void)state;
    for (int v = 0; v < 4; v++) {
        view_add(plan, 1, 45); /* uncertain, and the busiest */
        view_add(plan, 4, 40);
    }
    plan->view.pools[0].managed = false;
    cpuset_remove(&plan->view.managed, 0);
    plan->view.pools[1].certain = plan->view.pools[2].certain = false;
    decide(plan, &usual);
    says(plan, REASON_ACT);
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        assert_int_equal(plan->decision.pins[i].from, 4);
        assert_true(plan->decision.pins[i].to == 3 || plan->decision.pins[i].to == 5);
    }
    plan_free(plan);
}

static void spends_its_pins_and_no_more(void **state)
{
    (void)state;
    for (uint32_t pins = 0; pins <= 9; pins++) {
        struct policy_settings settings = usual;
        struct plan *plan = view_make(60, 100);

        settings.max_pins = pins;
        for (int v = 0; v < 100; v++)
            view_add(plan, v % 2, 20);
        decide(plan, &settings);
        assert_int_equal(plan->decision.pin_count, pins ? pins : policy_balance.default_max_pins);
        plan_free(plan);
    }
}

static void what_is_asked_first(void **state)
{
    struct plan *plan = view_make(2, 4);

    (void)state;
    view_add(plan, 0, 50);
    decide(plan, &usual);
    says(plan, REASON_BELOW);
    plan_free(plan);

    plan = view_make(2, 4);
    view_add(plan, 0, 50);
    view_add(plan, 0, 49);
    view_add(plan, 1, 51);
    decide(plan, &usual);
    says(plan, REASON_ALL_ABOVE); /* nobody waits */
    plan_free(plan);

    plan = view_make(2, 4);
    view_add(plan, 0, 90);
    view_add(plan, 0, 90);
    view_add(plan, 1, 51);
    decide(plan, &usual);
    says(plan, REASON_ACT); /* somebody does */
    plan_free(plan);

    plan = view_make(2, 4);
    view_add(plan, 0, 90);
    view_add(plan, 0, 90);
    plan->view.pools[1].certain = false;
    decide(plan, &usual);
    says(plan, REASON_ONE_PCPU);
    plan_free(plan);
}

/* Without history it goes by the present demand. */
static void decides_in_the_first_period(void **state)
{
    struct plan *plan = view_make(2, 4);
    struct policy_state *learnt;

    (void)state;
    view_add(plan, 0, 80);
    view_add(plan, 0, 80);
    view_close(plan);
    learnt = after(plan, 1);
    policy_balance.decide(&usual, learnt, plan);
    says(plan, REASON_ACT);
    assert_int_equal(plan->decision.pin_count, 1);
    policy_balance.finish(learnt);
    plan_free(plan);
}

static void finish_accepts_nothing(void **state)
{
    (void)state;
    policy_balance.finish(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relieves_what_is_crowded),
        cmocka_unit_test(swaps_where_it_saves_more),
        cmocka_unit_test(swaps_where_no_move_helps),
        cmocka_unit_test(what_is_not_crowded_is_moved_if_steady),
        cmocka_unit_test(a_pin_must_be_worth_its_price),
        cmocka_unit_test(a_moment_is_not_worth_a_pin),
        cmocka_unit_test(what_lasts_is),
        cmocka_unit_test(mates_are_kept_apart),
        cmocka_unit_test(leaves_who_may_not_be_moved),
        cmocka_unit_test(a_paused_vcpu_wants_nothing),
        cmocka_unit_test(keeps_to_allowed_sets),
        cmocka_unit_test(uncertain_and_unmanaged_pcpus_take_no_part),
        cmocka_unit_test(spends_its_pins_and_no_more),
        cmocka_unit_test(what_is_asked_first),
        cmocka_unit_test(decides_in_the_first_period),
        cmocka_unit_test(finish_accepts_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
