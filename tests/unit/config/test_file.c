/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration file: precedence, mistakes and how they are reported, changes at a reload. */
#include "config/options.h"

#include "log/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/test_option_file.XXXXXX";
static char said[8192];

static void write_file(const char *text, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
}

/* Parses "--config FILE ARGUMENTS". */
static enum options_verdict parse_file(struct options *options, const char *arguments)
{
    static char words[512]; /* options keep pointers to it */
    static char *argv[24];
    FILE *err = fmemopen(said, sizeof said, "w");
    enum options_verdict verdict;
    int argc = 0;

    assert_non_null(err);
    said[0] = '\0';
    snprintf(words, sizeof words, "vcpu-scheduler --config %s %s", path, arguments);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    verdict = options_parse(options, argc, argv, stdout, err);
    fclose(err);
    return verdict;
}

/* The same with the text as the file. */
static enum options_verdict parse(struct options *options, const char *text, const char *arguments)
{
    write_file(text, strlen(text));
    return parse_file(options, arguments);
}

/* Each message stands in a line of its own: "LINE: what is wrong". */
static void refuses(const char *text, const char *messages)
{
    struct options options;
    char expected[2048], *rest = strdup(messages), *message, *all = rest;
    size_t length = 0;

    assert_non_null(all);
    assert_int_equal(parse(&options, text, ""), OPTIONS_WRONG);
    while ((message = strsep(&rest, "\n")))
        length += (size_t)snprintf(expected + length, sizeof expected - length,
                                   "vcpu-scheduler: %s:%s\n", path, message);
    free(all);
    assert_string_equal(said, expected);
}

static void accepts(struct options *options, const char *text)
{
    const enum options_verdict verdict = parse(options, text, "");

    assert_string_equal(said, "");
    assert_int_equal(verdict, OPTIONS_RUN);
}

static void assert_cpus(const struct options *options, const char *list)
{
    char text[256];

    cpuset_format(&options->planner.cpus, text, sizeof text);
    assert_string_equal(text, list);
}

static void the_later_has_the_last_word(void **state)
{
    struct options options;

    (void)state;
    assert_int_equal(parse(&options,
                           "# a comment\n\nthreshold = 70\ndwell=9\nexclude = db-*\n"
                           "exclude = web-?\npolicy = balance ; inline\nadopt-pins = yes\n"
                           "no-restore = no\n",
                           ""),
                     OPTIONS_RUN);
    assert_true(options.has_config);
    assert_float_equal(options.planner.decision.threshold, 70, 0);
    assert_int_equal(options.planner.decision.dwell, 9);
    assert_float_equal(options.period_s, 3, 0);
    assert_true(planner_excludes(&options.planner, "db-1"));
    assert_true(planner_excludes(&options.planner, "web-1"));
    assert_false(planner_excludes(&options.planner, "web-12"));
    assert_ptr_equal(options.planner.policy, &policy_balance);
    assert_true(options.planner.adopt_pins);
    assert_true(options.restore);
    options_finish(&options);

    assert_int_equal(parse(&options,
                           "threshold = 70\nexclude = db-*\nperiod = 9\ncpus = 0-3\nonce = yes\n"
                           "verbose = yes\nno-restore = yes\n",
                           "--threshold 60 --exclude x --cycles 5 --quiet 2"),
                     OPTIONS_RUN);
    assert_float_equal(options.planner.decision.threshold, 60, 0);
    assert_false(planner_excludes(&options.planner, "db-1"));
    assert_true(planner_excludes(&options.planner, "x"));
    assert_float_equal(options.period_s, 2, 0);
    assert_int_equal(cpuset_count(&options.planner.cpus), 4);
    assert_int_equal(options.cycles, 5); /* the file's contradicting option is ignored */
    assert_true(options.quiet);
    assert_false(options.verbose);
    assert_false(options.restore);
    options_finish(&options);
}

static struct policy_settings settings_of(const char *arguments)
{
    struct options options;

    assert_int_equal(parse(&options, "", arguments), OPTIONS_RUN);
    const struct policy_settings settings = options.planner.decision;
    options_finish(&options);
    return settings;
}

