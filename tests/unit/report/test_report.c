/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report: for any host and any domain names lines fit, only text reaches the terminal, and
 * without --verbose only changes are logged.
 */
#include "base/page.h"
#include "base/text.h"
#include "log/log.h"
#include "report/report.h"
#include "support/allocations.h"
#include "support/view_maker.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct plan *new_plan(uint32_t domains, uint32_t vcpus, uint32_t pcpus)
{
    struct plan *plan = plan_new();
    const struct snapshot_size need = {
        .domains = domains, .vcpus = vcpus, .pcpus = pcpus, .sets = 1};

    assert_non_null(plan);
    assert_int_equal(plan_reserve(plan, &need), 0);
    plan->view.period = 1;
    plan->view.busiest = plan->view.freest = -1;
    view_of_ones(&plan->view, plan->view.pools, plan->view.pcpus, pcpus);
    return plan;
}

static void add_domain(struct plan *plan, const char *name)
{
    struct view *view = &plan->view;
    struct view_domain *domain = &view->domains[view->domain_count++];

    *domain = (struct view_domain){.first_vcpu = view->vcpu_count};
    snprintf(domain->name, sizeof(domain->name), "%s", name);
}

/* Adds a vCPU to the last domain. */
static struct view_vcpu *add_vcpu(struct plan *plan, int32_t pcpu, double usage, double delay)
{
    struct view *view = &plan->view;
    struct view_domain *domain = &view->domains[view->domain_count - 1];
    struct view_vcpu *vcpu = &view->vcpus[view->vcpu_count];

    *vcpu = (struct view_vcpu){
        .name = {.number = domain->vcpu_count++},
        .domain = view->domain_count - 1,
        .last_pcpu = pcpu,
        .pin = pcpu,
        .pool = -1,
        .usage = usage,
        .delay = delay,
        .demand = usage + delay,
    };
    domain->usage += usage;
    view_put(view, view->vcpu_count++, pcpu);
    return vcpu;
}

/* Two domains crowd pCPU 0; the plan takes one vCPU away. */
static struct plan *small_plan(void)
{
    struct plan *plan = new_plan(2, 4, 2);

    plan->view.period = 12;
    plan->view.now_ns = 3636050000000;
    plan->view.span_s = 3.0004;
    add_domain(plan, "web");
    add_vcpu(plan, 0, 46, 4);
    add_vcpu(plan, 1, 4, 0)->blocked_by = VCPU_FIXED | VCPU_NEW;
    add_domain(plan, "db");
    add_vcpu(plan, 0, 46.1, 0);
    add_vcpu(plan, 1, 0, 0);
    plan->view.domains[1].excluded = true;
    plan->view.pools[0].usage = 93.3;
    plan->view.pools[0].other = 1.2;
    plan->view.pools[1].usage = 4.5;
    plan->view.pools[1].other = 0.5;
    plan->view.busiest = 0;
    plan->view.freest = 1;
    plan->decision.reason = REASON_ACT;
    plan->decision.gain = 41.5;
    snprintf(plan->decision.why, sizeof(plan->decision.why),
             "busiest pCPU 0 at 93.3 %% is above the threshold of 50 %%, freest pCPU 1 at 4.5 %%: "
             "1 pin to gain "
             "41.5 points");
    plan_add(plan, 0, 1, 0);
    plan->decision.pins[0].result = PIN_DONE;
    plan->decision.pins[0].latency_ns = 420000;
    plan->stages[STAGE_SAMPLE] = (struct histogram_row){
        .count = 12, .p50 = 999, .p90 = 1230, .p99 = 45600000, .max = 1500000000};
    plan->stages[STAGE_PIN] = (struct histogram_row){
        .count = 1, .p50 = 420000, .p90 = 420000, .p99 = 420000, .max = 420000};
    return plan;
}

static struct options verbose_options(void)
{
    struct options options = {.verbose = true};

    options.planner.decision.threshold = 50;
    return options;
}

