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

    bench->options.planner.says_pools = false;
    if (compare_new(&bench->options, &compare, &why) != 0)
        fail_msg("%s", why.text);
    assert_int_equal(compare_run(compare, bench->signals), 0);
    return compare;
}

/* The row of a policy at a level; of the level "all" the kernel alone. */
static const struct compare_row *row_at(const struct compare *compare, const char *level,
                                        const char *policy)
{
    for (uint32_t i = 0; i < compare->count; i++) {
        if (strcmp(compare->rows[i].level->name, level) == 0 &&
            strcmp(compare->rows[i].policy->name, policy) == 0)
            return &compare->rows[i];
    }
    print_error("no row %s at %s\n", policy, level);
    abort();
}

static const struct compare_row *row_of(const struct compare *compare, const char *policy)
{
    return row_at(compare, "cpu", policy);
}

/* The levels that have rows, in order. */
static char *levels_of(const struct compare *compare, char text[60])
{
    text[0] = '\0';
    for (uint32_t i = 0; i < compare->count; i++) {
        const struct compare_level *level = compare->rows[i].level;

        if (i == 0 || compare->rows[i - 1].level != level)
            snprintf(text + strlen(text), 60 - strlen(text), "%s%s", i ? " " : "", level->name);
    }
    return text;
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
    /* On two pCPUs there are no pools but one of both: the kernel alone. */
    assert_int_equal(c->count, policies + 1);
    assert_ptr_equal(c->rows[0].policy, &policy_none);
    assert_true(compare_is_kernel(&c->rows[policies]));
    assert_ptr_equal(c->rows[policies].policy, &policy_none);
    compare_free(c);
    bench_close(&bench);
}

/* What the host's shape offers has rows; what has the same pools has not. */
static void levels_by_shape(void **state)
{
    static const struct {
        const char *head, *levels;
        uint32_t levels_in_all;
    } hosts[] = {
        {"# pcpus: 1\n", "cpu all", 2},
        {"# pcpus: 2\n", "cpu all", 2},
        {"# pcpus: 3\n", "cpu 2 all", 3},
        {"# pcpus: 8\n", "cpu 2 4 all", 4},
        {"# pcpus: 9\n", "cpu 2 4 8 all", 5},
        {"# pcpus: 8\n# topology: 1,1,8,1\n", "cpu all", 2},
        {"# pcpus: 8\n# topology: 1,1,4,2\n", "cpu core all", 3},
        {"# pcpus: 8\n# topology: 1,2,2,2\n", "cpu core llc all", 4},
        {"# pcpus: 8\n# topology: 2,2,2,1\n", "cpu llc node all", 4},
        {"# pcpus: 16\n# topology: 2,2,2,2\n", "cpu core llc node all", 5},
        {"# pcpus: 8\n# topology: 2,1,4,1\n", "cpu llc all", 4},       /* a node is a cache */
        {"# pcpus: 8\n# topology: 2,2,1,2\n", "cpu core node all", 5}, /* a cache is a core */
        {"# pcpus: 4\n# topology: 2,2,1,1\n", "cpu node all", 4},      /* a cache is a pCPU */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
        char text[200], levels[60];
        struct bench bench;

        snprintf(text, sizeof(text), "%s# vcpus: 2\n# resolution: 1 s\n0,50,60\n1,50,60\n2,50,60\n",
                 hosts[i].head);
        bench_open(&bench, text, "--compare", "");
        struct compare *c = compare(&bench);
        assert_string_equal(levels_of(c, levels), hosts[i].levels);
        assert_int_equal(c->level_count, hosts[i].levels_in_all);
        compare_free(c);
        bench_close(&bench);
    }
}

/* --pool leaves its level, and what all is held against. */
static void one_level(void **state)
{
    static const struct {
        const char *pool, *levels;
        uint32_t rows; /* besides the policies at one level */
    } asked[] = {{"cpu", "cpu all", 1}, {"core", "cpu all", 1}, {"llc", "cpu llc all", 2},
                 {"2", "cpu 2 all", 2}, {"6", "cpu 6 all", 2},  {"node", "cpu node all", 2}};
    uint32_t policies = 0;

    (void)state;
    while (policy_at(policies))
        policies++;
    for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
        struct bench bench;
        char levels[60];

        bench_open(
            &bench,
            "# pcpus: 8\n# vcpus: 1\n# topology: 2,1,4,1\n# resolution: 1 s\n0,50\n1,50\n2,50\n",
            "--pool", asked[i].pool);
        struct compare *c = compare(&bench);
        assert_string_equal(levels_of(c, levels), asked[i].levels);
        assert_int_equal(c->count, policies + asked[i].rows);
        assert_ptr_equal(c->rows[0].policy, &policy_none);
        compare_free(c);
        bench_close(&bench);
    }
}

