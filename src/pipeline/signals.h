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

/**
 * Blocks SIGHUP if it asks for a reload: where there is a configuration file, and in a service,
 * which may get one while it runs. Returns false on failure; else *fd is a signalfd of it, or -1 if
 * there is nothing to reload.
 */
bool signals_open_reload(bool has_config, int *fd);

#endif