/* Returns the report of one plan; freed by the caller. */
static char *shown(const struct plan *plan, bool colour, unsigned width)
{
    const struct options options = verbose_options();
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct report *report = report_new(out, &options, colour, width);
    FILE *sink = fopen("/dev/null", "w");
    int saved = dup(STDERR_FILENO);

    assert_non_null(report);
    assert_non_null(sink);
    dup2(fileno(sink), STDERR_FILENO); /* failed pins are logged there */
    assert_int_equal(report_period(report, plan), 0);
    dup2(saved, STDERR_FILENO);
    close(saved);
    fclose(sink);
    report_free(report);
    fclose(out);
    return text;
}

static void test_period_in_full(void **state)
{
    static const char expected[] =
        "Period 12 at 0:00:00.00: 2 domains, 4 vCPUs, 2 pCPUs, over 3.000 s\n"
        "pCPU    0 [################|##############  ]  93.3 %  other   1.2 %  busiest\n"
        "pCPU    1 [#               |                ]   4.5 %  other   0.5 %  freest\n"
        "Of each vCPU: number@pCPU, usage %, delay %, and * pinned now, P paused, X\n"
        "excluded, Y yielded, S suspect, R realtime, F fixed, N new, U unchecked, L\n"
        "floating, D moved lately\n"
        "db                                       2 vCPUs      46.1 % excluded\n"
        "     0@0     46.1   0.0        1@1      0.0   0.0\n"
        "web                                      2 vCPUs      50.0 %\n"
        "     0@0     46.0   4.0 *      1@1      4.0   0.0 FN\n"
        "Busiest: pCPU 0 at 93.3 % (97.3 % wanted); freest: pCPU 1 at 4.5 %\n"
        "Decision: 1 pin, expected gain 41.5 points\n"
        "Reason: busiest pCPU 0 at 93.3 % is above the threshold of 50 %, freest pCPU 1\n"
        "        at 4.5 %: 1 pin to gain 41.5 points\n"
        "  web                 vCPU 0       pCPU 0 -> 1    made in   420 µs\n"
        "Stage               count       p50        p90        p99        max\n"
        "sample                 12    999 ns    1.23 µs    45.6 ms    1.50 s\n"
        "cross-check             0         -          -          -          -\n"
        "wait in ring            0         -          -          -          -\n"
        "plan                    0         -          -          -          -\n"
        "wait in ring            0         -          -          -          -\n"
        "pin                     1    420 µs     420 µs     420 µs     420 µs\n"
        "whole way               0         -          -          -          -\n"
        "\n";
    struct plan *plan = small_plan();
    char *text = shown(plan, false, 80);

    (void)state;
    assert_string_equal(text, expected);
    free(text);
    plan_free(plan);
}

