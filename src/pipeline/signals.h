/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signals.h - signals that are read from descriptors. Main thread, before the others start. */
#ifndef VCPU_SCHEDULER_PIPELINE_SIGNALS_H
#define VCPU_SCHEDULER_PIPELINE_SIGNALS_H

#include <stdbool.h>

/**
 * Blocks the signals that end a run, in this thread and those it starts, and ignores SIGPIPE. With
 * `hangup_ends` SIGHUP is one of them, unless it is ignored, as under nohup(1) or in a service.
 * Returns a signalfd of them, closed by the caller; -1 on failure.
 */
int signals_open_end(bool hangup_ends);

/** Blocks SIGHUP, which asks for a reload. Returns as signals_open_end(). */
int signals_open_reload(void);

#endif
