/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's name is its owner's input: any byte but NUL and '/'. In log, report, status, ledger
 * and record it must neither control a terminal nor end a line, string or field.
 */
#include "actuator/give_back.h"
#include "base/text.h"
#include "fuzz/fuzz.h"
#include "ledger/text.h"
#include "report/report.h"
#include "status/internal.h"
#include "support/fake_host.h"
#include "trace/record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const names[] = {
    "web\nvcpu-scheduler: all is well\r\n",
    "\033[2J\033]0;title\a\x9b\x33\x31m",
    "</script><script>alert(1)</script>&amp;",
    "\"}], \"policy\": \"\\u0000\\",
    "caf\xe9 \xff\xfe\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xe2\x80",
    "a\xe2\x80\xae"
    "b\xe2\x81\xa6"
    "c\xe2\x80\xa8"
    "d\xef\xbb\xbf",
    "%s%n%d%.999f -- * ? [a-z] $(reboot) `reboot` ; |",
    " ",
    "\x7f\x01\x02\t\v\f",
    NULL, /* as long as a name can be, of characters of three bytes */
};

/* All outputs of one run. */
struct run {
    struct rig *rig;
    char name[DOMAIN_NAME_MAX], clean[DOMAIN_NAME_MAX];
    uint32_t vcpus[4], other;
    struct options told, shown;
    struct report *changes, *periods;
    struct record *record;
    struct status *status;
    FILE *page;
    char *page_text, record_path[64];
    size_t page_size;
    int errors; /* standard error, kept in memory */
};

static void name_it(struct run *run, const char *name)
{
    while (!name && strlen(run->name) + 3 < sizeof(run->name))
        strcat(run->name, "\xe6\x97\xa5");
    if (name)
        strcpy(run->name, name);
    strcpy(run->clean, run->name);
    text_clean(run->clean);
}

/* Three vCPUs of that name crowd a pCPU; the fourth may only be where nothing is managed. */
static void fill_host(struct run *run, struct host *host)
{
    const uint32_t hostile = fake_domain(host, run->name), plain = fake_domain(host, "plain");

    for (int32_t v = 0; v < 4; v++)
        run->vcpus[v] = fake_vcpu(host, hostile, v < 3 ? 0 : 3, 40);
    fake_set_wanted(host, run->vcpus[3], "3");
    run->other = fake_vcpu(host, plain, 1, 1);
}

static void begin(struct run *run, const char *name)
{
    struct host *host = fake_new(4, 8);
    struct failure why;

    memset(run, 0, sizeof(*run));
    name_it(run, name);
    fill_host(run, host);
    run->rig = rig_new(host, "--cpus 0-2 --min-gain 1 --dwell 0 --max-pins 1");
    run->told = run->shown = run->rig->options;
    run->shown.verbose = true;
    strcpy(run->record_path, "/tmp/vs-names-XXXXXX");
    close(mkstemp(run->record_path));
    run->told.record = run->record_path;
    run->page = open_memstream(&run->page_text, &run->page_size);
    assert_non_null(run->page);
    run->changes = report_new(run->page, &run->told, false, 70);
    run->periods = report_new(run->page, &run->shown, false, 70);
    run->status = status_new();
    assert_true(run->changes && run->periods && run->status);
    assert_int_equal(record_open(run->told.record, run->told.period_s, &run->record, &why), 0);
}

static void play(struct run *run, unsigned periods)
{
    struct failure why;

    while (periods-- > 0) {
        const struct plan *plan = rig_period(run->rig, 3);

        assert_int_equal(report_period(run->changes, plan), 0);
        assert_int_equal(report_period(run->periods, plan), 0);
        assert_int_equal(record_add(run->record, &plan->view, &why), 0);
        status_publish(run->status, &run->told, plan);
    }
}

/* Makes the stages log every kind of message about a vCPU. */
static void live(struct run *run)
{
    struct host *host = run->rig->host;

    for (int v = 0; v < 3; v++)
        fake_fail(host, run->vcpus[v], FAKE_PIN, 0, FAKE_IGNORED); /* the first pin of each */
    play(run, 12);
    host->vcpus[run->vcpus[0]].witness = 0.1;
    play(run, 3);
    host->vcpus[run->vcpus[0]].witness = 1;
    play(run, 3);
    fake_set_affinity(host, run->vcpus[1], "0-1");
    play(run, 3);
}

