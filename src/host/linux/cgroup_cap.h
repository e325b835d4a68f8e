/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_cap.h - how much CPU time the quotas allow a cgroup. Sampler's thread. */
#ifndef VCPU_SCHEDULER_HOST_LINUX_CGROUP_CAP_H
#define VCPU_SCHEDULER_HOST_LINUX_CGROUP_CAP_H

#include <stdint.h>

/** The lower of two caps in thousandths of a pCPU; 0: no quota. */
uint32_t cgroup_lesser_cap(uint32_t one, uint32_t other);

/** The lowest quota of a cgroup and of those above it, from cpu.max or v1's cpu.cfs_quota_us, in
 * thousandths of a pCPU; 0: no quota. path: relative to `root`. */
uint32_t cgroup_cap(const char *root, const char *path);

#endif
