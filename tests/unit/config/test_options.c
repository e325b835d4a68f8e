/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line: what it accepts. Each mistake is reported in one line with the option, its
 * value and what is accepted.
 */
#include "config/options.h"
#include "config/table/row.h"
#include "config/table/value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARGS_MAX 24

/* One parsing and what it printed. */
struct run {
    struct options options;
    enum options_verdict verdict;
    char *out, *err;
    char *argv[ARGS_MAX + 1];
    int argc;
};

static void run_begin(struct run *run)
{
    *run = (struct run){.argc = 1};
    run->argv[0] = strdup("vcpu-scheduler");
}

static void run_add(struct run *run, const char *argument)
{
    assert_true(run->argc < ARGS_MAX);
    run->argv[run->argc] = strdup(argument);
    assert_non_null(run->argv[run->argc]);
    run->argc++;
}

static void run_parse(struct run *run)
{
    size_t out_size, err_size;
    FILE *out = open_memstream(&run->out, &out_size);
    FILE *err = open_memstream(&run->err, &err_size);

    assert_non_null(out);
    assert_non_null(err);
    run->verdict = options_parse(&run->options, run->argc, run->argv, out, err);
    fclose(out);
    fclose(err);
}

/* The arguments stand in one text, separated by blanks; "" among them is the empty one. */
static void run_text(struct run *run, const char *arguments)
{
    char *copy = strdup(arguments), *rest = copy, *word;

    assert_non_null(copy);
    run_begin(run);
    while ((word = strsep(&rest, " ")))
        if (word[0] != '\0')
            run_add(run, strcmp(word, "\"\"") == 0 ? "" : word);
    free(copy);
    run_parse(run);
}

static void run_end(struct run *run)
{
    if (run->verdict == OPTIONS_RUN)
        options_finish(&run->options);
    for (int i = 0; i < run->argc; i++)
        free(run->argv[i]);
    free(run->out);
    free(run->err);
}

static void assert_wrong(const char *arguments, const char *message)
{
    struct run run;
    char line[400];

    snprintf(line, sizeof line, "vcpu-scheduler: %s\n", message);
    run_text(&run, arguments);
    assert_string_equal(run.err, line);
    assert_int_equal(run.verdict, OPTIONS_WRONG);
    assert_string_equal(run.out, "");
    assert_null(run.options.planner.exclude);
    run_end(&run);
}

static void assert_right(struct run *run, const char *arguments)
{
    run_text(run, arguments);
    assert_string_equal(run->err, "");
    assert_int_equal(run->verdict, OPTIONS_RUN);
    assert_string_equal(run->out, "");
}

static void test_defaults(void **state)
{
    struct run run;
    const struct options *options = &run.options;

    (void)state;
    assert_right(&run, "");
    assert_float_equal(options->period_s, 3, 0);
    assert_float_equal(options->planner.decision.threshold, 50, 0);
    assert_float_equal(options->planner.decision.min_gain, 5, 0);
    assert_float_equal(options->planner.decision.stddev, 10, 0);
    assert_int_equal(options->planner.decision.dwell, 5);
    assert_int_equal(options->planner.decision.max_pins, 0);
    assert_string_equal(options->planner.policy->name, "swap");
    assert_int_equal(options->planner.floating, FLOATING_PLACE);
    assert_int_equal(options->planner.crosscheck, CROSSCHECK_WARN);
    assert_int_equal(options->summary, SUMMARY_NONE);
    assert_true(options->restore);
    assert_false(options->restore_only);
    assert_null(options->runtime_dir);
    assert_int_equal(options->cycles, 0);
    assert_null(options->uri);
    assert_null(options->cgroup_root);
    assert_null(options->planner.exclude);
    assert_false(options->planner.has_cpus || options->planner.adopt_pins ||
                 options->planner.dry_run || options->wait || options->verbose || options->quiet);
    assert_false(planner_excludes(&options->planner, "guest"));
    run_end(&run);
}

