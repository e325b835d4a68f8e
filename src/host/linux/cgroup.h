/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup.h - what cgroups (v2) tell, above all the CPU time that the kernel books on a vCPU's own.
 * The only door to libcgroup.
 *
 * libvirt keeps a threaded cgroup per vCPU below the domain's: .../vcpuN/cpu.stat. The path is
 * never composed of the domain's name, which libvirt cuts and escapes, but read off the QEMU
 * process. A counter is read through libcgroup when it is first seen, and as a kept file from then
 * on (a sixth of the time). Sampler's thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LINUX_CGROUP_H
#define VCPU_SCHEDULER_HOST_LINUX_CGROUP_H

#include "cpuset.h"
#include "error.h"
#include "host/linux/kept.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/** The v2 hierarchy, and of v1 what limits pCPUs where v2 does not. */
struct cgroup_tree {
    char root[PATH_MAX];     /* where it is mounted, or the folder that stands in for it; "" */
    char cpusets[PATH_MAX];  /* where the v1 hierarchy of the cpuset controller is mounted; "" */
    char cpu_root[PATH_MAX]; /* where v1's cpu controller is mounted; "": nowhere */
    bool through_library; /* false where libcgroup does not see the hierarchy, or a folder stands in
                             for it */
};

/**
 * Finds the v2 hierarchy, also beside v1. `root`: a folder to use instead (tests), NULL: none.
 * Returns 0, or -ENOENT, -EIO with the words in *why.
 */
int cgroup_tree_open(struct cgroup_tree *tree, const char *root, struct failure *why);

/**
 * Finds the cgroup of the domain that a QEMU process runs, relative to the root.
 * Returns 0, -ENOENT (it has none of its own), or another negative errno.
 */
int cgroup_of_domain(pid_t qemu, char *path, size_t size);

/** The same in the hierarchy of v1's cpu controller. */
int cgroup_cpu_of_domain(pid_t qemu, char *path, size_t size);

/** The same of a text such as /proc/PID/cgroup holds. controller: v1's; NULL: v2. Returns 0,
 * -ENOENT or -ENAMETOOLONG. */
int cgroup_parse_domain(FILE *file, const char *controller, char *path, size_t size);

/**
 * Opens the counter of a vCPU of the domain at `path` into `file`, which was KEPT_NONE, and reads
 * it once through libcgroup. Returns 0 or a negative errno, and then it still is: -ENOENT (none),
 * -EIO (not a cpu.stat).
 */
int cgroup_open_vcpu(const struct cgroup_tree *tree, const char *path, uint32_t vcpu,
                     struct kept *file);

/** Reads the counter, and for how long its quota held it back (0 where that is not told), in
 * nanoseconds. Returns 0, -ENODEV or -ENOENT (the cgroup is gone), -EIO (not
 * a cpu.stat), or another negative errno, see kept_ran_out(). */
int cgroup_read_vcpu(const struct kept *file, uint64_t *time_ns, uint64_t *throttled_ns);

/** The `usage_usec` of a cpu.stat text, in nanoseconds. Returns 0 or -EIO. */
int cgroup_parse_usage(const char *text, uint64_t *time_ns);

/** The `throttled_usec` likewise. */
int cgroup_parse_throttled(const char *text, uint64_t *throttled_ns);

#endif
