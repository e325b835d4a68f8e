/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --compare and --record: figures of traces computed by hand, the page of --report, and that a
 * recorded run replays alike.
 */
#include "base/json.h"
#include "compare/internal.h"
#include "pipeline/pipeline.h"
#include "support/files.h"
#include "support/view_maker.h"
#include "trace/record.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * vCPUs 0 and 2 start on pCPU 0, 1 and 3 on pCPU 1. The first counted period demands 140 percent of
 * pCPU 0 and 30 of pCPU 1: 40 are lost, which could be avoided. The second demands 160 and 120: 80
 * are lost, which is unavoidable on two pCPUs. Total demand: 170 + 280.
 */
static const char crowded[] = "# pcpus: 2\n# vcpus: 4\n# resolution: 2 s\n# vm: 5,3,3,5\n"
                              "# source: <b>\"a\" & b</script>\n"
                              "0,80,10,60,20\n1,80,10,60,20\n2,100,60,60,60\n";

struct bench {
    char path[40], uri[60], page[60];
    struct options options;
    int signals;
};

static void bench_trace(struct bench *bench, const char *text)
{
    strcpy(bench->path, "/tmp/test_compare.XXXXXX");
    file_make(bench->path, text);
    snprintf(bench->uri, sizeof(bench->uri), "trace:%s", bench->path);
    snprintf(bench->page, sizeof(bench->page), "%s.html", bench->path);
}

static void bench_open(struct bench *bench, const char *text, const char *option, const char *value)
{
    char program[] = "vcpu-scheduler", connect[] = "-qc", option_text[20], value_text[20];
    char *argv[] = {program, connect, bench->uri, option_text, value_text, NULL};
    sigset_t signals;

    snprintf(option_text, sizeof(option_text), "%s", option);
    snprintf(value_text, sizeof(value_text), "%s", value);
    bench_trace(bench, text);
    if (options_parse(&bench->options, value[0] != '\0' ? 5 : 4, argv, stderr, stderr) !=
        OPTIONS_RUN)
        fail_msg("the options are wrong");
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &signals, NULL), 0);
    bench->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    assert_true(bench->signals >= 0);
}

static void bench_close(struct bench *bench)
{
    options_finish(&bench->options);
    close(bench->signals);
    unlink(bench->path);
    unlink(bench->page);
}

static struct compare *compare(struct bench *bench)
{
    struct compare *compare = NULL;
    struct failure why = {""};

    if (compare_new(&bench->options, &compare, &why) != 0)
        fail_msg("%s", why.text);
    assert_int_equal(compare_run(compare, bench->signals), 0);
    return compare;
}

static const struct compare_row *row_of(const struct compare *compare, const char *policy)
{
    for (uint32_t i = 0; i < compare->count; i++)
        if (strcmp(compare->rows[i].policy->name, policy) == 0)
            return &compare->rows[i];
    print_error("no row %s\n", policy);
    abort();
}

static void every_policy_has_a_row_none_first(void **state)
{
    struct bench bench;
    uint32_t policies = 0;

    (void)state;
    bench_open(&bench, crowded, "--compare", "");
    struct compare *c = compare(&bench);
    for (; policy_at(policies); policies++)
        row_of(c, policy_at(policies)->name);
    assert_int_equal(c->count, policies);
    assert_ptr_equal(c->rows[0].policy, &policy_none);
    compare_free(c);
    bench_close(&bench);
}

