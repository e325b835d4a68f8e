/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view.h - what one period was like: all that a policy may look at.
 *
 * The planner makes the view from two snapshots. Planned pins are booked in the view, so that later
 * choices see the host as it will be.
 */
#ifndef VCPU_SCHEDULER_VIEW_H
#define VCPU_SCHEDULER_VIEW_H

#include "cpuset.h"
#include "host.h"
#include "pools.h"
#include "snapshot.h"

#include <stdbool.h>
#include <stdint.h>

/** Why a vCPU may not be moved in this period; 0: it may. */
enum {
    VCPU_FIXED = 1 << 0,     /* at most one pool is allowed */
    VCPU_EXCLUDED = 1 << 1,  /* --exclude */
    VCPU_SUSPECT = 1 << 2,   /* its two sources disagree, or a counter fell */
    VCPU_UNCHECKED = 1 << 3, /* no second source, and --crosscheck require */
    VCPU_NEW = 1 << 4,       /* not yet measured for a full period */
    VCPU_PAUSED = 1 << 5,    /* its domain does not run */
    VCPU_DWELLS = 1 << 6,    /* moved within the last --dwell periods */
    VCPU_FLOATING = 1 << 7,  /* its affinity is not what it may use of one pool, or offline; placed
                                by the daemon, or left to the kernel */
    VCPU_YIELDED = 1 << 8,   /* somebody else has changed its affinity and owns it now */
    VCPU_REALTIME = 1 << 9,  /* the kernel prefers it to all others, which it would starve */
};

struct view_domain {
    uint32_t first_vcpu, vcpu_count;
    enum domain_state state;
    bool excluded;
    bool limited; /* its cgroup's cpuset allows only some of the online pCPUs */
    double usage; /* sum over its vCPUs, percent of one pCPU */
    char name[DOMAIN_NAME_MAX];
};

/** How well the demand of a vCPU is known. */
enum demand_known {
    DEMAND_SEEN,    /* its pool was not full: demand is its usage */
    DEMAND_GUESSED, /* its pool was full: demand is its usage and delay */
    DEMAND_GROWING, /* the same, but cut off, for estimates grow only so fast: it wants more */
};

struct view_vcpu {
    struct vcpu_name name;
    uint64_t serial;
    uint32_t domain;     /* index in view.domains */
    uint32_t allowed;    /* index in view.sets: the allowed set */
    uint32_t next;       /* the next vCPU of the same pool, VIEW_END at the end */
    int32_t last_pcpu;   /* where it ran last; -1: unknown */
    int32_t numa_home;   /* index in view.topology.nodes: where its memory is; -1: unknown */
    int32_t guess;       /* assumed home if numa_home is unknown (planner/numa_home.h); -1: none */
    int32_t pin;         /* the pool that holds all of its affinity, even while offline; -1: none */
    int32_t pool;        /* where it counts: its pin; if floating, where it ran last; -1: nowhere */
    uint16_t blocked_by; /* VCPU_*; 0: it may be moved */
    uint32_t refused;    /* 1 + a pool that recently refused it and is not to be tried again; 0:
                            none */
    uint64_t time_ns, delay_ns; /* so far: CPU time by the hypervisor, and time runnable but not
                                   running; 0: unknown */
    double usage;               /* percent of a pCPU there, between the two reads of its domain */
    double delay;     /* percent of that time runnable but not running, within its quota; 0 if
                         unknown */
    double throttled; /* percent of that time held back by its quota; 0 if unknown */
    double demand;    /* percent of the strongest pCPU that it would use alone on it: an estimate,
                         never below its usage */
    double size;      /* what moves go by: demand, or the policy's forecast of it */
    double doubt;     /* points that size may be off by (standard deviation); 0: size is sure */
    enum demand_known known; /* how well `demand` is known */
};

#define VIEW_END UINT32_MAX

/**
 * A pool of pCPUs. Its percentages are of what all its managed pCPUs give together: a pool of four
 * is to a policy like one pCPU that is four times as fast.
 */