static void assert_settings(const struct policy_settings *a, const struct policy_settings *b)
{
    assert_float_equal(a->threshold, b->threshold, 0);
    assert_float_equal(a->min_gain, b->min_gain, 0);
    assert_float_equal(a->pin_price, b->pin_price, 0);
}

/* Single pCPUs and pools have defaults of their own; what is given holds for both. */
static void a_level_has_its_own_defaults(void **state)
{
    static const struct pool_choice cpu = {.level = POOL_CPU}, core = {.level = POOL_CORE},
                                    llc = {.level = POOL_LLC}, four = {POOL_SIZED, 4};
    const struct policy_settings at_cpu = settings_of(""), at_llc = settings_of("--pool llc");
    struct options options;

    (void)state;
    assert_true(at_cpu.threshold < at_llc.threshold);
    assert_int_equal(parse(&options, "pool = node\n", ""), OPTIONS_RUN);
    assert_false(options.pool_asked); /* by the file only */
    assert_true(options.planner.has_pool);
    assert_settings(&options.planner.decision, &at_llc);
    options_set_pool(&options, &cpu);
    assert_int_equal(options.planner.pool.level, POOL_CPU);
    assert_settings(&options.planner.decision, &at_cpu);
    options_set_pool(&options, &four);
    assert_int_equal(options.planner.pool.size, 4);
    assert_settings(&options.planner.decision, &at_llc);
    options_set_pool(&options, &core);
    assert_settings(&options.planner.decision, &at_cpu);
    options_finish(&options);

    /* What is given is given, even if it is a default. */
    struct policy_settings given = at_llc;

    given.min_gain = 7;
    given.threshold = at_cpu.threshold;
    assert_int_equal(parse(&options, "min-gain = 7\n", "--pool cpu -t 50"), OPTIONS_RUN);
    assert_true(options.pool_asked);
    options_set_pool(&options, &llc);
    assert_settings(&options.planner.decision, &given);
    options_finish(&options);
}

static void a_mistake_refuses_the_file_with_its_line(void **state)
{
    (void)state;
    refuses("threshold = 50\n\nthreshold = 200\n",
            "3: threshold: '200' is not in 1 to 100 percent");
    refuses("thresold = 50\n", "1: unknown option 'thresold'");
    refuses("period = 1\nadopt-pins = maybe\n", "2: adopt-pins: 'maybe' is not yes or no");
    refuses("period = 1\nwhatever\n", "2: not a line of NAME = VALUE");
    refuses("config = /etc/passwd\n", "1: unknown option 'config'");
    refuses("help = yes\n", "1: unknown option 'help'");
    refuses("exclude =\n", "1: exclude: '' is empty, GLOB is needed");
}

static void every_mistake_is_told(void **state)
{
    (void)state;
    refuses("threshold = 0\n[daemon]\ndwell = x\nwhatever\nquiet = yes\nverbose = yes\n",
            "1: threshold: '0' is not in 1 to 100 percent\n"
            "2: there are no sections: '[daemon]'\n"
            "3: dwell: 'x' is not a whole number (0 to 1000000 periods)\n"
            "4: not a line of NAME = VALUE\n"
            "6: --verbose: not together with --quiet");
    refuses("pcpus = 3\nmetrics-allow-remote = yes\nperiod = -1\n",
            "3: period: '-1' is not in 0.01 to 3600 seconds\n"
            "2: --metrics-allow-remote: only together with --metrics\n"
            "1: --pcpus: only with --connect trace:FILE");
}

/* A hundred mistakes of a kind don't flood the operator. */
static void a_file_of_something_else_is_told_in_short(void **state)
{
    char text[400 * 8];
    struct options options;
    unsigned lines = 0;

    (void)state;
    for (size_t at = 0; at < sizeof text; at += 8)
        memcpy(text + at, "rubbish\n", 8);
    write_file(text, sizeof text);
    assert_int_equal(parse_file(&options, ""), OPTIONS_WRONG);
    for (const char *at = said; *at; at++)
        lines += *at == '\n';
    assert_in_range(lines, 10, 30);
    assert_non_null(strstr(said, "380 more"));
}