static void figures_by_hand(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, crowded, "--compare", "");
    struct compare *c = compare(&bench);
    const struct compare_row *none = row_of(c, "none"), *exchange = row_of(c, "exchange");
    const struct compare_row *swap = row_of(c, "swap");

    assert_float_equal(c->bound.lost_percent, 100.0 * 80 / 450, 1e-6);
    /* Balanced loads are 85, then 140. */
    assert_float_equal(c->bound.max_mean, 112.5, 1e-6);
    /* 70 and 180 above 50 on both pCPUs; that of single vCPUs, 40 and 80, is less. */
    assert_float_equal(c->bound.excess_percent, 100.0 * 250 / 450, 1e-6);

    assert_float_equal(none->figures.lost_percent, 100.0 * 120 / 450, 1e-6);
    assert_float_equal(none->left, 1, 1e-9);
    assert_float_equal(none->pin_rate, 0, 0);

    /* Twice all four vCPUs: the third period has no room. 8 pins of 4 vCPUs in 3 periods. */
    assert_int_equal(exchange->figures.pins, 8);
    assert_float_equal(exchange->pin_rate, 6666.6666667, 1e-6);
    assert_float_equal(exchange->left, 1, 1e-9);

    /* The one move that helps is known after the first period. */
    assert_float_equal(swap->figures.lost_percent, c->bound.lost_percent, 1e-6);
    assert_float_equal(swap->left, 0, 1e-6);
    assert_true(swap->figures.pins > 0);
    compare_free(c);
    bench_close(&bench);
}

static void nothing_to_avoid(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, "# pcpus: 2\n# vcpus: 2\n# resolution: 1 s\n0,60,70\n1,60,70\n2,60,70\n",
               "--compare", "");
    struct compare *c = compare(&bench);
    for (uint32_t i = 0; i < c->count; i++)
        assert_true(isnan(c->rows[i].left));
    /* Each vCPU is above 50: at least 10 + 20. */
    assert_float_equal(c->bound.excess_percent, 100.0 * 30 / 130, 1e-6);
    compare_free(c);
    bench_close(&bench);
}

static void other_pcpus(void **state)
{
    struct bench bench;
    struct compare *c = NULL;

    (void)state;
    bench_open(&bench, crowded, "--compare", "");
    bench.options.pcpus = 3; /* vCPUs 0 and 3 on pCPU 0: 100 and 160 */
    c = compare(&bench);
    assert_int_equal(c->rows[0].figures.pcpus, 3);
    assert_float_equal(c->rows[0].figures.lost_percent, 100.0 * 60 / 450, 1e-6);
    assert_float_equal(c->bound.lost_percent, 0, 1e-9);
    compare_free(c);
    bench_close(&bench);
}

static char *print(const struct compare *compare, enum summary_form form)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    compare_print(compare, form, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void same_trace_same_text(void **state)
{
    const enum summary_form forms[] = {SUMMARY_TEXT, SUMMARY_JSON};
    struct bench bench;

    (void)state;
    bench_open(&bench, crowded, "--compare", "");
    for (size_t i = 0; i < 2; i++) {
        struct compare *one = compare(&bench), *two = compare(&bench);
        char *first = print(one, forms[i]), *second = print(two, forms[i]);

        assert_string_equal(first, second);
        assert_non_null(strstr(first, i == 0 ? "26.6667   1.000" : "\"lost_percent\": 26.666667"));
        assert_non_null(strstr(first, i == 0 ? "17.7778   0.000" : "\"lost_percent\": 17.777778"));
        assert_non_null(strstr(first, i == 0 ? "exchange             8   6666.7" : "6666.666667"));
        free(first);
        free(second);
        compare_free(one);
        compare_free(two);
    }
    bench_close(&bench);
}

static char *read_text(const char *path)
{
    FILE *in = fopen(path, "r");
    char *text = calloc(1, 1 << 20);

    assert_non_null(in);
    assert_non_null(text);
    assert_in_range(fread(text, 1, (1 << 20) - 1, in), 1, (1 << 20) - 2);
    fclose(in);
    return text;
}

static unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;

    for (; (text = strstr(text, what)); text++)
        count++;
    return count;
}