static void test_durations(void **state)
{
    static const struct {
        uint64_t ns;
        const char *text;
    } rows[] = {
        {0, "     0 ns"},
        {999, "   999 ns"},
        {1000, "  1.00 µs"},
        {9994, "  9.99 µs"},
        {9995, "  10.0 µs"},
        {99949, "  99.9 µs"},
        {99950, "   100 µs"},
        {999499, "   999 µs"},
        {999500, "  1.00 ms"},
        {UINT64_C(999499999), "   999 ms"},
        {UINT64_C(999500000), "  1.00 s"},
        {UINT64_C(3600000000000), "  3600 s"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct page page = {.width = 80};

        page_duration(&page, rows[i].ns);
        assert_int_equal(page.column, 9);
        page_end(&page);
        assert_int_equal(page.used, strlen(rows[i].text) + 1);
        assert_memory_equal(page.text, rows[i].text, page.used - 1);
        page_free(&page);
    }
}

/* Four letters fit; of more, the last is "+". */
static void test_flags(void **state)
{
    static const struct {
        unsigned blocked_by;
        const char *cell;
    } rows[] = {
        {0, " 0@0      0.0   0.0\n"},
        {VCPU_FIXED | VCPU_EXCLUDED | VCPU_SUSPECT | VCPU_UNCHECKED, " 0@0      0.0   0.0 XSFU\n"},
        {VCPU_NEW | VCPU_PAUSED | VCPU_DWELLS | VCPU_FLOATING, " 0@0      0.0   0.0 PNLD\n"},
        {0xff, " 0@0      0.0   0.0 PXS+\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plan *plan = new_plan(1, 1, 1);
        char *text;

        add_domain(plan, "guest");
        add_vcpu(plan, 0, 0, 0)->blocked_by = (uint16_t)rows[i].blocked_by;
        text = shown(plan, false, 80);
        assert_non_null(strstr(text, rows[i].cell));
        free(text);
        plan_free(plan);
    }
}

/* The first snapshot has no predecessor, so there are no figures. */
static void test_first_period(void **state)
{
    struct plan *plan = small_plan();
    char *text;

    (void)state;
    plan->view.period = 0;
    plan->view.fresh = 4;
    plan->decision.pin_count = 0;
    strcpy(plan->decision.why, "first");
    text = shown(plan, false, 80);
    assert_ptr_equal(strstr(text, "Period 0 at 0:00:00.00: 2 domains, 4 vCPUs, 2 pCPUs\n"
                                  "Decision: no pin\n"
                                  "Reason: first\n"
                                  "Stage "),
                     text);
    free(text);
    plan_free(plan);
}

static void test_later_period(void **state)
{
    const struct options options = verbose_options();
    struct plan *plan = small_plan();
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct report *report = report_new(out, &options, false, 80);

    (void)state;
    assert_int_equal(report_period(report, plan), 0);
    plan->view.now_ns += 3723010000000;
    plan->totals.skipped = 1;
    plan->totals.passed_over = 2;
    plan->view.suspect = 3;
    assert_int_equal(report_period(report, plan), 0);
    fclose(out);
    assert_non_null(strstr(text, "Period 12 at 1:02:03.01: "));
    assert_non_null(strstr(text, "\nSo far 1 period skipped, 2 snapshots passed over\n"));
    assert_non_null(strstr(text, "\nvCPUs: 3 suspect, 0 unchecked, 0 new\n"));
    /* The legend is shown once. */
    assert_null(strstr(strstr(text, "Of each vCPU") + 1, "Of each vCPU"));
    report_free(report);
    free(text);
    plan_free(plan);
}

static void test_pin_results(void **state)
{
    static const struct {
        enum pin_result result;
        const char *words;
    } rows[] = {
        {PIN_PLANNED, "1    not tried\n"},
        {PIN_DRY, "1    would be made\n"},
        {PIN_GONE, "1    the vCPU is gone\n"},
        {PIN_BUSY, "1    waits: the domain has a job\n"},
        {PIN_FAILED, "1    refused\n"},
        {PIN_UNCONFIRMED, "1    not confirmed by reading back\n"},
        {PIN_SKIPPED, "1    skipped\n"},
        {PIN_UNDONE, "1    taken back: its partner failed\n"},
    };
    struct plan *plan = small_plan();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text;

        plan->decision.pins[0].result = rows[i].result;
        snprintf(plan->outcome.failure.text, sizeof(plan->outcome.failure.text), "%s",
                 i % 2 ? "no such pCPU" : "");
        text = shown(plan, false, 80);
        assert_non_null(strstr(text, rows[i].words));
        assert_int_equal(strstr(text, "\nWhy not: no such pCPU\n") != NULL, i % 2);
        free(text);
    }
    plan_free(plan);
}

static void test_floating_pin(void **state)
{
    struct plan *plan = new_plan(1, 1, 2);
    struct view_vcpu *vcpu;
    char *text;

    (void)state;
    add_domain(plan, "guest");
    vcpu = add_vcpu(plan, 1, 20, 0);
    vcpu->blocked_by = VCPU_FLOATING;
    vcpu->pin = -1;
    plan_add(plan, 0, 0, 0);
    text = shown(plan, false, 80);
    assert_non_null(strstr(text, "vCPU 0     floating -> 0 "));
    assert_non_null(strstr(text, " 0@1     20.0   0.0 *L\n"));
    free(text);
    plan_free(plan);
}

static unsigned seed;

static uint32_t any(uint32_t below)
{
    return (uint32_t)rand_r(&seed) % below;
}

static double any_percent(void)
{
    static const double odd[] = {-5, 1e300, 0, 100};

    if (any(20) == 0)
        return odd[any(4)];
    if (any(50) == 0)
        return (double)NAN;
    return any(10001) / 100.0;
}

static void any_name(char *name, size_t size)
{
    static const char *const pieces[] = {
        "a",    "\033[31m", "\n",           "\xe6\x97\xa5", "\xff", "\xc2\x9b[2J",     "%s%n",
        "web-", "\t",       "\xe2\x80\xae", "\r",           "9",    "\xf0\x9f\x98\x80"};
    size_t used = 0;

    for (uint32_t left = any(200); left > 0 && used + 8 < size; left--) {
        const char *piece = pieces[any(sizeof(pieces) / sizeof(pieces[0]))];

        memcpy(name + used, piece, strlen(piece));
        used += strlen(piece);
    }
    name[used] = '\0';
}

static struct plan *any_plan(uint32_t domains, uint32_t vcpus, uint32_t pcpus)
{
    struct plan *plan = new_plan(domains, vcpus, pcpus);
    struct view *view = &plan->view;

    view->period = 1 + any(1000000);
    view->now_ns = (uint64_t)any(1000000000) * 10000000;
    view->span_s = any_percent();
    view->suspect = any(2000);
    plan->totals.skipped = any(2) ? UINT64_MAX : 0;
    plan->decision.gain = any_percent();
    for (uint32_t i = 0; i < domains; i++) {
        char name[DOMAIN_NAME_MAX];

        any_name(name, sizeof(name));
        add_domain(plan, name);
        view->domains[i].state = any(4) ? DOMAIN_RUNNING : DOMAIN_PAUSED;
        view->domains[i].excluded = any(4) == 0;
        for (uint32_t n = vcpus / domains; n > 0; n--) {
            struct view_vcpu *vcpu =
                add_vcpu(plan, (int32_t)any(pcpus + 1) - 1, any_percent(), any_percent());

            vcpu->blocked_by = (uint16_t)(any(3) ? 0 : any(256));
        }
    }
    for (uint32_t i = 0; i < pcpus; i++)
        view->pools[i] = (struct view_pool){.usage = any_percent(),
                                            .speed = 1,
                                            .other = any_percent(),
                                            .pcpu = (int32_t)i,
                                            .pcpu_count = 1,
                                            .core_count = 1,
                                            .managed = any(5) != 0,
                                            .certain = any(5) != 0,
                                            .first_vcpu = view->pools[i].first_vcpu};
    view_show(view);
    view->busiest = (int32_t)any(pcpus);
    view->freest = (int32_t)any(pcpus);
    memset(plan->decision.why, any(2) ? 'w' : ' ', sizeof(plan->decision.why) - 1);
    any_name(plan->outcome.failure.text, 200);
    for (uint32_t n = any(view->vcpu_count / 4 + 1); n > 0; n--) {
        uint32_t vcpu = any(view->vcpu_count);

        if (view->vcpus[vcpu].blocked_by & VCPU_DWELLS)
            continue;
        plan_add(plan, vcpu, (int32_t)any(pcpus), n);
        plan->decision.pins[plan->decision.pin_count - 1].result =
            (enum pin_result)any(PIN_SKIPPED + 1);
        plan->decision.pins[plan->decision.pin_count - 1].latency_ns = any(1000000000);
    }
    for (size_t i = 0; i < STAGE_COUNT; i++)
        plan->stages[i] = (struct histogram_row){.count = any(3),
                                                 .p50 = any(2000),
                                                 .p90 = any(2000000),
                                                 .p99 = any(2000000000),
                                                 .max = UINT64_MAX};
    return plan;
}

/* Everything is printable, no line is too wide. */
static void assert_fits(const char *text, unsigned width)
{
    char line[2000];

    assert_int_equal(text[strlen(text) - 1], '\n');
    for (; *text != '\0'; text += strcspn(text, "\n") + 1) {
        size_t length = strcspn(text, "\n");
        unsigned columns;

        assert_true(length < sizeof(line));
        memcpy(line, text, length);
        line[length] = '\0';
        assert_int_equal(text_clean(line), length);
        assert_memory_equal(line, text, length);
        text_fit(line, 100000, &columns);
        assert_in_range(columns, 0, width);
    }
}

static unsigned count_of(const char *text, const char *word)
{
    unsigned count = 0;

    for (; (text = strstr(text, word)); text += strlen(word))
        count++;
    return count;
}

/* Colours are "ESC [ digits m" and nothing else. */
static void strip_colours(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        if (*from == '\033') {
            assert_int_equal(from[1], '[');
            from += 2 + strspn(from + 2, "0123456789");
            assert_int_equal(*from, 'm');
            continue;
        }
        *to++ = *from;
    }
    *to = '\0';
}

