/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pipeline.h - owns the threads, the rings, the buffers and the end of the run.
 *
 *     sampler ══ snapshots ══▶ planner ══ plans ══▶ actuator
 *        ▲                     ▲  ║  ▲                 ║
 *        ╚═══ free_snapshots ══╬══╝  ╚═══ outcomes ════╝
 *                  free_plans ═╝  ╚══ reports ══▶ main
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
    PIPELINE_FAILED,    /* why was logged */
};

/** Where plans go, and new options come from. Both are called by the main thread. */
struct plan_sink {
    /** SIGHUP: reads the configuration again. Returns the new options, which stay valid until the
     * end of the run; NULL: nothing changes. */
    const struct options *(*reload)(void *opaque);

    /** Shows the plan of a period; plans come in the order of the periods. Returns 0, or a negative
     * errno: nobody can see the run any more, so it ends. */
    int (*show)(void *opaque, const struct plan *plan);
    void *opaque;
    bool changes_only; /* a period without pins and news need not be shown */
};

/**
 * Runs the daemon until it ends by itself or `signals`, a signalfd, is readable; it is left unread,
 * and its signals must be blocked already. `reloads`: a signalfd of SIGHUP, read here; -1: none.
 * Ends within a second of a signal, or of libvirt's last answer while affinities are given back.
 * Where libvirt hangs, *hung is true: threads are left in its calls, and the process must end by
 * _exit(). Logs what went wrong and what could not be given back. Main thread.
 */
enum pipeline_end pipeline_run(const struct options *options, int signals, int reloads,
                               const struct plan_sink *sink, struct summary *summary, bool *hung);

#endif
