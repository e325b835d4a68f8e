/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare/internal.h"

#include "host.h"
#include "host/replay/replay.h"
#include "log/log.h"
#include "pipeline/pipeline.h"
#include "pipeline/signals.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int look(void *opaque, const struct plan *plan)
{
    timeline_add(opaque, plan);
    return 0;
}

/* Replays as the row says. pipeline_run() logs its failures. */
static int replay(const struct compare *compare, struct compare_row *row, int signals)
{
    struct options options = row->level->options;
    struct summary *summary = summary_new(options.planner.decision.threshold, false);
    const struct plan_sink sink = {.show = look, .opaque = row->timeline};
    struct pollfd fd = {.fd = signals, .events = POLLIN};
    int error = 0;
    bool hung;

    if (!summary) {
        log_error("--compare: no memory");
        return -ENOMEM;
    }
    options.planner.policy = row->policy;
    options.trace = compare->trace;
    if (pipeline_run(&options, signals, -1, &sink, summary, &hung) == PIPELINE_FAILED)
        error = -EIO;
    row->figures = summary_figures(summary);
    summary_free(summary);
    if (error == 0 && poll(&fd, 1, 0) > 0) {
        log_error("--compare: stopped by a signal in the replay under %s", row->policy->name);
        error = -EINTR;
    }
    return error;
}

static void compute_figures(struct compare *compare)
{
    const struct timeline_bound *bound = &compare->rows[0].timeline->bound;
    const double periods = (double)bound->periods;

    compare->bound = (struct compare_bound){
        .lost_percent = bound->demand > 0 ? 100 * bound->lost / bound->demand : (double)NAN,
        .excess_percent = bound->demand > 0 ? 100 * bound->excess / bound->demand : (double)NAN,
        .max_mean = periods > 0 ? bound->max / periods : (double)NAN,
    };
    for (uint32_t i = 0; i < compare->count; i++) {
        struct compare_row *row = &compare->rows[i];
        const struct summary_figures *f = &row->figures;
        const double avoidable =
            compare->rows[0].figures.lost_percent - compare->bound.lost_percent;

        /* Less than 1e-9 is rounding. */
        row->left = avoidable > 1e-9 ? (f->lost_percent - compare->bound.lost_percent) / avoidable
                                     : (double)NAN;
        row->pin_rate = 1e4 * (double)f->pins / f->vcpus / (double)f->periods;
        row->cost =
            f->lost_percent +
            (bound->demand > 0 ? 100 * (double)f->pins *
                                     row->level->options.planner.decision.pin_price / bound->demand
                               : 0);
    }
}

static int add_row(struct compare *compare, const struct compare_level *level,
                   const struct policy *policy)
{
    const struct options *options = &level->options;
    const struct trace *trace = compare->trace;
    struct compare_row *row = &compare->rows[compare->count];
    uint32_t periods = trace->periods;

    if (options->cycles > 0 && options->cycles < periods)
        periods = options->cycles;
    *row = (struct compare_row){.level = level, .policy = policy};
    row->timeline = timeline_new(periods, trace->vcpus, level->pools.pcpu_count, level->pools.count,
                                 options->planner.decision.threshold);
    if (!row->timeline)
        return -ENOMEM;
    compare->count++;
    return 0;
}

/* Adds rows under all policies, those first that never pin. */
static int add_rows(struct compare *compare, const struct compare_level *level)
{
    int error = 0;

    for (int observes = 1; observes >= 0; observes--) {
        for (uint32_t n = 0; policy_at(n) && !error; n++) {
            if (policy_at(n)->observes == observes)
                error = add_row(compare, level, policy_at(n));
        }
    }
    return error;
}

static int make_rows(struct compare *compare)
{
    const struct compare_level *cpu = &compare->levels[0], *all = &compare->levels[1];
    const struct compare_level *asked = &compare->levels[compare->level_count - 1];
    uint32_t policies = 0;
    int error;

    while (policy_at(policies))
        policies++;
    compare->rows = calloc((size_t)policies * compare->level_count + 1, sizeof *compare->rows);
    if (!compare->rows)
        return -ENOMEM;
    if (compare->options->pool_asked && asked != all && asked->same != cpu)
        error = add_row(compare, cpu, &policy_none);
    else
        error = add_rows(compare, cpu);
    for (uint32_t i = 2; i < compare->level_count && !error; i++) {
        if (!compare->levels[i].same)
            error = add_rows(compare, &compare->levels[i]);
    }
    return error ? error : add_row(compare, all, &policy_none);
}

int compare_new(const struct options *options, struct compare **result, struct failure *why)
{
    struct compare *compare = calloc(1, sizeof *compare);
    int error;

    if (!compare)
        return fail(why, -ENOMEM, "--compare: no memory");
    compare->options = options;
    error = trace_read(host_trace_path(options->uri), &compare->trace, why);
    if (error == 0 && options->planner.flat && options->pcpus &&
        options->pcpus != compare->trace->pcpus)
        compare->trace->shape = (struct trace_shape){0}; /* as the replays leave it out */
    if (error == 0 && (compare_add_levels(compare) < 0 || make_rows(compare) < 0))
        error = fail(why, -ENOMEM, "--compare: no memory");
    if (error < 0)
        compare_free(compare);
    else
        *result = compare;
    return error;
}

int compare_run(struct compare *compare, int signals)
{
    int error = 0;

    if (compare->trace->cut.text[0] != '\0')
        log_error("%s", compare->trace->cut.text);
    for (uint32_t i = 0; i < compare->count && error == 0; i++)
        error = replay(compare, &compare->rows[i], signals);
    if (error == 0) {
        compute_figures(compare);
        compare_choose(compare);
    }
    return error;
}

void compare_free(struct compare *compare)
{
    if (!compare)
        return;
    for (uint32_t i = 0; i < compare->count; i++)
        timeline_free(compare->rows[i].timeline);
    free(compare->rows);
    for (uint32_t i = 0; i < compare->level_count; i++)
        pools_finish(&compare->levels[i].pools);
    trace_free(compare->trace);
    free(compare);
}

/* Prints what was found and writes the page. Returns 0, or a negative errno after logging it. */
static int publish(const struct compare *compare)
{
    struct failure why;
    int error = 0, unwritten = 0;

    compare_print(compare, compare->options->summary, stdout);
    if (fflush(stdout)) {
        error = -errno;
        log_error("standard output: %s", strerror(-error));
    }
    if (compare->options->report)
        unwritten = compare_write_page(compare, &why);
    if (unwritten)
        log_error("%s", why.text);
    return error ? error : unwritten;
}

int compare_policies(const struct options *options)
{
    struct compare *compare = NULL;
    struct failure why;
    int signals, error;

    /* Signals are blocked after this: reading the trace may take for ever, as from a pipe. */
    error = compare_new(options, &compare, &why);
    if (error) {
        log_error("%s", why.text);
        return error;
    }
    signals = signals_open_end(true);
    if (signals < 0) {
        error = -EMFILE;
        log_error("can't start: out of descriptors");
    } else {
        error = compare_run(compare, signals);
        if (!error)
            error = publish(compare);
        close(signals);
    }
    compare_free(compare);
    return error;
}
