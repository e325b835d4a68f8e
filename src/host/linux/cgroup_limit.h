/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_limit.h - the pCPUs that a cgroup's cpuset (v1 or v2) allows a domain. */
#ifndef VCPU_SCHEDULER_HOST_LINUX_CGROUP_LIMIT_H
#define VCPU_SCHEDULER_HOST_LINUX_CGROUP_LIMIT_H

#include "cpuset.h"
#include "host/linux/kept.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct cgroup_tree;

/**
 * Opens the file that lists the pCPUs allowed to a domain: cpuset.cpus.effective of its cgroup, or
 * of the nearest cgroup above that has one, else v1's equivalent. It does not cover the vCPUs' own
 * cpusets.
 * qemu: the domain's process. *bounded: true for v1, which refuses a child's cpuset beyond its
 * parent's. limit: KEPT_NONE before, and also after an error; the caller closes it.
 * Returns 0, -ENOENT (nothing limits the domain), or another negative errno. Any thread.
 */
int cgroup_open_limit(const struct cgroup_tree *tree, pid_t qemu, struct kept *limit,
                      bool *bounded);

/** The same from a text in the format of /proc/PID/cgroup. */
int cgroup_parse_limit(const struct cgroup_tree *tree, FILE *file, struct kept *limit,
                       bool *bounded);

/** Reads the allowed pCPUs; *set is written on success only. Returns 0, -ENODEV or -ENOENT (the
 * cgroup is gone), or another negative errno, see kept_ran_out(). Thread of the file's owner. */
int cgroup_read_limit(const struct kept *limit, struct cpuset *set);

#endif
