/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/options.h"

#include "config/file.h"
#include "config/table/help.h"
#include "config/table/parse.h"
#include "config/table/row.h"
#include "config/table/value.h"
#include "host.h"
#include "log/log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const crosscheck_words[] = {"warn", "require", "off", NULL};
static const char *const floating_words[] = {"place", "leave", NULL};
static const char *const emulator_words[] = {"leave", "follow", NULL};
static const char *const pool_words[] = {"cpu", "core", "llc", "node", NULL};
static const char *const summary_words[] = {"none", "text", "json", NULL};

static_assert(sizeof(enum crosscheck_mode) == sizeof(unsigned) &&
                  sizeof(enum floating_mode) == sizeof(unsigned) &&
                  sizeof(enum emulator_mode) == sizeof(unsigned) &&
                  sizeof(enum summary_form) == sizeof(unsigned),
              "TYPE_WORD stores an unsigned");
static_assert(sizeof(struct pool_choice) == sizeof(struct option_sized) &&
                  offsetof(struct pool_choice, size) == offsetof(struct option_sized, number) &&
                  POOL_SIZED == sizeof pool_words / sizeof *pool_words - 1,
              "TYPE_SIZED stores a struct option_sized");

static const void *policy_at_row(uint32_t n)
{
    return policy_at(n);
}

static const char *policy_name(const void *policy)
{
    return ((const struct policy *)policy)->name;
}

static const struct option_choice policies = {.at = policy_at_row, .name = policy_name};

#define FIELD(name) .offset = offsetof(struct options, name)

