/* SPDX-License-Identifier: GPL-2.0-or-later */
/* restore.h - --restore for several hosts. Main thread, before the others start. */
#ifndef VCPU_SCHEDULER_PIPELINE_RESTORE_H
#define VCPU_SCHEDULER_PIPELINE_RESTORE_H

#include "config/options.h"

/**
 * --restore without --connect: runs the program again for each host that has a ledger, one after
 * the other. Each gets its own process: a host that hangs must not stop the next, and a process can
 * open only one embedded host. Returns the number of hosts; 0 without --restore or with --connect;
 * or a negative errno, which was logged. *settled: everything was given back.
 */
int restore_all(const struct options *options, int argc, char **argv, bool *settled);

#endif
