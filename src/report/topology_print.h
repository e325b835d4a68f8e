/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology_print.h - --topology: a drawing of the host's topology. */
#ifndef VCPU_SCHEDULER_REPORT_TOPOLOGY_PRINT_H
#define VCPU_SCHEDULER_REPORT_TOPOLOGY_PRINT_H

#include "config/options.h"
#include "snapshot.h"

struct failure;

/**
 * Draws the topology of a snapshot in 80 columns: sockets, dies, nodes, caches, each core with its
 * threads, which pCPUs the options let manage, and how many vCPUs are pinned to each. Equal cores
 * in a row are drawn as a range. With --pool, its pools are marked and listed. Returns 0, -ENOMEM,
 * or the negative errno of writing.
 */
int topology_print(FILE *out, const struct snapshot *snapshot, const struct options *options);

/**
 * Opens the host, takes one sample, draws it to `out` and closes the host. *hung: the host can't be
 * closed; the process must end by _exit(). Returns 0, or a negative errno with the words in *why.
 * May block without bound. Main thread.
 */
int topology_show(const struct options *options, FILE *out, bool *hung, struct failure *why);

#endif
