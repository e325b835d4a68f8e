/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration file: who has the last word, what is refused and how, what may change later. */
#include "options.h"

#include "config.h"
#include "log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/test_option_file.XXXXXX";
static char said[1024];

/* Parses "--config FILE ARGUMENTS" with the text as the file. */
static enum options_verdict parse(struct options *options, const char *text, const char *arguments)
{
    static char words[512]; /* options keep pointers to it */
    static char *argv[24];
    FILE *file = fopen(path, "w"), *err = fmemopen(said, sizeof said, "w");
    enum options_verdict verdict;
    int argc = 0;

    assert_non_null(file);
    assert_non_null(err);
    fputs(text, file);
    fclose(file);
    said[0] = '\0';
    snprintf(words, sizeof words, "vcpu-scheduler --config %s %s", path, arguments);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    verdict = options_parse(options, argc, argv, stdout, err);
    fclose(err);
    return verdict;
}

static void refuses(const char *text, const char *message)
{
    struct options options;
    char expected[1100];

    assert_int_equal(parse(&options, text, ""), OPTIONS_WRONG);
    snprintf(expected, sizeof expected, "vcpu-scheduler: %s:%s\n", path, message);
    assert_string_equal(said, expected);
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
    assert_float_equal(options.decision.threshold, 70, 0);
    assert_int_equal(options.decision.dwell, 9);
    assert_float_equal(options.period_s, 3, 0);
    assert_true(options_excluded(&options, "db-1"));
    assert_true(options_excluded(&options, "web-1"));
    assert_false(options_excluded(&options, "web-12"));
    assert_ptr_equal(options.policy, &policy_balance);
    assert_true(options.adopt_pins);
    assert_true(options.restore);
    options_finish(&options);

    assert_int_equal(parse(&options,
                           "threshold = 70\nexclude = db-*\nperiod = 9\ncpus = 0-3\nonce = yes\n"
                           "verbose = yes\nno-restore = yes\n",
                           "--threshold 60 --exclude x --cycles 5 --quiet 2"),
                     OPTIONS_RUN);
    assert_float_equal(options.decision.threshold, 60, 0);
    assert_false(options_excluded(&options, "db-1"));
    assert_true(options_excluded(&options, "x"));
    assert_float_equal(options.period_s, 2, 0);
    assert_int_equal(cpuset_count(&options.cpus), 4);
    assert_int_equal(options.cycles, 5); /* what contradicts the command line is left out */
    assert_true(options.quiet);
    assert_false(options.verbose);
    assert_false(options.restore);
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
    refuses("[section]\nperiod = 1\n", "2: there are no sections: '[section]'");
    refuses("config = /etc/passwd\n", "1: unknown option 'config'");
    refuses("help = yes\n", "1: unknown option 'help'");
    refuses("exclude =\n", "1: exclude: '' is empty, GLOB is needed");
    refuses("threshold = 0\ndwell = x\n", "1: threshold: '0' is not in 1 to 100 percent");
}

/* What is pinned is given back, whatever has become of the file since. */
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
    assert_null(strstr(said, "thresold")); /* the first is told */
    assert_string_equal(options.uri, "qemu:///x");
    assert_float_equal(options.decision.threshold, 60, 0);
    options_finish(&options);
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
    assert_float_equal(now.decision.threshold, 60, 0);
    assert_true(options_excluded(&now, "b"));
    assert_false(options_excluded(&now, "a"));
    assert_true(now.has_cpus);
    assert_ptr_equal(now.policy, &policy_swap);
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
        cmocka_unit_test(a_mistake_refuses_the_file_with_its_line),
        cmocka_unit_test(restoring_goes_by_what_is_right),
        cmocka_unit_test(a_named_file_must_be_there),
        cmocka_unit_test(what_may_change_later_does),
    };

#ifndef HAVE_INIH
    puts("1..0 # SKIP this build reads no configuration (no inih)");
    return 0;
#endif
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
