/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_losses.c - each way to lose work, in cases computed by hand. */
#include "report/losses.h"
#include "support/view_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { VCPUS = 6, PCPUS = 4 };

struct bench {
    struct plan plan;
    struct view_vcpu vcpus[VCPUS];
    struct view_pool pools[PCPUS];
    struct view_pcpu pcpus[PCPUS];
    struct pin pins[VCPUS];
    struct loads loads;
};

/* Four pCPUs of a topology; 0 sockets: unknown. */
static void begin(struct bench *bench, uint32_t sockets, uint32_t cores, uint32_t threads)
{
    struct view *view = &bench->plan.view;

    memset(bench, 0, sizeof *bench);
    view->vcpus = bench->vcpus;
    view_of_ones(view, bench->pools, bench->pcpus, PCPUS);
    view->smt_factor = 0.6;
    view->remote_factor = 0.85;
    bench->plan.decision.pins = bench->pins;
    if (sockets)
        assert_int_equal(topology_regular(&view->topology, sockets, 1, cores, threads), 0);
}

static void put(struct bench *bench, int32_t pcpu, double usage, double delay, int32_t home)
{
    bench->vcpus[bench->plan.view.vcpu_count++] =
        (struct view_vcpu){.pool = pcpu, .usage = usage, .delay = delay, .numa_home = home};
}

static struct losses finish(struct bench *bench)
{
    struct losses losses = {0};

    assert_int_equal(loads_reserve(&bench->loads, VCPUS, PCPUS), 0);
    loads_measure(&bench->loads, &bench->plan);
    losses_add(&bench->loads, &bench->plan.view, &losses);
    loads_finish(&bench->loads);
    topology_finish(&bench->plan.view.topology);
    return losses;
}

static void expect_one(const char *name, double got, double want)
{
    if (!(got > want - 1e-9 && got < want + 1e-9))
        fail_msg("%s: %.12f is not %.12f", name, got, want);
}

static void expect(struct losses got, double crowding, double sibling, double remote)
{
    expect_one("crowding", got.crowding, crowding);
    expect_one("sibling", got.sibling, sibling);
    expect_one("remote", got.remote, remote);
}

static void crowding_needs_no_topology(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, 0, 0, 0);
    put(&bench, 0, 60, 30, 1);
    put(&bench, 0, 40, 20, 1);
    put(&bench, 1, 90, 0, 1);
    expect(finish(&bench), 50, 0, 0);
}

static void siblings_slow_each_other_down(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, 1, 2, 2);
    put(&bench, 0, 80, 0, -1);  /* sibling at 50 %: speed 1 − 0.4 × 0.5 = 0.8 */
    put(&bench, 1, 50, 0, -1);  /* sibling at 80 %: 0.68 */
    put(&bench, 2, 100, 0, -1); /* alone on its core */
    expect(finish(&bench), 0, 80 * 0.2 + 50 * 0.32, 0);
}

/* Delay does not slow the sibling and is not lost twice. */
static void a_crowded_sibling_is_busy_once(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, 1, 2, 2);
    put(&bench, 2, 60, 30, -1);
    put(&bench, 2, 40, 20, -1); /* together 150 */
    put(&bench, 3, 20, 0, -1);
    expect(finish(&bench), 50, 100 * 0.4 * 0.2 + 20 * 0.4, 0);
}

static void of_four_threads_the_others_mean_counts(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, 1, 1, 4);
    put(&bench, 0, 90, 0, -1);
    put(&bench, 1, 60, 0, -1);
    expect(finish(&bench), 0, 90 * 0.4 * 60 / 300 + 60 * 0.4 * 90 / 300, 0);

    /* All busy: the speed of each is the factor. */
    begin(&bench, 1, 1, 4);
    for (int32_t p = 0; p < PCPUS; p++)
        put(&bench, p, 100, 0, -1);
    expect(finish(&bench), 0, 400 * 0.4, 0);
}

