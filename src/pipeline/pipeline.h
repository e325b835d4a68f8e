/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pipeline.h - owns the threads, the rings, the buffers and the end of the run.
 *
 *     sampler ══ snapshots ══▶ planner ══ plans ══▶ actuator
 *        ▲                     ▲  ║  ▲                 ║
 *        ╚═══ snapshots home ══╬══╝  ╚═══ outcomes ════╝
 *                  plans home ═╝  ╚══ reports ══▶ main
 */
#ifndef VCPU_SCHEDULER_PIPELINE_PIPELINE_H
#define VCPU_SCHEDULER_PIPELINE_PIPELINE_H

#include "config/options.h"
#include "plan.h"
#include "report/summary.h"

/** How a run ended. */
enum pipeline_end {
    PIPELINE_SIGNALLED, /* SIGINT, SIGTERM or SIGHUP */
    PIPELINE_NO_DOMAIN, /* no active domain, and no --wait */
    PIPELINE_DONE,      /* --cycles reached, or a replay at its end */
    PIPELINE_FAILED,    /* what failed was said */
};

/** Whom main's thread asks and tells: each period when it is over, in the order of the periods. */
struct plan_sink {
    /** The configuration is to be read again (SIGHUP). Returns what to go on with, which stays
     * until the end of the run; NULL: as before. */
    const struct options *(*reload)(void *opaque);

    /** Returns 0, or a negative errno: the run ends, since nobody can see it any more. */
    int (*show)(void *opaque, const struct plan *plan);
    void *opaque;
    bool changes_only; /* periods without pins that end as the one before need not be shown */
};

/**
 * Runs the daemon until it ends by itself or one of the signals can be read from `signals` (a
 * signalfd; they must be blocked already; left unread). `reloads`: a signalfd of SIGHUP, read here;
 * -1: none. Returns within a second of a signal, or of
 * the last answer of a libvirt that is slow to take affinities back, even while libvirt hangs: then
 * *hung is true, threads are left behind in their calls, and the process must end by
 * _exit(). What went wrong, and what could not be given back, is said. Main thread.
 */
enum pipeline_end pipeline_run(const struct options *options, int signals, int reloads,
                               const struct plan_sink *sink, struct summary *summary, bool *hung);

#endif