/* One pool of everything is the kernel alone. */
static void level_of_one_pool(void **state)
{
    static const char *const asked[] = {"llc", "node", "2", "100"};

    (void)state;
    for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
        struct bench bench;
        char levels[60];

        bench_open(&bench, crowded, "--pool", asked[i]);
        struct compare *c = compare(&bench);
        assert_string_equal(levels_of(c, levels), "cpu all");
        assert_int_equal(c->count, 2);
        assert_ptr_equal(c->levels[2].same, &c->levels[1]);
        compare_free(c);
        bench_close(&bench);
    }
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

    const struct compare_row *kernel = row_at(c, "all", "none");
    assert_float_equal(kernel->figures.lost_percent, c->bound.lost_percent, 1e-6);
    assert_float_equal(kernel->figures.max_mean, 112.5, 1e-6);
    assert_int_equal(kernel->figures.pins, 0);
    assert_float_equal(kernel->cost, kernel->figures.lost_percent, 0);
    /* 8 pins of 17 points. */
    const double pins_cost = exchange->cost - exchange->figures.lost_percent;
    assert_float_equal(pins_cost, 100.0 * 8 * 17 / 450, 1e-6);
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
        assert_non_null(strstr(first, i == 0 ? " 26.6667   1.000" : "\"lost_percent\": 26.666667"));
        assert_non_null(strstr(first, i == 0 ? "17.7778   0.000" : "\"lost_percent\": 17.777778"));
        assert_non_null(strstr(first, i == 0 ? "exchange      8  6666.7" : "6666.666667"));
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
    assert_int_equal(count_of(page, "\"summaries\": {\"swap\": \""), 1);
    assert_int_equal(count_of(page, "\"members\": {\"all\": [\"0-1\"]}"), 1);
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
    struct timeline *timeline = timeline_new(2 * TIMELINE_COLUMNS - 1, 1, 1, 1, 50);

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

    timeline = timeline_new(2 * TIMELINE_COLUMNS - 1, 1, 1, 1, 50);
    for (uint64_t period = 1; period < 2 * TIMELINE_COLUMNS; period++)
        add_period(timeline, period, 1, (double[]){period % 2 == 1 ? 10 : 30}, NULL);
    assert_float_equal(timeline_mean(timeline, 0, TIMELINE_COLUMNS - 1), 10, 1e-9);
    timeline_free(timeline);
}