static void the_hosts_own_load_is_a_sibling_too(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, 1, 2, 2);
    put(&bench, 0, 50, 0, -1);
    bench.pools[1].other = 30;
    expect(finish(&bench), 0, 50 * 0.4 * 0.3, 0);
}

static void memory_of_another_node_is_slower(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, 2, 2, 1);
    put(&bench, 0, 80, 0, 0);
    put(&bench, 1, 60, 0, 1);
    put(&bench, 2, 40, 0, 1);
    put(&bench, 3, 20, 0, -1); /* its home is unknown */
    expect(finish(&bench), 0, 0, 60 * 0.15);
}

/* Work lost to a sibling is not lost to memory again. */
static void remote_comes_after_the_sibling(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, 2, 1, 2);
    put(&bench, 0, 80, 0, 1);
    put(&bench, 1, 50, 0, 0);
    expect(finish(&bench), 0, 80 * 0.2 + 50 * 0.32, 80 * 0.8 * 0.15);
}

static void farther_is_slower_down_to_a_tenth(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, 2, 2, 1);
    bench.plan.view.topology.distances[1] = 30; /* from node 0 to node 1 */
    bench.plan.view.topology.distances[2] = 254;
    put(&bench, 0, 80, 0, 1);
    put(&bench, 2, 40, 0, 0);
    expect(finish(&bench), 0, 0, 80 * 0.3 + 40 * 0.9);
}

/*
 * The trace's factors count, whatever factors the policies use and whether they use the topology.
 */
static void the_hosts_factors_are_the_truth(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, 2, 1, 2);
    bench.plan.view.flat = true;
    bench.plan.view.topology.smt_factor = 0.5;
    bench.plan.view.topology.remote_factor = 0.9;
    put(&bench, 0, 100, 0, 1);
    put(&bench, 1, 100, 0, 0);
    expect(finish(&bench), 0, 100, 100 * 0.5 * 0.1);

    begin(&bench, 2, 1, 2);
    bench.plan.view.topology.smt_factor = bench.plan.view.topology.remote_factor = 1;
    put(&bench, 0, 100, 0, 1);
    put(&bench, 1, 100, 0, 0);
    expect(finish(&bench), 0, 0, 0);
}

static void as_it_was_before_the_pins(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, 1, 2, 2);
    put(&bench, 2, 80, 0,
        -1); /* the pin is in the view already; it was measured next to the other */
    put(&bench, 1, 50, 0, -1);
    bench.pins[bench.plan.decision.pin_count++] = (struct pin){.vcpu = 0, .from = 0, .to = 2};
    expect(finish(&bench), 0, 80 * 0.2 + 50 * 0.32, 0);
}

static void what_is_not_managed_is_not_judged(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, 2, 1, 2);
    bench.pools[0].managed = bench.pcpus[0].managed = false;
    put(&bench, 0, 100, 50, 1);
    put(&bench, 1, 50, 0, 1); /* unmanaged, but slows its sibling */
    put(&bench, -1, 70, 0, 1);
    expect(finish(&bench), 0, 50 * 0.4, 50 * 0.6 * 0.15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crowding_needs_no_topology),
        cmocka_unit_test(siblings_slow_each_other_down),
        cmocka_unit_test(a_crowded_sibling_is_busy_once),
        cmocka_unit_test(of_four_threads_the_others_mean_counts),
        cmocka_unit_test(the_hosts_own_load_is_a_sibling_too),
        cmocka_unit_test(memory_of_another_node_is_slower),
        cmocka_unit_test(remote_comes_after_the_sibling),
        cmocka_unit_test(farther_is_slower_down_to_a_tenth),
        cmocka_unit_test(the_hosts_factors_are_the_truth),
        cmocka_unit_test(as_it_was_before_the_pins),
        cmocka_unit_test(what_is_not_managed_is_not_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
