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
#ifndef VCPU_SCHEDULER_CGROUP_H
#define VCPU_SCHEDULER_CGROUP_H

#include "cpuset.h"
#include "error.h"
#include "kept.h"

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
 * What quotas let a cgroup use: the least of its own and of those above it, in cpu.max or, of v1,
 * cpu.cfs_quota_us. Thousandths of a pCPU; 0: no quota.
 */
uint32_t cgroup_cap(const char *root, const char *path);

/** The lesser of two such caps. */
uint32_t cgroup_lesser_cap(uint32_t one, uint32_t other);

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

/**
 * The pCPUs of isolated cpuset partitions; empty where there are none, or no tree is open. The root
 * tells them since Linux 6.7; before, they are looked for below it
 * (Documentation/admin-guide/cgroup-v2.rst).
 */
void cgroup_isolated(const struct cgroup_tree *tree, struct cpuset *set);

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

/**
 * How much memory of the domain at `path` is on each node, by the kernel's numbers 0 to `nodes` -
 * 1: anonymous memory and files, shared memory among them, but no huge pages. Returns 0 or a
 * negative errno: not told.
 */
int cgroup_memory(const struct cgroup_tree *tree, const char *path, uint64_t *bytes,
                  uint32_t nodes);

/** The `usage_usec` of a cpu.stat text, in nanoseconds. Returns 0 or -EIO. */
int cgroup_parse_usage(const char *text, uint64_t *time_ns);

/** The `throttled_usec` likewise. */
int cgroup_parse_throttled(const char *text, uint64_t *throttled_ns);

#endif
