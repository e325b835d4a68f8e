/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_cap.h - how much CPU time quotas leave a cgroup. Sampler's thread. */
#ifndef VCPU_SCHEDULER_HOST_LINUX_CGROUP_CAP_H
#define VCPU_SCHEDULER_HOST_LINUX_CGROUP_CAP_H

#include <stdint.h>

/** The lesser of two such caps. */
uint32_t cgroup_lesser_cap(uint32_t one, uint32_t other);

/**
 * What quotas let a cgroup use: the least of its own and of those above it, in cpu.max or, of v1,
 * cpu.cfs_quota_us. Thousandths of a pCPU; 0: no quota.
 */
uint32_t cgroup_cap(const char *root, const char *path);

#endif
