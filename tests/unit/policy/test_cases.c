/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cases.c - constant demand from a crowded start, replayed. Within 25 periods the vCPUs are
 * spread as evenly as possible, then nothing moves any more.
 */
#include "actuator/actuator.h"
#include "planner/planner.h"
#include "policy.h"
#include "report/summary.h"
#include "sampler/sampler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST_VCPUS = 24, MOST_PCPUS = 8, PERIODS = 60, SETTLED = 25 };

static const char *const policies[] = {"swap", "balance"};

/* Two nodes of one core with two threads each, and the memory of all on the first. */
static const char shape[] = "# topology: 2,1,1,2\n# smt_factor: 0.62\n# remote_factor: 0.85\n";

struct textbook {
    const char *name;
    uint32_t pcpus;
    bool shaped;
    const char *demand, *start; /* of each vCPU, separated by commas */
    const char *wanted;         /* percent wanted of each pool at the end, sorted; "": any */
    double most;                /* with "": the most in any pool, if pins were made */
    uint32_t pins;              /* at most; 0: any number */
};

#define TIMES8(text)  text "," text "," text "," text "," text "," text "," text "," text
#define TIMES16(text) TIMES8(text) "," TIMES8(text)
#define HALF_BUSY     "100,100,100,100,50,50,50,50"

static const struct textbook cases[] = {
    {"8 x 24 on 0", 4, false, TIMES8("24"), TIMES8("0"), "48,48,48,48", 0, 6},
    {"8 x 45 on 0", 4, false, TIMES8("45"), TIMES8("0"), "90,90,90,90", 0, 0},
    {"8 x 100 on 0", 4, false, TIMES8("100"), TIMES8("0"), "200,200,200,200", 0, 0},
    {"8 x 100 on 1", 4, false, TIMES8("100"), TIMES8("1"), "200,200,200,200", 0, 0},
    {"half on 0, half on 3", 4, false, TIMES8("100"), "0,0,0,0,3,3,3,3", "200,200,200,200", 0, 0},
    {"24, half and half", 4, false, TIMES8("24"), "0,0,0,0,3,3,3,3", "48,48,48,48", 0, 0},
    {"start 2123", 4, false, HALF_BUSY, "0,0,1,2,2,3,3,3", "150,150,150,150", 0, 0},
    {"start 2123, swapped", 4, false, "50,50,50,50,100,100,100,100", "0,0,1,2,2,3,3,3",
     "150,150,150,150", 0, 0},
    {"start 2123, by turns", 4, false, "100,100,50,100,100,50,50,50", "0,0,1,2,2,3,3,3",
     "150,150,150,150", 0, 0},
    {"start 3113", 4, false, HALF_BUSY, "0,0,0,1,2,3,3,3", "150,150,150,150", 0, 0},
    {"60 + 60 and 30 + 30", 4, false, "60,60,60,60,30,30,30,30", "0,0,1,1,2,2,3,3", "90,90,90,90",
     0, 4},
    {"80 to 10 on 0", 4, false, "80,70,60,50,40,30,20,10", TIMES8("0"), "", 100, 0},
    {"16 x 100 on 0", 8, false, TIMES16("100"), TIMES16("0"), "200,200,200,200,200,200,200,200", 0,
     0},
    {"16 x 22 on 0", 8, false, TIMES16("22"), TIMES16("0"), "44,44,44,44,44,44,44,44", 0, 0},
    {"start 0413", 4, false, "20,20,20,20,10,10,10,10", "1,1,1,1,2,3,3,3", "", 50, 4},
    {"8 x 100 on a thread", 4, true, TIMES8("100"), TIMES8("1"), "200,200,200,200", 0, 0},
    {"start 3113, threads", 4, true, HALF_BUSY, "0,0,0,1,2,3,3,3", "150,150,150,150", 0, 0},
    {"start 0413, threads", 4, true, "20,20,20,20,10,10,10,10", "1,1,1,1,2,3,3,3", "", 50, 4},
    {"start 0413, threads, mixed", 4, true, "20,20,20,20,10,10,10,10", "1,1,1,3,1,3,2,3", "", 50,
     4},
    {"even", 4, false, TIMES8("90"), "0,1,2,3,0,1,2,3", "180,180,180,180", 0, 0},
};

/* In pools of two. */
static const struct textbook in_pools[] = {
    {"16 x 100 on 0 and 1", 8, false, TIMES16("100"), TIMES16("0"), "200,200,200,200", 0, 0},
    {"16 x 45 on 0 and 1", 8, false, TIMES16("45"), TIMES16("0"), "90,90,90,90", 0, 0},
    {"16 x 100 on two pools", 8, false, TIMES16("100"), "0,0,0,0,0,0,0,0,7,7,7,7,7,7,7,7",
     "200,200,200,200", 0, 0},
    {"even in pools", 8, false, TIMES16("90"), "0,2,4,6,0,2,4,6,0,2,4,6,0,2,4,6", "180,180,180,180",
     0, 0},
};

static uint32_t count_of(const char *list)
{
    uint32_t count = 1;

    for (; *list; list++)
        count += *list == ',';
    return count;
}

static void write_trace(const struct textbook *one, const char *path)
{
    FILE *out = fopen(path, "w");
    const uint32_t vcpus = count_of(one->demand);

    assert_non_null(out);
    fprintf(out, "# pcpus: %u\n# vcpus: %u\n# resolution: 3 s\n# start: %s\n", one->pcpus, vcpus,
            one->start);
    if (one->shaped) {
        fprintf(out, "%s# home: 0", shape);
        for (uint32_t v = 1; v < vcpus; v++)
            fputs(",0", out);
        fputs("\n", out);
    }
    for (int period = 0; period < PERIODS; period++)
        fprintf(out, "%d,%s\n", period, one->demand);
    assert_int_equal(fclose(out), 0);
}

