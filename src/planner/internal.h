/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - what the planner remembers between snapshots, and how it makes a view.
 * planner.c decides and books, emulator.c for emulators. view.c makes the view, with vcpu.c and
 * pool.c; block.c tells which vCPUs may not be moved, owner.c who owns each; recut.c follows pools
 * that change.
 */
#ifndef VCPU_SCHEDULER_PLANNER_INTERNAL_H
#define VCPU_SCHEDULER_PLANNER_INTERNAL_H

#include "plan.h"
#include "planner/crosscheck.h"
#include "planner/managed.h"
#include "planner/ownership.h"
#include "planner/payoff.h"
#include "planner/settings.h"
#include "policy.h"
#include "snapshot.h"

/** Whether an affinity is what a pin in its pool would set, as found out last. */
struct fit {
    uint64_t version;           /* of planner.managed; 0: not yet found out */
    uint32_t affinity, allowed; /* as vcpu_sample.affinity and view_vcpu.allowed */
    bool alive;                 /* some of its pCPUs are online, and within its domain's limit */
    bool whole;                 /* it holds all that the vCPU may use of the pool */
};

struct vcpu_memory {
    uint64_t serial; /* of the vCPU; 0: none */
    uint64_t step;   /* when it was measured last */
    struct crosscheck check;
    uint64_t delay_ns, throttled_ns;
    bool delay_known; /* delay_ns was read */
    double demand;
    uint64_t moved_step;   /* when it was pinned last; 0: never */
    uint64_t busy_step;    /* when its domain last had a job or was going; 0: never */
    uint32_t backoff;      /* how many of its pins in a row did not pay */
    uint64_t refused_step; /* when its last refused pin was; 0: none */
    uint32_t refusals;     /* how many in a row */
    uint32_t refused;      /* as view_vcpu.refused */
    int32_t dry_pool;      /* where a dry run has put it; -1: nowhere */
    struct fit fit;
    struct ownership ownership;
    bool stranded;        /* off its owner's affinity, and no pin can put it right */
    bool suspect;         /* as last logged */
    bool no_allowed_pcpu; /* as last logged: no managed pCPU is allowed */
};

/** Of an emulator. Its `pools` are the two sets below: 1 and 0. */
struct emulator_memory {
    bool seen;
    struct ownership ownership;
    struct cpuset pinned, before; /* where its last pin put it, and where it was before that */
    bool dry;                     /* `pinned` is where a dry run has put it */
    uint64_t done_ns;             /* when the actuator was done with it last */
    uint64_t busy_step, refused_step;
    uint32_t refusals; /* in a row */
};

struct domain_memory {
    uint64_t serial;
    const struct planner_settings *settings; /* that `excluded` was found by */
    bool excluded;                           /* by --exclude */
    uint32_t limit;                          /* domain_sample.limit, as last logged */
    bool opted_out;                          /* by its metadata, as last logged */
    struct emulator_memory emulator;
};

/** What the host counts of a pCPU. */
struct pcpu_memory {
    uint64_t base_busy_ns; /* at the start of the window */
    double usage;          /* percent, over the last window */
    bool counted;          /* base_busy_ns holds: the pCPU was online */
};

/** A pool's load that is not by vCPUs. */
struct pool_memory {
    double vcpus_ns;     /* CPU time of vCPUs there since the start of the window */
    double other;        /* percent, over the last window */
    double busy_ns;      /* at work on a reading: sum over the counted pCPUs */
    uint32_t counted;    /* their number */
    uint32_t never_idle; /* at work on a view: vCPUs that run or wait nearly all the time */
    uint32_t suspect;    /* likewise: suspect vCPUs */
};