/* No text of a trace is markup, and nothing is fetched: the only address names SVG. */
static void page_stands_alone(void **state)
{
    struct failure why = {""};
    struct bench bench;

    (void)state;
    bench_open(&bench, crowded, "--compare", "--flat");
    bench.options.report = bench.page;
    struct compare *c = compare(&bench);
    if (compare_write_page(c, &why) != 0)
        fail_msg("%s", why.text);
    char *page = read_text(bench.page);
    assert_int_equal(count_of(page, "://"), count_of(page, "http://www.w3.org/2000/svg"));
    assert_int_equal(count_of(page, "</script"), 2);
    assert_int_equal(count_of(page, "<b>\""), 0);
    assert_int_equal(
        count_of(page, "\\u003cb\\u003e\\\"a\\\" \\u0026 b\\u003c/script\\u003e\"], \"cut\": \"\""),
        1);
    assert_int_equal(count_of(page, "default-src 'none'"), 1);
    assert_int_equal(count_of(page, "@DATA@"), 0);
    /* Loads under none: 140 140 160 and 30 30 120, as bytes. */
    assert_int_equal(count_of(page, "\"mean\": \"jIygHh54\""), 1);
    /* Lost: nothing in the first period, then 40, then 80 more, of 450. */
    assert_int_equal(count_of(page, "{\"policy\": \"none\", \"summary\""), 1);
    assert_non_null(strstr(page, "\"lost\": [0.0000,8.8889,26.6667]"));
    assert_non_null(strstr(page, "\"pins\": [4,4,0]"));
    assert_non_null(strstr(page, "\"pin-price\": 17, \"smt-factor\": null"));
    assert_non_null(strstr(page, "\"flat\": true"));

    assert_int_equal(compare_write_page(c, &why), 0);
    char *again = read_text(bench.page);
    assert_string_equal(page, again);
    free(page);
    free(again);
    compare_free(c);
    bench_close(&bench);
}

static void page_that_cannot_be_written(void **state)
{
    struct failure why = {""};
    struct bench bench;

    (void)state;
    bench_open(&bench, crowded, "--compare", "");
    struct compare *c = compare(&bench);
    bench.options.report = "/nonexistent/r.html";
    assert_int_equal(compare_write_page(c, &why), -ENOENT);
    assert_string_equal(why.text, "/nonexistent/r.html: No such file or directory");
    bench.options.report = "/dev/full";
    assert_int_equal(compare_write_page(c, &why), -ENOSPC);
    compare_free(c);
    bench_close(&bench);
}

static void stopped_by_a_signal(void **state)
{
    struct signalfd_siginfo info;
    struct failure why = {""};
    struct compare *c = NULL;
    struct bench bench;

    (void)state;
    bench_open(&bench, crowded, "--compare", "");
    assert_int_equal(compare_new(&bench.options, &c, &why), 0);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    assert_int_equal(compare_run(c, bench.signals), -EINTR);
    compare_free(c);
    assert_int_equal(read(bench.signals, &info, sizeof(info)), sizeof(info));
    bench_close(&bench);
}

static void trace_that_is_none(void **state)
{
    struct failure why = {""};
    struct compare *c = NULL;
    char start[60];
    struct bench bench;

    (void)state;
    bench_open(&bench, "# pcpus: 2\n0,1\n", "--compare", "");
    assert_int_equal(compare_new(&bench.options, &c, &why), -EINVAL);
    snprintf(start, sizeof(start), "%s:2: ", bench.path);
    assert_memory_equal(why.text, start, strlen(start));
    assert_null(c);
    bench_close(&bench);
}

/* ---- the timeline ---- */

/* A period in which vCPU i demands percent[i] on pCPU i. */
static void add_period(struct timeline *timeline, uint64_t period, uint32_t vcpus,
                       const double *percent, struct pin *pin)
{
    struct view_vcpu table[200];
    struct view_pool pools[200];
    struct view_pcpu pcpus[200];
    struct plan plan = {.view = {.period = period, .vcpu_count = vcpus, .vcpus = table}};

    assert_true(vcpus <= 200);
    view_of_ones(&plan.view, pools, pcpus, vcpus);
    for (uint32_t i = 0; i < vcpus; i++)
        table[i] = (struct view_vcpu){.pool = (int32_t)i, .usage = percent[i] - 1, .delay = 1};
    if (pin) {
        table[pin->vcpu].pool = pin->to;
        plan.decision.pins = pin;
        plan.decision.pin_count = 1;
    }
    timeline_add(timeline, &plan);
}

