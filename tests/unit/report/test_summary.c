/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/summary.h"
#include "support/view_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { VCPUS = 4, PCPUS = 3 };

/* A plan on the stack: four vCPUs, three pCPUs. */
struct bench {
    struct plan plan;
    struct view_vcpu vcpus[VCPUS];
    struct view_pool pools[PCPUS];
    struct view_pcpu pcpus[PCPUS];
    struct pin pins[VCPUS];
};

static void bench_init(struct bench *bench, uint64_t period)
{
    memset(bench, 0, sizeof(*bench));
    bench->plan.view.period = period;
    bench->plan.view.vcpus = bench->vcpus;
    view_of_ones(&bench->plan.view, bench->pools, bench->pcpus, PCPUS);
    bench->plan.view.vcpu_count = VCPUS;
    bench->plan.decision.pins = bench->pins;
    bench->plan.decision.pin_capacity = VCPUS;
    for (uint32_t p = 0; p < PCPUS; p++)
        cpuset_add(&bench->plan.view.managed, p);
}

static void put(struct bench *bench, uint32_t vcpu, int32_t pcpu, double usage, double delay)
{
    bench->vcpus[vcpu].pool = pcpu;
    bench->vcpus[vcpu].usage = usage;
    bench->vcpus[vcpu].delay = delay;
}

static void add_pin(struct bench *bench, uint32_t vcpu, int32_t from, int32_t to,
                    enum pin_result result)
{
    bench->pins[bench->plan.decision.pin_count++] =
        (struct pin){.vcpu = vcpu, .from = from, .to = to, .result = result};
}

static void expect(double got, double want)
{
    if (!(got > want - 1e-9 && got < want + 1e-9))
        fail_msg("%.12f is not %.12f", got, want);
}

/* Period 2: loads 150, 60, 0; period 3: loads 90, 50, 70. Threshold 50. */
static void fill_two(struct summary *summary)
{
    struct bench bench;

    bench_init(&bench, 2);
    put(&bench, 0, 0, 60, 30);
    put(&bench, 1, 0, 40, 20);
    put(&bench, 2, 1, 60, 0);
    put(&bench, 3, -1, 99, 0);
    assert_int_equal(summary_add(summary, &bench.plan), 0);

    bench_init(&bench, 3);
    put(&bench, 0, 0, 90, 0);
    put(&bench, 1, 1, 50, 0);
    put(&bench, 2, 2, 30, 0);
    put(&bench, 3, 2, 40, 0);
    assert_int_equal(summary_add(summary, &bench.plan), 0);
}

static void figures_by_hand(void **state)
{
    struct summary *summary = summary_new(50, false);
    struct summary_figures f;

    (void)state;
    assert_non_null(summary);
    fill_two(summary);
    f = summary_figures(summary);
    assert_int_equal(f.periods, 2);
    assert_int_equal(f.counted, 2);
    assert_int_equal(f.vcpus, 4);
    assert_int_equal(f.pcpus, 3);
    expect(f.max_mean, (150 + 90) / 2.0);
    /* variances: (80² + 10² + 70²) / 3 = 3800; (20² + 20² + 0²) / 3 = 800/3 */
    expect(f.sd_mean, (61.644140029689765 + 16.32993161855452) / 2);
    expect(f.lost_percent, 100 * 50 / 420.0);
    expect(f.over_percent, 100 * 4 / 6.0);
    expect(f.excess_percent, 100 * (100 + 10 + 40 + 20) / 420.0);
    summary_free(summary);
}

static void first_periods_are_not_judged(void **state)
{
    struct summary *summary = summary_new(50, false);
    struct bench bench;

    (void)state;
    for (uint64_t period = 0; period < 2; period++) {
        bench_init(&bench, period);
        put(&bench, 0, 0, 100, 400);
        add_pin(&bench, 0, 0, 1, PIN_DONE);
        assert_int_equal(summary_add(summary, &bench.plan), 0);
    }
    struct summary_figures f = summary_figures(summary);
    assert_int_equal(f.periods, 1);
    assert_int_equal(f.counted, 0);
    assert_int_equal(f.pins, 2);
    fill_two(summary);
    f = summary_figures(summary);
    assert_int_equal(f.periods, 3);
    expect(f.max_mean, 120);
    expect(f.lost_percent, 100 * 50 / 420.0);
    summary_free(summary);
}