static void many_pcpus_share_rows(void **state)
{
    struct timeline *timeline =
        timeline_new(2, TIMELINE_ROWS + 1, TIMELINE_ROWS + 1, TIMELINE_ROWS + 1, 50);
    double percent[TIMELINE_ROWS + 1];

    (void)state;
    assert_non_null(timeline);
    assert_int_equal(timeline->pools_per_row, 2);
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
    struct timeline *timeline = timeline_new(3, 2, 2, 2, 50);
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
    assert_non_null(strstr(table, "  lost % crowding siblings   remote    left "));
    assert_non_null(strstr(table, "none          0     0.0  26.7174  10.8696  10.4348   5.4130"));
    assert_non_null(strstr(table, "0.0000   0.0000"));
    assert_non_null(strstr(table, "bound is of crowding only"));
    assert_non_null(strstr(json,
                           ", \"lost_crowding_percent\": 10.869565, \"lost_sibling_percent\": "
                           "10.434783, \"lost_remote_percent\": 5.413043, \"cost_percent\": "));
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
    assert_null(strstr(table, "siblings"));
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

/* ---- rows are plain replays ---- */

/* 32 vCPUs of 8 VMs that come and go, always the same. */
static char *busy_trace(const char *head)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    uint32_t seed = 7;

    assert_non_null(out);
    fprintf(out, "%s# vcpus: 32\n# resolution: 3 s\n# vm: ", head);
    for (unsigned v = 0; v < 32; v++)
        fprintf(out, "%s%u", v ? "," : "", v / 4);
    for (unsigned t = 0; t < 60; t++) {
        fprintf(out, "\n%u", t);
        for (unsigned v = 0; v < 32; v++) {
            seed = seed * 1103515245 + 12345;
            fprintf(out, ",%u", (seed >> 16) % 8 + ((t / 7 + v) % 5 == v / 8 ? 55 : 9));
        }
    }
    fputc('\n', out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static int show_nothing(void *opaque, const struct plan *plan)
{
    (void)opaque;
    (void)plan;
    return 0;
}

/* The figures of a replay with these options alone. */
static struct summary_figures plain(struct bench *bench, const char *policy, const char *pool,
                                    const char *option, const char *value)
{
    char words[9][60], *argv[10] = {NULL};
    const char *const given[9] = {"vcpu-scheduler", "-qc", bench->uri, "--policy", policy,
                                  "--pool",         pool,  option,     value};
    const int argc = option ? 9 : 7;
    const struct plan_sink nobody = {.show = show_nothing};
    struct options options;
    struct summary *summary;
    bool hung;

    for (int i = 0; i < argc; i++) {
        snprintf(words[i], sizeof(words[i]), "%s", given[i]);
        argv[i] = words[i];
    }
    assert_int_equal(options_parse(&options, argc, argv, stderr, stderr), OPTIONS_RUN);
    options.planner.says_pools = false;
    summary = summary_new(options.planner.decision.threshold, false);
    assert_non_null(summary);
    assert_int_equal(pipeline_run(&options, bench->signals, -1, &nobody, summary, &hung),
                     PIPELINE_DONE);
    const struct summary_figures figures = summary_figures(summary);
    summary_free(summary);
    options_finish(&options);
    return figures;
}

static void same_figures(const struct summary_figures *a, const struct summary_figures *b)
{
    assert_int_equal(a->periods, b->periods);
    assert_int_equal(a->pins, b->pins);
    assert_memory_equal(&a->lost_percent, &b->lost_percent, sizeof(a->lost_percent));
    assert_memory_equal(&a->lost_crowding_percent, &b->lost_crowding_percent,
                        sizeof(a->lost_crowding_percent));
    assert_memory_equal(&a->lost_sibling_percent, &b->lost_sibling_percent,
                        sizeof(a->lost_sibling_percent));
    assert_memory_equal(&a->lost_remote_percent, &b->lost_remote_percent,
                        sizeof(a->lost_remote_percent));
    assert_memory_equal(&a->max_mean, &b->max_mean, sizeof(a->max_mean));
    assert_memory_equal(&a->sd_mean, &b->sd_mean, sizeof(a->sd_mean));
    assert_memory_equal(&a->over_percent, &b->over_percent, sizeof(a->over_percent));
    assert_memory_equal(&a->excess_percent, &b->excess_percent, sizeof(a->excess_percent));
}

/* Each row is what a replay with its --policy and --pool prints. */
static void rows_are_replays(void **state)
{
    static const char *const heads[] = {"# pcpus: 16\n",
                                        "# pcpus: 16\n# topology: 2,2,2,2\n# smt_factor: 0.6\n"
                                        "# remote_factor: 0.85\n# home: 0,1,1,0,0,1,0,1\n"};
    static const struct {
        const char *option, *value;
        double cpu, pools; /* threshold */
    } given[] = {{NULL, "", 50, 90}, {"--threshold", "61", 61, 61}, {"--pin-price", "3", 50, 90}};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        const char *option = given[i % 3].option, *value = given[i % 3].value;
        char *text = busy_trace(heads[i / 3]);
        struct bench bench;

        bench_open(&bench, text, option ? option : "--compare", value);
        struct compare *c = compare(&bench);
        assert_true(c->count >= 16);
        for (uint32_t r = 0; r + 1 < c->count; r++) {
            const struct compare_row *row = &c->rows[r];
            const struct summary_figures f =
                plain(&bench, row->policy->name, row->level->name, option, value);

            same_figures(&row->figures, &f);
            assert_float_equal(
                row->level->options.planner.decision.threshold,
                row->level->pools.level > POOL_CORE ? given[i % 3].pools : given[i % 3].cpu, 0);
        }
        compare_free(c);
        bench_close(&bench);
        free(text);
    }
}

/* ---- the choice ---- */

static const struct policy plain_policy = {.name = "plain"}, clever = {.name = "clever"},
                           literal = {.name = "literal", .literal = true};

/* A comparison with made-up figures. Levels: cpu, all, core, llc. Rows: none and clever at cpu,
 * clever and literal at core, plain and clever at llc, the kernel. */
struct made {
    struct compare compare;
    struct compare_row rows[7];
    struct trace trace;
    uint32_t home;
};

enum { CPU = 1, CORE = 2, LLC_PLAIN = 4, LLC_CLEVER = 5, KERNEL = 6 };

static void make(struct made *made)
{
    static const enum pool_level levels[] = {POOL_CPU, POOL_ALL, POOL_CORE, POOL_LLC};
    static const struct {
        uint32_t level;
        const struct policy *policy;
        double lost;
    } rows[] = {{0, &policy_none, 20}, {0, &clever, 15}, {2, &clever, 10},     {2, &literal, 1},
                {3, &plain_policy, 9}, {3, &clever, 8},  {1, &policy_none, 12}};

    *made = (struct made){.trace = {.shape = {2, 2, 2, 2}, .remote_factor = 0.85}};
    made->trace.home = &made->home;
    made->compare.trace = &made->trace;
    made->compare.rows = made->rows;
    made->compare.level_count = 4;
    made->compare.count = 7;
    for (uint32_t i = 0; i < 4; i++) {
        struct compare_level *level = &made->compare.levels[i];

        level->pools.level = levels[i];
        pool_choice_words(&(struct pool_choice){.level = levels[i]}, level->name);
    }
    for (uint32_t i = 0; i < 7; i++)
        made->rows[i] = (struct compare_row){
            .level = &made->compare.levels[rows[i].level],
            .policy = rows[i].policy,
            .cost = rows[i].lost,
            .figures = {.counted = 1, .lost_percent = rows[i].lost, .pins = i},
        };
}

static void chooses(struct made *made, const struct compare_row *row, const char *text)
{
    compare_choose(&made->compare);
    assert_ptr_equal(made->compare.choice.row, row);
    assert_string_equal(made->compare.choice.text, text);
}

static void chooses_the_cheapest(void **state)
{
    struct made made;

    (void)state;
    make(&made);
    chooses(&made, &made.rows[LLC_CLEVER],
            "For this host: --pool llc --policy clever, which loses 8.00 % with 5 pin changes, "
            "while the kernel alone loses 12.00 % and single pCPUs under clever 15.00 % with 1 pin "
            "change.");
    /* Pins count. */
    made.rows[LLC_CLEVER].cost = 9.11;
    chooses(&made, &made.rows[LLC_PLAIN],
            "For this host: --pool llc --policy plain, which loses 9.00 % with 4 pin changes, "
            "while the kernel alone loses 12.00 % and single pCPUs under clever 15.00 % with 1 pin "
            "change.");
    /* What is as good counts no less if it is plainer. */
    made.rows[LLC_CLEVER].cost = 8.91;
    compare_choose(&made.compare);
    assert_ptr_equal(made.compare.choice.row, &made.rows[LLC_PLAIN]);
    made.rows[CPU].cost = 1;
    chooses(&made, &made.rows[CPU],
            "For this host: --pool cpu --policy clever, which loses 15.00 % with 1 pin change, "
            "while the kernel alone loses 12.00 %.");
}

/* Parts of a cache have to win more. */
static void prefers_whole_caches(void **state)
{
    struct made made;

    (void)state;
    make(&made);
    made.rows[CORE].cost = made.rows[CORE].figures.lost_percent = 7.51;
    chooses(&made, &made.rows[LLC_CLEVER],
            "For this host: --pool llc --policy clever, which loses 8.00 % with 5 pin changes, "
            "while the kernel alone loses 12.00 % and single pCPUs under clever 15.00 % with 1 pin "
            "change; parts of a cache win too little: --pool core --policy clever, which loses "
            "7.51 % with 2 pin changes.");
    made.rows[CORE].cost = 7.49;
    compare_choose(&made.compare);
    assert_ptr_equal(made.compare.choice.row, &made.rows[CORE]);
}

static void leaves_it_to_the_kernel(void **state)
{
    struct made made;

    (void)state;
    make(&made);
    made.rows[KERNEL].cost = made.rows[KERNEL].figures.lost_percent = 8.09;
    chooses(
        &made, &made.rows[KERNEL],
        "For this host: the kernel alone, which loses 8.09 % without any pin, as no pins do "
        "clearly better; the best are --pool llc --policy clever, which loses 8.00 % with 5 pin "
        "changes.");
    made.trace.home = NULL;
    chooses(&made, &made.rows[KERNEL],
            "For this host: the kernel alone, which loses 8.09 % without any pin, as the trace "
            "does not tell what distance costs.");
    made.trace.shape = (struct trace_shape){1, 1, 8, 2};
    chooses(&made, &made.rows[KERNEL],
            "For this host: the kernel alone, which loses 8.09 % without any pin, as one cache and "
            "one node leave nothing to choose between.");
    made.trace.shape = (struct trace_shape){0};
    chooses(&made, &made.rows[KERNEL],
            "For this host: the kernel alone, which loses 8.09 % without any pin, as the trace "
            "tells of no caches and nodes, so that distance costs nothing.");
    made.compare.levels[2].pools.level = POOL_SIZED;
    strcpy(made.compare.levels[2].name, "4");
    chooses(&made, &made.rows[KERNEL],
            "For this host: the kernel alone, which loses 8.09 % without any pin, as the trace "
            "tells of no caches and nodes, so that distance costs nothing; if the host has "
            "several, choose --pool llc; the best pools here are --pool 4 --policy clever, which "
            "loses 10.00 % with 2 pin changes.");
    made.rows[KERNEL].cost = 8.11;
    compare_choose(&made.compare);
    assert_ptr_equal(made.compare.choice.row, &made.rows[LLC_CLEVER]);
    made.rows[KERNEL].figures.counted = 0;
    chooses(&made, NULL, "");
}

/* The text is read on a terminal. */
static void text_fits(void **state)
{
    char *trace = busy_trace("# pcpus: 16\n# topology: 2,2,2,2\n");
    struct bench bench;

    (void)state;
    bench_open(&bench, trace, "--compare", "");
    struct compare *c = compare(&bench);
    /* The longest figures. */
    c->rows[0].figures.pins = 999999;
    c->rows[0].pin_rate = 99999.9;
    c->rows[0].figures.lost_percent = c->rows[0].figures.lost_crowding_percent = 99.9999;
    c->rows[0].figures.max_mean = 1000;
    char *text = print(c, SUMMARY_TEXT), *json = print(c, SUMMARY_JSON), *line = text;

    assert_non_null(strstr(text, "\nkernel alone "));
    assert_non_null(strstr(text, "\n\nFor this host: "));
    assert_non_null(strstr(json, "\"levels\": [{\"level\": \"cpu\", \"pools\": 16, \"same_as\": "
                                 "null, \"threshold\": 50, \"min_gain\": 5, \"pin_price\": "));
    assert_non_null(strstr(json, "{\"level\": \"node\", \"pools\": 2, \"same_as\": null, "
                                 "\"threshold\": 90, \"min_gain\": 3, \"pin_price\": "));
    assert_non_null(strstr(json, "{\"level\": \"all\", \"policy\": \"none\", \"pins\": 0, "));
    assert_non_null(strstr(json, "\"choice\": {\"level\": \""));
    line = strchr(text, '\n') + 1; /* the file's name may be long */
    for (size_t length; *line != '\0'; line += length + 1) {
        length = strcspn(line, "\n");
        assert_in_range(length, 0, 80);
    }
    free(text);
    free(json);
    free(trace);
    compare_free(c);
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
        cmocka_unit_test(levels_by_shape),
        cmocka_unit_test(one_level),
        cmocka_unit_test(level_of_one_pool),
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
        cmocka_unit_test(rows_are_replays),
        cmocka_unit_test(chooses_the_cheapest),
        cmocka_unit_test(prefers_whole_caches),
        cmocka_unit_test(leaves_it_to_the_kernel),
        cmocka_unit_test(text_fits),
        cmocka_unit_test(start_that_is_wrong),
        cmocka_unit_test(record_that_cannot_be_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