static void many_periods_share_columns(void **state)
{
    struct timeline *timeline = timeline_new(2 * TIMELINE_COLUMNS - 1, 1, 1, 50);

    (void)state;
    assert_non_null(timeline);
    assert_int_equal(timeline->columns, TIMELINE_COLUMNS);
    assert_int_equal(timeline->periods_per_column, 2);
    assert_int_equal(timeline->rows, 1);
    for (uint64_t period = 0; period < 2 * TIMELINE_COLUMNS + 5; period++)
        add_period(timeline, period, 1, (double[]){period % 2 == 1 ? 10 : 30}, NULL);
    assert_float_equal(timeline_mean(timeline, 0, 0), 20, 1e-9);
    assert_float_equal(timeline->max[0], 30, 1e-9);
    /* The last column has one period; later ones are skipped. */
    assert_float_equal(timeline_mean(timeline, 0, TIMELINE_COLUMNS - 1), 20, 1e-9);
    timeline_free(timeline);

    timeline = timeline_new(2 * TIMELINE_COLUMNS - 1, 1, 1, 50);
    for (uint64_t period = 1; period < 2 * TIMELINE_COLUMNS; period++)
        add_period(timeline, period, 1, (double[]){period % 2 == 1 ? 10 : 30}, NULL);
    assert_float_equal(timeline_mean(timeline, 0, TIMELINE_COLUMNS - 1), 10, 1e-9);
    timeline_free(timeline);
}

static void many_pcpus_share_rows(void **state)
{
    struct timeline *timeline = timeline_new(2, TIMELINE_ROWS + 1, TIMELINE_ROWS + 1, 50);
    double percent[TIMELINE_ROWS + 1];

    (void)state;
    assert_non_null(timeline);
    assert_int_equal(timeline->pcpus_per_row, 2);
    assert_int_equal(timeline->rows, TIMELINE_ROWS / 2 + 1);
    for (uint32_t p = 0; p <= TIMELINE_ROWS; p++)
        percent[p] = 10 + p % 2 * 10;
    add_period(timeline, 1, TIMELINE_ROWS + 1, percent, NULL);
    assert_float_equal(timeline_mean(timeline, 3, 0), 15, 1e-9);
    assert_float_equal(timeline->max[3 * timeline->columns], 20, 1e-9);
    /* The last row has one pCPU, the second column no period. */
    assert_float_equal(timeline_mean(timeline, TIMELINE_ROWS / 2, 0), 10, 1e-9);
    assert_float_equal(timeline_mean(timeline, 3, 1), 0, 0);
    timeline_free(timeline);
}

/* The view has the pin already, the measurement does not. */
static void pins_count_from_the_next_period(void **state)
{
    struct timeline *timeline = timeline_new(3, 2, 2, 50);
    struct pin pin = {.vcpu = 0, .from = 0, .to = 1, .result = PIN_DONE};

    (void)state;
    assert_non_null(timeline);
    add_period(timeline, 1, 2, (double[]){90, 60}, &pin);
    assert_float_equal(timeline->max[0], 90, 1e-9);
    assert_float_equal(timeline->max[timeline->columns], 60, 1e-9);
    assert_int_equal(timeline->pins[0], 1);
    pin.result = PIN_FAILED;
    add_period(timeline, 2, 2, (double[]){90, 60}, &pin);
    assert_int_equal(timeline->pins[1], 0);
    timeline_free(timeline);
}

/* ---- JSON ---- */

static void assert_json(const char *text, const char *expected)
{
    char *written = NULL;
    size_t size;
    FILE *out = open_memstream(&written, &size);

    assert_non_null(out);
    json_string(&(struct json){.out = out}, NULL, text);
    fclose(out);
    assert_string_equal(written, expected);
    free(written);
}

static void json_of_texts(void **state)
{
    (void)state;
    assert_json("", "\"\"");
    assert_json("a\"b\\c/", "\"a\\\"b\\\\c/\"");
    assert_json("<!--&>", "\"\\u003c!--\\u0026\\u003e\"");
    assert_json("a\nb\x7f\xff\xc3\xa9", "\"a?b??\xc3\xa9\"");
}

