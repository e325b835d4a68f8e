/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipeline/pipeline.h"

#include "base/clock.h"
#include "log/log.h"
#include "pipeline/internal.h"
#include "pipeline/restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool pipeline_free(struct pipeline *pipeline)
{
    struct wakeup *wakeups[] = {&pipeline->sampler_wakeup, &pipeline->planner_wakeup,
                                &pipeline->actuator_wakeup, &pipeline->main_wakeup};
    struct ring *rings[] = {&pipeline->snapshots,  &pipeline->free_snapshots, &pipeline->plans,
                            &pipeline->free_plans, &pipeline->outcomes,       &pipeline->reports};

    if (pipeline->host && !pipeline->ops->close(pipeline->host))
        return false;
    planner_free(pipeline->planner);
    ledger_file_close(pipeline->ledger_file);
    ledger_free(pipeline->ledger);
    for (size_t i = 0; i < BUFFERS; i++) {
        snapshot_free(pipeline->snapshot_buffers[i]);
        plan_free(pipeline->plan_buffers[i]);
    }
    for (size_t i = 0; i < sizeof rings / sizeof *rings; i++)
        ring_finish(rings[i]);
    for (size_t i = 0; i < sizeof wakeups / sizeof *wakeups; i++)
        wakeup_finish(wakeups[i]);
    free(pipeline);
    return true;
}

/* Makes everything but the threads. */
static int prepare(struct pipeline *pipeline)
{
    const struct crosscheck_ticks steps = crosscheck_ticks();
    struct wakeup *wakeups[] = {&pipeline->sampler_wakeup, &pipeline->planner_wakeup,
                                &pipeline->actuator_wakeup, &pipeline->main_wakeup};
    struct {
        struct ring *ring;
        uint32_t capacity;
        struct wakeup *consumer;
    } rings[] = {
        {&pipeline->snapshots, BUFFERS, &pipeline->planner_wakeup},
        {&pipeline->free_snapshots, BUFFERS, NULL},
        {&pipeline->plans, BUFFERS, &pipeline->actuator_wakeup},
        {&pipeline->free_plans, BUFFERS, NULL},
        {&pipeline->outcomes, BUFFERS, &pipeline->planner_wakeup},
        {&pipeline->reports, REPORTS, &pipeline->main_wakeup},
    };

    for (size_t i = 0; i < sizeof wakeups / sizeof *wakeups; i++)
        wakeups[i]->fd = -1;
    for (size_t i = 0; i < sizeof wakeups / sizeof *wakeups; i++) {
        const int error = wakeup_init(wakeups[i]);

        if (error)
            return error;
    }
    for (size_t i = 0; i < sizeof rings / sizeof *rings; i++) {
        if (ring_init(rings[i].ring, rings[i].capacity, rings[i].consumer))
            return -ENOMEM;
    }
    for (size_t i = 0; i < BUFFERS; i++) {
        pipeline->snapshot_buffers[i] = snapshot_new();
        pipeline->plan_buffers[i] = plan_new();
        if (!pipeline->snapshot_buffers[i] || !pipeline->plan_buffers[i])
            return -ENOMEM;
        ring_try_push(&pipeline->free_snapshots, pipeline->snapshot_buffers[i]);
        pipeline->spare[pipeline->spares++] = pipeline->plan_buffers[i];
    }
    pipeline->ledger = ledger_new();
    pipeline->planner = planner_new(&pipeline->options->planner, &steps);
    return pipeline->ledger && pipeline->planner ? 0 : -ENOMEM;
}

/* Tells the parts of each other. */
static void connect_parts(struct pipeline *pipeline)
{
    pipeline->watch =
        (struct watch){.stages = {{.name = "sampler", .mark = &pipeline->sampler.mark},
                                  {.name = "planner", .mark = &pipeline->planner_mark},
                                  {.name = "actuator", .mark = &pipeline->actuator.mark}}};
    pipeline->sampler.ops = pipeline->actuator.ops = pipeline->ops;
    pipeline->actuator.ledger = pipeline->ledger;
    pipeline->actuator.stop = &pipeline->actuator_wakeup;
    pipeline->actuator.dry_run = pipeline->options->planner.dry_run;
}

struct pipeline *pipeline_new(const struct options *options, int signals, int reloads,
                              const struct plan_sink *sink, struct summary *summary)
{
    struct pipeline *pipeline = aligned_alloc(alignof(struct pipeline), sizeof *pipeline);
    int error;

    if (!pipeline)
        return NULL;
    memset(pipeline, 0, sizeof *pipeline);
    pipeline->options = options;
    pipeline->ops = host_find(options->uri);
    pipeline->signals = signals;
    pipeline->reloads = reloads;
    pipeline_use(pipeline, options);
    pipeline->sink = sink;
    pipeline->summary = summary;
    pipeline->notify.wanted = notify_wanted();
    error = prepare(pipeline);
    if (error) {
        log_error("can't start: %s", strerror(-error));
        pipeline_free(pipeline);
        return NULL;
    }
    connect_parts(pipeline);
    return pipeline;
}

/* Watches the stages. Returns in how many milliseconds to look again; -1: no stage runs. */
static int look_at_stages(struct pipeline *pipeline)
{
    if (pipeline->threads == 0)
        return -1;
    notify_disconnected(&pipeline->notify,
                        atomic_load_explicit(&pipeline->disconnected, memory_order_relaxed));
    return watch_look(&pipeline->watch, pipeline->sampler.period_ns, clock_now());
}

/* Runs until something ends the run. */
static enum pipeline_end watch(struct pipeline *pipeline)
{
    for (;;) {
        const uint32_t known = pipeline_flags(pipeline);

        if (pipeline_flags(pipeline) & FLAG_OPENED && !pipeline->started &&
            pipeline_start(pipeline))
            return PIPELINE_FAILED;
        pipeline_show(pipeline);
        if (pipeline_flags(pipeline) & (FLAG_FAILED | FLAG_UNSEEN))
            return PIPELINE_FAILED;
        if (pipeline_flags(pipeline) & FLAG_NO_DOMAIN)
            return PIPELINE_NO_DOMAIN;
        if (pipeline_flags(pipeline) & FLAG_DONE)
            return PIPELINE_DONE;
        if (pipeline_wait(pipeline, pipeline->signals, known, look_at_stages(pipeline)))
            return PIPELINE_SIGNALLED;
    }
}

enum pipeline_end pipeline_run(const struct options *options, int signals, int reloads,
                               const struct plan_sink *sink, struct summary *summary, bool *hung)
{
    struct pipeline *pipeline = pipeline_new(options, signals, reloads, sink, summary);
    enum pipeline_end end;

    *hung = false;
    if (!pipeline)
        return PIPELINE_FAILED;
    notify_disconnected(&pipeline->notify, true);
    if (pthread_create(&pipeline->opener, NULL, run_opener, pipeline)) {
        log_error("can't start: a thread can't be made");
        pipeline_free(pipeline);
        return PIPELINE_FAILED;
    }
    end = watch(pipeline);
    if (pipeline_flags(pipeline) & FLAG_FAILED)
        log_error("%s", pipeline->failure.text);
    else if (end == PIPELINE_NO_DOMAIN)
        log_info("no active domain: nothing to schedule");
    *hung = !pipeline_stop(pipeline);
    if (options->restore_only && end != PIPELINE_FAILED)
        end = pipeline_end_restore(pipeline, *hung);
    *hung = *hung || !pipeline_free(pipeline);
    return end;
}
