/* SPDX-License-Identifier: GPL-2.0-or-later */
/* procfs.h - pCPUs and QEMU's threads, as the kernel describes them. Sampler's thread, except where
 * a function says otherwise. */
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

/** Opens /proc/stat. Returns 0 or a negative errno. procfs_stat_close() closes it and accepts one
 * with fd -1. */
int procfs_stat_open(struct procfs_stat *stat);
void procfs_stat_close(struct procfs_stat *stat);

/**
 * Reads which pCPUs are online, and each pCPU's busy time into snapshot->busy_ns: all but idle and
 * iowait. Steal counts as busy, because the pCPU was not available. Grows the snapshot and
 * snapshot->size.pcpus if there are more pCPUs. Returns 0 or a negative errno.
 */
int procfs_stat_read(struct procfs_stat *stat, struct snapshot *snapshot);

/** The same from a text, for tests. Returns 0 or -ENOMEM. */
int procfs_stat_parse(const char *text, uint64_t tick_ns, struct snapshot *snapshot);

/** A list of this machine's pCPUs, a file of /sys/devices/system/cpu: "online"; "present", also
 * those offline; "isolated" from the kernel's balancing by isolcpus=; "nohz_full", which may run
 * without the tick. Empty if unknown. Any thread. */
void procfs_pcpus(const char *name, struct cpuset *set);

/**
 * The process that runs a domain: reads its pid file `path` and checks that this process was
 * started for `uuid` (as text). Returns the pid; -ENOENT: no such file; -ESRCH: the process is
 * another one, gone or not visible; or another negative errno. Any thread.
 */
pid_t procfs_qemu(const char *path, const char *uuid);

/** True if a command line has "-uuid <uuid>". text: as in /proc/PID/cmdline, each word ends with a
 * NUL; text[length] is a NUL as well. */
bool procfs_cmdline_is(const char *text, size_t length, const char *uuid);

/** The thread that QEMU has named "CPU <vcpu>/…"; -ENOENT if there is none; or another negative
 * errno. Any thread. */
pid_t procfs_vcpu_thread(pid_t qemu, uint32_t vcpu);

/**
 * Where the kernel allows a thread to run: Cpus_allowed_list of /proc/TID/status, the affinity that
 * was set as far as its cgroup's cpuset allows it. Returns 0, -ENOENT or -ESRCH (the thread has
 * ended), or another negative errno; *set is written on success only. Any thread.
 */
int procfs_read_affinity(pid_t tid, struct cpuset *set);

/** The same from the text of a status file. Returns 0 or -EIO. */
int procfs_parse_affinity(const char *status, struct cpuset *set);

/** Opens /proc/PID/task/TID/schedstat of a vCPU's thread. file: KEPT_NONE before, and also after an
 * error. Returns the thread, or a negative errno as procfs_vcpu_thread(). */
pid_t procfs_open_schedstat(pid_t qemu, uint32_t vcpu, struct kept *file);

/** True if a thread is scheduled before all normal ones (sched(7): SCHED_FIFO, SCHED_RR,
 * SCHED_DEADLINE). */
bool procfs_is_realtime(pid_t thread);

/** Reads the time for which a thread was runnable but not running, in nanoseconds: field 2 of
 * schedstat (Documentation/scheduler/sched-stats). Returns 0 or a negative errno, see
 * kept_ran_out(); *delay_ns is written on success only. */
int procfs_read_delay(const struct kept *file, uint64_t *delay_ns);

#endif