/* One text holds several, by commas or blanks. */
static void test_lists(void **state)
{
    struct run run;
    char text[64];

    (void)state;
    run_begin(&run);
    run_add(&run, "--exclude");
    run_add(&run, "db-*,web-* mail");
    run_add(&run, "--exclude='my vm*'");
    run_add(&run, "--cpus");
    run_add(&run, "0-3 8-11");
    run_add(&run, "--cpus=16-19,^17-18");
    run_parse(&run);
    assert_string_equal(run.err, "");
    assert_true(planner_excludes(&run.options.planner, "db-1"));
    assert_true(planner_excludes(&run.options.planner, "web-"));
    assert_true(planner_excludes(&run.options.planner, "mail"));
    assert_true(planner_excludes(&run.options.planner, "my vm 2"));
    assert_false(planner_excludes(&run.options.planner, "my"));
    cpuset_format(&run.options.planner.cpus, text, sizeof text);
    assert_string_equal(text, "0-3,8-11,16,19");
    run_end(&run);
}

static void test_every_option(void **state)
{
    struct run run;
    const struct options *options = &run.options;

    (void)state;
    assert_right(
        &run,
        "-p 0.5 -t 61.5 -c qemu:///embed?root=/tmp/x --policy stddev --max-pins 7 --min-gain 2.5 "
        "--dwell 9 --stddev 12 --floating leave --adopt-pins -v");
    assert_float_equal(options->period_s, 0.5, 0);
    assert_float_equal(options->planner.decision.threshold, 61.5, 0);
    assert_string_equal(options->uri, "qemu:///embed?root=/tmp/x");
    assert_string_equal(options->planner.policy->name, "stddev");
    assert_int_equal(options->planner.decision.max_pins, 7);
    assert_float_equal(options->planner.decision.min_gain, 2.5, 0);
    assert_int_equal(options->planner.decision.dwell, 9);
    assert_float_equal(options->planner.decision.stddev, 12, 0);
    assert_int_equal(options->planner.floating, FLOATING_LEAVE);
    assert_true(options->planner.adopt_pins);
    assert_true(options->verbose);
    run_end(&run);

    assert_right(&run,
                 "--crosscheck require --cgroup-root /x --dry-run --cycles 12 --wait --no-restore "
                 "--summary json -q");
    assert_int_equal(options->planner.crosscheck, CROSSCHECK_REQUIRE);
    assert_string_equal(options->cgroup_root, "/x");
    assert_true(options->planner.dry_run);
    assert_int_equal(options->cycles, 12);
    assert_true(options->wait);
    assert_false(options->restore);
    assert_int_equal(options->summary, SUMMARY_JSON);
    assert_true(options->quiet);
    run_end(&run);

    assert_right(&run, "--restore --runtime-dir /run/x");
    assert_true(options->restore_only);
    assert_true(options->restore);
    assert_string_equal(options->runtime_dir, "/run/x");
    run_end(&run);
    assert_wrong("--restore --no-restore", "--restore: not together with --no-restore");
    assert_wrong("--dry-run --restore", "--restore: not together with --dry-run");

    assert_right(&run, "--once --crosscheck off --summary text --floating place --policy=none");
    assert_int_equal(options->cycles, 1);
    assert_int_equal(options->planner.crosscheck, CROSSCHECK_OFF);
    assert_int_equal(options->summary, SUMMARY_TEXT);
    assert_string_equal(options->planner.policy->name, "none");
    run_end(&run);
}