/* RFC 4648, section 10. */
static void json_of_bytes(void **state)
{
    static const char *const vectors[] = {"\"\"",         "\"Zg==\"",     "\"Zm8=\"",    "\"Zm9v\"",
                                          "\"Zm9vYg==\"", "\"Zm9vYmE=\"", "\"Zm9vYmFy\""};

    (void)state;
    for (size_t length = 0; length < 7; length++) {
        char *written = NULL;
        size_t size;
        FILE *out = open_memstream(&written, &size);

        assert_non_null(out);
        json_bytes(&(struct json){.out = out}, NULL, (const uint8_t *)"foobar", length);
        fclose(out);
        assert_string_equal(written, vectors[length]);
        free(written);
    }
}

/* ---- records ---- */

static int record_period(void *opaque, const struct plan *plan)
{
    struct failure why = {""};
    int error = record_add(opaque, &plan->view, &why);

    if (error)
        print_error("%s\n", why.text);
    return error;
}

static struct summary_figures run(struct bench *bench)
{
    struct summary *summary = summary_new(50, false);
    struct failure why = {""};
    struct record *record = NULL;
    bool hung;

    assert_non_null(summary);
    assert_int_equal(record_open(bench->options.record, 0, &record, &why), 0);
    const struct plan_sink sink = {.show = record_period, .opaque = record};
    assert_int_equal(pipeline_run(&bench->options, bench->signals, -1, &sink, summary, &hung),
                     PIPELINE_DONE);
    assert_int_equal(record_close(record, &why), 0);
    struct summary_figures figures = summary_figures(summary);
    summary_free(summary);
    return figures;
}

/* Two VMs with interleaved vCPUs: the record must keep their order, or they start elsewhere. */
static void record_replays_as_it_was(void **state)
{
    struct bench bench, again;
    char record[80];

    (void)state;
    bench_open(&bench, crowded, "--policy", "none");
    snprintf(record, sizeof(record), "%s.rec", bench.path);
    bench.options.record = record;
    struct summary_figures was = run(&bench);
    bench_open(&again, "", "--policy", "none");
    char uri[100];
    snprintf(uri, sizeof(uri), "trace:%s", record);
    again.options.uri = uri;
    struct summary_figures is = run(&again);

    assert_int_equal(was.periods, 3);
    assert_float_equal(was.lost_percent, 100.0 * 120 / 450, 1e-6);
    assert_int_equal(is.periods, was.periods);
    assert_int_equal(is.counted, was.counted);
    assert_int_equal(is.vcpus, was.vcpus);
    assert_int_equal(is.pcpus, was.pcpus);
    assert_float_equal(is.max_mean, was.max_mean, 1e-6);
    assert_float_equal(is.sd_mean, was.sd_mean, 1e-6);
    assert_float_equal(is.lost_percent, was.lost_percent, 1e-6);
    assert_float_equal(is.over_percent, was.over_percent, 1e-6);
    assert_float_equal(is.excess_percent, was.excess_percent, 1e-6);

    /* The trace's clock, not --period's. */
    struct trace *trace = NULL;
    struct failure why = {""};
    assert_int_equal(trace_read(record, &trace, &why), 0);
    assert_float_equal(trace->resolution_s, 2, 1e-9);
    assert_int_equal(trace->vm[0], trace->vm[3]);
    assert_int_equal(trace->vm[1], trace->vm[2]);
    assert_int_not_equal(trace->vm[0], trace->vm[1]);
    trace_free(trace);
    unlink(record);
    bench_close(&bench);
    bench_close(&again);
}