static void check_any_plan(const struct plan *plan, unsigned width)
{
    char *plain = shown(plan, false, width), *colour = shown(plan, true, width);
    const char *begin = strstr(plain, "Of each vCPU"), *end = strstr(plain, "\nDecision: ");

    assert_fits(plain, width);
    assert_non_null(begin);
    assert_non_null(end);
    assert_true(count_of(begin, "@") >= plan->view.vcpu_count + 1); /* the legend has one, too */
    assert_int_equal(count_of(end, " -> "), plan->decision.pin_count);
    assert_non_null(strchr(colour, '\033'));
    strip_colours(colour);
    assert_string_equal(colour, plain);
    free(plain);
    free(colour);
}

static void test_any_host_fits(void **state)
{
    (void)state;
    for (seed = 1; seed < 400; seed++) {
        unsigned width = 70 + any(100);
        uint32_t domains = 1 + any(30), pcpus = 1 + any(80);
        struct plan *plan = any_plan(domains, domains * (1 + any(20)), pcpus);

        check_any_plan(plan, any(2) ? 80 : width);
        plan_free(plan);
    }
}

static void test_large_host_fits(void **state)
{
    (void)state;
    for (seed = 1000; seed < 1010; seed++) {
        struct plan *plan = any_plan(100, 1000, 200);

        check_any_plan(plan, 80);
        plan_free(plan);
    }
}