static void test_traces(void **state)
{
    struct run run;
    const struct options *options = &run.options;

    (void)state;
    assert_right(&run, "-c trace:/x.csv.gz --pcpus 24 --compare --report /r.html");
    assert_int_equal(options->pcpus, 24);
    assert_true(options->compare);
    assert_string_equal(options->report, "/r.html");
    assert_null(options->record);
    run_end(&run);
    assert_right(&run, "--record /y.csv.gz");
    assert_string_equal(options->record, "/y.csv.gz");
    assert_int_equal(options->pcpus, 0);
    assert_false(options->compare);
    assert_null(options->report);
    run_end(&run);

    assert_wrong("--compare", "--compare: only with --connect trace:FILE");
    assert_wrong("--compare -c qemu:///system", "--compare: only with --connect trace:FILE");
    assert_wrong("--pcpus 3", "--pcpus: only with --connect trace:FILE");
    assert_wrong("--report x -c trace:x", "--report: only together with --compare");
    assert_wrong("-c trace:x --compare --policy none", "--compare: not together with --policy");
    assert_wrong("-c trace:x --compare --cpus 0", "--compare: not together with --cpus");
    assert_wrong("-c trace:x --compare --dry-run", "--compare: not together with --dry-run");
    assert_wrong("-c trace:x --compare --record x", "--compare: not together with --record");
    assert_wrong("-c trace:x --compare -v", "--compare: not together with --verbose");
    assert_wrong("--record \"\"", "--record: '' is empty, FILE is needed");
}

static void test_every_policy(void **state)
{
    (void)state;
    assert_non_null(policy_at(0));
    for (uint32_t n = 0; policy_at(n); n++) {
        char arguments[80];
        struct run run;

        snprintf(arguments, sizeof arguments, "--policy %s", policy_at(n)->name);
        assert_right(&run, arguments);
        assert_ptr_equal(run.options.planner.policy, policy_at(n));
        run_end(&run);
    }
}