/* A line ends only at a newline, however it starts and however long it is. */
static void a_line_is_a_line(void **state)
{
    char *text = malloc(1 << 20);
    struct options options;
    size_t length = 0;

    (void)state;
    assert_non_null(text);
    accepts(&options, "exclude = db-*\n  cpus = 2-3\n\tadopt-pins = yes\n");
    assert_cpus(&options, "2-3");
    assert_true(options.planner.adopt_pins);
    assert_false(planner_excludes(&options.planner, "cpus = 2-3"));
    options_finish(&options);
    refuses("exclude = db-*\n  web-*\n", "2: not a line of NAME = VALUE");
    refuses("exclude = db-*, \\\n  web-*\n",
            "1: exclude: '\\' at the end: a line can't be continued\n"
            "2: not a line of NAME = VALUE");
    accepts(&options, "\xef\xbb\xbfperiod = 7\r\ndwell = 3\r\n\r\n# end");
    assert_float_equal(options.period_s, 7, 0);
    assert_int_equal(options.planner.decision.dwell, 3);
    options_finish(&options);
    accepts(&options, "period = 8");
    assert_float_equal(options.period_s, 8, 0);
    options_finish(&options);

    /* The tail of a long comment is no setting. */
    for (size_t before = 150; before < 450; before++) {
        length = (size_t)snprintf(text, 1 << 20, "# %0*d adopt-pins = yes\n", (int)before, 0);
        write_file(text, length);
        assert_int_equal(parse_file(&options, ""), OPTIONS_RUN);
        assert_false(options.planner.adopt_pins);
        options_finish(&options);
    }
    /* Nor is a long list cut. */
    length = (size_t)snprintf(text, 1 << 20, "cpus = 0");
    for (unsigned cpu = 2; cpu < CPUSET_MAX; cpu += 2)
        length += (size_t)snprintf(text + length, (1 << 20) - length, ",%u", cpu);
    length += (size_t)snprintf(text + length, (1 << 20) - length, "\nexclude = ");
    for (unsigned name = 0; name < 5000; name++)
        length += (size_t)snprintf(text + length, (1 << 20) - length, "db-%u ", name);
    text[length++] = '\n';
    write_file(text, length);
    assert_int_equal(parse_file(&options, ""), OPTIONS_RUN);
    assert_int_equal(cpuset_count(&options.planner.cpus), CPUSET_MAX / 2);
    assert_true(planner_excludes(&options.planner, "db-4999"));
    assert_false(planner_excludes(&options.planner, "db-5000"));
    options_finish(&options);
    free(text);

    write_file("period = 2\0 9\n", 14);
    assert_int_equal(parse_file(&options, ""), OPTIONS_WRONG);
    assert_non_null(strstr(said, ":1: a NUL byte"));
}

static void what_is_no_file_is_refused(void **state)
{
    char word0[] = "vcpu-scheduler", word1[] = "--config", word2[] = "/", word3[] = "--check";
    char *argv[] = {word0, word1, word2, word3, NULL};
    FILE *err = fmemopen(said, sizeof said, "w");
    struct options options;

    (void)state;
    assert_int_equal(options_parse(&options, 4, argv, stdout, err), OPTIONS_WRONG);
    fclose(err);
    assert_string_equal(said, "vcpu-scheduler: --config: /: Is a directory\n");
}

static void a_comment_may_stand_behind_a_value(void **state)
{
    struct options options;

    (void)state;
    accepts(&options, "threshold = 70 # don't\ndwell = 4\t; or \"do\nexclude = a#b;c ;\n"
                      "adopt-pins = yes #\n");
    assert_float_equal(options.planner.decision.threshold, 70, 0);
    assert_int_equal(options.planner.decision.dwell, 4);
    assert_true(planner_excludes(&options.planner, "a#b;c"));
    assert_true(options.planner.adopt_pins);
    options_finish(&options);
    refuses("exclude = # none\nadopt-pins = yes#\n", "1: exclude: '' is empty, GLOB is needed\n"
                                                     "2: adopt-pins: 'yes#' is not yes or no");
}

