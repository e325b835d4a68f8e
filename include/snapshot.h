/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot.h - what the sampler measures in one sweep and passes to the planner.
 *
 * A snapshot holds absolute counters and the times at which they were read; the planner computes
 * usage from two of them. The thread that pops a snapshot from a ring owns it until it pushes it
 * on. Times are CLOCK_MONOTONIC nanoseconds; a replay has its own clock.
 */
#ifndef VCPU_SCHEDULER_SNAPSHOT_H
#define VCPU_SCHEDULER_SNAPSHOT_H

#include "cpuset.h"
#include "topology.h"

#include <stdbool.h>
#include <stdint.h>

#define DOMAIN_NAME_MAX 256 /* NAME_MAX limits it: libvirt has files NAME.pid and NAME.xml */
#define DOMAIN_UUID_LEN 16

enum domain_state {
    DOMAIN_RUNNING, /* its vCPUs were sampled */
    DOMAIN_PAUSED,  /* active but not running (paused, I/O error, suspended, crashed): not sampled
                     */
};

/** The emulator of a domain (VCPU_EMULATOR). Members without a comment are as in vcpu_sample. */
struct emulator_sample {
    bool known;        /* the others hold, and were read since the last event or pin */
    bool held;         /* an earlier run has pinned it */
    uint32_t affinity; /* of its first thread */
    uint32_t wanted, touches;
    uint64_t yielded_ns;
};

/** One run of a domain: after a restart it has another serial. */
struct domain_sample {
    uint64_t serial;     /* unique per host, from 1 */
    uint32_t slot;       /* small number for tables, reused after the domain has gone */
    uint32_t first_vcpu; /* index of its first vCPU in snapshot.vcpus; ascending by number */
    uint32_t vcpu_count;
    int32_t id;     /* libvirt's, or 0 */
    uint32_t limit; /* 1 + index in snapshot.sets of the pCPUs that its cgroup's cpuset allows;
                       0: all that are online */
    uint32_t cap;   /* quota for all its vCPUs, thousandths of a pCPU; 0: no quota */
    enum domain_state state;
    bool opted_out; /* its metadata excludes it */
    struct emulator_sample emulator;
    uint64_t begin_ns;  /* before the hypervisor's counters were read */
    uint64_t end_ns;    /* after */
    uint64_t cgroup_ns; /* after the cgroup's counters were read; end_ns if there are none */
    unsigned char uuid[DOMAIN_UUID_LEN];
    char name[DOMAIN_NAME_MAX];
};

/** Which counters of a vcpu_sample were read. */
enum {
    VCPU_HAS_TIME = 1 << 0,
    VCPU_HAS_CGROUP = 1 << 1,
    VCPU_HAS_DELAY = 1 << 2,
    VCPU_HAS_AFFINITY = 1 << 3, /* read since the last event or pin that may have changed it */
};

/** One vCPU's counters. */
struct vcpu_sample {
    uint64_t serial;       /* unique per host, from 1: a vCPU plugged in again has a new one */
    uint32_t slot;         /* small number for tables, reused after the vCPU has gone */
    uint32_t domain;       /* index in snapshot.domains */
    uint32_t number;       /* libvirt's vCPU number; numbers may have gaps */
    int32_t last_pcpu;     /* where it ran last; -1: unknown */
    uint32_t affinity;     /* index in snapshot.sets: where it may run now */
    int32_t numa_home;     /* index in snapshot.topology.nodes: where its memory is; -1: unknown */
    uint32_t wanted;       /* index in snapshot.sets: where its owner wants it to run */
    uint64_t yielded_ns;   /* when an earlier run left it to another program's pins; 0: never */
    uint32_t touches;      /* how often pins by others were noticed so far */
    uint32_t has;          /* VCPU_HAS_* */
    uint64_t time_ns;      /* CPU time from virDomainGetVcpus, resolution 1/CLK_TCK s */
    uint64_t cgroup_ns;    /* CPU time from usage_usec of vcpuN/cpu.stat, resolution 1000 ns */
    uint64_t delay_ns;     /* time runnable but not running: field 2 of /proc/TID/schedstat */
    uint64_t throttled_ns; /* of that, throttled by its quota: throttled_usec; 0 if unknown */
    uint32_t cap;          /* its quota, thousandths of a pCPU; 0: no quota */
    bool realtime;         /* runs before all normal threads: SCHED_FIFO and the like */
};

/** How many elements of each array are used, or allocated. */
struct snapshot_size {
    uint32_t domains, vcpus, pcpus, sets;
};

struct snapshot {
    uint64_t epoch;         /* of the connection: counters of two epochs can't be compared */
    uint64_t sequence;      /* 0, 1, 2 …: sweeps of this run, without skipped periods */
    uint64_t begin_ns;      /* when the sweep began */
    uint64_t end_ns;        /* when the sweep ended */
    uint64_t crosscheck_ns; /* of that, spent reading cgroups */
    uint64_t skipped;       /* periods skipped so far because no buffer was free */
    uint64_t host_ns;       /* when busy_ns was read; 0: unknown, busy_ns is not set */
    uint64_t sets_version;  /* changes whenever sets[] does; 0 in a new buffer */
    struct snapshot_size size, capacity;
    struct cpuset online;
    struct cpuset isolated;  /* isolcpus and isolated cpuset partitions: not used unless named */
    struct cpuset nohz_full; /* without the tick: only displayed */
    struct topology topology;
    struct domain_sample *domains;
    struct vcpu_sample *vcpus;
    uint64_t *busy_ns;   /* per pCPU: time not idle, including guests */
    struct cpuset *sets; /* the distinct sets that affinity, wanted and limit refer to */

    uint64_t pushed_ns, popped_ns; /* set by the pipeline when it passes the ring */
};

/** A new snapshot with empty arrays; NULL without memory. Freed by snapshot_free(). */
struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snapshot);

/**
 * Ensures at least that capacity; the content stays. An array that is too small grows to one and a
 * half times the need, so that a steady host never allocates. Returns 0, or -ENOMEM with the
 * content unchanged. Owner only.
 */
int snapshot_reserve(struct snapshot *snapshot, const struct snapshot_size *need);

#endif