static void test_many_pcpus_stay_short(void **state)
{
    struct plan *plan = new_plan(0, 0, 200);
    char *text;

    (void)state;
    for (uint32_t i = 0; i < 200; i++)
        plan->view.pools[i].usage = i / 2.0;
    plan->view.pools[7].managed = false;
    plan->view.busiest = 199;
    plan->view.freest = 0;
    text = shown(plan, false, 80);
    assert_non_null(strstr(text, "\n   0   0.0 f    1   0.5      2   1.0  "));
    assert_non_null(strstr(text, "   7   3.5 u "));
    assert_non_null(strstr(text, " 199  99.5 b\n"));
    assert_in_range(count_of(text, "\n"), 35, 50);
    free(text);
    plan_free(plan);
}

static void test_domains_by_name(void **state)
{
    struct plan *plan = new_plan(300, 300, 1);
    char *text, *at, before[20] = "";

    (void)state;
    seed = 5;
    for (uint32_t i = 0; i < 300; i++) {
        char name[20];

        snprintf(name, sizeof(name), "vm-%04u", any(5000));
        add_domain(plan, name);
        add_vcpu(plan, 0, 1, 0);
    }
    text = at = shown(plan, false, 80);
    for (uint32_t i = 0; i < 300; i++) {
        char name[20] = "";

        at = strstr(at, "\nvm-");
        assert_non_null(at);
        memcpy(name, ++at, 7);
        assert_true(strcmp(before, name) <= 0);
        memcpy(before, name, sizeof(name));
    }
    assert_null(strstr(at, "\nvm-"));
    free(text);
    plan_free(plan);
}

static void test_steady_run_allocates_nothing(void **state)
{
    const struct options options = verbose_options();
    FILE *out = fopen("/dev/null", "w");
    struct report *report = report_new(out, &options, true, 80);
    struct plan *plan;
    unsigned before;

    (void)state;
    assert_non_null(out);
    seed = 9;
    plan = any_plan(50, 500, 100);
    for (uint32_t i = 0; i < plan->decision.pin_count; i++)
        plan->decision.pins[i].result = PIN_DONE;
    assert_int_equal(report_period(report, plan), 0);
    before = allocations;
    for (int i = 0; i < 20; i++)
        assert_int_equal(report_period(report, plan), 0);
    assert_int_equal(allocations, before);
    assert_true(before > 0);
    report_free(report);
    fclose(out);
    plan_free(plan);
}

