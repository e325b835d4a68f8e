/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steady cycle allocates nothing. Linked with --wrap for every call that allocates or frees,
 * so that what our own objects ask for is counted; what libc does inside its own is not.
 */
#include "support/fake_host.h"

#include "log/log.h"
#include "report/report.h"
#include "report/summary.h"
#include "support/allocations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PCPUS = 16, DOMAINS = 100, VCPUS = 300, WARM_UP = 30, PERIODS = 100 };

/* Demand that turns every few periods, so that there always is something to do. */
static void turn(struct host *host, int period)
{
    for (uint32_t v = 0; v < host->vcpu_count; v++) {
        const uint32_t phase = (v * 7 + (uint32_t)period / 3 * 5) % 16;

        host->vcpus[v].demand = (double)(phase < 4 ? phase : 1);
    }
}

static struct rig *busy_rig(const char *options)
{
    struct host *host = fake_new(PCPUS, VCPUS + 1);

    for (uint32_t v = 0; v < VCPUS; v++) {
        if (v % (VCPUS / DOMAINS) == 0) {
            char name[16];

            snprintf(name, sizeof name, "vm-%u", v);
            fake_domain(host, name);
        }
        fake_vcpu(host, host->domain_count - 1, (int32_t)(v % PCPUS), 1);
    }
    return rig_new(host, options);
}

struct cycle {
    struct rig *rig;
    struct report *report;
    struct summary *summary;
    FILE *out;
};

static void run(struct cycle *cycle, int first, int periods)
{
    for (int period = first; period < first + periods; period++) {
        turn(cycle->rig->host, period);
        rig_period(cycle->rig, 3);
        assert_int_equal(summary_add(cycle->summary, cycle->rig->plan), 0);
        assert_int_equal(report_period(cycle->report, cycle->rig->plan), 0);
    }
}

static void begin(struct cycle *cycle, const char *options)
{
    cycle->rig = busy_rig(options);
    cycle->out = fopen("/dev/null", "w");
    assert_non_null(cycle->out);
    cycle->report = report_new(cycle->out, &cycle->rig->options, true, 100);
    cycle->summary = summary_new(50, cycle->rig->options.planner.dry_run);
    assert_non_null(cycle->report);
    assert_non_null(cycle->summary);
}

static void end(struct cycle *cycle)
{
    report_free(cycle->report);
    summary_free(cycle->summary);
    fclose(cycle->out);
    rig_free(cycle->rig);
}

static void the_steady_cycle_allocates_nothing(void **state)
{
    static const char *const options[] = {
        "--verbose --threshold 15 --min-gain 1 --dwell 1 --max-pins 6",
        "--verbose --pool 2 --threshold 15 --min-gain 0.5 --dwell 1 --max-pins 6",
        "--verbose --policy exchange --threshold 25",
        "--verbose --policy stddev --stddev 1 --min-gain 0.5 --dwell 1",
        "--verbose --pool 4 --policy stddev --stddev 0.1 --min-gain 0.1 --dwell 1",
        "--verbose --threshold 15 --min-gain 1 --dwell 1 --dry-run",
        "--quiet --policy none",
    };

    (void)state;
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        struct cycle cycle;
        uint64_t pins;

        begin(&cycle, options[o]);
        run(&cycle, 0, WARM_UP);
        pins = summary_figures(cycle.summary).pins;
        allocations = 0;
        run(&cycle, WARM_UP, PERIODS);
        if (allocations)
            fail_msg("%u calls with %s", allocations, options[o]);
        pins = summary_figures(cycle.summary).pins - pins;
        if (cycle.rig->options.planner.policy != &policy_none)
            assert_true(pins > PERIODS / 10); /* it was not idle */
        end(&cycle);
    }
}

/* One more vCPU ends the steady cycle, and the counter shows it. */
static void the_counter_counts(void **state)
{
    struct cycle cycle;

    (void)state;
    begin(&cycle, "--quiet");
    run(&cycle, 0, 3);
    allocations = 0;
    run(&cycle, 3, 3);
    assert_int_equal(allocations, 0);
    fake_vcpu(cycle.rig->host, 0, 0, 1);
    run(&cycle, 6, 3);
    assert_true(allocations > 0);
    end(&cycle);
    assert_true(allocations > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_steady_cycle_allocates_nothing),
        cmocka_unit_test(the_counter_counts),
    };

    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
