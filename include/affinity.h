/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * affinity.h - where a vCPU may run, by the hypervisor's word and by the kernel's.
 *
 * The two part: a cgroup's cpuset that is narrowed takes pCPUs from a thread while libvirt goes on
 * saying what was set; a pin that the kernel refuses leaves the vCPU elsewhere than libvirt says;
 * taskset changes a thread behind libvirt's back. All functions are pure; any thread.
 */
#ifndef VCPU_SCHEDULER_AFFINITY_H
#define VCPU_SCHEDULER_AFFINITY_H

#include "cpuset.h"

#include <stdbool.h>

struct affinity {
    struct cpuset told;   /* what was set, as the hypervisor says */
    struct cpuset kernel; /* where the kernel lets it run; where nobody can see that, what the limit
                             leaves of `told` */
    struct cpuset limit;  /* what its cgroup's cpuset leaves it of the pCPUs that are online */
    bool bounded;         /* nothing outside the limit can be set: cgroup v1 */
};

/** The affinity of one that nobody limits, and whose kernel has what was set. */
struct affinity affinity_of(const struct cpuset *set);

/** What the kernel makes of a set below a limit: what both have, or all of the limit where that is
 * nothing. */
struct cpuset affinity_cut(const struct cpuset *set, const struct cpuset *limit);

/** True if a limit leaves something of a set. */
bool affinity_can(const struct affinity *now, const struct cpuset *set);

/** True if the set is in force by both words, as far as the limit lets it. */
bool affinity_is(const struct affinity *now, const struct cpuset *set);

/** What was set last: what the hypervisor tells, unless the kernel has what neither that nor the
 * limit explains; then what the kernel has. */
const struct cpuset *affinity_set(const struct affinity *now);

#endif
