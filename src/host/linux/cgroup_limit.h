/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_limit.h - which pCPUs cpusets (v1 and v2) leave a domain. Sampler's thread. */
#ifndef VCPU_SCHEDULER_HOST_LINUX_CGROUP_LIMIT_H
#define VCPU_SCHEDULER_HOST_LINUX_CGROUP_LIMIT_H

#include "cpuset.h"
#include "host/linux/kept.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct cgroup_tree;

/**
 * Opens what the cpusets leave the domain that a QEMU process runs, its vCPUs' own cpusets apart:
 * cpuset.cpus.effective of its cgroup, or of the nearest above that has one, or the same of v1;
 * *bounded tells that it is v1's, where no cgroup below can be set beyond it. `limit`, which was
 * KEPT_NONE, is the caller's to close. Returns 0 or a negative errno, and then it still is:
 * -ENOENT: nothing limits the domain. Any thread.
 */
int cgroup_open_limit(const struct cgroup_tree *tree, pid_t qemu, struct kept *limit,
                      bool *bounded);

/** The same of a text such as /proc/PID/cgroup holds. */
int cgroup_parse_limit(const struct cgroup_tree *tree, FILE *file, struct kept *limit,
                       bool *bounded);

/** Reads it. Returns 0, -ENODEV or -ENOENT (the cgroup is gone) or another negative errno, see
 * kept_ran_out(); *set is written on success only. Its owner's thread. */
int cgroup_read_limit(const struct kept *limit, struct cpuset *set);

#endif