/* A policy puts its moves into the view; the period counts as measured. */
static void judged_before_the_pins(void **state)
{
    struct summary *summary = summary_new(50, false);
    struct bench bench;

    (void)state;
    bench_init(&bench, 2);
    put(&bench, 0, 2, 90, 0); /* moved to 2, measured at 0 */
    put(&bench, 1, 0, 60, 0);
    add_pin(&bench, 0, 0, 1, PIN_DONE);
    add_pin(&bench, 0, 1, 2, PIN_DONE);
    assert_int_equal(summary_add(summary, &bench.plan), 0);
    struct summary_figures f = summary_figures(summary);
    expect(f.max_mean, 150);
    assert_int_equal(f.pins, 2);
    summary_free(summary);
}

static void only_pins_that_were_made_count(void **state)
{
    struct summary *live = summary_new(50, false), *dry = summary_new(50, true);
    struct bench bench;

    (void)state;
    bench_init(&bench, 2);
    add_pin(&bench, 0, 0, 1, PIN_DONE);
    add_pin(&bench, 1, 0, 1, PIN_GONE);
    add_pin(&bench, 2, 0, 1, PIN_FAILED);
    assert_int_equal(summary_add(live, &bench.plan), 0);
    assert_int_equal(summary_figures(live).pins, 1);
    bench.pins[1].result = bench.pins[2].result = PIN_DRY;
    assert_int_equal(summary_add(dry, &bench.plan), 0);
    assert_int_equal(summary_figures(dry).pins, 2);
    summary_free(live);
    summary_free(dry);
}

/* Half a nanosecond of rounding must not push a load of exactly the threshold over it. */
static void the_threshold_is_not_over(void **state)
{
    struct summary *summary = summary_new(50, false);
    struct bench bench;

    (void)state;
    bench_init(&bench, 2);
    put(&bench, 0, 0, 50 + 1e-9, 0);
    put(&bench, 1, 1, 50.001, 0);
    assert_int_equal(summary_add(summary, &bench.plan), 0);
    expect(summary_figures(summary).over_percent, 100 / 3.0);
    summary_free(summary);
}

static void unmanaged_pcpus_do_not_count(void **state)
{
    struct summary *summary = summary_new(50, false);
    struct bench bench;

    (void)state;
    bench_init(&bench, 2);
    put(&bench, 0, 0, 100, 300);
    put(&bench, 1, 1, 80, 0);
    put(&bench, 2, 2, 60, 0);
    bench.pools[0].managed = bench.pcpus[0].managed = false;
    cpuset_remove(&bench.plan.view.managed, 0);
    bench.pools[1].other = 30;
    assert_int_equal(summary_add(summary, &bench.plan), 0);
    struct summary_figures f = summary_figures(summary);
    assert_int_equal(f.pcpus, 2);
    expect(f.max_mean, 110);
    expect(f.sd_mean, 25);
    expect(f.lost_percent, 100 * 10 / 140.0); /* of the demand */
    summary_free(summary);
}

/* Period 2: 80 and 50 on the two threads of a core; 60 next to an idle thread, on a remote node. */
static void fill_shaped(struct summary *summary)
{
    struct bench bench;

    bench_init(&bench, 2);
    assert_int_equal(topology_regular(&bench.plan.view.topology, 2, 1, 1, 2), 0);
    bench.plan.view.topology.smt_factor = 0.6;
    bench.plan.view.topology.remote_factor = 0.85;
    put(&bench, 0, 0, 80, 0);
    put(&bench, 1, 1, 50, 0);
    put(&bench, 2, 2, 100, 20);
    bench.vcpus[0].numa_home = bench.vcpus[1].numa_home = bench.vcpus[2].numa_home = 0;
    bench.vcpus[3].pool = -1;
    assert_int_equal(summary_add(summary, &bench.plan), 0);
    topology_finish(&bench.plan.view.topology);
}