static void test_full_disk_is_told(void **state)
{
    const struct options options = verbose_options();
    FILE *out = fopen("/dev/full", "w");
    struct plan *plan = small_plan();
    struct report *report;

    (void)state;
    if (!out)
        skip();
    report = report_new(out, &options, false, 80);
    assert_int_equal(report_period(report, plan), -ENOSPC);
    report_free(report);
    fclose(out);
    plan_free(plan);
}

/* A run without --verbose: each message to standard error is a record of a socket. */
struct notices {
    struct options options;
    struct report *report;
    char *text;
    size_t size;
    FILE *out;
    int ends[2], saved;
};

static void notices_begin(struct notices *notices, bool quiet)
{
    *notices = (struct notices){.options = {.quiet = quiet}};
    notices->options.planner.decision.threshold = 50;
    notices->out = open_memstream(&notices->text, &notices->size);
    notices->report = report_new(notices->out, &notices->options, false, 80);
    assert_non_null(notices->report);
    log_set_level(quiet ? LOG_ERROR : LOG_INFO);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, notices->ends), 0);
    notices->saved = dup(STDERR_FILENO);
    assert_true(dup2(notices->ends[1], STDERR_FILENO) >= 0);
}

/* Shows the plan, expects just these lines (without the program's name). */
static void assert_notices(struct notices *notices, const struct plan *plan, const char *expected)
{
    static const char prefix[] = "vcpu-scheduler: ";
    char said[3000] = "", line[1100];
    ssize_t got;

    assert_int_equal(report_period(notices->report, plan), 0);
    while ((got = recv(notices->ends[0], line, sizeof(line) - 1, MSG_DONTWAIT)) > 0) {
        line[got] = '\0';
        assert_ptr_equal(strstr(line, prefix), line);
        strncat(said, line + strlen(prefix), sizeof(said) - strlen(said) - 1);
    }
    assert_string_equal(said, expected);
}

static void notices_end(struct notices *notices)
{
    dup2(notices->saved, STDERR_FILENO);
    close(notices->saved);
    close(notices->ends[0]);
    close(notices->ends[1]);
    report_free(notices->report);
    fclose(notices->out);
    assert_string_equal(notices->text, "");
    free(notices->text);
    log_set_level(LOG_INFO);
}

static void because(struct plan *plan, enum reason reason, const char *why)
{
    plan->decision.reason = reason;
    plan->decision.pin_count = 0;
    snprintf(plan->decision.why, sizeof(plan->decision.why), "%s", why);
}

static void test_only_changes_are_told(void **state)
{
    struct notices notices;
    struct plan *plan = small_plan();

    (void)state;
    notices_begin(&notices, false);
    because(plan, REASON_FIRST, "first");
    assert_notices(&notices, plan, "2 domains, 4 vCPUs\n");
    because(plan, REASON_BELOW, "below at 41.2");
    assert_notices(&notices, plan, "below at 41.2\n");
    because(plan, REASON_BELOW, "below at 41.3");
    assert_notices(&notices, plan, "");
    because(plan, REASON_SETTLING, "settling");
    assert_notices(&notices, plan, "");
    because(plan, REASON_BELOW, "below at 41.4");
    assert_notices(&notices, plan, "");
    because(plan, REASON_NO_GAIN, "no gain");
    assert_notices(&notices, plan, "no gain\n");
    plan->view.vcpu_count = 3;
    assert_notices(&notices, plan, "2 domains, 3 vCPUs\n");
    plan->view.domain_count = plan->view.vcpu_count = 1;
    assert_notices(&notices, plan, "1 domain, 1 vCPU\n");
    assert_notices(&notices, plan, "");
    notices_end(&notices);
    plan_free(plan);
}

