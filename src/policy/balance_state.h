/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * balance_state.h - what policy `balance` expects of vCPUs and pCPUs. Planner's thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_BALANCE_STATE_H
#define VCPU_SCHEDULER_POLICY_BALANCE_STATE_H

#include "policy/crowding.h"
#include "policy/internal.h"

/* So many of the freest pCPUs are tried, which bounds the time of a decision. Three to 64 serve
 * alike. */
#define FREEST 8

struct balance_pcpu {
    struct pcpu_demand demand;
    struct pcpu_site site;
    float cost;   /* see crowding.h */
    float rank;   /* cost of one more vCPU of the usual size; if all pCPUs are alike, cost */
    float relief; /* the most that moving one vCPU to one of the freest would save */
    bool usable;  /* managed and certain */
};

/** The freest pCPUs of a node, the freest first. */
struct freest {
    int32_t pcpus[FREEST];
    uint32_t count;
};

struct policy_state {
    struct forecast *forecast;
    struct crowding crowding;
    struct outlook *vcpus;
    struct outlook usual; /* the mean of all vCPUs */
    float *leaving;       /* per vCPU of the pair at hand: what its pCPU saves without it */
    struct balance_pcpu *pcpus;
    float *here, *there; /* per domain: sum of sd over its vCPUs on the pCPU at hand */
    struct freest *nodes;
    uint32_t vcpu_capacity, leaving_capacity, pcpu_capacity, here_capacity, there_capacity,
        node_capacity;
    uint32_t node_count; /* 1, for all pCPUs, if these are alike */
    double limit;        /* effect_limit() of the view */
    bool shaped;         /* pCPUs are not all alike */
};

/** The policy's begin, finish and learn. */
struct policy_state *balance_begin(void);
void balance_finish(struct policy_state *state);
int balance_learn(struct policy_state *state, const struct view *view);

/** Fills in the outlook of every vCPU, and demand, site, cost and rank of every pCPU. */
void balance_look_ahead(struct policy_state *state, const struct view *view);

/** Updates the figures of a pCPU whose vCPUs have changed, and of its siblings. */
void balance_renew(struct policy_state *state, const struct view *view, int32_t pcpu);

/** Adds the sd of each vCPU on a pCPU to its domain's sum in sds[]. balance_forget() undoes it. */
void balance_note(const struct policy_state *state, const struct view *view, int32_t pcpu,
                  float *sds);
void balance_forget(const struct view *view, int32_t pcpu, float *sds);

/** The demand of the vCPU's pCPU without that vCPU; the pCPU's sums are in sds[]. */
struct pcpu_demand balance_without(const struct policy_state *state, const struct view *view,
                                   uint32_t vcpu, const float *sds);

/** What moving a vCPU saves by locality, points and periods: remote memory no longer lost, less the
 * premium of the move. */
float balance_locality_saves(const struct policy_state *state, const struct view *view,
                             uint32_t vcpu, int32_t to);

#endif