/* Runs with standard error captured, then a failing restore. */
static void live_aloud(struct run *run)
{
    const int saved = dup(STDERR_FILENO);

    run->errors = memfd_create("errors", 0);
    assert_true(run->errors >= 0 && saved >= 0);
    dup2(run->errors, STDERR_FILENO);
    live(run);
    fake_quiet(run->rig->host);
    fake_fail(run->rig->host, run->vcpus[0], FAKE_PIN, FAKE_ALWAYS, -EIO);
    fake_fail(run->rig->host, run->vcpus[2], FAKE_PIN, FAKE_ALWAYS, -EIO);
    actuator_give_back(&run->rig->actuator);
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static char *read_back(int fd, size_t *size)
{
    const off_t length = lseek(fd, 0, SEEK_END);
    char *text = malloc((size_t)length + 1);

    assert_non_null(text);
    assert_int_equal(pread(fd, text, (size_t)length, 0), length);
    text[length] = '\0';
    *size = (size_t)length;
    return text;
}

static void must_show(const char *what, const char *text, size_t size)
{
    if (strlen(text) != size || !fuzz_is_shown(text, size, true))
        fail_msg("%s is no plain text", what);
}

/* Each line is a message of the program, with the cleaned name of the domain. */
static void check_log(const struct run *run)
{
    static const char *const said[] = {
        "made",
        "not confirmed by reading back",
        "suspect, left out of decisions",
        "agree again",
        "somebody else has changed its affinity",
        "is managed: left alone",
        "could not be given back",
    };
    char domain[DOMAIN_NAME_MAX + 16], *text;
    size_t size;

    text = read_back(run->errors, &size);
    must_show("the log", text, size);
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1)
        assert_true(strncmp(line, "vcpu-scheduler: ", 16) == 0 && strchr(line, '\n'));
    for (size_t s = 0; s < sizeof(said) / sizeof(said[0]); s++) {
        if (!strstr(text, said[s]))
            fail_msg("%s was not said in\n%s", said[s], text);
    }
    snprintf(domain, sizeof(domain), "domain %s vCPU ", run->clean);
    assert_non_null(strstr(text, domain));
    free(text);
}

/* Checks that strings end where they should: outside are only numbers, words and brackets. */
static void must_be_json(const char *text)
{
    bool within = false;

    for (; *text != '\0'; text++) {
        if (within && *text == '\\')
            text++;
        else if (*text == '"')
            within = !within;
        else if (!within)
            assert_non_null(strchr("{}[]:, \n-+.0123456789abcdefghijklmnopqrstuvwxyz", *text));
    }
    assert_false(within);
}

/* The name as a JSON string (RFC 8259, 7) that may stand in a script. */
static void quote(const char *clean, char *quoted)
{
    quoted += sprintf(quoted, "{\"name\": \"");
    for (; *clean != '\0'; clean++) {
        if (strchr("<>&", *clean))
            quoted += sprintf(quoted, "\\u%04x", (unsigned)*clean);
        else
            quoted += sprintf(quoted, "%s%c", strchr("\"\\", *clean) ? "\\" : "", *clean);
    }
    strcpy(quoted, "\"");
}

/* No string of the JSON can end early, or end a script around it. */
static void check_status(struct run *run)
{
    struct status_page *page = status_take(run->status);
    char *json, *metrics, quoted[6 * DOMAIN_NAME_MAX + 16];
    size_t json_size, metrics_size;
    FILE *out = open_memstream(&json, &json_size);

    assert_true(page && out);
    status_write_json(out, page);
    fclose(out);
    out = open_memstream(&metrics, &metrics_size);
    assert_non_null(out);
    status_write_metrics(out, page);
    fclose(out);
    status_give(run->status, page);
    must_show("the status", json, json_size);
    must_show("the metrics", metrics, metrics_size);
    assert_null(strpbrk(json, "<&"));
    assert_int_equal(strcspn(json, "\n"), json_size - 1);
    must_be_json(json);
    quote(run->clean, quoted);
    assert_non_null(strstr(json, quoted));
    free(json);
    free(metrics);
}

/* Fields have only letters, digits and percent signs. */
static void check_ledger(const struct run *run)
{
    struct ledger_text text = {0};
    struct ledger *again = ledger_new();
    struct ledger_entry entry = {.domain = ""};
    struct failure why;
    uint32_t cursor = 0;

    assert_non_null(again);
    assert_true(ledger_count(run->rig->ledger) > 0);
    assert_int_equal(ledger_format(run->rig->ledger, run->name, &text), 0);
    must_show("the ledger", text.bytes, text.length);
    for (uint32_t i = 0; i < text.length; i++)
        assert_true((unsigned char)text.bytes[i] < 0x80);
    assert_int_equal(ledger_parse(again, run->name, &text, &why), 0);
    while (ledger_next(again, &cursor, &entry) && strcmp(entry.domain, "plain") == 0)
        ;
    assert_string_equal(entry.domain, run->name);
    ledger_free(again);
    free(text.bytes);
}

static void check_record(const struct run *run)
{
    struct failure why;
    FILE *file;
    char *text;
    size_t size;

    assert_int_equal(record_close(run->record, &why), 0);
    file = fopen(run->record_path, "re");
    assert_non_null(file);
    text = read_back(fileno(file), &size);
    fclose(file);
    unlink(run->record_path);
    must_show("the record", text, size);
    assert_non_null(strstr(text, "\n# vm: "));
    free(text);
}

static void check_report(struct run *run)
{
    fclose(run->page);
    must_show("the report", run->page_text, run->page_size);
    assert_non_null(strstr(run->page_text, "Why not: "));
    free(run->page_text);
}

static void end(struct run *run)
{
    close(run->errors);
    report_free(run->changes);
    report_free(run->periods);
    status_free(run->status);
    rig_free(run->rig);
}

static void names_come_out_as_text(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        struct run run;

        begin(&run, names[n]);
        live_aloud(&run);
        check_log(&run);
        check_report(&run);
        check_status(&run);
        check_ledger(&run);
        check_record(&run);
        end(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_out_as_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
