/* SPDX-License-Identifier: GPL-2.0-or-later */
/* threads.c - starts the stages once the host is open, and ends them in reverse. Main thread. */
#include "pipeline/internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "log/log.h"
#include "model/mask.h"
#include "model/names.h"

#include <string.h>

/* At the end: how long a call of the host may take before the host is taken to hang. */
#define PATIENCE_NS      UINT64_C(700000000)
#define PATIENCE_STEP_MS 20

/* Runs the stages in turn on this thread. */
static void replay(struct pipeline *pipeline)
{
    bool more = true;

    while (more &&
           !(pipeline_flags(pipeline) & (FLAG_FAILED | FLAG_UNSEEN | FLAG_DONE | FLAG_NO_DOMAIN))) {
        more = sample_once(pipeline);
        while (plan_once(pipeline) || act_once(pipeline))
            pipeline_show(pipeline);
        if (pipeline_wait(pipeline, pipeline->signals, pipeline_flags(pipeline), 0))
            wakeup_stop(&pipeline->sampler_wakeup);
    }
    pipeline_set(pipeline, FLAG_DONE);
}

static int start_threads(struct pipeline *pipeline)
{
    struct {
        pthread_t *thread;
        void *(*run)(void *);
        const char *name;
    } stages[] = {
        {&pipeline->actuator_thread, run_actuator, "actuator"},
        {&pipeline->planner_thread, run_planner, "planner"},
        {&pipeline->sampler_thread, run_sampler, "sampler"},
    };
    /* --restore needs the actuator only: without plans, it gives back and ends. */
    const size_t count = pipeline->options->restore_only ? 1 : sizeof stages / sizeof *stages;
    int error = 0;

    for (size_t i = 0; !error && i < count; i++) {
        error = pthread_create(stages[i].thread, NULL, stages[i].run, pipeline);
        if (error) {
            log_error("the %s's thread can't be started: %s", stages[i].name, strerror(error));
        } else {
            pthread_setname_np(*stages[i].thread, stages[i].name);
            pipeline->threads++;
        }
    }
    if (pipeline->threads < 3)
        pipeline_set(pipeline, FLAG_SAMPLER_OUT | (pipeline->threads ? 0 : FLAG_ACTUATOR_OUT));
    return -error;
}

int pipeline_start(struct pipeline *pipeline)
{
    int error = 0;

    pipeline->started = true;
    pipeline->found = ledger_count(pipeline->ledger);
    if (pipeline->options->restore_only) {
        error = start_threads(pipeline);
        pipeline_set(pipeline, FLAG_DONE);
    } else if (pipeline->ops->owns_clock) {
        replay(pipeline);
    } else {
        watch_init(&pipeline->watch);
        notify_tell("READY=1");
        error = start_threads(pipeline);
    }
    return error;
}

/* Logs the affinities that a hanging host keeps from being given back. */
static void log_not_given_back(struct pipeline *pipeline)
{
    struct ledger_entry entry;
    uint32_t cursor = 0;

    log_error("libvirt does not answer: leaving without it");
    if (pipeline_flags(pipeline) & FLAG_ACTUATOR_OUT)
        return; /* only the sampler hangs; the actuator has given back all it could */
    while (pipeline->options->restore && ledger_next(pipeline->ledger, &cursor, &entry)) {
        char original[256], pinned[128], words[VCPU_WORDS];

        cpuset_format(&entry.pinned, pinned, sizeof pinned);
        mask_format(&entry.original, original, sizeof original);
        log_event(LOG_ERROR, log_vcpu(EVENT_KEPT, entry.domain, entry.vcpu.number),
                  "domain %s %s stays on pCPU%s %s: could not be given back to %s", entry.domain,
                  vcpu_words(entry.vcpu.number, words, sizeof words),
                  text_plural(cpuset_count(&entry.pinned)), pinned, original);
    }
}

/* Waits for the sampler and the actuator to end. Returns false if a call of the host hangs. */
static bool wait_for_host(struct pipeline *pipeline)
{
    uint64_t since_ns = clock_now(), seen = 0;

    while (!(pipeline_flags(pipeline) & FLAG_SAMPLER_OUT) ||
           !(pipeline_flags(pipeline) & FLAG_ACTUATOR_OUT)) {
        const uint64_t mark = progress_since(&pipeline->actuator.mark);

        if (mark != seen) {
            seen = mark;
            since_ns = clock_now();
        }
        if (clock_now() - since_ns >= PATIENCE_NS)
            return false;
        pipeline_wait(pipeline, -1, pipeline_flags(pipeline), PATIENCE_STEP_MS);
        pipeline_show(pipeline);
    }
    return true;
}

/* Gives the opener a moment more. Returns false if it has not finished by then. */
static bool wait_for_opener(struct pipeline *pipeline)
{
    const uint64_t begin_ns = clock_now();

    while (!pipeline->options->trace && !(pipeline_flags(pipeline) & (FLAG_OPENED | FLAG_FAILED))) {
        if (clock_now() - begin_ns >= PATIENCE_NS)
            return false;
        pipeline_wait(pipeline, -1, pipeline_flags(pipeline), PATIENCE_STEP_MS);
    }
    return true;
}

bool pipeline_stop(struct pipeline *pipeline)
{
    bool answered;

    notify_tell("STOPPING=1");
    wakeup_stop(&pipeline->sampler_wakeup);
    if (!wait_for_opener(pipeline)) {
        log_error("%s has not answered so far: leaving without it",
                  pipeline->options->uri ? pipeline->options->uri : "libvirt");
        return false;
    }
    pthread_join(pipeline->opener, NULL);
    if (pipeline->threads == 0)
        return true;
    wakeup_stop(&pipeline->actuator_wakeup);
    answered = wait_for_host(pipeline);
    wakeup_stop(&pipeline->planner_wakeup);
    if (pipeline->threads > 1)
        pthread_join(pipeline->planner_thread, NULL);
    pipeline_show(pipeline);
    if (!answered) {
        log_not_given_back(pipeline);
        return false;
    }
    if (pipeline->threads > 2)
        pthread_join(pipeline->sampler_thread, NULL);
    pthread_join(pipeline->actuator_thread, NULL);
    return true;
}