static void test_period(void **state)
{
    static const struct {
        const char *arguments;
        double period;
    } right[] = {
        {"7", 7},         {"0.01", 0.01},      {"3600", 3600},   {".5", 0.5},
        {"2.", 2},        {"1e1", 10},         {"5E-2", 0.05},   {"--period 4 4.0", 4},
        {"-p3.25", 3.25}, {"--per 8", 8},      {"-p 3 -p 6", 6}, {"2 -v", 2},
        {"-- 9", 9},      {"1 --period 1", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        struct run run;

        assert_right(&run, right[i].arguments);
        assert_float_equal(run.options.period_s, right[i].period, 0);
        run_end(&run);
    }
}

/* "-0" becomes 0, or it would be shown with its sign. */
static void test_no_negative_zero(void **state)
{
    struct run run;

    (void)state;
    assert_right(&run, "--min-gain -0");
    assert_false(signbit(run.options.planner.decision.min_gain));
    run_end(&run);
}

static void test_wrong_numbers(void **state)
{
    static const char *const no_numbers[] = {
        "abc", "nan", "inf", "-inf", "0x10", "3s", "1,5",   "1.2.3", "1e",      "e1",
        "+3",  ".",   "..5", "-",    "1 2",  "½",  "3e1.0", "--",    "infinity"};

    (void)state;
    for (size_t i = 0; i < sizeof no_numbers / sizeof no_numbers[0]; i++) {
        char message[200];
        struct run run;

        snprintf(message, sizeof message,
                 "vcpu-scheduler: --period: '%s' is not a number (0.01 to 3600 seconds)\n",
                 no_numbers[i]);
        run_begin(&run);
        run_add(&run, "--period");
        run_add(&run, no_numbers[i]);
        run_parse(&run);
        assert_string_equal(run.err, message);
        assert_int_equal(run.verdict, OPTIONS_WRONG);
        run_end(&run);
    }
    assert_wrong("--period 0", "--period: '0' is not in 0.01 to 3600 seconds");
    assert_wrong("-p 0.00999", "--period: '0.00999' is not in 0.01 to 3600 seconds");
    assert_wrong("-p -3", "--period: '-3' is not in 0.01 to 3600 seconds");
    assert_wrong("-p 1e999", "--period: '1e999' is not in 0.01 to 3600 seconds");
    assert_wrong("--period=", "--period: '' is not a number (0.01 to 3600 seconds)");
    assert_wrong("3601", "PERIOD: '3601' is not in 0.01 to 3600 seconds");
    assert_wrong("soon", "PERIOD: 'soon' is not a number (0.01 to 3600 seconds)");
    assert_wrong("\"\"", "PERIOD: '' is not a number (0.01 to 3600 seconds)");
    assert_wrong("-- -3", "PERIOD: '-3' is not in 0.01 to 3600 seconds");
    assert_wrong("--dwell 2.5", "--dwell: '2.5' is not a whole number (0 to 1000000 periods)");
    assert_wrong("--dwell 1e3", "--dwell: '1e3' is not a whole number (0 to 1000000 periods)");
    assert_wrong("--max-pins 0", "--max-pins: '0' is not in 1 to 100000 pin changes");
    assert_wrong("--cycles 18446744073709551617",
                 "--cycles: '18446744073709551617' is not in 1 to 1000000000 periods");
}

/* Each number of the table: both limits are accepted, values beyond them are not, and the message
 * names the range. */
static void test_every_range(void **state)
{
    unsigned checked = 0;

    (void)state;
    for (size_t i = 0; i < options_table.count; i++) {
        const struct option_row *row = &options_table.rows[i];
        double step = row->type == TYPE_NUMBER ? 0.001 : 1;
        char text[120], message[300], range[80];
        struct run run;

        if (!row->unit)
            continue;
        checked++;
        option_accepted(range, sizeof range, row);
        for (int end = 0; end < 2; end++) {
            snprintf(text, sizeof text, "%s--%s=%.12g", row->of_traces ? "-c trace:x " : "",
                     row->name, end ? row->high : row->low);
            assert_right(&run, text);
            run_end(&run);
            snprintf(text, sizeof text, "%.13g", end ? row->high + step : row->low - step);
            snprintf(message, sizeof message, "--%s: '%s' is not in %s", row->name, text, range);
            snprintf(text, sizeof text, "--%s=%.13g", row->name,
                     end ? row->high + step : row->low - step);
            assert_wrong(text, message);
        }
    }
    assert_int_equal(checked, 13);
}

static void test_times(void **state)
{
    static const struct {
        const char *text;
        double seconds;
    } times[] = {{"90", 90},
                 {"90s", 90},
                 {"1.5m", 90},
                 {"1h", 3600},
                 {"2d", 172800},
                 {"365d", 31536000},
                 {"forever", (double)INFINITY}};
    struct run run;
    char text[40];

    (void)state;
    assert_right(&run, "");
    assert_true(run.options.planner.yield_for_s >= 3600 && run.options.planner.yield_for_s <= 3600);
    run_end(&run);
    for (size_t t = 0; t < sizeof times / sizeof *times; t++) {
        snprintf(text, sizeof text, "--yield-for=%s", times[t].text);
        assert_right(&run, text);
        assert_true(run.options.planner.yield_for_s >= times[t].seconds &&
                    run.options.planner.yield_for_s <= times[t].seconds);
        run_end(&run);
    }
#define TIMES "1 to 31536000 seconds, or such as 30m, 1h or 2d, or forever"
    assert_wrong("--yield-for=", "--yield-for: '' is not a time (" TIMES ")");
    assert_wrong("--yield-for=h", "--yield-for: 'h' is not a time (" TIMES ")");
    assert_wrong("--yield-for=1y", "--yield-for: '1y' is not a time (" TIMES ")");
    assert_wrong("--yield-for=366d", "--yield-for: '366d' is not in " TIMES);
    assert_wrong("--yield-for=0.5", "--yield-for: '0.5' is not in " TIMES);
    assert_wrong("--yield-for=-1h", "--yield-for: '-1h' is not in " TIMES);
}

static void test_wrong_words(void **state)
{
    (void)state;
    assert_wrong("--crosscheck of", "--crosscheck: 'of' is not warn, require or off");
    assert_wrong("--floating WARN", "--floating: 'WARN' is not place or leave");
    assert_wrong("--summary xml", "--summary: 'xml' is not none, text or json");
    assert_wrong("--summary", "--summary: FORM is missing (none, text or json)");
    assert_wrong("--exclude \"\"", "--exclude: '' is empty, GLOB is needed");
    assert_wrong("--connect=", "--connect: '' is empty, URI is needed");
    assert_wrong("--cpus 0-", "--cpus: '0-' is not a list of pCPUs such as 0-3,8");
    assert_wrong("--cpus 8192", "--cpus: '8192' is not in 0 to 8191");
    assert_wrong("--cpus \"\"", "--cpus: '' names no pCPU (0 to 8191)");
    assert_wrong("--cpus 1,^1", "--cpus: '1,^1' names no pCPU (0 to 8191)");
}

static void test_wrong_policy(void **state)
{
    struct run run;

    (void)state;
    run_text(&run, "--policy best");
    assert_int_equal(run.verdict, OPTIONS_WRONG);
    assert_non_null(strstr(run.err, "--policy: 'best' is not "));
    for (uint32_t n = 0; policy_at(n); n++)
        assert_non_null(strstr(run.err, policy_at(n)->name));
    assert_ptr_equal(strchr(run.err, '\n'), run.err + strlen(run.err) - 1);
    run_end(&run);
}

static void test_wrong_options(void **state)
{
    (void)state;
    assert_wrong("--frobnicate", "unknown option '--frobnicate', see --help");
    assert_wrong("--frobnicate=3", "unknown option '--frobnicate=3', see --help");
    assert_wrong("-z", "unknown option '-z', see --help");
    assert_wrong("-vz", "unknown option '-z', see --help");
    assert_wrong("-3", "unknown option '-3' (PERIOD is 0.01 to 3600 seconds)");
    assert_wrong("--c 3", "'--c' is short for several options, see --help");
    assert_wrong("--verbose=yes", "--verbose: takes no value: '--verbose=yes'");
    assert_wrong("-v -p", "--period: S is missing (0.01 to 3600 seconds)");
    assert_wrong("--connect", "--connect: URI is missing");
    assert_wrong("--quiet --verbose", "--verbose: not together with --quiet");
    assert_wrong("-vq", "--verbose: not together with --quiet");
    assert_wrong("--cycles 3 --once", "--once: not together with --cycles");
    assert_wrong("--period 3 4", "PERIOD: '4' contradicts --period 3");
    assert_wrong("3 4", "'4': one PERIOD is all that can stand without an option, see --help");
    assert_wrong("3 3 3", "'3': one PERIOD is all that can stand without an option, see --help");
    assert_wrong("--exclude a --exclude b --bad", "unknown option '--bad', see --help");
}

/* Arguments may hold anything: a message is one harmless line with the range at its end. */
static void test_value_is_shown_safely(void **state)
{
    char value[3000];
    struct run run;

    (void)state;
    assert_wrong("--period 1\n2\033[31m\177\302\233x\377",
                 "--period: '1?2?[31m??x?' is not a number (0.01 to 3600 seconds)");
    memset(value, '9', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    run_begin(&run);
    run_add(&run, "--period");
    run_add(&run, value);
    run_parse(&run);
    assert_int_equal(run.verdict, OPTIONS_WRONG);
    assert_non_null(strstr(run.err, "' is not in 0.01 to 3600 seconds\n"));
    assert_true(strlen(run.err) < 200);
    run_end(&run);
}

static void test_cpus(void **state)
{
    struct run run;

    (void)state;
    assert_right(&run, "--cpus 0-1 --cpus 70,1 --cpus 8191");
    assert_true(run.options.planner.has_cpus);
    assert_int_equal(cpuset_count(&run.options.planner.cpus), 4);
    assert_true(cpuset_has(&run.options.planner.cpus, 0) &&
                cpuset_has(&run.options.planner.cpus, 1));
    assert_true(cpuset_has(&run.options.planner.cpus, 70) &&
                cpuset_has(&run.options.planner.cpus, 8191));
    run_end(&run);
}

static void test_exclude(void **state)
{
    struct run run;

    (void)state;
    assert_right(&run, "--exclude db-* --exclude web? --exclude [xy]1");
    assert_true(planner_excludes(&run.options.planner, "db-"));
    assert_true(planner_excludes(&run.options.planner, "db-main"));
    assert_true(planner_excludes(&run.options.planner, "web1"));
    assert_true(planner_excludes(&run.options.planner, "y1"));
    assert_false(planner_excludes(&run.options.planner, "web12"));
    assert_false(planner_excludes(&run.options.planner, "my-db-main"));
    assert_false(planner_excludes(&run.options.planner, ""));
    run_end(&run);
}

static void assert_narrow(const char *text)
{
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
        assert_in_range(strcspn(line, "\n"), 0, 80);
}

/* --help has each row of the table with its range and default, but not hidden ones. */
static void test_help(void **state)
{
    char help[8000] = "";
    struct run run;
    size_t used = 0;

    (void)state;
    run_text(&run, "-v --help --frobnicate");
    assert_int_equal(run.verdict, OPTIONS_DONE);
    assert_string_equal(run.err, "");
    assert_narrow(run.out);
    /* Lines may break anywhere between words. */
    for (const char *byte = run.out; *byte != '\0' && used + 1 < sizeof help; byte++)
        if (!strchr(" \n", *byte))
            help[used++] = *byte;
        else if (used > 0 && help[used - 1] != ' ')
            help[used++] = ' ';
    for (size_t i = 0; i < options_table.count; i++) {
        const struct option_row *row = &options_table.rows[i];
        char name[40], range[200], standard[80];

        snprintf(name, sizeof name, "--%s ", row->name);
        option_accepted(range, sizeof range, row);
        assert_int_equal(strstr(help, name) == NULL, row->hidden);
        if (row->hidden || !row->argument)
            continue;
        snprintf(standard, sizeof standard, "default: %s)",
                 row->standard ? row->standard : row->otherwise);
        assert_non_null(strstr(strstr(help, name), standard));
        if (row->type != TYPE_CHOICE)
            assert_non_null(strstr(strstr(help, name), range));
    }
    for (uint32_t n = 0; policy_at(n); n++)
        assert_non_null(strstr(help, policy_at(n)->summary));
    run_end(&run);
}

static void test_version(void **state)
{
    struct run run;

    (void)state;
    run_text(&run, "-V");
    assert_int_equal(run.verdict, OPTIONS_DONE);
    assert_string_equal(run.err, "");
    assert_ptr_equal(strstr(run.out, "vcpu-scheduler "), run.out);
    run_end(&run);
}

/* For any arguments: silent success, or one line and a failure. */
static void test_random_arguments(void **state)
{
    static const char *const pieces[] = {
        "-",   "--",   "p", "3",       "=",    "0.01", "period", "cpus", "0-3",
        "v",   "q",    "?", "exclude", "*",    ":",    "e",      "\033", "\xff",
        "no-", "once", "c", "restore", "help", "9",    "",       "\n",   "max-pins"};
    unsigned seed = 1, told = 0;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct run run;

        run_begin(&run);
        for (int count = rand_r(&seed) % 4; count >= 0; count--) {
            char argument[200] = "";

            for (int length = rand_r(&seed) % 5; length >= 0; length--)
                strcat(argument,
                       pieces[(size_t)rand_r(&seed) % (sizeof pieces / sizeof pieces[0])]);
            run_add(&run, argument);
        }
        run_parse(&run);
        if (run.verdict == OPTIONS_WRONG) {
            told++;
            assert_ptr_equal(strchr(run.err, '\n'), run.err + strlen(run.err) - 1);
            assert_null(strchr(run.err, '\033'));
        } else {
            assert_string_equal(run.err, "");
        }
        run_end(&run);
    }
    assert_in_range(told, 1000, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_every_option),
        cmocka_unit_test(test_traces),
        cmocka_unit_test(test_every_policy),
        cmocka_unit_test(test_period),
        cmocka_unit_test(test_no_negative_zero),
        cmocka_unit_test(test_wrong_numbers),
        cmocka_unit_test(test_every_range),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_wrong_words),
        cmocka_unit_test(test_wrong_policy),
        cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_value_is_shown_safely),
        cmocka_unit_test(test_cpus),
        cmocka_unit_test(test_exclude),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_random_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
