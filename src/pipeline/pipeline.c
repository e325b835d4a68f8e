/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pipeline/pipeline.h"

#include "actuator/give_back.h"
#include "base/clock.h"
#include "log/log.h"
#include "model/mask.h"
#include "pipeline/internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* At the end, how long the host may keep a call before it is taken to hang. */
#define PATIENCE_NS      UINT64_C(700000000)
#define PATIENCE_STEP_MS 20

/* Says what an earlier run has left. */
static void tell_leftover(const struct leftover *found)
{
    log_event(
        LOG_INFO, log_about(EVENT_LEFTOVER),
        "an earlier run has left pins: %u taken over, %u back at what they had, %u changed by "
        "others, %u of domains that have ended%s",
        found->ours + found->unknown, found->settled, found->changed, found->gone,
        found->unknown ? "; libvirt does not tell of all" : "");
}

/* ledger_file_claim()'s `same`. */
static bool is_this_host(const void *opaque, const char *address)
{
    const struct pipeline *pipeline = opaque;

    return pipeline->ops->known_as(pipeline->host, address);
}

/* Takes over what is kept of the host by the names that it had in earlier runs. */
static int claim_ledgers(struct pipeline *pipeline, struct failure *why)
{
    const struct host_ops *ops = pipeline->ops;

    return ops->known_as
               ? ledger_file_claim(pipeline->ledger_file, pipeline->ledger,
                                   ops->address(pipeline->host), is_this_host, pipeline, why)
               : 0;
}

/* The host is open: takes its lock, and over what an earlier run has left. */
static int open_ledger(struct pipeline *pipeline, bool pins, struct failure *why)
{
    const struct options *options = pipeline->options;
    const char *name = pipeline->ops->name(pipeline->host);
    struct leftover found;
    bool left;
    int error;

    if (!name || !pins)
        return 0;
    error =
        ledger_file_open(pipeline->ledger, options->runtime_dir, name, &pipeline->ledger_file, why);
    if (error == -EBADMSG && !options->restore_only) {
        log_error("%s", why->text);
        error = ledger_file_open(pipeline->ledger, options->runtime_dir, name,
                                 &pipeline->ledger_file, why);
    }
    pipeline->actuator.file = pipeline->ledger_file;
    if (!error)
        error = claim_ledgers(pipeline, why);
    if (!error && options->restore_only && pipeline->ops->adopt)
        error = pipeline->ops->adopt(pipeline->host, why);
    if (error || ledger_size(pipeline->ledger) == 0 || options->restore_only)
        return error;
    left = ledger_count(pipeline->ledger) > 0;
    found = actuator_review(&pipeline->actuator);
    if (left)
        tell_leftover(&found);
    return 0;
}

static void *run_opener(void *opaque)
{
    struct pipeline *pipeline = opaque;
    const struct options *options = pipeline->options;
    const bool pins = options->restore_only ||
                      !(options->planner.dry_run || options->planner.policy == &policy_none);
    const struct host_settings settings = {
        .uri = options->uri,
        .cgroup_root = options->cgroup_root,
        .pcpus = options->pcpus,
        .trace = options->trace,
        .crosscheck = options->planner.crosscheck != CROSSCHECK_OFF,
        .read_only = !pins,
        .verbose = options->verbose,
        .wait = options->wait && !options->restore_only,
        .wakeup = &pipeline->sampler_wakeup,
        .ledger = pipeline->ledger,
        .period_ns = pipeline_period_ns(pipeline),
    };
    struct failure why;
    int error;

    if (options->verbose && !pipeline->ops->simulated)
        log_info("connecting to libvirt");
    error = pipeline->ops->open(&settings, &pipeline->host, &why);
    if (!error) {
        pipeline->sampler.host = pipeline->actuator.host = pipeline->host;
        error = open_ledger(pipeline, pins, &why);
    }
    if (error)
        pipeline_fail(pipeline, &why);
    else
        pipeline_set(pipeline, FLAG_OPENED);
    return NULL;
}

/* Shows what has come. */
static void show_reports(struct pipeline *pipeline)
{
    struct plan *plan;

    while ((plan = ring_try_pop(&pipeline->reports))) {
        notify_plan(&pipeline->notify, plan);
        if (!pipeline_is_set(pipeline, FLAG_UNSEEN) &&
            pipeline->sink->show(pipeline->sink->opaque, plan))
            pipeline_set(pipeline, FLAG_UNSEEN);
        ring_push(&pipeline->free_plans, plan);
    }
}

/* SIGHUP: what was set differently since takes effect from the next period on. */
static void reload(struct pipeline *pipeline)
{
    struct signalfd_siginfo signal;
    const struct options *options;

    if (read(pipeline->reloads, &signal, sizeof signal) != sizeof signal)
        return;
    options = pipeline->sink->reload(pipeline->sink->opaque);
    if (!options)
        return;
    atomic_store_explicit(&pipeline->current, options, memory_order_release);
    wakeup_signal(&pipeline->sampler_wakeup); /* the period may be another */
}

