/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * affinity.h - where a vCPU may run, according to the hypervisor and to the kernel.
 *
 * The two can differ: when a cgroup's cpuset gets smaller, the kernel removes pCPUs from a thread's
 * affinity, but libvirt still reports what was set; when the kernel refuses a pin, libvirt reports
 * it all the same; and libvirt does not know of a taskset. Pure functions: any thread.
 */
#ifndef VCPU_SCHEDULER_AFFINITY_H
#define VCPU_SCHEDULER_AFFINITY_H

#include "cpuset.h"

#include <stdbool.h>

struct affinity {
    struct cpuset told;   /* what the hypervisor reports */
    struct cpuset kernel; /* what the kernel reports; if unknown, affinity_cut(told, limit) */
    struct cpuset limit;  /* the online pCPUs that its cgroup's cpuset allows */
    bool bounded;         /* cgroup v1: a set beyond the limit is refused */
};

/** The affinity of a vCPU without limit for which both report the same set. */
struct affinity affinity_of(const struct cpuset *set);

/** What the kernel applies when a set is requested below a limit: the intersection, or all of the
 * limit if that is empty. */
struct cpuset affinity_cut(const struct cpuset *set, const struct cpuset *limit);

/** True if the limit allows a pCPU of the set. */
bool affinity_can(const struct affinity *now, const struct cpuset *set);

/** True if both report the set, the kernel as far as the limit allows it. */
bool affinity_is(const struct affinity *now, const struct cpuset *set);

/** What was set last: what the hypervisor reports, unless the kernel has a set that neither this
 * nor the limit explains; then the kernel's. */
const struct cpuset *affinity_set(const struct affinity *now);

#endif
