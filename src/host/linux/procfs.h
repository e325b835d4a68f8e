/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * procfs.h - what the kernel tells of pCPUs and of QEMU's threads. Sampler's thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LINUX_PROCFS_H
#define VCPU_SCHEDULER_HOST_LINUX_PROCFS_H

#include "host/linux/kept.h"
#include "snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** /proc/stat, kept open. */
struct procfs_stat {
    int fd; /* -1: not open */
    char *text;
    uint32_t capacity;
    uint64_t tick_ns; /* one step of its counters: 1/USER_HZ s */
};

/** Opens it. Returns 0 or a negative errno. Closed by procfs_stat_close(), which accepts an
 * unopened one (fd -1). */
int procfs_stat_open(struct procfs_stat *stat);
void procfs_stat_close(struct procfs_stat *stat);

/**
 * Reads each pCPU's busy time (all but idle and iowait; steal counts, since the pCPU was not to be
 * had) into snapshot->busy_ns, and which are online. Makes room, raises snapshot->size.pcpus if
 * there are more pCPUs. Returns 0, -ENOMEM or another negative errno.
 */
int procfs_stat_read(struct procfs_stat *stat, struct snapshot *snapshot);

/** The same of a text, for tests. Returns 0 or -ENOMEM. */
int procfs_stat_parse(const char *text, uint64_t tick_ns, struct snapshot *snapshot);

/** The pCPUs that are online now; empty where unknown. Any thread. */
void procfs_online(struct cpuset *set);

/** The pCPUs that this machine has, also those that are offline; likewise. Any thread. */
void procfs_present(struct cpuset *set);

/** The pCPUs that isolcpus= took from the kernel's balancing; empty where unknown. */
void procfs_isolated(struct cpuset *set);

/** The pCPUs that nohz_full= lets run without the tick; likewise. */
void procfs_nohz_full(struct cpuset *set);

/**
 * The process that runs a domain: reads its pid file `path` and checks that this process was
 * started for `uuid` (as text). Returns the pid; -ENOENT without such a file; -ESRCH when the
 * process is another, gone, or not to be seen; or another negative errno.
 */
pid_t procfs_qemu(const char *path, const char *uuid);

/** True if a command line, its words each with a NUL behind it, has "-uuid <uuid>"; text[length] is
 * a NUL as well. */
bool procfs_cmdline_is(const char *text, size_t length, const char *uuid);

/** The thread that QEMU has named "CPU <vcpu>/…", or a negative errno: -ENOENT, it has none. Any
 * thread. */
pid_t procfs_vcpu_thread(pid_t qemu, uint32_t vcpu);

/**
 * Where the kernel lets a thread run: Cpus_allowed_list of /proc/TID/status, which is the affinity
 * that was set, cut to what its cgroup's cpuset allows. Returns 0, -ENOENT or -ESRCH (it has
 * ended), or another negative errno; *set is written on success only. Any thread.
 */
int procfs_read_affinity(pid_t tid, struct cpuset *set);

/** The same of the text of a status file. Returns 0 or -EIO. */
int procfs_parse_affinity(const char *status, struct cpuset *set);

/** Opens /proc/PID/task/TID/schedstat of that thread (procfs_vcpu_thread()) into `file`, which was
 * KEPT_NONE. Returns the thread, or -ENOENT or another negative errno, and then it still is. */
pid_t procfs_open_schedstat(pid_t qemu, uint32_t vcpu, struct kept *file);

/** True if the kernel runs that thread before all that are not as urgent (sched(7): SCHED_FIFO,
 * SCHED_RR, SCHED_DEADLINE). */
bool procfs_is_realtime(pid_t thread);

/** The time it was runnable but not running, nanoseconds: field 2
 * (Documentation/scheduler/sched-stats). Returns 0 or a negative errno, see kept_ran_out(); written
 * on success only. */
int procfs_read_delay(const struct kept *file, uint64_t *delay_ns);

#endif
