/* SPDX-License-Identifier: GPL-2.0-or-later */
/* restore.h - --restore for more hosts than one. Main thread, before others begin. */
#ifndef VCPU_SCHEDULER_PIPELINE_RESTORE_H
#define VCPU_SCHEDULER_PIPELINE_RESTORE_H

#include "config/options.h"

/**
 * Without --connect: runs the program once more for every host that there is a ledger of, one
 * after the other. Each in a process of its own, for one that hangs must not keep the next, and one
 * process can open but one embedded host.
 * Returns how many hosts there were, 0 if that is not what was asked for, or a negative errno,
 * which was said. *settled: all of them were given back all.
 */
int restore_all(const struct options *options, int argc, char **argv, bool *settled);

#endif
