/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot.h - what the sampler measures in one sweep and hands to the planner.
 *
 * A snapshot holds absolute counters and the moments they were read at, never differences: making
 * usage of two of them is the planner's job (src/planner.c). It is a buffer that travels: whoever
 * popped it from a ring owns it until it pushes it on. Times are CLOCK_MONOTONIC nanoseconds, of
 * the host's clock where the host owns it (trace replay).
 */
#ifndef VCPU_SCHEDULER_SNAPSHOT_H
#define VCPU_SCHEDULER_SNAPSHOT_H

#include "cpuset.h"
#include "topology.h"

#include <stdbool.h>
#include <stdint.h>

#define DOMAIN_NAME_MAX 256 /* libvirt keeps NAME.pid and NAME.xml files: NAME_MAX bounds it */
#define DOMAIN_UUID_LEN 16

/** What a snapshot says of a domain. */
enum domain_state {
    DOMAIN_RUNNING, /* its vCPUs were sampled */
    DOMAIN_PAUSED,  /* active, but not running (paused, I/O error, suspended, crashed): not sampled
                     */
};

/** One run of a domain: a restarted domain is another one (other serial). */
struct domain_sample {
    uint64_t serial;     /* never given twice by a host, from 1 */
    uint32_t slot;       /* small number for tables, given again after the domain has gone */
    uint32_t first_vcpu; /* its vCPUs stand together in snapshot.vcpus, ascending by number */
    uint32_t vcpu_count;
    int32_t id;     /* libvirt's, or 0 */
    uint32_t limit; /* 1 + index in snapshot.sets of the pCPUs that its cgroup's cpuset leaves it;
                       0: all that are online */
    uint32_t cap;   /* what its quotas let all its vCPUs use, thousandths of a pCPU; 0: all */
    enum domain_state state;
    bool opted_out;     /* its own metadata asks to be left alone */
    uint64_t begin_ns;  /* before the hypervisor's counters were read */
    uint64_t end_ns;    /* after */
    uint64_t cgroup_ns; /* after the cgroup's counters were read, too; end_ns if there are none */
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
    uint64_t serial; /* never given twice by a host, from 1: a vCPU plugged in again is a new one */
    uint32_t slot;   /* small number for tables, given again after the vCPU has gone */
    uint32_t domain; /* index in snapshot.domains */
    uint32_t number; /* libvirt's vCPU number; numbers may have gaps */
    int32_t last_pcpu;   /* where it ran last; -1 unknown */
    uint32_t affinity;   /* index in snapshot.sets: where it may run now */
    int32_t numa_home;   /* index in snapshot.topology.nodes: where its memory is; -1: unknown */
    uint32_t wanted;     /* index in snapshot.sets: what its owner wants (design: allowed set,
                            unrestricted) */
    uint64_t yielded_ns; /* when it became somebody else's in an earlier run; 0: it has not */
    uint32_t touches;    /* how often somebody else's pins were noticed so far */
    uint32_t has;        /* VCPU_HAS_* */
    uint64_t time_ns;    /* CPU time by the hypervisor (virDomainGetVcpus), steps of 1/CLK_TCK s */
    uint64_t cgroup_ns;  /* CPU time by vcpuN/cpu.stat usage_usec, steps of 1000 ns */
    uint64_t delay_ns;   /* time runnable but not running: field 2 of /proc/TID/schedstat */
    uint64_t throttled_ns; /* of that, held back by its quota: cpu.stat's throttled_usec; 0: not
                              told */
    uint32_t cap;          /* what its quota lets it use, thousandths of a pCPU; 0: all */
    bool realtime;         /* the kernel runs it before all that is not: SCHED_FIFO and the like */
};

/** Elements used, and elements there is room for, of each array. */
struct snapshot_size {
    uint32_t domains, vcpus, pcpus, sets;
};

struct snapshot {
    uint64_t epoch;         /* of the connection: between two of them nothing can be compared */
    uint64_t sequence;      /* 0, 1, 2 …: sweeps of this run, skipped periods not counted */
    uint64_t due_ns;        /* when the period began */
    uint64_t begin_ns;      /* when the sweep began */
    uint64_t end_ns;        /* when the sweep ended */
    uint64_t crosscheck_ns; /* of that, spent reading cgroups */
    uint64_t skipped;       /* periods skipped so far because no buffer had come home */
    uint64_t host_ns; /* when busy_ns was read; 0: the host does not tell, busy_ns is not set */
    uint64_t sets_version; /* changes whenever sets[] does; 0 in a new buffer */
    struct snapshot_size size, capacity;
    struct cpuset online;    /* pCPUs that can run something */
    struct cpuset isolated;  /* isolcpus and isolated cpuset partitions: left alone unless named */
    struct cpuset nohz_full; /* without the tick: only to be shown */
    struct topology topology;
    struct domain_sample *domains;
    struct vcpu_sample *vcpus;
    uint64_t *busy_ns;   /* per pCPU: all that it was not idle, guests included */
    struct cpuset *sets; /* the distinct sets that affinity, wanted and limit name */

    /* The way it went, stamped by the pipeline's threads; not part of the measurement. */
    uint64_t pushed_ns, popped_ns;
};

/** A new, empty snapshot without room; NULL without memory. Freed by snapshot_free(). */
struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snapshot);

/**
 * Makes room for at least that much of everything; what is in it stays. Allocates only where the
 * room does not suffice, and then half as much again, so that a steady host never allocates.
 * Returns 0 or -ENOMEM (what was there stays as it was). Owner only.
 */
int snapshot_reserve(struct snapshot *snapshot, const struct snapshot_size *need);

#endif