/* clang-format off */
static const struct option_row rows[] = {
    {.heading = "When to act", .name = "period", .letter = 'p', .argument = "S",
     .type = TYPE_NUMBER, FIELD(period_s), .low = 0.01, .high = 3600, .unit = "seconds", .standard = "3",
     .live = true, .help = "measure and decide every S seconds; PERIOD is short for it"},
    {.name = "threshold", .letter = 't', .argument = "%",
     .type = TYPE_NUMBER, FIELD(planner.decision.threshold), .low = 1, .high = 100, .unit = "percent", .standard = "50",
     .live = true, .help = "act only while the busiest pCPU is used more than this; 90 in pools of several cores"},
    {.name = "once",
     .type = TYPE_COUNT, FIELD(cycles), .low = 1, .high = 1, .given = "1", .not_with = "cycles",
     .help = "decide once, after one full period, and end"},
    {.name = "cycles", .argument = "N",
     .type = TYPE_COUNT, FIELD(cycles), .low = 1, .high = 1e9, .unit = "periods", .otherwise = "never",
     .help = "end after N decisions"},
    {.name = "wait",
     .type = TYPE_FLAG, FIELD(wait), .given = "yes",
     .help = "wait for libvirt, and stay when no domain is active"},

    {.heading = "What to decide", .name = "policy", .argument = "NAME",
     .type = TYPE_CHOICE, FIELD(planner.policy), .choice = &policies, .standard = "swap",
     .help = "how to choose the pin changes, see below"},
    {.name = "pool", .argument = "LEVEL",
     .type = TYPE_SIZED, FIELD(planner.pool), .words = pool_words, .low = 2, .high = 8192, .unit = "pCPUs",
     .standard = "cpu", .live = true,
     .help = "pin each vCPU to one pCPU, or to a pool, within which the kernel chooses: a core, a last-level cache, "
             "a node, or so many pCPUs of one cache"},
    {.name = "max-pins", .argument = "N",
     .type = TYPE_COUNT, FIELD(planner.decision.max_pins), .low = 1, .high = 100000, .unit = "pin changes",
     .otherwise = "the policy's own, see below",
     .live = true, .help = "at most N pin changes a period; placing floating vCPUs and policy exchange don't count"},
    {.name = "min-gain", .argument = "%",
     .type = TYPE_NUMBER, FIELD(planner.decision.min_gain), .low = 0, .high = 100, .unit = "percent", .standard = "5",
     .live = true, .help = "leave what would relieve the busier pCPU by less than this many points; 3 in pools of several cores"},
    {.name = "dwell", .argument = "N",
     .type = TYPE_COUNT, FIELD(planner.decision.dwell), .low = 0, .high = 1000000, .unit = "periods", .standard = "5",
     .live = true, .help = "let a moved vCPU stay for N periods"},
    {.name = "stddev", .argument = "%",
     .type = TYPE_NUMBER, FIELD(planner.decision.stddev), .low = 0, .high = 100, .unit = "percent", .standard = "10",
     .live = true, .help = "policy stddev acts while the standard deviation over the pCPUs is above this"},
    {.name = "pin-price", .argument = "%",
     .type = TYPE_NUMBER, FIELD(planner.decision.pin_price), .low = 0, .high = 1000, .unit = "percent", .standard = "17",
     .live = true, .help = "what a pin of policy balance must save: crowding of a pCPU, in percent of a period; 40 in pools of several cores"},
    {.name = "smt-factor", .argument = "F",
     .type = TYPE_NUMBER, FIELD(planner.decision.smt_factor), .low = 0.5, .high = 1, .unit = "of its speed",
     .otherwise = "what the host tells, else 0.62",
     .live = true, .help = "what each thread of a core does while all of them are busy; 1: siblings don't matter"},
    {.name = "remote-factor", .argument = "F",
     .type = TYPE_NUMBER, FIELD(planner.decision.remote_factor), .low = 0.1, .high = 1, .unit = "of its speed",
     .otherwise = "what the host tells, else 0.85",
     .live = true, .help = "what a vCPU does on the node next to its memory's; 1: distance doesn't matter"},
    {.name = "flat",
     .type = TYPE_FLAG, FIELD(planner.flat), .given = "yes",
     .live = true, .help = "take all pCPUs for alike, whatever the host's topology; to compare with"},
    {.name = "dry-run",
     .type = TYPE_FLAG, FIELD(planner.dry_run), .given = "yes",
     .help = "show and count the pin changes, make none"},

    {.heading = "Which CPUs and domains", .name = "connect", .letter = 'c', .argument = "URI",
     .type = TYPE_STRING, FIELD(uri), .otherwise = "libvirt's own, else qemu:///system",
     .help = "the libvirt host, or trace:FILE to replay a demand trace"},
    {.name = "cpus", .argument = "LIST",
     .type = TYPE_CPUS, FIELD(planner.cpus), .otherwise = "all that are online and not isolated",
     .live = true, .help = "manage only these pCPUs, such as 0-3,8; repeatable"},
    {.name = "exclude", .argument = "GLOB",
     .type = TYPE_GLOBS, FIELD(planner.exclude), .otherwise = "none",
     .live = true, .help = "count the domains whose name matches, but never move their vCPUs; repeatable"},
    {.name = "floating", .argument = "MODE",
     .type = TYPE_WORD, FIELD(planner.floating), .words = floating_words, .standard = "place",
     .live = true, .help = "vCPUs without a pCPU of their own: give them one, or leave them to the kernel"},
    {.name = "emulator", .argument = "MODE",
     .type = TYPE_WORD, FIELD(planner.emulator), .words = emulator_words, .standard = "leave",
     .help = "QEMU's threads that are no vCPU's, and vhost threads: leave them where they are, or let them follow their "
             "domain's vCPUs"},
    {.name = "adopt-pins",
     .type = TYPE_FLAG, FIELD(planner.adopt_pins), .given = "yes",
     .live = true, .help = "take affinities found as a start, not as the owner's wish: every managed pCPU is allowed"},
    {.name = "yield-for", .argument = "TIME",
     .type = TYPE_DURATION, FIELD(planner.yield_for_s), .low = 1, .high = 31536000, .unit = "seconds", .standard = "1h",
     .live = true, .help = "leave a vCPU whose affinity somebody else has changed alone for so long; then manage it "
             "within what it was left, if that is several pCPUs; 90s, 30m, 1h, 2d or forever"},
    {.name = "crosscheck", .argument = "MODE",
     .type = TYPE_WORD, FIELD(planner.crosscheck), .words = crosscheck_words, .standard = "warn",
     .help = "hold libvirt's CPU times against the cgroup's: never move a vCPU where they disagree (warn), "
             "nor one without a cgroup (require), or don't look (off)"},
    {.name = "cgroup-root", .argument = "DIR", .hidden = true,
     .type = TYPE_STRING, FIELD(cgroup_root), .otherwise = "the mounted cgroup v2",
     .help = "read the cgroups below DIR"},
    {.name = "no-restore",
     .type = TYPE_FLAG, FIELD(restore), .standard = "yes", .given = "no",
     .help = "leave the pins at the end instead of giving the affinities back as they were found"},
    {.name = "restore",
     .type = TYPE_FLAG, FIELD(restore_only), .given = "yes", .not_in_file = true,
     .not_with = "no-restore dry-run record once cycles",
     .help = "only give back what an earlier run has left pinned, and end"},
    {.name = "as-configured",
     .type = TYPE_FLAG, FIELD(as_configured), .given = "yes", .not_in_file = true, .needs = "restore",
     .help = "with --restore: not where the configuration file says no-restore"},
    {.name = "runtime-dir", .argument = "DIR",
     .type = TYPE_STRING, FIELD(runtime_dir), .otherwise = "by the environment",
     .help = "keep the lock and the ledger of affinities to give back in DIR"},

    {.heading = "Traces", .name = "record", .argument = "FILE",
     .type = TYPE_STRING, FIELD(record), .otherwise = "none",
     .help = "write what every vCPU wanted in every period to FILE, as a trace; compressed if it ends in .gz"},
    {.name = "pcpus", .argument = "N",
     .type = TYPE_COUNT, FIELD(pcpus), .low = 1, .high = 8192, .unit = "pCPUs",
     .otherwise = "as many as the trace says", .of_traces = true,
     .help = "replay on N pCPUs"},
    {.name = "compare",
     .type = TYPE_FLAG, FIELD(compare), .given = "yes", .of_traces = true,
     .not_with = "policy cpus dry-run record verbose",
     .help = "replay under every policy, with single pCPUs and pools, and print what each wins and costs"},
    {.name = "report", .argument = "FILE",
     .type = TYPE_STRING, FIELD(report), .otherwise = "none", .needs = "compare",
     .help = "with --compare: write the comparison with its pictures to FILE, one HTML page"},

    {.heading = "Who may look", .name = "status-socket", .argument = "PATH",
     .type = TYPE_STRING, FIELD(status_socket), .otherwise = "status.sock in the runtime directory",
     .help = "serve status and metrics by HTTP on this Unix socket, or on none"},
    {.name = "metrics", .argument = "ADDRESS:PORT",
     .type = TYPE_STRING, FIELD(metrics), .otherwise = "none",
     .help = "serve them on this TCP address, too, which must be the loopback's"},
    {.name = "metrics-allow-remote",
     .type = TYPE_FLAG, FIELD(metrics_remote), .given = "yes", .needs = "metrics",
     .help = "let --metrics be an address that can be reached from outside"},
    {.name = "metrics-libvirt",
     .type = TYPE_FLAG, FIELD(metrics_libvirt), .given = "yes",
     .live = true, .help = "metrics of each vCPU, too, by the names of libvirt's exporters"},

    {.heading = "What to show", .name = "verbose", .letter = 'v',
     .type = TYPE_FLAG, FIELD(verbose), .given = "yes", .not_with = "quiet",
     .help = "show each period in full on standard output"},
    {.name = "quiet", .letter = 'q',
     .type = TYPE_FLAG, FIELD(quiet), .given = "yes",
     .help = "only errors and the summary"},
    {.name = "summary", .argument = "FORM",
     .type = TYPE_WORD, FIELD(summary), .words = summary_words, .standard = "none",
     .help = "print the figures of the run at the end on standard output"},
    {.name = "topology",
     .type = TYPE_FLAG, FIELD(topology), .given = "yes", .not_in_file = true,
     .not_with = "restore record compare once cycles",
     .help = "only draw the host's sockets, nodes, caches and cores on standard output, and end"},
    {.name = "config", .argument = "FILE", .not_in_file = true,
     .type = TYPE_STRING, FIELD(config), .otherwise = "vcpu-scheduler.conf where the system's are, if it is there",
     .help = "read options from FILE, NAME = VALUE in each line; those given here have the last word"},
    {.name = "check", .not_in_file = true,
     .type = TYPE_FLAG, FIELD(check), .given = "yes",
     .help = "only look for mistakes in the options and the configuration file, and end"},
    {.name = "version", .letter = 'V', .type = TYPE_VERSION, .not_in_file = true, .help = "print the version and end"},
    {.name = "help", .letter = 'h', .type = TYPE_HELP, .not_in_file = true, .help = "print this and end"},
};
/* clang-format on */

