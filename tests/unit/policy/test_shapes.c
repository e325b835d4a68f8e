/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_shapes.c - what is decided on hosts whose pCPUs are not alike. */
#include "planner/numa_home.h"
#include "policy/internal.h"
#include "policy/locality.h"
#include "support/view_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct policy_settings usual = {
    .threshold = 50, .min_gain = 5, .pin_price = 17, .dwell = 5};

static void one_domain(struct plan *plan)
{
    plan->view.domains[0].vcpu_count = plan->view.vcpu_count;
}

static void balance(struct plan *plan)
{
    struct policy_state *state = policy_balance.begin();

    one_domain(plan);
    view_close(plan);
    for (int period = 0; period < 30; period++)
        assert_int_equal(policy_balance.learn(state, &plan->view), 0);
    policy_balance.decide(&usual, state, plan);
    policy_balance.finish(state);
}

static void losses_are_reckoned(void **state)
{
    struct plan *plan = view_make(8, 4);

    (void)state;
    view_shape(plan, 2, 1, 2, 2);
    view_add(plan, 1, 50);
    view_close(plan);
    assert_true(locality_sibling_loss(&plan->view, 0) > 0.399);
    assert_true(locality_taken(&plan->view, 0) > 19.9 && locality_taken(&plan->view, 0) < 20.1);
    assert_true(locality_taken(&plan->view, 1) < 0.1);
    assert_true(locality_remote_loss(&plan->view, 0, 4) > 0.149);
    assert_true(locality_remote_loss(&plan->view, 0, 3) < 0.001);
    assert_true(locality_remote_loss(&plan->view, -1, 4) < 0.001);
    plan->view.topology.distances[2] = 30; /* from node 1 to node 0: the way to the memory */
    assert_true(locality_remote_loss(&plan->view, 0, 4) > 0.299);
    plan->view.flat = true;
    assert_true(locality_taken(&plan->view, 0) < 0.001);
    assert_true(locality_remote_loss(&plan->view, 0, 4) < 0.001);
    assert_false(locality_matters(&plan->view));
    plan_free(plan);
}

/* Two busy threads of one core, and whole cores that are free. */
static void balance_spreads_siblings_over_cores(void **state)
{
    struct plan *plan = view_make(8, 4);

    (void)state;
    view_shape(plan, 1, 1, 4, 2);
    view_add(plan, 0, 70);
    view_add(plan, 1, 70);
    balance(plan);
    assert_int_equal(plan->decision.pin_count, 1);
    assert_int_not_equal(plan->view.vcpus[0].pool / 2, plan->view.vcpus[1].pool / 2);
    plan_free(plan);
}

/* The freest pCPU, by what a vCPU would get there, is above the threshold; another is not. */
static void a_pcpu_beside_a_busy_sibling_is_room(void **state)
{
    const struct policy_settings settings = {.threshold = 50, .min_gain = 5, .max_pins = 2};
    struct plan *plan = view_make(4, 8);

    (void)state;
    view_shape(plan, 1, 1, 2, 2);
    view_add(plan, 0, 98);
    view_add(plan, 1, 48);
    view_add(plan, 2, 55);
    view_close(plan);
    plan->view.pools[3].managed = false; /* an idle sibling, not managed */
    cpuset_remove(&plan->view.managed, 3);
    plan->view.busiest = 0;
    plan->view.freest = 2;
    assert_true(policy_may_act(&settings, plan));
    plan->view.pools[1].planned_demand = 58;
    assert_false(policy_may_act(&settings, plan));
    assert_int_equal(plan->decision.reason, REASON_ALL_ABOVE);
    plan_free(plan);
}

static void balance_leaves_them_on_a_flat_host(void **state)
{
    struct plan *plan = view_make(8, 4);

    (void)state;
    view_shape(plan, 1, 1, 4, 2);
    plan->view.flat = true;
    view_add(plan, 0, 70);
    view_add(plan, 1, 70);
    balance(plan);
    assert_int_equal(plan->decision.pin_count, 0);
    plan_free(plan);
}

static void balance_brings_vcpus_to_their_memory(void **state)
{
    struct plan *plan = view_make(4, 4);
    uint32_t v;

    (void)state;
    view_shape(plan, 2, 1, 2, 1);
    v = view_add(plan, 0, 60);
    plan->view.vcpus[v].numa_home = 1;
    balance(plan);
    assert_int_equal(plan->decision.pin_count, 1);
    assert_true(plan->view.vcpus[v].pool >= 2);
    plan_free(plan);
}

/* A busy sibling counts even if it is isolated or not managed. */
static void balance_minds_load_of_unmanaged_siblings(void **state)
{
    struct plan *plan = view_make(4, 4);

    (void)state;
    view_shape(plan, 1, 1, 2, 2);
    plan->view.pools[1].managed = false;
    plan->view.pools[1].other = 80;
    cpuset_remove(&plan->view.managed, 1);
    view_add(plan, 0, 70);
    balance(plan);
    assert_int_equal(plan->decision.pin_count, 1);
    assert_true(plan->view.vcpus[0].pool >= 2);
    plan_free(plan);
}

