/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - what the planner remembers between snapshots, and the view it makes of it.
 * planner.c decides and books, view.c measures vCPUs and pcpu.c pCPUs, owner.c knows whose a vCPU
 * is.
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

struct vcpu_memory {
    uint64_t serial; /* whose state this is; 0: nobody's */
    uint64_t step;   /* when it was measured last */
    struct crosscheck check;
    uint64_t delay_ns, throttled_ns;
    bool delay_known; /* delay_ns was read */
    double demand;
    uint64_t moved_step;   /* when it was pinned last; 0: never */
    uint64_t busy_step;    /* when a pin could not even be tried; 0: never */
    uint32_t backoff;      /* how often in turn its pins did not pay */
    uint64_t refused_step; /* when its last pin was refused; 0: it was not */
    uint32_t refusals;     /* how often in turn */
    uint32_t refused;      /* as view_vcpu.refused: what pCPU that was */
    int32_t dry_pcpu;      /* where a dry run has put it; -1 */
    struct ownership ownership;
    bool suspect;         /* as it was said last */
    bool no_allowed_pcpu; /* said that no managed pCPU is allowed */
};

struct domain_memory {
    uint64_t serial;
    const struct planner_settings *settings; /* that `excluded` goes by */
    bool excluded;                           /* by --exclude */
    uint32_t limit;                          /* domain_sample.limit, as it was said last */
    bool opted_out;                          /* by its metadata, as it was said last */
};

/** What is known of a pCPU's load that is not by vCPUs. */
struct pcpu_memory {
    uint64_t base_busy_ns; /* at the begin of the window */
    double vcpus_ns;       /* gained by vCPUs there since */
    double other;          /* percent, over the last window */
    bool counted;          /* it was online then: base_busy_ns was read */
};

struct planner {
    const struct planner_settings *settings;
    struct policy_state *policy_state; /* of settings->policy; NULL where it needs none */
    struct crosscheck_steps steps;
    struct managed managed;
    uint64_t epoch;       /* of the snapshot before */
    uint64_t step;        /* snapshots seen, from 1 */
    uint64_t last_ns;     /* when the sweep before ended */
    uint64_t pinned_ns;   /* when the last pin was done; 0: none, or the host owns its clock */
    bool lets_go;         /* a vCPU of the view is to be released */
    uint32_t roomless;    /* periods in turn that the host was full */
    uint32_t placings;    /* plans in turn that gave floating vCPUs their pCPU */
    struct payoff payoff; /* of the last plan with pins */
    uint64_t payoff_step; /* when that plan was booked */
    struct totals totals;
    uint64_t host_ns;   /* of the reading of the host's counters that was used last */
    uint64_t window_ns; /* begin of the window of pcpus[]; 0: none yet */
    bool window_known;  /* pcpus[].other holds a whole window's figure */
    struct vcpu_memory *vcpus;
    struct domain_memory *domains;
    struct pcpu_memory *pcpus;
    uint32_t *votes; /* per node: 0 between two views */
    uint32_t vcpu_capacity, domain_capacity, pcpu_capacity, vote_capacity;
};

/** Says that a vCPU has yielded to somebody else. */
void planner_say_yielded(const char *domain, uint32_t vcpu);

/** Takes note that a pin to that pCPU was refused. */
void planner_refused(const struct planner *planner, struct vcpu_memory *state, int32_t pcpu);

/** True if its domain had a job a moment ago, or was about to go: nothing is asked of it for a
 * while. */
bool planner_is_busy(const struct planner *planner, const struct vcpu_memory *state);

/** A part in percent of a whole, 0 to 100; 0 of nothing. */
static inline double planner_percent(double part_ns, uint64_t whole_ns)
{
    const double share = whole_ns ? 100.0 * part_ns / (double)whole_ns : 0;

    return share < 0 ? 0 : share > 100 ? 100 : share;
}

/**
 * Before a view: whose the vCPUs are that others have taken, in this run or an earlier one. After
 * --yield-for, one that they let run on several pCPUs may be managed within these, which are then
 * what the snapshot says is wanted.
 */
void planner_owners(struct planner *planner, struct snapshot *snapshot);

/** Adds up the pCPUs of a view whose vCPUs are filled in, estimates demand, makes the lists. */
void planner_view_pcpus(struct planner *planner, const struct snapshot *snapshot,
                        struct view *view);

/** Finds the busiest and the freest. */
void planner_find_extremes(struct view *view);

/**
 * Fills the view of a snapshot, for which there is room everywhere: usage, delay and demand of each
 * vCPU, load of each pCPU, why a vCPU may not be moved, busiest and freest. Planner's thread.
 */
void planner_view(struct planner *planner, const struct snapshot *snapshot, struct view *view);

#endif
