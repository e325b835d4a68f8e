/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysfs.h - the machine's topology, from the kernel. Opener's and sampler's thread. */
#ifndef VCPU_SCHEDULER_HOST_LINUX_SYSFS_H
#define VCPU_SCHEDULER_HOST_LINUX_SYSFS_H

#include "host/topology_draft.h"

/**
 * Fills an empty draft from the files below `root` ("/sys"): groups and unequal capacities of pCPUs
 * from devices/system/cpu, nodes from devices/system/node. What a missing file would say stays
 * unknown. Returns 0; -ENOENT (no pCPUs) or -EINVAL (a file is malformed) with the words in *why;
 * or -ENOMEM.
 */
int topology_read_sysfs(struct topology *draft, const char *root, struct failure *why);

#endif
