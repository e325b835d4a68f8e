/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view.h - what one period was like: all that a policy may look at.
 *
 * The planner makes it of two snapshots. It books the pins that are planned in it, so that a
 * further choice sees the host as it will be.
 */
#ifndef VCPU_SCHEDULER_VIEW_H
#define VCPU_SCHEDULER_VIEW_H

#include "cpuset.h"
#include "host.h"
#include "snapshot.h"

#include <stdbool.h>
#include <stdint.h>

/** Why a vCPU may not be moved in this period; 0: it may. */
enum {
    VCPU_FIXED = 1 << 0,     /* one pCPU allowed, or none */
    VCPU_EXCLUDED = 1 << 1,  /* --exclude */
    VCPU_SUSPECT = 1 << 2,   /* its two sources disagree, or a counter fell */
    VCPU_UNCHECKED = 1 << 3, /* no second source, and --crosscheck require */
    VCPU_NEW = 1 << 4,       /* no full period behind it */
    VCPU_PAUSED = 1 << 5,    /* its domain does not run */
    VCPU_DWELLS = 1 << 6,    /* moved within the last --dwell periods */
    VCPU_FLOATING = 1 << 7,  /* affinity of several pCPUs, or of one that is offline; to be placed,
                                or left to the kernel */
    VCPU_YIELDED = 1 << 8,   /* somebody else has changed its affinity: it is theirs now */
    VCPU_REALTIME =
        1 << 9, /* the kernel runs it before all others: elsewhere it would starve them */
};

struct view_domain {
    uint32_t first_vcpu, vcpu_count;
    enum domain_state state;
    bool excluded;
    bool limited; /* its cgroup's cpuset leaves it only some of the pCPUs that are online */
    double usage; /* sum over its vCPUs, percent of one pCPU */
    char name[DOMAIN_NAME_MAX];
};

/** How well the demand of a vCPU is known. */
enum demand_known {
    DEMAND_SEEN,    /* its pCPU had room: it is what it used */
    DEMAND_GUESSED, /* its pCPU was full: it is what it used and what it waited for */
    DEMAND_GROWING, /* the same, but the estimate may not grow as fast: it wants more */
};

struct view_vcpu {
    struct vcpu_name name;
    uint64_t serial;
    uint32_t domain;   /* index in view.domains */
    uint32_t allowed;  /* index in view.sets: the allowed set */
    uint32_t next;     /* the next vCPU of the same pCPU, VIEW_END at the end */
    int32_t last_pcpu; /* where it ran last; -1 unknown */
    int32_t numa_home; /* index in view.topology.nodes: where its memory is; -1: unknown */
    int32_t guess;     /* where it is taken to be then: see planner/numa_home.h; -1: nowhere */
    int32_t pin;       /* the only pCPU of its affinity, also while that is offline; -1: several */
    int32_t pcpu; /* where it counts: its pin; a floating one: where it ran last; -1: nowhere */
    uint16_t blocked_by; /* VCPU_*; 0: it may be moved */
    uint32_t refused; /* 1 + the pCPU that it was refused not long ago, where it is not to be sent
                         again; 0: none */
    uint64_t time_ns, delay_ns; /* so far: CPU time by the hypervisor, time runnable but not
                                   running; 0: not known */
    double usage; /* percent of its pCPU over the time between the two reads of its domain */
    double delay; /* percent of that time runnable but not running, and within its quota; 0 where
                     unknown */
    double throttled; /* percent of that time that its quota held it back; 0 where unknown */
    double demand;    /* percent of the strongest pCPU that it would use if it had one to itself: an
                         estimate, never below usage there */
    double size;      /* what exchanges go by: demand, unless the policy expects to know better */
    double doubt; /* standard deviation of what it wants from its size, points; 0: size is sure */
    enum demand_known known; /* how well `demand` is known */
};

#define VIEW_END UINT32_MAX

struct view_pcpu {
    double
        usage; /* percent in use, guests and all else: 0 to 100 where the host's counters agree */
    double other;          /* of that, not by vCPUs */
    double speed;          /* of the strongest pCPU's, above 0 to 1 */
    double demand;         /* demand of its vCPUs here (divided by its speed) + other: equals usage
                                while nobody waits */
    double planned_demand; /* the same, as it will be with the pins that the plan holds so far */
    double planned_forecast; /* of its vCPUs' sizes + other likewise, booked as load is */
    uint32_t first_vcpu;     /* head of the list through view_vcpu.next, VIEW_END if none */
    bool managed;            /* the daemon may place vCPUs here: online, --cpus, not isolated */
    bool certain;            /* no suspect vCPU counts here: its usage may be decided on */
    bool full;               /* its vCPUs may want more than they get here */
};

/** All that a policy may look at. Arrays are the plan's. */
struct view {
    uint64_t period; /* 0 the first snapshot, without usage; 1, 2 … */
    uint64_t now_ns; /* the snapshot's time */
    double span_s;   /* seconds since the snapshot before */
    uint32_t domain_count, vcpu_count, pcpu_count, set_count;
    uint64_t sets_version;              /* of what managed and sets[] hold; the planner's */
    uint32_t suspect, unchecked, fresh; /* how many vCPUs are each */
    int32_t busiest, freest; /* highest and lowest load of the managed, certain pCPUs; ties: the
                                lower number; -1 none */
    struct cpuset managed;
    struct topology topology; /* version 0: all pCPUs are alike */
    bool shaped;              /* pCPUs are not all alike to the policies: locality_matters() */
    bool flat; /* --flat: policies take all pCPUs for alike; topology, home and the factors are the
                  truth even so, for the summary */
    double smt_factor;    /* what each thread does while all of its core are busy, of what it does
                             alone, as the policies are to take it; 1: no loss */
    double remote_factor; /* what a vCPU does at a distance of TOPOLOGY_FAR from its memory, of what
                             it does beside it, likewise; 1: no loss */
    struct view_domain *domains;
    struct view_vcpu *vcpus;
    struct view_pcpu *pcpus;
    struct cpuset *sets;
};

/**
 * Lets a vCPU (index) count on another pCPU from now on, -1 on none: the lists and
 * view_pcpu.planned_demand are booked, usage stays as measured.
 */
void view_put(struct view *view, uint32_t vcpu, int32_t pcpu);

#endif