static void yes_is_said_in_several_ways(void **state)
{
    static const char *const yes[] = {"yes", "true", "on", "1", "\"yes\"", "true # so"};
    static const char *const no[] = {"no", "false", "off", "0", "'no'", "0\t; so"};
    char text[128];
    struct options options;

    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        snprintf(text, sizeof text, "adopt-pins = %s\nno-restore = %s\nonce = %s\n", yes[i], yes[i],
                 yes[i]);
        accepts(&options, text);
        assert_true(options.planner.adopt_pins);
        assert_false(options.restore);
        assert_int_equal(options.cycles, 1);
        options_finish(&options);
        snprintf(text, sizeof text, "adopt-pins = %s\nno-restore = %s\nonce = %s\n", no[i], no[i],
                 no[i]);
        accepts(&options, text);
        assert_false(options.planner.adopt_pins);
        assert_true(options.restore);
        assert_int_equal(options.cycles, 0);
        options_finish(&options);
    }
    refuses("adopt-pins = 2\n", "1: adopt-pins: '2' is not yes or no");
    refuses("adopt-pins =\n", "1: adopt-pins: '' is not yes or no");
}

static void quotes_are_taken_off(void **state)
{
    struct options options;

    (void)state;
    accepts(&options, "exclude = \"te*\"\nexclude='a*', \"my vm*\" b\npolicy = \"balance\"\n"
                      "period = '2'\ncpus = \"0-3, 8\"\nconnect = \"qemu:///x # y\" # z\n"
                      "status-socket = '/run/a \"b\"'\n");
    assert_true(planner_excludes(&options.planner, "test"));
    assert_true(planner_excludes(&options.planner, "abc"));
    assert_true(planner_excludes(&options.planner, "my vm1"));
    assert_true(planner_excludes(&options.planner, "b"));
    assert_false(planner_excludes(&options.planner, "my"));
    assert_ptr_equal(options.planner.policy, &policy_balance);
    assert_float_equal(options.period_s, 2, 0);
    assert_cpus(&options, "0-3,8");
    assert_string_equal(options.uri, "qemu:///x # y");
    assert_string_equal(options.status_socket, "/run/a \"b\"");
    options_finish(&options);
    refuses("exclude = \"te*\nexclude = \"a\"b\nexclude = \"\"\nconnect = 'x' y\n",
            "1: exclude: '\"te*': a quote is not closed\n"
            "2: exclude: '\"a\"b': text behind a quote\n"
            "3: exclude: '\"\"' is empty, GLOB is needed\n"
            "4: connect: ''x' y': text behind a quote");
}

static void a_list_is_a_list(void **state)
{
    struct options options;

    (void)state;
    accepts(&options, "exclude = db-*,web-* mail\nexclude = \"a-*,b-*\"\n"
                      "cpus = 0-3 8-11\ncpus = 16-23,^20-21 ^23\n");
    assert_true(planner_excludes(&options.planner, "db-1"));
    assert_true(planner_excludes(&options.planner, "web-1"));
    assert_true(planner_excludes(&options.planner, "mail"));
    assert_true(planner_excludes(&options.planner, "a-1"));
    assert_true(planner_excludes(&options.planner, "b-1"));
    assert_false(planner_excludes(&options.planner, "mail,"));
    assert_cpus(&options, "0-3,8-11,16-19,22");
    options_finish(&options);
    refuses("exclude = ,\n", "1: exclude: ',' is empty, GLOB is needed");
}

/* --restore gives back even if the file is wrong. */
static void restoring_goes_by_what_is_right(void **state)
{
    struct options options;

    (void)state;
    assert_int_equal(parse(&options,
                           "threshold = 200\nconnect = qemu:///x\nthresold = 1\nthreshold = 60\n"
                           "quiet = yes\nverbose = yes\npcpus = 3\n",
                           "--restore"),
                     OPTIONS_RUN);
    assert_non_null(strstr(said, ":1: threshold: '200' is not in 1 to 100 percent\n"));
    assert_non_null(strstr(said, ":3: unknown option 'thresold'\n"));
    assert_string_equal(options.uri, "qemu:///x");
    assert_float_equal(options.planner.decision.threshold, 60, 0);
    options_finish(&options);
}