static void print_end(FILE *out)
{
    fputs("\nPolicies:\n", out);
    for (uint32_t n = 0; policy_at(n); n++) {
        const struct policy *policy = policy_at(n);
        char text[300];

        if (policy->default_max_pins > 0 && policy->default_max_pins < UINT32_MAX)
            snprintf(text, sizeof text, "%s (--max-pins %" PRIu32 ")", policy->summary,
                     policy->default_max_pins);
        else
            snprintf(text, sizeof text, "%s", policy->summary);
        option_help_row(out, policy->name, text);
    }
    fputs("\nExit status: 0 done, 1 failed at run time, 2 wrong usage.\n"
          "The manual says more: man 8 vcpu-scheduler\n",
          out);
}

static const char *keep(void *target, const char *text, size_t length)
{
    struct options *options = target;
    char **texts = options->texts, *copy;
    size_t count = 0;

    while (texts && texts[count])
        count++;
    texts = realloc(texts, (count + 2) * sizeof *texts);
    if (!texts)
        return NULL;
    options->texts = texts;
    texts[count + 1] = NULL;
    texts[count] = copy = strndup(text, length);
    return copy;
}

static_assert(sizeof rows / sizeof *rows <= 64, "option_parser.seen has 64 bits");

const struct option_table options_table = {
    .program = "vcpu-scheduler",
    .usage = " [PERIOD]",
    .summary = "Relieves the busiest physical CPU of a libvirt host by exchanging vCPU pins.",
    .help_end = print_end,
    .positional = "period",
    .positional_label = "PERIOD",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .keep = keep,
};