/* pCPU 1 does half of what pCPU 0 does. */
static void balance_gives_the_heavy_one_the_strong_core(void **state)
{
    struct plan *plan = view_make(2, 4);

    (void)state;
    view_shape(plan, 1, 1, 2, 1);
    plan->view.pools[1].speed = 0.5;
    view_add(plan, 0, 20);
    view_add(plan, 1, 60);
    balance(plan);
    assert_true(plan->decision.pin_count > 0);
    assert_int_equal(plan->view.vcpus[1].pool, 0);
    plan_free(plan);
}

static void swap_takes_the_whole_core(void **state)
{
    struct plan *plan = view_make(6, 8);

    (void)state;
    view_shape(plan, 1, 1, 3, 2);
    view_add(plan, 0, 60);
    view_add(plan, 0, 60);
    view_add(plan, 3, 45); /* beside pCPU 2, which is idle */
    view_add(plan, 4, 5);
    view_add(plan, 5, 5);
    view_close(plan);
    policy_swap.decide(&usual, NULL, plan);
    assert_int_equal(plan->decision.pin_count, 1);
    assert_true(plan->decision.pins[0].to >= 4);
    plan_free(plan);
}

/* One point less on the other node is not worth the distance from the NUMA home. */
static void swap_stays_on_the_node(void **state)
{
    struct plan *plan = view_make(4, 8);

    (void)state;
    view_shape(plan, 2, 1, 2, 1);
    view_add(plan, 0, 80);
    view_add(plan, 0, 60);
    view_add(plan, 1, 1);
    view_add(plan, 2, 50);
    for (uint32_t v = 0; v < 3; v++)
        plan->view.vcpus[v].numa_home = 0;
    plan->view.vcpus[3].numa_home = 1;
    view_close(plan);
    policy_swap.decide(&usual, NULL, plan);
    assert_int_equal(plan->decision.pin_count, 1);
    assert_int_equal(plan->decision.pins[0].to, 1); /* not 3, which is idle */
    plan_free(plan);
}

static void placing_prefers_whole_cores_near_memory(void **state)
{
    struct plan *plan = view_make(8, 4);

    (void)state;
    view_shape(plan, 2, 1, 2, 2);
    view_add(plan, 4, 50);
    view_add(plan, -1, 30);
    plan->view.vcpus[1].numa_home = 1;
    one_domain(plan);
    view_close(plan);
    policy_place(&usual, plan);
    assert_int_equal(plan->decision.pin_count, 1);
    assert_int_equal(plan->decision.pins[0].to, 6);
    plan_free(plan);
}

/* Two LLCs, equal but for the company of the VM. */
static void placing_keeps_a_vm_in_its_cache(void **state)
{
    struct plan *plan = view_make(4, 4);

    (void)state;
    view_shape(plan, 1, 2, 2, 1);
    view_add(plan, 3, 10);
    view_add(plan, -1, 10);
    one_domain(plan);
    view_close(plan);
    policy_place(&usual, plan);
    assert_int_equal(plan->decision.pins[0].to, 2);
    plan_free(plan);
}

static void homes_are_where_most_of_the_domain_is(void **state)
{
    struct plan *plan = view_make(4, 8);
    uint32_t votes[2] = {0};

    (void)state;
    view_shape(plan, 2, 1, 2, 1);
    view_add(plan, 0, 10);
    view_add(plan, 2, 10);
    view_add(plan, 3, 10);
    plan->view.vcpus[0].numa_home = 0;
    one_domain(plan);
    view_close(plan);
    numa_home_guess(&plan->view, votes);
    assert_int_equal(locality_home(&plan->view.vcpus[0]), 0); /* as told */
    assert_int_equal(locality_home(&plan->view.vcpus[1]), 1);
    assert_int_equal(votes[0] + votes[1], 0);
    plan->view.vcpus[2].pool = -1;
    numa_home_guess(&plan->view, votes);
    assert_int_equal(locality_home(&plan->view.vcpus[2]), 0); /* a tie: the lower */
    plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_are_reckoned),
        cmocka_unit_test(balance_spreads_siblings_over_cores),
        cmocka_unit_test(a_pcpu_beside_a_busy_sibling_is_room),
        cmocka_unit_test(balance_leaves_them_on_a_flat_host),
        cmocka_unit_test(balance_brings_vcpus_to_their_memory),
        cmocka_unit_test(balance_minds_load_of_unmanaged_siblings),
        cmocka_unit_test(balance_gives_the_heavy_one_the_strong_core),
        cmocka_unit_test(swap_takes_the_whole_core),
        cmocka_unit_test(swap_stays_on_the_node),
        cmocka_unit_test(placing_prefers_whole_cores_near_memory),
        cmocka_unit_test(placing_keeps_a_vm_in_its_cache),
        cmocka_unit_test(homes_are_where_most_of_the_domain_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