/* The busiest pCPU is about at the threshold: no line each period. */
static void test_what_comes_and_goes_is_told_seldom(void **state)
{
    struct notices notices;
    struct plan *plan = small_plan();

    (void)state;
    notices_begin(&notices, false);
    plan->view.period = 1;
    because(plan, REASON_BELOW, "below");
    assert_notices(&notices, plan, "2 domains, 4 vCPUs\nbelow\n");
    for (plan->view.period = 2; plan->view.period < 21; plan->view.period++) {
        const bool below = plan->view.period % 2;

        because(plan, below ? REASON_BELOW : REASON_NO_GAIN, below ? "below" : "no gain");
        assert_notices(&notices, plan, plan->view.period == 2 ? "no gain\n" : "");
    }
    because(plan, REASON_BELOW, "still below");
    assert_notices(&notices, plan, "still below\n");
    plan->view.period++;
    because(plan, REASON_ACT, "why");
    plan->decision.pin_count = 1;
    assert_notices(&notices, plan, "why\ndomain web vCPU 0: pCPU 0 -> 1: made\n");
    plan->view.period++;
    because(plan, REASON_BELOW, "below by that");
    assert_notices(&notices, plan, "below by that\n");
    notices_end(&notices);
    plan_free(plan);
}

static void test_every_pin_is_told(void **state)
{
    struct notices notices;
    struct plan *plan = small_plan();

    (void)state;
    notices_begin(&notices, false);
    because(plan, REASON_FIRST, "first");
    assert_notices(&notices, plan, "2 domains, 4 vCPUs\n");
    because(plan, REASON_ACT, "why");
    plan->decision.pin_count = 1;
    assert_notices(&notices, plan, "why\ndomain web vCPU 0: pCPU 0 -> 1: made\n");
    assert_notices(&notices, plan, "why\ndomain web vCPU 0: pCPU 0 -> 1: made\n");
    plan->decision.pins[0].result = PIN_DRY;
    plan->decision.pins[0].from = -1;
    strcpy(plan->view.domains[0].name, "w\033[31m\n");
    assert_notices(&notices, plan,
                   "why\ndomain w?[31m? vCPU 0: floating -> pCPU 1: would be made\n");
    notices_end(&notices);
    plan_free(plan);
}

static void check_failures(bool quiet)
{
    struct notices notices;
    struct plan *plan = small_plan();
    char expected[300];

    notices_begin(&notices, quiet);
    plan->decision.pins[0].result = PIN_FAILED;
    strcpy(plan->outcome.failure.text, "virDomainPinVcpu: no");
    snprintf(expected, sizeof(expected),
             "domain web vCPU 0: pCPU 0 -> 1: refused\nvirDomainPinVcpu: no\n%s%s%s",
             quiet ? "" : "2 domains, 4 vCPUs\n", quiet ? "" : plan->decision.why,
             quiet ? "" : "\n");
    assert_notices(&notices, plan, expected);
    assert_notices(&notices, plan, ""); /* the same failure again */
    strcpy(plan->outcome.failure.text, "timed out");
    assert_notices(&notices, plan,
                   "domain web vCPU 0: pCPU 0 -> 1: refused\ntimed out\n"
                   "pins failed in 1 more plan since a failure was told last\n");
    notices_end(&notices);
    plan_free(plan);
}

static void test_failures_are_told(void **state)
{
    (void)state;
    check_failures(false);
}

static unsigned count_notices(struct notices *notices)
{
    char line[1100];
    unsigned count = 0;

    while (recv(notices->ends[0], line, sizeof(line), MSG_DONTWAIT) > 0)
        count++;
    return count;
}

/* Domains that can't be pinned, alone or together with others that can. */
static void test_failures_in_turn_are_told_seldom(void **state)
{
    struct notices notices;
    struct plan *plan = small_plan();
    unsigned count;

    (void)state;
    notices_begin(&notices, true);
    plan_add(plan, 2, 1, 1);
    for (plan->view.period = 1; plan->view.period <= 300; plan->view.period++) {
        const unsigned failing = plan->view.period % 2;
        const struct view_domain *domain = &plan->view.domains[failing];

        plan->decision.pins[failing].result = PIN_FAILED;
        plan->decision.pins[!failing].result = plan->view.period % 3 ? PIN_DONE : PIN_SKIPPED;
        snprintf(plan->outcome.failure.text, sizeof(plan->outcome.failure.text),
                 "domain %s vCPU %u: can't be pinned: held since %u ms", domain->name, failing,
                 (unsigned)plan->view.period * 77);
        assert_int_equal(report_period(notices.report, plan), 0);
    }
    count = count_notices(&notices);
    assert_in_range(count, 3, 20);

    /* New kinds of failure each time: still no line each. */
    for (; plan->view.period <= 600; plan->view.period++) {
        for (unsigned i = 0; i < 8; i++)
            plan->outcome.failure.text[i] = (char)('a' + (plan->view.period >> i) % 2);
        assert_int_equal(report_period(notices.report, plan), 0);
    }
    count = count_notices(&notices);
    assert_in_range(count, 3, 120);

    /* After a long pause it is logged at once. */
    plan->view.period += 30;
    assert_int_equal(report_period(notices.report, plan), 0);
    assert_true(count_notices(&notices) > 0);
    notices_end(&notices);
    plan_free(plan);
}

