/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup.h - where a domain's cgroup is, the CPU time that the kernel accounts to each vCPU's
 * cgroup, and what cgroups allow. Only cgroup.c calls libcgroup.
 *
 * libvirt keeps a threaded cgroup per vCPU below the domain's: .../vcpuN/cpu.stat. The path comes
 * from /proc/PID/cgroup of the QEMU process, never from the domain's name, which libvirt shortens
 * and escapes. A counter's first reading goes through libcgroup, later ones through a kept file,
 * which takes a sixth of the time. Sampler's thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LINUX_CGROUP_H
#define VCPU_SCHEDULER_HOST_LINUX_CGROUP_H

#include "cpuset.h"
#include "error.h"
#include "host/linux/kept.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/** Mount points of the cgroup hierarchies; "": not mounted. */
struct cgroup_tree {
    char root[PATH_MAX];     /* v2, or the folder that replaces it */
    char cpusets[PATH_MAX];  /* v1's cpuset controller */
    char cpu_root[PATH_MAX]; /* v1's cpu controller */
    bool through_library;    /* libcgroup sees the v2 hierarchy, and no folder replaces it */
};

/** Finds the v2 hierarchy, also on hosts that mount v1 as well. root: a folder to use instead
 * (--cgroup-root); NULL: none. Returns 0, or a negative errno with the words in *why. */
int cgroup_tree_open(struct cgroup_tree *tree, const char *root, struct failure *why);

/**
 * Finds the cgroup of the domain that a QEMU process runs, relative to the mount point.
 * controller: of v1; NULL: v2. Returns 0, -ENOENT (the domain has no cgroup of its own), or another
 * negative errno.
 */
int cgroup_of_domain(pid_t qemu, const char *controller, char *path, size_t size);

/** The same from a text in the format of /proc/PID/cgroup. Returns 0, -ENOENT or -ENAMETOOLONG. */
int cgroup_parse_domain(FILE *file, const char *controller, char *path, size_t size);

/** Opens /proc/PID/cgroup. NULL: errno tells why. */
FILE *cgroup_open_list(pid_t pid);

/**
 * Finds a process's cgroup, "/" or "/path", in a text in the format of /proc/PID/cgroup.
 * Returns 0; -ENOENT: the hierarchy is not listed, or the cgroup is outside of the daemon's cgroup
 * namespace; or -ENAMETOOLONG.
 */
int cgroup_parse_path(FILE *file, const char *controller, char *path, size_t size);

/** Removes "/emulator", the cgroup of QEMU's main thread, from the end of a path. Returns false if
 * the path does not end so. */
bool cgroup_strip_emulator(char *path);

/** Reads a file of a folder, without the newline. Returns 0 or a negative errno. */
int cgroup_read_line(const char *folder, const char *name, char *text, size_t size);

/**
 * Opens the counter of a vCPU of the domain at `path`, and checks it by reading it once. file:
 * KEPT_NONE before, and also after an error. Returns 0, -ENOENT (no such cgroup), -EIO (not a
 * cpu.stat), or another negative errno.
 */
int cgroup_open_vcpu(const struct cgroup_tree *tree, const char *path, uint32_t vcpu,
                     struct kept *file);

/**
 * Reads the counter and how long the quota throttled the vCPU (0 if unknown), in nanoseconds.
 * Returns 0, -ENODEV or -ENOENT (the cgroup is gone), -EIO (not a cpu.stat), or another negative
 * errno, see kept_ran_out().
 */
int cgroup_read_vcpu(const struct kept *file, uint64_t *time_ns, uint64_t *throttled_ns);

/** Takes a counter from the text of a cpu.stat, in nanoseconds. name: with the blank behind it,
 * such as "usage_usec ". Returns 0 or -EIO. */
int cgroup_parse_usec(const char *text, const char *name, uint64_t *time_ns);

/* ---- cgroup_cap.c: how much CPU time the quotas allow ---- */

/** The lower of two caps in thousandths of a pCPU; 0: no quota. */
uint32_t cgroup_lesser_cap(uint32_t one, uint32_t other);

/** The lowest quota of a cgroup and of those above it, from cpu.max or v1's cpu.cfs_quota_us, in
 * thousandths of a pCPU; 0: no quota. path: relative to `root`. */
uint32_t cgroup_cap(const char *root, const char *path);

/* ---- cgroup_limit.c: the pCPUs that cpusets (v1 or v2) allow ---- */

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

/* ---- cgroup_state.c: isolated pCPUs, and where memory is, by cgroups v2 ---- */

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