/* --restore by hand overrules the file; the service follows it with --as-configured. */
static void no_restore_in_the_file_is_kept_by_the_service(void **state)
{
    struct options options;

    (void)state;
    assert_int_equal(parse(&options, "no-restore = yes\n", "--restore"), OPTIONS_RUN);
    assert_true(options.restore_only);
    assert_true(options.restore);
    options_finish(&options);
    assert_int_equal(
        parse(&options, "no-restore = yes\nquiet = nonsense\n", "--restore --as-configured"),
        OPTIONS_RUN);
    assert_true(options.restore_only);
    assert_false(options.restore);
    options_finish(&options);
    assert_int_equal(parse(&options, "dry-run = yes\n", "--restore --as-configured"), OPTIONS_RUN);
    assert_true(options.restore);
    assert_false(options.planner.dry_run);
    options_finish(&options);
    assert_int_equal(parse(&options, "", "--as-configured"), OPTIONS_WRONG);
}

static void a_named_file_must_be_there(void **state)
{
    struct options options;
    char word0[] = "vcpu-scheduler", word1[] = "--config", word2[] = "/nowhere/at/all";
    char *argv[] = {word0, word1, word2, NULL};
    FILE *err = fmemopen(said, sizeof said, "w");

    (void)state;
    assert_int_equal(options_parse(&options, 3, argv, stdout, err), OPTIONS_WRONG);
    fclose(err);
    assert_string_equal(said,
                        "vcpu-scheduler: --config: /nowhere/at/all: No such file or directory\n");
}

/* A reload without the file does not restore the defaults. */
static void a_file_that_is_gone_is_not_read_again(void **state)
{
    struct options before, now;
    char word0[] = "vcpu-scheduler", word1[] = "--config";
    char *argv[] = {word0, word1, path, NULL};
    FILE *err;

    (void)state;
    accepts(&before, "exclude = db-*\n");
    assert_int_equal(unlink(path), 0);
    err = fmemopen(said, sizeof said, "w");
    assert_int_equal(options_read_again(&now, &before, 3, argv, err), OPTIONS_WRONG);
    fclose(err);
    assert_non_null(strstr(said, "No such file or directory"));
    options_finish(&before);

    /* Nor without the default file, which need not exist at the start. */
    before = (struct options){.has_config = true};
    err = fmemopen(said, sizeof said, "w");
    if (access(SYSCONFDIR "/vcpu-scheduler.conf", F_OK) != 0)
        assert_int_equal(options_read_again(&now, &before, 1, argv, err), OPTIONS_WRONG);
    fclose(err);
    before.has_config = false;
    err = fmemopen(said, sizeof said, "w");
    assert_int_equal(options_read_again(&now, &before, 1, argv, err), OPTIONS_RUN);
    fclose(err);
    options_finish(&now);
    write_file("", 0);
}

static void what_may_change_later_does(void **state)
{
    struct options before, now;

    (void)state;
    log_set_level(LOG_ERROR);
    assert_int_equal(parse(&before, "threshold = 70\nexclude = a\npolicy = swap\n", ""),
                     OPTIONS_RUN);
    assert_int_equal(
        parse(&now, "threshold = 60\nexclude = b\npolicy = balance\ncycles = 3\ncpus = 1\n", ""),
        OPTIONS_RUN);
    options_take_over(&now, &before);
    assert_float_equal(now.planner.decision.threshold, 60, 0);
    assert_true(planner_excludes(&now.planner, "b"));
    assert_false(planner_excludes(&now.planner, "a"));
    assert_true(now.planner.has_cpus);
    assert_ptr_equal(now.planner.policy, &policy_swap);
    assert_int_equal(now.cycles, 0);
    options_finish(&now);
    options_finish(&before);
}

static int make_file(void **state)
{
    const int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_later_has_the_last_word),
        cmocka_unit_test(a_level_has_its_own_defaults),
        cmocka_unit_test(a_mistake_refuses_the_file_with_its_line),
        cmocka_unit_test(every_mistake_is_told),
        cmocka_unit_test(a_file_of_something_else_is_told_in_short),
        cmocka_unit_test(a_line_is_a_line),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(a_comment_may_stand_behind_a_value),
        cmocka_unit_test(yes_is_said_in_several_ways),
        cmocka_unit_test(quotes_are_taken_off),
        cmocka_unit_test(a_list_is_a_list),
        cmocka_unit_test(restoring_goes_by_what_is_right),
        cmocka_unit_test(no_restore_in_the_file_is_kept_by_the_service),
        cmocka_unit_test(a_file_that_is_gone_is_not_read_again),
        cmocka_unit_test(a_named_file_must_be_there),
        cmocka_unit_test(what_may_change_later_does),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
