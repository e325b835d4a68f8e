/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_state.h - what cgroups (v2) tell besides CPU time. Sampler's thread. */
#ifndef VCPU_SCHEDULER_HOST_LINUX_CGROUP_STATE_H
#define VCPU_SCHEDULER_HOST_LINUX_CGROUP_STATE_H

#include "cpuset.h"

struct cgroup_tree;

/**
 * The pCPUs of isolated cpuset partitions; empty where there are none, or no tree is open. The root
 * tells them since Linux 6.7; before, they are looked for below it
 * (Documentation/admin-guide/cgroup-v2.rst).
 */
void cgroup_isolated(const struct cgroup_tree *tree, struct cpuset *set);

/**
 * How much memory of the domain at `path` is on each node, by the kernel's numbers 0 to `nodes` -
 * 1: anonymous memory and files, shared memory among them, but no huge pages. Returns 0 or a
 * negative errno: not told.
 */
int cgroup_memory(const struct cgroup_tree *tree, const char *path, uint64_t *bytes,
                  uint32_t nodes);

#endif