static void the_parts_of_lost_work(void **state)
{
    struct summary *summary = summary_new(50, false);

    (void)state;
    assert_false(summary_figures(summary).shaped);
    fill_shaped(summary);
    struct summary_figures f = summary_figures(summary);
    assert_true(f.shaped);
    expect(f.lost_crowding_percent, 100 * 20 / 250.0);
    expect(f.lost_sibling_percent, 100 * (16 + 16) / 250.0);
    expect(f.lost_remote_percent, 100 * 15 / 250.0);
    expect(f.lost_percent, 100 * 67 / 250.0);
    summary_free(summary);
}

static void check_print(const struct summary *summary, enum summary_form form, bool estimated,
                        const char *want)
{
    char text[1024] = "";
    FILE *out = fmemopen(text, sizeof(text), "w");

    assert_non_null(out);
    summary_print(summary, form, estimated, out);
    fclose(out);
    assert_string_equal(text, want);
}

static void printed(void **state)
{
    struct summary *summary = summary_new(50, false), *dry = summary_new(50, true);

    (void)state;
    fill_two(summary);
    check_print(summary, SUMMARY_NONE, false, "");
    check_print(summary, SUMMARY_JSON, false,
                "{\"periods\": 2, \"vcpus\": 4, \"pcpus\": 3, \"pins\": 0"
                ", \"max_mean\": 120.000000, \"sd_mean\": 38.987036"
                ", \"lost_percent\": 11.904762, \"over_percent\": 66.666667"
                ", \"excess_percent\": 40.476190, \"gain_expected\": null, \"gain_measured\": "
                "null, \"suspects\": 0, \"threshold\": 50, \"demand\": \"exact\""
                ", \"lost_crowding_percent\": 11.904762, \"lost_sibling_percent\": 0.000000"
                ", \"lost_remote_percent\": 0.000000}\n");
    check_print(dry, SUMMARY_JSON, true,
                "{\"periods\": 0, \"vcpus\": 0, \"pcpus\": 0, \"pins\": 0"
                ", \"max_mean\": null, \"sd_mean\": null, \"lost_percent\": null"
                ", \"over_percent\": null, \"excess_percent\": null, \"gain_expected\": null, "
                "\"gain_measured\": null, \"suspects\": 0, \"threshold\": 50"
                ", \"demand\": \"estimated\", \"dry_run\": true"
                ", \"lost_crowding_percent\": null, \"lost_sibling_percent\": null"
                ", \"lost_remote_percent\": null}\n");
    check_print(dry, SUMMARY_TEXT, true,
                "0 periods, 0 vCPUs on 0 pCPUs, 0 pins would be made\n"
                "too few periods to judge the load\n");
    check_print(summary, SUMMARY_TEXT, true,
                "2 periods, 4 vCPUs on 3 pCPUs, 0 pins made\n"
                "load of the busiest pCPU       120.000 %, mean over periods\n"
                "standard deviation              38.987 points, mean over periods\n"
                "work lost above 100 %          11.9048 % of the demand\n"
                "pCPU time above    50 %          66.67 %\n"
                "demand in excess of    50 %     40.476 % of the demand\n"
                "demand is estimated: usage + run-queue delay\n");
    fill_shaped(dry);
    check_print(dry, SUMMARY_TEXT, false,
                "1 periods, 4 vCPUs on 3 pCPUs, 0 pins would be made\n"
                "load of the busiest pCPU       120.000 %, mean over periods\n"
                "standard deviation              28.674 points, mean over periods\n"
                "work lost                      26.8000 % of the demand, of that\n"
                "  above 100 %                   8.0000 %\n"
                "  beside busy siblings         12.8000 %\n"
                "  away from memory              6.0000 %\n"
                "pCPU time above    50 %          66.67 %\n"
                "demand in excess of    50 %     40.000 % of the demand\n"
                "demand is exact\n");
    summary_free(summary);
    summary_free(dry);
    summary_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_by_hand),
        cmocka_unit_test(first_periods_are_not_judged),
        cmocka_unit_test(judged_before_the_pins),
        cmocka_unit_test(only_pins_that_were_made_count),
        cmocka_unit_test(the_threshold_is_not_over),
        cmocka_unit_test(unmanaged_pcpus_do_not_count),
        cmocka_unit_test(the_parts_of_lost_work),
        cmocka_unit_test(printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