static void test_pins_that_wait_are_told_seldom(void **state)
{
    struct notices notices;
    struct plan *plan = small_plan();

    (void)state;
    notices_begin(&notices, false);
    plan->decision.pins[0].result = PIN_BUSY;
    for (plan->view.period = 1; plan->view.period <= 100; plan->view.period++)
        assert_int_equal(report_period(notices.report, plan), 0);
    assert_in_range(count_notices(&notices), 3, 10);
    notices_end(&notices);
    plan_free(plan);
}

/* --exclude and --cpus that match nothing are logged once, when there is a domain. */
static void test_settings_without_effect_are_told_once(void **state)
{
    static const char *globs[] = {"w*", "te*", "\"db\"", NULL};
    struct notices notices;
    struct plan *plan = small_plan();
    struct options others;
    uint32_t domains = plan->view.domain_count;

    (void)state;
    notices_begin(&notices, false);
    notices.options.planner.exclude = globs;
    cpuset_parse(&notices.options.planner.cpus, "0-3");
    cpuset_parse(&plan->view.managed, "0-1");
    because(plan, REASON_FIRST, "first");
    plan->view.domain_count = 0;
    assert_notices(&notices, plan, "0 domains, 4 vCPUs\n");
    plan->view.domain_count = domains;
    assert_notices(&notices, plan,
                   "exclude: 'te*' matches no active domain\n"
                   "exclude: '\"db\"' matches no active domain\n"
                   "cpus: 2-3 can't be managed: not there, or not online\n2 domains, 4 vCPUs\n");
    assert_notices(&notices, plan, "");
    others = notices.options;
    others.planner.exclude = globs + 2;
    report_set_options(notices.report, &others);
    cpuset_clear(&others.planner.cpus);
    assert_notices(&notices, plan, "exclude: '\"db\"' matches no active domain\n");
    assert_notices(&notices, plan, "");
    notices_end(&notices);
    plan_free(plan);
}

static void test_quiet_tells_failures_only(void **state)
{
    struct notices notices;
    struct plan *plan = small_plan();

    (void)state;
    notices_begin(&notices, true);
    assert_notices(&notices, plan, "");
    because(plan, REASON_NO_DOMAIN, "no active domain");
    plan->view.domain_count = plan->view.vcpu_count = 0;
    assert_notices(&notices, plan, "");
    notices_end(&notices);
    plan_free(plan);
    check_failures(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_period_in_full),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_first_period),
        cmocka_unit_test(test_later_period),
        cmocka_unit_test(test_pin_results),
        cmocka_unit_test(test_floating_pin),
        cmocka_unit_test(test_any_host_fits),
        cmocka_unit_test(test_large_host_fits),
        cmocka_unit_test(test_many_pcpus_stay_short),
        cmocka_unit_test(test_domains_by_name),
        cmocka_unit_test(test_steady_run_allocates_nothing),
        cmocka_unit_test(test_full_disk_is_told),
        cmocka_unit_test(test_only_changes_are_told),
        cmocka_unit_test(test_what_comes_and_goes_is_told_seldom),
        cmocka_unit_test(test_every_pin_is_told),
        cmocka_unit_test(test_failures_are_told),
        cmocka_unit_test(test_failures_in_turn_are_told_seldom),
        cmocka_unit_test(test_pins_that_wait_are_told_seldom),
        cmocka_unit_test(test_settings_without_effect_are_told_once),
        cmocka_unit_test(test_quiet_tells_failures_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