/* All start on pCPU 1; with another number of pCPUs the line is ignored. */
static void record_says_where_vcpus_were(void **state)
{
    static const char text[] = "# pcpus: 2\n# vcpus: 3\n# resolution: 1 s\n# start: 1,1,1\n"
                               "0,50,60,70\n1,50,60,70\n";
    struct failure why = {""};
    struct trace *trace = NULL;
    struct bench bench;
    char record[80];

    (void)state;
    bench_open(&bench, text, "--policy", "none");
    snprintf(record, sizeof(record), "%s.rec", bench.path);
    bench.options.record = record;
    assert_float_equal(run(&bench).max_mean, 180, 1e-6);
    assert_int_equal(trace_read(record, &trace, &why), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(trace->start[i], 1);
    trace_free(trace);
    unlink(record);
    bench.options.record = NULL;
    bench.options.pcpus = 3;
    assert_float_equal(run(&bench).max_mean, 70, 1e-6);
    bench_close(&bench);
}

/* pCPUs 0 and 1 are a core of node 0, 2 and 3 one of node 1; the home of VM 3 is node 1, of VM 5
 * node 0. */
static const char shaped[] =
    "# pcpus: 4\n# vcpus: 4\n# resolution: 2 s\n# vm: 5,3,3,5\n# topology: 2,1,1,2\n"
    "# smt_factor: 0.6\n# remote_factor: 0.85\n# home: 1,0\n# start: 0,1,2,2\n"
    "0,80,50,90,60\n1,80,50,90,60\n2,20,100,60,0\n";

static void expect_percent(double percent, double part, double whole)
{
    const double want = 100 * part / whole;

    if (!(percent > want - 1e-6 && percent < want + 1e-6))
        fail_msg("%.9f is not %.9f", percent, want);
}

static void lost_in_three_ways(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, shaped, "--policy", "none");
    const struct summary_figures f = run(&bench);
    /* First 80 and 50 share a core, 150 are on one pCPU; then 20 and 100, and 60. */
    const double demand = 280 + 180;
    const double sibling = 80 * 0.4 * 0.5 + 50 * 0.4 * 0.8 + 20 * 0.4 * 1 + 100 * 0.4 * 0.2;
    /* vCPU 1 is of VM 3, on node 0; vCPU 3 of VM 5, on node 1, where it gets 40 of its 60. */
    const double remote = (50 * 0.68 + 40 + 100 * 0.92) * 0.15;

    assert_true(f.shaped);
    expect_percent(f.lost_crowding_percent, 50, demand);
    expect_percent(f.lost_sibling_percent, sibling, demand);
    expect_percent(f.lost_remote_percent, remote, demand);
    expect_percent(f.lost_percent, 50 + sibling + remote, demand);
    bench_close(&bench);
}

/* 10.87, 10.43 and 5.41 percent by hand; the bound, of crowding, is 0. */
static void tables_split_lost_work(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, shaped, "--compare", "");
    struct compare *c = compare(&bench);
    char *table = print(c, SUMMARY_TEXT), *json = print(c, SUMMARY_JSON);
    assert_non_null(strstr(table, "   lost %  crowding  siblings    remote    left "));
    assert_non_null(
        strstr(table, "none                 0      0.0   26.7174   10.8696   10.4348    5.4130"));
    assert_non_null(strstr(table, "0.0000    0.0000"));
    assert_non_null(strstr(table, "the bound is of crowding only"));
    assert_non_null(strstr(json,
                           ", \"lost_crowding_percent\": 10.869565, \"lost_sibling_percent\": "
                           "10.434783, \"lost_remote_percent\": 5.413043}"));
    assert_non_null(strstr(json, "}, \"topology\": true}"));
    /* What is lost over time ends at the same figure. */
    const struct timeline *timeline = c->rows[0].timeline;
    expect_percent(100 * (timeline->lost[1] + timeline->lost[2]) / 460, 26.717391, 100);
    free(table);
    free(json);
    compare_free(c);
    bench_close(&bench);

    bench_open(&bench, crowded, "--compare", "");
    c = compare(&bench);
    table = print(c, SUMMARY_TEXT);
    assert_null(strstr(table, "crowding"));
    free(table);
    compare_free(c);
    bench_close(&bench);
}