struct view_pool {
    double usage; /* percent in use by guests and all else: 0 to 100 if the host's counters agree */
    double other; /* of usage, not by vCPUs */
    double speed; /* the sum over its managed pCPUs, relative to the strongest pCPU: above 0 */
    double demand; /* sum of its vCPUs' demand / speed, plus other: equals usage if no vCPU waits */
    double planned_demand;   /* the same with the pins that are booked so far */
    double planned_forecast; /* likewise, of sizes instead of demand */
    uint32_t first_vcpu;     /* head of the list through view_vcpu.next, VIEW_END if none */
    uint32_t pcpu_count;     /* managed; but 1 for a pool of one that is not managed */
    uint32_t core_count;     /* of these; as many as pCPUs if unknown */
    int32_t pcpu;            /* the lowest of these; -1: none */
    bool managed;            /* vCPUs may be pinned here: online, in --cpus, not isolated */
    bool certain;            /* no suspect vCPU counts here: decisions may rely on its usage */
    bool full;               /* its vCPUs may want more than they get here */
};

/** A pCPU, as it is shown. */
struct view_pcpu {
    double usage;         /* as that of its pool, if that is all that is known */
    double other, demand; /* of its pool */
    int32_t pool;         /* -1: none */
    bool managed;
};

/** What a vCPU may use. */
struct view_set {
    struct cpuset pcpus; /* managed ones */
    struct cpuset pools; /* that hold any of these */
};

/** All that a policy may look at. The plan owns the arrays. */
struct view {
    uint64_t period; /* 0: the first snapshot, without usage */
    uint64_t now_ns; /* the snapshot's time */
    double span_s;   /* seconds since the snapshot before */
    uint32_t domain_count, vcpu_count, pcpu_count, pool_count, set_count;
    enum pool_level level;              /* what a pool is */
    uint64_t pools_version;             /* of pcpus[].pool */
    uint64_t sets_version;              /* of managed and sets[]; for the planner */
    uint32_t suspect, unchecked, fresh; /* numbers of vCPUs */
    int32_t busiest, freest; /* of the managed, certain pools: most demand, least demand + SMT loss;
                                of equals the lower number; -1: none */
    struct cpuset managed;
    struct topology topology; /* version 0: all pCPUs are alike */
    bool shaped;              /* policies see unlike pCPUs: locality_matters() */
    bool flat;            /* --flat: to policies all pCPUs are alike; topology, homes and factors
                             hold even so, for the summary */
    double smt_factor;    /* assumed speed of a thread while all threads of its core are busy,
                             relative to alone; 1: no loss */
    double remote_factor; /* assumed speed of a vCPU at distance TOPOLOGY_FAR from its memory,
                             relative to near; 1: no loss */
    struct view_domain *domains;
    struct view_vcpu *vcpus;
    struct view_pool *pools;
    struct view_pcpu *pcpus;
    struct view_set *sets;
};

/**
 * Books a vCPU (index) on another pool; -1: on none. The lists, planned_demand and planned_forecast
 * change; usage and demand stay as measured.
 */
void view_put(struct view *view, uint32_t vcpu, int32_t pool);

/** What a vCPU may use of a pool: the affinity that a pin there sets. */
struct cpuset view_affinity(const struct view *view, uint32_t vcpu, int32_t pool);

/** The pool that holds every pCPU of a set; -1: none does, or the set is empty. */
int32_t view_holding(const struct view *view, const struct cpuset *set);

/** The pool of a pCPU; -1: none, or no such pCPU. */
static inline int32_t view_pool_of(const struct view *view, int32_t pcpu)
{
    return (uint32_t)pcpu < view->pcpu_count ? view->pcpus[pcpu].pool : -1;
}

/** The pCPU where a vCPU counts: the one of its pool; in a pool of several where it ran last; -1:
 * none. */
static inline int32_t view_pcpu_of(const struct view *view, const struct view_vcpu *vcpu)
{
    return vcpu->pool >= 0 && view->pools[vcpu->pool].pcpu_count == 1 ? view->pools[vcpu->pool].pcpu
                                                                      : vcpu->last_pcpu;
}

/** The managed pCPUs of a pool. */
struct cpuset view_members(const struct view *view, int32_t pool);

/** "pCPU" or "pool". */
const char *view_pool_noun(const struct view *view);

/** Bytes for what view_pool_words() writes. */
#define VIEW_POOL_WORDS 48

/** "pCPU 3", or "pool 1 (4-7)": a pool in words; "no pCPU" for -1. Returns `text`. */
const char *view_pool_words(const struct view *view, int32_t pool, char *text, size_t size);

#endif
