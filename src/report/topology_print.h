/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology_print.h - the host's shape, drawn for people: --topology.
 */
#ifndef VCPU_SCHEDULER_REPORT_TOPOLOGY_PRINT_H
#define VCPU_SCHEDULER_REPORT_TOPOLOGY_PRINT_H

#include "config/options.h"
#include "snapshot.h"

struct failure;

/**
 * Draws the shape in a snapshot, in 80 columns: sockets, dies, nodes, caches, and each core with
 * its threads; which pCPUs the options leave to be managed, and how many vCPUs are pinned to each.
 * Cores that follow each other and are alike are drawn as a range. Returns 0 or -ENOMEM; what `out`
 * does not take shows in ferror().
 */
int topology_print(FILE *out, const struct snapshot *snapshot, const struct options *options);

/**
 * Opens the host, takes one sample, draws it to `out`, and closes the host. *hung: it can't be
 * closed, and the process must end by _exit(). Returns 0 or a negative errno with the words in
 * *why. May block without bound. Main thread.
 */
int topology_show(const struct options *options, FILE *out, bool *hung, struct failure *why);

#endif
