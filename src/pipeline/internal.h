/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - the three stages at their rings, as pipeline.c runs them: each in a thread of its
 * own, or, for a host that owns its clock, in turn. Private to pipeline.c and stages.c.
 */
#ifndef VCPU_SCHEDULER_PIPELINE_INTERNAL_H
#define VCPU_SCHEDULER_PIPELINE_INTERNAL_H

#include "actuator/actuator.h"
#include "base/histogram.h"
#include "config/options.h"
#include "host.h"
#include "ledger/ledger.h"
#include "pipeline/notify.h"
#include "pipeline/pipeline.h"
#include "pipeline/watch.h"
#include "planner/planner.h"
#include "report/summary.h"
#include "ring.h"
#include "sampler/sampler.h"

#include <pthread.h>

/* Buffers that travel. Snapshots: one being filled, one in the ring, one being planned on, one
 * waiting for the pins under way. Plans: one being filled, one at the actuator, two at main. */
#define BUFFERS 4
/* Plans that wait for main. It may be showing one more; the fourth keeps the planner going while a
 * terminal blocks. */
#define REPORTS 2

/** What the threads tell main. */
enum {
    FLAG_OPENED = 1 << 0, /* the host is open */
    FLAG_FAILED = 1 << 1, /* pipeline.failure holds why */
    FLAG_NO_DOMAIN = 1 << 2,
    FLAG_DONE = 1 << 3, /* enough decisions, or the end of a replay */
    FLAG_SAMPLER_OUT = 1 << 4,
    FLAG_ACTUATOR_OUT = 1 << 5,
    FLAG_FAILING = 1 << 7, /* a thread is writing why: the first one only */
    FLAG_UNSEEN = 1 << 6,  /* the viewer takes nothing more */
};

struct pipeline {
    const struct options *options;         /* as at the start */
    const struct options *_Atomic current; /* the same, and what may change meanwhile */
    const struct host_ops *ops;
    struct host *host;
    struct ledger *ledger;
    struct ledger_file *ledger_file; /* NULL: nothing is kept of this host, or in this mode */
    struct planner *planner;
    struct sampler sampler;
    struct actuator actuator;

    struct wakeup sampler_wakeup, planner_wakeup, actuator_wakeup, main_wakeup;
    struct ring snapshots, free_snapshots, plans, free_plans, outcomes, reports;
    struct snapshot *snapshot_buffers[BUFFERS];
    struct plan *plan_buffers[BUFFERS];
    _Atomic uint32_t flags; /* SAID_* */
    _Atomic bool away;      /* the host can't be reached now */
    struct progress planner_mark;
    struct failure failure; /* written before FLAG_FAILED is said, once */
    uint32_t kept; /* affinities not given back; written before FLAG_ACTUATOR_OUT is said */

    struct snapshot
        *unfilled; /* the sampler's: taken from home for a period that could not be sampled */

    /* The planner's. */
    struct snapshot *newest;     /* not planned on yet */
    struct plan *spare[BUFFERS]; /* plans at home */
    uint32_t spares;
    bool in_flight, over;
    uint64_t decisions;
    enum reason shown_reason; /* these three of the last period */
    uint32_t shown_domains, shown_vcpus;
    uint64_t shown_ns; /* the last period that main was to see; this counts for systemd only */
    struct summary *summary;
    struct histogram stages[STAGE_COUNT];

    /* Main's. */
    const struct plan_sink *sink;
    int signals, reloads;
    pthread_t opener, sampler_thread, planner_thread, actuator_thread;
    bool started;
    uint32_t found; /* affinities that an earlier run has left */
    int threads;    /* that run, in the order of start_threads() */
    struct watch watch;
    struct notify notify; /* its `wanted` is settled before there are threads */
};

/** Everything but the threads, with whatever host `options` names; NULL: it was said why. Freed by
 * pipeline_free(). */
struct pipeline *pipeline_new(const struct options *options, int signals, int reloads,
                              const struct plan_sink *sink, struct summary *summary);

/** Returns false if the host hangs: then all of it stays. Main thread, without others. */
bool pipeline_free(struct pipeline *pipeline);

/** Tells main something, with all that was written before. Any thread. */
void pipeline_set(struct pipeline *pipeline, uint32_t what);

/** All that was said so far. Any thread. */
uint32_t pipeline_flags(struct pipeline *pipeline);

/** True if any of it was said. Any thread. */
bool pipeline_is_set(struct pipeline *pipeline, uint32_t what);

/** Keeps the words for main and says FLAG_FAILED. Any thread. */
void pipeline_fail(struct pipeline *pipeline, const struct failure *why);

/** As it is set now. Any thread. */
uint64_t pipeline_period_ns(struct pipeline *pipeline);

/** Waits for a period and samples it. Returns false at the end. Sampler's thread. */
bool sample_once(struct pipeline *pipeline);

/** Takes in what has come and decides if it can. Returns false if there was nothing to do.
 * Planner's thread. */
bool plan_once(struct pipeline *pipeline);

/** Applies a plan. Returns false if there is none. Actuator's thread. */
bool act_once(struct pipeline *pipeline);

/** The threads: each loops over the above until its wakeup is stopped. */
void *run_sampler(void *pipeline);
void *run_planner(void *pipeline);
void *run_actuator(void *pipeline);

#endif