/*
 * The defaults in pools of several cores, in percent of the pool. A core is like a pCPU: where its
 * threads share it, it is full at 50 %.
 *
 * A pool loses nothing below 100 %, for the kernel spreads what it holds; and the sum of many vCPUs
 * varies less, so that a smaller part of it is worth a pin, but not more of them. Measured on the
 * public traces in pools of 4 and 8, mean part of the avoidable loss that swap leaves and pins per
 * 100 vCPUs and 100 periods: threshold 90 and gain 2: 0.041, 2.7 and 0.018, 1.2; gain 3: 0.037, 1.7
 * and 0.022, 0.8; gain 4: 0.039, 1.5 and 0.057, 0.7; threshold 80 and gain 3: 0.046, 2.0 and 0.018,
 * 0.7. Each trace alone says the same but for noise. With a price of 17, 30, 40 and 50, balance
 * leaves 0.099, 0.100, 0.103 and 0.103 in pools of 2, with 5.8, 4.5, 3.6 and 3.1 pins, and 0.020,
 * 0.023, 0.024 and 0.026 in pools of 4.
 */
static void apply_level_standards(struct options *options)
{
    static const struct {
        const char *name, *value;
    } standards[] = {{"threshold", "90"}, {"min-gain", "3"}, {"pin-price", "40"}};
    const struct option_parser parser = {
        .table = &options_table, .target = options, .seen = options->given};
    const bool pools = options->planner.pool.level > POOL_CORE;

    for (size_t i = 0; i < sizeof standards / sizeof *standards; i++) {
        const struct option_row *row = option_named(&options_table, standards[i].name);

        if (!option_seen(&parser, row))
            (void)option_apply(&parser, row, row->name, pools ? standards[i].value : row->standard);
    }
}