/* A policy that ignores the topology loses work all the same. */
static void flat_is_charged_the_same(void **state)
{
    static const char *const policies[] = {"none", "exchange"};

    (void)state;
    for (size_t i = 0; i < sizeof(policies) / sizeof(*policies); i++) {
        struct bench bench;

        bench_open(&bench, shaped, "--policy", policies[i]);
        const struct summary_figures aware = run(&bench);
        bench.options.planner.flat = true;
        const struct summary_figures flat = run(&bench);

        assert_int_equal(flat.pins, aware.pins);
        assert_true(flat.shaped);
        assert_true(flat.lost_sibling_percent > 1 && flat.lost_remote_percent > 1);
        assert_float_equal(flat.lost_percent, aware.lost_percent, 0);
        assert_float_equal(flat.lost_sibling_percent, aware.lost_sibling_percent, 0);
        assert_float_equal(flat.lost_remote_percent, aware.lost_remote_percent, 0);
        bench_close(&bench);
    }
}

/* Losses go by the trace's factors, policies by the operator's. */
static void other_factors_change_no_charge(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, shaped, "--policy", "none");
    const struct summary_figures was = run(&bench);
    bench.options.planner.decision.smt_factor = bench.options.planner.decision.remote_factor = 1;
    const struct summary_figures is = run(&bench);
    assert_float_equal(is.lost_percent, was.lost_percent, 0);
    bench_close(&bench);
}

static void start_that_is_wrong(void **state)
{
    static const char *const starts[][2] = {
        {"0,1", "2 entries for 3 vCPUs"},
        {"0,1,2", "entry 3, 2, is above 1"},
        {"0,x,1", "\"x\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        struct failure why = {""};
        struct trace *trace = NULL;
        struct bench bench;
        char text[200];

        snprintf(text, sizeof(text),
                 "# start: %s\n# pcpus: 2\n# vcpus: 3\n# resolution: 1 s\n0,1,2,3\n", starts[i][0]);
        bench_trace(&bench, text);
        assert_int_equal(trace_read(bench.path, &trace, &why), -EINVAL);
        assert_non_null(strstr(why.text, starts[i][1]));
        unlink(bench.path);
    }
}

static void record_that_cannot_be_written(void **state)
{
    struct failure why = {""};
    struct record *record = NULL;

    (void)state;
    assert_int_equal(record_open(NULL, 1, &record, &why), 0);
    assert_null(record);
    assert_int_equal(record_add(NULL, NULL, &why), 0);
    assert_int_equal(record_close(NULL, &why), 0);
    assert_int_equal(record_open("/nonexistent/x.csv", 1, &record, &why), -ENOENT);
    assert_null(record);
    assert_non_null(strstr(why.text, "/nonexistent/x.csv"));
    /* A device is never replaced by a file. */
    assert_int_equal(record_open("/dev/null", 1, &record, &why), -EINVAL);
    assert_null(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy_has_a_row_none_first),
        cmocka_unit_test(figures_by_hand),
        cmocka_unit_test(nothing_to_avoid),
        cmocka_unit_test(other_pcpus),
        cmocka_unit_test(same_trace_same_text),
        cmocka_unit_test(page_stands_alone),
        cmocka_unit_test(page_that_cannot_be_written),
        cmocka_unit_test(stopped_by_a_signal),
        cmocka_unit_test(trace_that_is_none),
        cmocka_unit_test(many_periods_share_columns),
        cmocka_unit_test(many_pcpus_share_rows),
        cmocka_unit_test(pins_count_from_the_next_period),
        cmocka_unit_test(json_of_texts),
        cmocka_unit_test(json_of_bytes),
        cmocka_unit_test(record_replays_as_it_was),
        cmocka_unit_test(record_says_where_vcpus_were),
        cmocka_unit_test(lost_in_three_ways),
        cmocka_unit_test(tables_split_lost_work),
        cmocka_unit_test(flat_is_charged_the_same),
        cmocka_unit_test(other_factors_change_no_charge),
        cmocka_unit_test(start_that_is_wrong),
        cmocka_unit_test(record_that_cannot_be_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
