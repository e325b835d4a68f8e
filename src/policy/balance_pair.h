/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * balance_pair.h - what the files of policy `balance` share: which pCPUs are asked
 * (balance.c), and the best exchange of a pair (balance_pair.c). Planner's thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_BALANCE_PAIR_H
#define VCPU_SCHEDULER_POLICY_BALANCE_PAIR_H

#include "policy.h"
#include "policy/crowding.h"

/* So many of the freest pCPUs are asked, and so many pCPUs that can't be relieved are passed over,
 * a period: the bound of its time. Three to 64 serve alike. */
#define FREEST 8
#define MISSES 8

struct balance_pcpu {
    struct pcpu_demand demand;
    struct pcpu_site site;
    float cost;
    float rank;   /* what one more vCPU of the usual size would cost; where all are alike, cost */
    float relief; /* the most that one vCPU's leaving for one of the freest would save */
    bool usable;
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
    struct outlook usual; /* a vCPU as they are in the mean */
    float *leaving;       /* per vCPU: what its pCPU would save without it; of the pair at hand */
    struct balance_pcpu *pcpus;
    float *here, *there; /* per domain: sum of sd over its vCPUs on the pCPU at hand */
    struct freest *nodes;
    uint32_t vcpu_capacity, leaving_capacity, pcpu_capacity, here_capacity, there_capacity,
        node_capacity;
    uint32_t node_count; /* where all pCPUs are alike one, of them all */
    double limit;        /* percent: the highest load that a plan may make, see effect.h */
    bool shaped;         /* pCPUs are not all alike */
};

/** The best so far. */
struct choice {
    struct move move;
    float worth; /* per pin */
};

/** Notes who is on a pCPU, by VM; balance_forget() takes it back. */
void balance_note(const struct policy_state *state, const struct view *view, int32_t pcpu,
                  float *sds);
void balance_forget(const struct view *view, int32_t pcpu, float *sds);

/** A pCPU's crowd without one of its vCPUs, itself among those noted. */
struct pcpu_demand balance_without(const struct policy_state *state, const struct view *view,
                                   uint32_t vcpu, const float *noted);

/** Reckons what each vCPU's leaving a pCPU would save; who is there is noted. */
void balance_leave(struct policy_state *state, const struct view *view, int32_t pcpu,
                   const float *noted);

/** What its place alone saves when a vCPU goes elsewhere, points and periods: work no longer lost
 * to remote memory, less the premium of the move. */
float balance_place_saves(const struct policy_state *state, const struct view *view, uint32_t vcpu,
                          int32_t to);

/** Tries every exchange between two pCPUs that takes at most so many pins; who is on `from` is
 * noted in state->here, what their leaving saves is known. */
void balance_try_pair(struct policy_state *state, const struct view *view, int32_t from, int32_t to,
                      uint32_t pins, struct choice *best);

#endif