struct result {
    double load[MOST_PCPUS]; /* wanted at the end, of each pool */
    uint32_t pools;
    uint32_t pins;
    uint64_t last; /* period with a pin */
    double lost_percent;
};

/* Everything of the daemon but threads and options. */
static struct result play(const char *uri, const char *policy, const char *pool)
{
    const struct crosscheck_ticks steps = {.clk_tck_ns = 10000000, .hz_ns = 4000000};
    struct host_settings settings = {.uri = uri};
    char program[] = "test", option[30], level[20];
    char *argv[] = {program, option, level, NULL};
    struct options options;
    struct result result = {.pins = 0};
    struct failure why;
    struct host *host;
    struct sampler sampler = {.ops = &host_trace, .period_ns = 1};
    struct actuator actuator = {.ops = &host_trace, .ledger = ledger_new()};
    struct snapshot *snapshot = snapshot_new();
    struct plan *plan = plan_new();
    struct summary *summary = summary_new(50, false);
    struct planner *planner;

    snprintf(option, sizeof option, "--policy=%s", policy);
    snprintf(level, sizeof level, "--pool=%s", pool);
    assert_int_equal(options_parse(&options, 3, argv, stderr, stderr), OPTIONS_RUN);
    settings.pool = options.planner.pool;
    if (host_trace.open(&settings, &host, &why))
        fail_msg("%s", why.text);
    sampler.host = actuator.host = host;
    planner = planner_new(&options.planner, &steps);
    while (sampler_wait(&sampler, NULL)) {
        assert_int_equal(sampler_step(&sampler, snapshot, &why), 0);
        assert_int_equal(planner_step(planner, snapshot, plan), 0);
        actuator_step(&actuator, plan);
        plan->timing.done_ns = 0;
        planner_book(planner, plan);
        assert_int_equal(summary_add(summary, plan), 0);
        assert_int_not_equal(plan->decision.reason, REASON_HARM);
        if (plan->decision.pin_count)
            result.last = plan->view.period;
        result.pins += plan->decision.pin_count;
    }
    result.pools = plan->view.pool_count;
    for (uint32_t p = 0; p < result.pools; p++)
        result.load[p] = plan->view.pools[p].planned_demand;
    result.lost_percent = summary_figures(summary).lost_percent;
    host_trace.close(host);
    planner_free(planner);
    summary_free(summary);
    plan_free(plan);
    snapshot_free(snapshot);
    ledger_free(actuator.ledger);
    options_finish(&options);
    return result;
}

static int by_load(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void check(const struct textbook *one, const char *policy, struct result *result,
                  double lost_before)
{
    char text[100] = "";
    size_t used = 0;

    qsort(result->load, result->pools, sizeof *result->load, by_load);
    for (uint32_t p = 0; p < result->pools; p++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.0f", p ? "," : "",
                                 result->load[p]);
    if (*one->wanted && strcmp(one->wanted, text) != 0)
        fail_msg("%s, %s: %s, not %s", one->name, policy, text, one->wanted);
    if (!*one->wanted && result->pins && result->load[result->pools - 1] > one->most + 1e-6)
        fail_msg("%s, %s: %s", one->name, policy, text);
    if (one->pins && result->pins > one->pins)
        fail_msg("%s, %s: %u pins", one->name, policy, result->pins);
    if (result->last > SETTLED)
        fail_msg("%s, %s: pins in period %u", one->name, policy, (unsigned)result->last);
    if (result->lost_percent > lost_before + 1e-6)
        fail_msg("%s, %s: %f %% lost, by doing nothing %f", one->name, policy, result->lost_percent,
                 lost_before);
}

static void try_cases(const struct textbook *first, size_t count, const char *pool)
{
    char path[] = "/tmp/test_cases.XXXXXX", uri[60];
    const int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    snprintf(uri, sizeof uri, "trace:%s", path);
    for (size_t n = 0; n < count; n++) {
        double lost;

        write_trace(&first[n], path);
        lost = play(uri, "none", pool).lost_percent;
        for (size_t p = 0; p < sizeof policies / sizeof *policies; p++) {
            struct result result = play(uri, policies[p], pool);

            check(&first[n], policies[p], &result, lost);
        }
    }
    unlink(path);
}

static void the_first_that_anybody_tries(void **state)
{
    (void)state;
    try_cases(cases, sizeof cases / sizeof *cases, "cpu");
}

static void the_same_in_pools(void **state)
{
    (void)state;
    try_cases(in_pools, sizeof in_pools / sizeof *in_pools, "2");
}

/* If every pCPU is above the threshold, `exchange` does nothing, even if vCPUs wait. */
static void exchange_keeps_the_plain_rule(void **state)
{
    static const struct textbook full = {"", 2, false, "80,80,60,60", "0,0,0,1", "", 0, 0};
    char path[] = "/tmp/test_cases.XXXXXX", uri[60];
    const int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    snprintf(uri, sizeof uri, "trace:%s", path);
    write_trace(&full, path);
    assert_int_equal(play(uri, "exchange", "cpu").pins, 0);
    assert_true(play(uri, "swap", "cpu").pins > 0); /* 220 | 60 become 140 | 140 */
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_anybody_tries),
        cmocka_unit_test(the_same_in_pools),
        cmocka_unit_test(exchange_keeps_the_plain_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