/*
 * Sleeps until a thread says more than the caller knows of (`known`), a plan is to be shown, a
 * signal can be read from `signals` (-1: none counts any more), or milliseconds (-1: none) are
 * over. Returns true for a signal, which stays unread: it is what tells the output that the run
 * ends.
 */
static bool main_wait(struct pipeline *pipeline, int signals, uint32_t known, int milliseconds)
{
    struct pollfd fds[] = {
        {.fd = pipeline->main_wakeup.fd, .events = POLLIN},
        {.fd = signals, .events = POLLIN},
        {.fd = pipeline->reloads, .events = POLLIN},
    };

    wakeup_prepare(&pipeline->main_wakeup);
    if (ring_count(&pipeline->reports) || pipeline_flags(pipeline) != known)
        milliseconds = 0;
    poll(fds, 3, milliseconds);
    if (fds[0].revents)
        wakeup_wait(&pipeline->main_wakeup, 0);
    else
        wakeup_cancel(&pipeline->main_wakeup);
    if (fds[2].revents)
        reload(pipeline);
    return fds[1].revents != 0;
}

/* The stages in turn on this thread: for a host whose clock waits for us. */
static void replay(struct pipeline *pipeline)
{
    bool more = true;

    while (more &&
           !pipeline_is_set(pipeline, FLAG_FAILED | FLAG_UNSEEN | FLAG_DONE | FLAG_NO_DOMAIN)) {
        more = sample_once(pipeline);
        while (plan_once(pipeline) || act_once(pipeline))
            show_reports(pipeline);
        if (main_wait(pipeline, pipeline->signals, pipeline_flags(pipeline), 0))
            wakeup_stop(&pipeline->sampler_wakeup);
    }
    pipeline_set(pipeline, FLAG_DONE);
}

static int start_thread(struct pipeline *pipeline, pthread_t *thread, void *(*run)(void *),
                        const char *name)
{
    const int error = pthread_create(thread, NULL, run, pipeline);

    if (error) {
        log_error("the %s's thread can't be started: %s", name, strerror(error));
        return -error;
    }
    pthread_setname_np(*thread, name);
    pipeline->threads++;
    return 0;
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
    /* --restore: an actuator without plans only gives back. */
    const size_t count = pipeline->options->restore_only ? 1 : sizeof stages / sizeof *stages;
    int error = 0;

    for (size_t i = 0; !error && i < count; i++)
        error = start_thread(pipeline, stages[i].thread, stages[i].run, stages[i].name);
    if (pipeline->threads < 3)
        pipeline_set(pipeline, FLAG_SAMPLER_OUT | (pipeline->threads ? 0 : FLAG_ACTUATOR_OUT));
    return error;
}

/* The host is open: lets the stages work on it. */
static int start(struct pipeline *pipeline)
{
    int error = 0;

    pipeline->started = true;
    pipeline->found = ledger_count(pipeline->ledger);
    if (pipeline->options->restore_only) {
        error = start_threads(pipeline);
        pipeline_set(pipeline, FLAG_DONE);
    } else if (pipeline->ops->simulated) {
        replay(pipeline);
    } else {
        watch_init(&pipeline->watch);
        if (pipeline->notify.wanted)
            notify_ready();
        error = start_threads(pipeline);
    }
    return error;
}

/* Looks whether the stages go on. Returns in how many milliseconds to look again; -1: not at all.
 */
static int look_at_stages(struct pipeline *pipeline)
{
    if (pipeline->threads == 0)
        return -1;
    notify_away(&pipeline->notify, atomic_load_explicit(&pipeline->away, memory_order_relaxed));
    return watch_look(&pipeline->watch, pipeline_period_ns(pipeline), clock_now());
}

/* Until something ends the run. */
static enum pipeline_end watch(struct pipeline *pipeline)
{
    for (;;) {
        const uint32_t known = pipeline_flags(pipeline);

        if (pipeline_is_set(pipeline, FLAG_OPENED) && !pipeline->started && start(pipeline))
            return PIPELINE_FAILED;
        show_reports(pipeline);
        if (pipeline_is_set(pipeline, FLAG_FAILED | FLAG_UNSEEN))
            return PIPELINE_FAILED;
        if (pipeline_is_set(pipeline, FLAG_NO_DOMAIN))
            return PIPELINE_NO_DOMAIN;
        if (pipeline_is_set(pipeline, FLAG_DONE))
            return PIPELINE_DONE;
        if (main_wait(pipeline, pipeline->signals, known, look_at_stages(pipeline)))
            return PIPELINE_SIGNALLED;
    }
}

/* Says what a hanging host keeps. */
static void tell_what_is_kept(struct pipeline *pipeline)
{
    struct ledger_entry entry;
    uint32_t cursor = 0;

    log_error("libvirt does not answer: leaving without it");
    if (pipeline_is_set(pipeline, FLAG_ACTUATOR_OUT))
        return; /* it is the sampler that hangs; all that could be given back was */
    while (pipeline->options->restore && ledger_next(pipeline->ledger, &cursor, &entry)) {
        char original[256];

        mask_format(&entry.original, original, sizeof original);
        log_event(LOG_ERROR, log_vcpu(EVENT_KEPT, entry.domain, entry.vcpu.number),
                  "domain %s vCPU %u stays on pCPU %d: could not be given back to %s", entry.domain,
                  entry.vcpu.number, entry.pinned, original);
    }
}

