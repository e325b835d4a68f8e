/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line, a word from each line of the input; behind a NUL the configuration file. */
#include "config/options.h"
#include "fuzz.h"

#include <string.h>
#include <unistd.h>

#define WORDS 32

static void must_be_in_range(const struct options *options)
{
    const struct policy_settings *decision = &options->planner.decision;

    MUST(options->period_s >= 0.01 && options->period_s <= 3600);
    MUST(decision->threshold >= 1 && decision->threshold <= 100);
    MUST(decision->min_gain >= 0 && decision->min_gain <= 100);
    MUST(decision->stddev >= 0 && decision->stddev <= 100);
    MUST(decision->pin_price >= 0 && decision->pin_price <= 1000);
    MUST(decision->max_pins <= 100000 && decision->dwell <= 1000000);
    MUST(options->planner.policy && options->cycles <= 1000000000 && options->pcpus <= CPUSET_MAX);
    MUST(options->planner.floating <= FLOATING_LEAVE &&
         options->planner.crosscheck <= CROSSCHECK_OFF);
    MUST(options->summary <= SUMMARY_JSON && !(options->verbose && options->quiet));
    MUST(!options->planner.has_cpus || cpuset_count(&options->planner.cpus) > 0);
}

/* Lines that a terminal shows, and not more than somebody reads. */
static void must_be_told(const char *said, size_t length)
{
    size_t lines = 0;

    MUST(length > 1 && said[length - 1] == '\n' && fuzz_is_shown(said, length - 1, true));
    for (size_t i = 0; i < length; i++)
        lines += said[i] == '\n';
    MUST(lines <= 64);
}

static void parse(int argc, char **argv)
{
    char *help, *said;
    size_t help_length, said_length;
    FILE *out = open_memstream(&help, &help_length), *err = open_memstream(&said, &said_length);
    struct options options;
    enum options_verdict verdict;

    MUST(out && err);
    verdict = options_parse(&options, argc, argv, out, err);
    fclose(out);
    fclose(err);
    switch (verdict) {
    case OPTIONS_RUN:
        MUST(help_length == 0);
        if (said_length) { /* to give back, a mistake in the file is told and passed over */
            MUST(options.restore_only);
            must_be_told(said, said_length);
        }
        must_be_in_range(&options);
        options_finish(&options);
        break;
    case OPTIONS_DONE:
        MUST(said_length == 0 && help_length > 0);
        break;
    case OPTIONS_WRONG:
        MUST(help_length == 0);
        must_be_told(said, said_length);
        break;
    }
    free(help);
    free(said);
}

/* True if it may open a file of this machine's instead of the input's. */
static bool names_a_file(const char *word)
{
    return strncmp(word, "--conf", strlen("--conf")) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char program[] = "vcpu-scheduler", config[64], *text = fuzz_text(data, size), *rest = text;
    const size_t words = strlen(text), behind = words < size ? words + 1 : size;
    const struct fuzz_file file = fuzz_file(data + behind, size - behind);
    char *argv[WORDS + 3] = {program, config};
    int argc = 2;

    snprintf(config, sizeof(config), "--config=%s", file.path);
    while (argc < WORDS + 2 && rest && !names_a_file(rest))
        argv[argc++] = strsep(&rest, "\n");
    parse(argc, argv);
    close(file.fd);
    free(text);
    return 0;
}