struct planner {
    const struct planner_settings *settings;
    struct policy_state *policy_state; /* of settings->policy; NULL where it needs none */
    struct crosscheck_ticks ticks;
    struct managed managed;
    uint64_t epoch;        /* of the last snapshot */
    uint64_t step;         /* snapshots seen, from 1 */
    uint64_t last_ns;      /* when the last sweep ended */
    uint64_t pinned_ns;    /* when the last pin was done; 0: none, or the host owns its clock */
    bool lets_go;          /* a vCPU of the view is to be released */
    uint32_t full_periods; /* periods in a row that the host was full */
    uint32_t placings;     /* plans in a row that placed floating vCPUs */
    uint32_t follow_at;    /* the domain whose emulator comes first */
    struct payoff payoff;  /* of the last plan with pins */
    uint64_t payoff_step;  /* when that plan was booked */
    struct totals totals;
    uint64_t host_ns;              /* of the last reading of the host's counters */
    uint64_t window_ns;            /* start of the window of pcpus[] and pools[]; 0: none yet */
    bool window_known;             /* pools[].other is of a whole window */
    uint64_t pools_version;        /* of managed.pools, as of the last view */
    uint64_t pools_said;           /* the same, as last said */
    struct vcpu_memory *vcpus;     /* by slot */
    struct domain_memory *domains; /* by slot */
    struct pcpu_memory *pcpus;
    struct pool_memory *pools;
    uint32_t *votes; /* per node; all 0 between two views */
    uint32_t vcpu_capacity, domain_capacity, pcpu_capacity, pool_capacity, vote_capacity;
};

/** Logs that a vCPU or emulator has yielded to somebody else. */
void planner_say_yielded(const char *domain, uint32_t vcpu);

/** Forgets what was known by the numbers of pools, which are others now. */
void planner_recut(struct planner *planner);

/** Says what the pools are, and where that is not what was asked for, once for each cut; or what
 * pools there could be. */
void planner_say_pools(struct planner *planner, const struct snapshot *snapshot);

/** Remembers that a pin to the pool was refused. */
void planner_refused(const struct planner *planner, struct vcpu_memory *state, int32_t pool);

/** For how many periods what was refused so often in a row rests. */
uint64_t planner_rest(const struct planner *planner, uint32_t refusals);

/** Counts another refusal, up to as many as make a difference. */
void planner_count_refusal(uint32_t *refusals);

/** True if the domain had a job or was going in period `busy_step` (0: never), and that recently:
 * it is left alone for a while. */
bool planner_is_busy(const struct planner *planner, uint64_t busy_step);

/** After the decision: lists the emulators that are to follow their vCPUs or to be let go. */
void planner_follow(struct planner *planner, const struct snapshot *snapshot, struct plan *plan);

/** Books what became of these. */
void planner_book_emulators(struct planner *planner, const struct plan *plan);

/** A part in percent of a whole, cut off to 0 to 100; 0 if the whole is 0. */
static inline double planner_percent(double part_ns, uint64_t whole_ns)
{
    const double share = whole_ns ? 100.0 * part_ns / (double)whole_ns : 0;

    return share < 0 ? 0 : share > 100 ? 100 : share;
}

/**
 * Before a view: tells new vCPUs from old ones, and which of them somebody else has taken, in this
 * run or an earlier one. After --yield-for, takes back those that may run on several pCPUs: these
 * become what the snapshot says is wanted.
 */
void planner_owners(struct planner *planner, struct snapshot *snapshot);

/** Fills in a vCPU of the view from its sample, except demand, size and lists. */
void planner_view_vcpu(struct planner *planner, const struct snapshot *snapshot,
                       const struct vcpu_sample *sample, struct view *view, struct view_vcpu *v);

/** Sets the flags of a vCPU that may not be moved for other reasons than its counters. */
void planner_block(struct planner *planner, const struct snapshot *snapshot,
                   const struct vcpu_sample *sample, const struct view_domain *domain,
                   struct view_vcpu *v, bool floating);

/** Begins the pools of a view: their members, speed and state, without load. */
void planner_begin_pools(struct planner *planner, struct view *view);

/** Fills in the load of the pools and pCPUs of a view whose vCPUs are filled in, the vCPUs' demand,
 * and the lists. */
void planner_load_pools(struct planner *planner, const struct snapshot *snapshot,
                        struct view *view);

/** Sets busiest and freest of the view. */
void planner_find_extremes(struct view *view);

/** Fills in the view of a snapshot. The view and the planner have the capacity for it. */
void planner_view(struct planner *planner, const struct snapshot *snapshot, struct view *view);

#endif
