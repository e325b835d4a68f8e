/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - the pipeline as its files share it. Which thread runs what:
 *
 *     main       pipeline.c, wait.c, threads.c, watch.c, notify.c, restore.c; the stages, too, in
 *                turn, where the host owns its clock
 *     opener     open.c, once; the stages start after it
 *     sampler, planner, actuator
 *                stages.c, a thread for each
 *     any        wait.c, where it says so
 *
 * watch.c finds a stage that hangs, by the marks that the stages publish, and feeds systemd's
 * watchdog while none does. Main looks now and then. notify.c tells systemd how a service of
 * Type=notify is doing: sd_notify(3). It does nothing where the daemon was not started so, or was
 * built without libsystemd.
 */
#ifndef VCPU_SCHEDULER_PIPELINE_INTERNAL_H
#define VCPU_SCHEDULER_PIPELINE_INTERNAL_H

#include "actuator/actuator.h"
#include "base/histogram.h"
#include "config/options.h"
#include "host.h"
#include "ledger/ledger.h"
#include "pipeline/pipeline.h"
#include "planner/planner.h"
#include "report/summary.h"
#include "ring.h"
#include "sampler/sampler.h"

#include <pthread.h>

/* Buffers of each kind. Snapshots: one being filled, one in the ring, one being planned on, one
 * that waits while pins are under way. Plans: one being filled, one at the actuator, two at main.
 */
#define BUFFERS 4
/* Plans that wait for main, beside one that main shows. With the fourth, the planner can go on
 * while a terminal blocks. */
#define REPORTS 2

/** What the threads tell main. */
enum {
    FLAG_OPENED = 1 << 0,  /* the host is open */
    FLAG_FAILING = 1 << 1, /* a thread is writing pipeline.failure; only the first one does */
    FLAG_FAILED = 1 << 2,  /* pipeline.failure is written */
    FLAG_NO_DOMAIN = 1 << 3,
    FLAG_DONE = 1 << 4,   /* enough decisions, or the end of a replay */
    FLAG_UNSEEN = 1 << 5, /* the sink takes no more plans */
    FLAG_SAMPLER_OUT = 1 << 6,
    FLAG_ACTUATOR_OUT = 1 << 7,
};

/* How old the figures of `systemctl status` may get. */
#define NOTIFY_STATUS_NS UINT64_C(10000000000)

/** The line of `systemctl status`. */
struct notify {
    bool wanted;       /* systemd waits for it */
    bool disconnected; /* the line says so of libvirt */
    uint64_t pins;     /* made so far */
};

enum { WATCH_STAGES = 3 };

/** What main knows of a stage. */
struct watch_stage {
    const char *name; /* for the log */
    const struct progress *mark;
    uint64_t late_since_ns; /* the mark that is overdue; 0: none is */
    uint64_t noticed_ns;    /* when main first saw it overdue */
    bool logged;            /* that it is overdue */
};

struct watch {
    struct watch_stage stages[WATCH_STAGES];
    uint64_t feed_ns; /* how often the watchdog is fed; 0: there is none */
    uint64_t fed_ns;
};

struct pipeline {
    const struct options *options;         /* as at the start */
    const struct options *_Atomic current; /* as read last; all but live options are the same */
    const struct host_ops *ops;
    struct host *host;
    struct ledger *ledger;
    struct ledger_file *ledger_file; /* NULL: this host or mode keeps no ledger */
    struct planner *planner;
    struct sampler sampler;
    struct actuator actuator;

    struct wakeup sampler_wakeup, planner_wakeup, actuator_wakeup, main_wakeup;
    struct ring snapshots, free_snapshots, plans, free_plans, outcomes, reports;
    struct snapshot *snapshot_buffers[BUFFERS];
    struct plan *plan_buffers[BUFFERS];
    _Atomic uint32_t flags;    /* FLAG_* */
    _Atomic bool disconnected; /* the host can't be reached now */
    struct progress planner_mark;
    struct failure failure;  /* valid once FLAG_FAILED is set */
    uint32_t not_given_back; /* affinities; valid once FLAG_ACTUATOR_OUT is set */

    /* The sampler's. */
    struct snapshot *unfilled; /* taken from the ring for a period that could not be sampled */

    /* The planner's. */
    struct snapshot *newest; /* not planned on yet */
    struct plan *spare[BUFFERS];
    uint32_t spares;
    bool in_flight, over;
    uint64_t decisions;
    enum reason shown_reason; /* these three are the last period's */
    uint32_t shown_domains, shown_vcpus;
    uint64_t shown_ns; /* when main was last given a plan; only systemd's status line needs it */
    struct summary *summary;
    struct histogram stages[STAGE_COUNT];

