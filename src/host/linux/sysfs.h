/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysfs.h - the machine's shape as the kernel tells it. Sampler's thread. */
#ifndef VCPU_SCHEDULER_HOST_LINUX_SYSFS_H
#define VCPU_SCHEDULER_HOST_LINUX_SYSFS_H

#include "host/topology_draft.h"

/**
 * Adds to an empty draft what the kernel tells below `root` ("/sys"): groups of pCPUs and unequal
 * capacity by devices/system/cpu, nodes by devices/system/node. What is not there is not told.
 * Returns 0, -ENOENT (no pCPUs there), -EINVAL (nonsense) with the words in *why, or -ENOMEM.
 */
int topology_read_sysfs(struct topology *draft, const char *root, struct failure *why);

#endif