/* Waits for the sampler and the actuator to end while the host answers. Returns false if it hangs.
 */
static bool wait_for_host(struct pipeline *pipeline)
{
    uint64_t since_ns = clock_now(), seen = 0;

    while (!pipeline_is_set(pipeline, FLAG_SAMPLER_OUT) ||
           !pipeline_is_set(pipeline, FLAG_ACTUATOR_OUT)) {
        const uint64_t mark = progress_since(&pipeline->actuator.mark);

        if (mark != seen) {
            seen = mark;
            since_ns = clock_now();
        }
        if (clock_now() - since_ns >= PATIENCE_NS)
            return false;
        main_wait(pipeline, -1, pipeline_flags(pipeline), PATIENCE_STEP_MS);
        show_reports(pipeline);
    }
    return true;
}

/* Gives the opener a moment more. Returns false if it is not through by then. */
static bool wait_for_opener(struct pipeline *pipeline)
{
    const uint64_t begin_ns = clock_now();

    while (!pipeline->options->trace && !pipeline_is_set(pipeline, FLAG_OPENED | FLAG_FAILED)) {
        if (clock_now() - begin_ns >= PATIENCE_NS)
            return false;
        main_wait(pipeline, -1, pipeline_flags(pipeline), PATIENCE_STEP_MS);
    }
    return true;
}

/* Ends what was started, in reverse. Returns false if the host hangs and threads are left in it.
 */
static bool stop(struct pipeline *pipeline)
{
    bool answered;

    if (pipeline->notify.wanted)
        notify_stopping();
    wakeup_stop(&pipeline->sampler_wakeup);
    if (!wait_for_opener(pipeline)) {
        log_error(pipeline->ops->simulated
                      ? "the trace does not come: leaving without it"
                      : "libvirt has not answered so far: leaving while connecting");
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
    show_reports(pipeline);
    if (!answered) {
        tell_what_is_kept(pipeline);
        return false;
    }
    if (pipeline->threads > 2)
        pthread_join(pipeline->sampler_thread, NULL);
    pthread_join(pipeline->actuator_thread, NULL);
    return true;
}

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

/* Everything but the threads. */
static int prepare(struct pipeline *pipeline)
{
    const struct crosscheck_steps steps = crosscheck_steps();
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

/* sampler.period */
static uint64_t sampler_period(void *opaque)
{
    return pipeline_period_ns(opaque);
}

/* Fills in who does what, for whom. */
static void connect_parts(struct pipeline *pipeline)
{
    const struct watch_stage stages[WATCH_STAGES] = {
        {.name = "sampler", .mark = &pipeline->sampler.mark},
        {.name = "planner", .mark = &pipeline->planner_mark},
        {.name = "actuator", .mark = &pipeline->actuator.mark},
    };

    memcpy(pipeline->watch.stages, stages, sizeof stages);
    pipeline->sampler.ops = pipeline->actuator.ops = pipeline->ops;
    pipeline->sampler.period = sampler_period;
    pipeline->sampler.opaque = pipeline;
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
    atomic_init(&pipeline->current, options);
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

/* --restore: was all given back? */
static enum pipeline_end end_restore(const struct pipeline *pipeline, bool hung)
{
    if (hung || !pipeline->started)
        return PIPELINE_FAILED;
    if (pipeline->found == 0)
        log_info("no earlier run has left anything to give back");
    else
        log_info("%u of %u affinities settled", pipeline->found - pipeline->kept, pipeline->found);
    return pipeline->kept ? PIPELINE_FAILED : PIPELINE_DONE;
}

enum pipeline_end pipeline_run(const struct options *options, int signals, int reloads,
                               const struct plan_sink *sink, struct summary *summary, bool *hung)
{
    struct pipeline *pipeline = pipeline_new(options, signals, reloads, sink, summary);
    enum pipeline_end end;

    *hung = false;
    if (!pipeline)
        return PIPELINE_FAILED;
    notify_away(&pipeline->notify, true);
    if (pthread_create(&pipeline->opener, NULL, run_opener, pipeline)) {
        log_error("can't start: no thread to be had");
        pipeline_free(pipeline);
        return PIPELINE_FAILED;
    }
    end = watch(pipeline);
    if (pipeline_is_set(pipeline, FLAG_FAILED))
        log_error("%s", pipeline->failure.text);
    else if (end == PIPELINE_NO_DOMAIN)
        log_info("no active domain: nothing to schedule");
    *hung = !stop(pipeline);
    if (options->restore_only && end != PIPELINE_FAILED)
        end = end_restore(pipeline, *hung);
    *hung = *hung || !pipeline_free(pipeline);
    return end;
}