    /* Main's. */
    const struct plan_sink *sink;
    int signals, reloads;
    pthread_t opener, sampler_thread, planner_thread, actuator_thread;
    bool started;
    uint32_t found; /* affinities that an earlier run has left */
    int threads;    /* how many stages were started, in the order of start_threads() */
    struct watch watch;
    struct notify notify; /* `wanted` is set before there are threads */
};

/** Makes everything but the threads, for the host that `options` names. Returns NULL after logging
 * why. Freed by pipeline_free(). Main thread. */
struct pipeline *pipeline_new(const struct options *options, int signals, int reloads,
                              const struct plan_sink *sink, struct summary *summary);

/** Frees it. Returns false if the host hangs: then nothing is freed. Main thread, once the others
 * have ended. */
bool pipeline_free(struct pipeline *pipeline);

/** Sets flags and wakes main, which then sees all that was written before. Any thread. */
void pipeline_set(struct pipeline *pipeline, uint32_t flags);

/** The flags that are set. Any thread. */
uint32_t pipeline_flags(struct pipeline *pipeline);

/** Copies *why for main and sets FLAG_FAILED; only the first call counts. Any thread. */
void pipeline_fail(struct pipeline *pipeline, const struct failure *why);

/** Makes these options the current ones. Main thread. */
void pipeline_use(struct pipeline *pipeline, const struct options *options);

/** Opens the host and its ledger, then sets FLAG_OPENED or FLAG_FAILED. The opener's thread. */
void *run_opener(void *pipeline);

/** Starts the stages, or replays the whole trace before it returns. Returns 0 or, after logging it,
 * a negative errno. After FLAG_OPENED; main thread. */
int pipeline_start(struct pipeline *pipeline);

/** Ends what was started, in reverse. Returns false if the host hangs: then threads are left in it.
 * Main thread. */
bool pipeline_stop(struct pipeline *pipeline);

/**
 * Sleeps until a flag that is not in `known` is set, a plan is to be shown, `signals` is readable
 * (-1: ignored) or `milliseconds` are over (-1: no limit). Reloads on SIGHUP. Returns true if
 * `signals` is readable; it stays unread, since the output (base/output.h) waits for it too. Main
 * thread.
 */
bool pipeline_wait(struct pipeline *pipeline, int signals, uint32_t known, int milliseconds);

/** Shows the plans that wait for main. Main thread. */
void pipeline_show(struct pipeline *pipeline);

/** True if systemd waits for notifications. */
bool notify_wanted(void);

/** systemd expects "WATCHDOG=1" at least once in so many nanoseconds; 0: never. */
uint64_t notify_watchdog_ns(void);

/** Tells one of sd_notify(3)'s states: "READY=1" once the host is open, "STOPPING=1" when the run
 * ends, "WATCHDOG=1" while the stages make progress. */
void notify_tell(const char *state);

/** A period is over: renews the status line. */
void notify_plan(struct notify *notify, const struct plan *plan);

/** Says in the status line that libvirt is disconnected; the next plan replaces that. */
void notify_disconnected(struct notify *notify, bool disconnected);

/** Reads from the environment how often the watchdog must be fed. */
void watch_init(struct watch *watch);

/**
 * Looks at all stages at `now_ns`; `period_ns` is the length of a period. Logs once that a stage is
 * overdue, and later that it goes on. Feeds the watchdog if it is time and no stage is overdue.
 * Returns in how many milliseconds to look again at the latest. Main thread.
 */
int watch_look(struct watch *watch, uint64_t period_ns, uint64_t now_ns);

/** Logs how many affinities --restore gave back. Returns PIPELINE_DONE if all, else
 * PIPELINE_FAILED. Main thread, after pipeline_stop(). */
enum pipeline_end pipeline_end_restore(const struct pipeline *pipeline, bool hung);

/** Waits for a period and samples it. Returns false at the end. Sampler's thread. */
bool sample_once(struct pipeline *pipeline);

/** Takes what its rings bring, and decides if it can. Returns false if there was nothing to do.
 * Planner's thread. */
bool plan_once(struct pipeline *pipeline);

/** Applies a plan. Returns false if there is none. Actuator's thread. */
bool act_once(struct pipeline *pipeline);

/** The threads of the stages: each loops over one of the above until its wakeup is stopped. */
void *run_sampler(void *pipeline);
void *run_planner(void *pipeline);
void *run_actuator(void *pipeline);

#endif