void options_set_pool(struct options *options, const struct pool_choice *pool)
{
    options->planner.pool = *pool;
    apply_level_standards(options);
}

/* Applies the defaults, the file, then the command line. Returns as option_arguments(). */
static int apply_all(struct option_parser *parser, const char *file, bool must_be, int argc,
                     char **argv, FILE *out)
{
    struct options *options = parser->target;
    uint64_t by_file = 0;
    int status, wrong = 0;

    options_finish(options);
    *options = (struct options){0};
    status = option_standards(parser);
    if (status == 0 && file) {
        wrong = option_file_read(parser, file, must_be);
        by_file = parser->seen;
    }
    parser->seen = 0;
    if (status == 0)
        status = option_arguments(parser, argc, argv, out);
    options->pool_asked = option_seen(parser, option_named(&options_table, "pool"));
    parser->seen |= by_file;
    options->given = parser->seen;
    apply_level_standards(options);
    options->planner.says_pools = !options->compare;
    options->planner.has_pool = option_seen(parser, option_named(&options_table, "pool"));
    options->planner.has_cpus = cpuset_count(&options->planner.cpus) > 0;
    return wrong < 0 && status == 0 ? wrong : status;
}

static int check_traces(struct option_parser *parser)
{
    const struct options *options = parser->target;
    int error = 0;

    for (size_t i = 0; i < options_table.count; i++) {
        const struct option_row *row = &rows[i];

        if (!option_seen(parser, row) || !row->of_traces || host_find(options->uri) == &host_trace)
            continue;
        parser->line = parser->lines[i];
        error = option_wrong(parser, "--%s: only with --connect trace:FILE", row->name);
        parser->line = 0;
    }
    return error;
}

/* Applies the file and again the command line, which is right. Reports every mistake. */
static int apply_file(struct option_parser *parser, bool must_be, int argc, char **argv, FILE *out)
{
    const struct options *options = parser->target;
    const char *named = options->config;
    const char *file = named ? named : SYSCONFDIR "/vcpu-scheduler.conf";
    const int wrong = apply_all(parser, file, must_be || named, argc, argv, out);

    /* --restore ignores the file's mistakes, and options of it that don't go together. */
    if (options->restore_only)
        return wrong;
    const int apart = option_together(parser), traces = check_traces(parser);

    return wrong < 0 ? wrong : apart < 0 ? apart : traces;
}

static enum options_verdict parse(struct options *options, bool must_be, int argc, char **argv,
                                  FILE *out, FILE *err)
{
    struct option_parser parser = {.table = &options_table, .target = options, .err = err};
    int status;

    *options = (struct options){0};
    status = apply_all(&parser, NULL, false, argc, argv, out);
    if (status == 0 && options->restore_only)
        status = option_together(&parser);
    if (status == 0)
        status = apply_file(&parser, must_be, argc, argv, out);
    if (status == 0)
        return OPTIONS_RUN;
    options_finish(options);
    return status > 0 ? OPTIONS_DONE : OPTIONS_WRONG;
}

enum options_verdict options_parse(struct options *options, int argc, char **argv, FILE *out,
                                   FILE *err)
{
    return parse(options, false, argc, argv, out, err);
}

enum options_verdict options_read_again(struct options *now, const struct options *before, int argc,
                                        char **argv, FILE *err)
{
    return parse(now, before->has_config, argc, argv, err, err);
}

void options_take_over(struct options *now, const struct options *before)
{
    for (size_t i = 0; i < options_table.count; i++) {
        const struct option_row *row = &rows[i];

        if (option_same(row, now, before))
            continue;
        log_info(row->live ? "%s: changed" : "%s: changed, from the next start on", row->name);
        if (!row->live)
            option_copy(row, now, before);
    }
}

void options_finish(struct options *options)
{
    for (char **text = options->texts; text && *text; text++)
        free(*text);
    free(options->texts);
    free(options->planner.exclude);
    options->planner.exclude = NULL;
    options->texts = NULL;
}
