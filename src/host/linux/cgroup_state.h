/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_state.h - isolated pCPUs, and where memory is, by cgroups v2. Sampler's thread. */
#ifndef VCPU_SCHEDULER_HOST_LINUX_CGROUP_STATE_H
#define VCPU_SCHEDULER_HOST_LINUX_CGROUP_STATE_H

#include "cpuset.h"

struct cgroup_tree;

/**
 * The pCPUs of isolated cpuset partitions; empty if there are none or no tree is open. Since Linux
 * 6.7 a file in the root lists them; before, every partition below the root is read
 * (Documentation/admin-guide/cgroup-v2.rst).
 */
void cgroup_isolated(const struct cgroup_tree *tree, struct cpuset *set);

/**
 * How much memory the domain at `path` has on each node: anonymous memory, files and shared memory,
 * but no huge pages. bytes: by the kernel's node numbers, 0 to `nodes` - 1. Returns 0 or a negative
 * errno.
 */
int cgroup_memory(const struct cgroup_tree *tree, const char *path, uint64_t *bytes,
                  uint32_t nodes);

#endif
