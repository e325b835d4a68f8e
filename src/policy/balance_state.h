/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * balance_state.h - what policy `balance` expects of vCPUs and pools. Planner's thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_BALANCE_STATE_H
#define VCPU_SCHEDULER_POLICY_BALANCE_STATE_H

#include "policy/crowding.h"
#include "policy/internal.h"

/* So many of the freest pools are tried, which bounds the time of a decision. Three to 64 serve
 * alike. */
#define FREEST 8

struct balance_pool {
    struct pool_demand demand;
    struct pool_site site;
    float cost;   /* see crowding.h */
    float rank;   /* cost of one more vCPU of the usual size; if all pools are alike, cost */
    float relief; /* the most that moving one vCPU to one of the freest would save */
    bool usable;  /* managed and certain */
};

/** The freest pools of a node, the freest first. */
struct freest {
    int32_t pools[FREEST];
    uint32_t count;
};

/** What distance means to vCPUs that go from one pool to another. */
struct way {
    int32_t from, to;
    float *nearer; /* per node that may be a vCPU's home: the part of remote loss that is saved */
    bool one_cache;
};

struct policy_state {
    struct forecast *forecast;
    struct crowding crowding;
    struct outlook *vcpus;
    struct outlook usual; /* the mean of all vCPUs */
    float *leaving;       /* per vCPU: what its pool saves without it; NAN: see balance_leaving() */
    struct balance_pool *pools;
    float *here, *there; /* per domain: sum of sd over its vCPUs on the pool at hand */
    struct freest *nodes;
    struct way way; /* between the pair at hand */
    uint32_t vcpu_capacity, leaving_capacity, pool_capacity, here_capacity, there_capacity,
        node_capacity, nearer_capacity;
    uint32_t node_count; /* 1, for all pools, if these are alike */
    uint32_t tried;      /* swaps in this period whose costs were worked out */
    double limit;        /* effect_limit() of the view */
    bool shaped;         /* pools are not all alike */
};

/** The policy's begin, finish and learn. */
struct policy_state *balance_begin(void);
void balance_finish(struct policy_state *state);
int balance_learn(struct policy_state *state, const struct view *view);

/** Fills in the outlook of every vCPU, and demand, site, cost and rank of every pool. */
void balance_look_ahead(struct policy_state *state, const struct view *view);

/** Updates the figures of a pool whose vCPUs have changed, and of its siblings. */
void balance_renew(struct policy_state *state, const struct view *view, int32_t pool);

/** Adds the sd of each vCPU on a pool to its domain's sum in sds[]. balance_forget() undoes it. */
void balance_note(const struct policy_state *state, const struct view *view, int32_t pool,
                  float *sds);
void balance_forget(const struct view *view, int32_t pool, float *sds);

/** The demand of the vCPU's pool without that vCPU; the pool's sums are in sds[]. */
struct pool_demand balance_without(const struct policy_state *state, const struct view *view,
                                   uint32_t vcpu, const float *sds);

/** What the vCPU's pool saves without that vCPU; the pool's sums are in sds[]. It is worked out
 * once until balance_forget_leaving() of a pool that has changed. */
float balance_leaving(struct policy_state *state, const struct view *view, uint32_t vcpu,
                      const float *sds);
void balance_forget_leaving(struct policy_state *state, const struct view *view, int32_t pool);

/** Makes two pools the pair at hand of balance_locality_saves(). O(nodes). */
void balance_set_way(struct policy_state *state, const struct view *view, int32_t from, int32_t to);

/** What moving a vCPU of the pair at hand to the other pool saves by locality, points and periods:
 * remote memory no longer lost, less the premium of the move. */
float balance_locality_saves(const struct policy_state *state, const struct view *view,
                             uint32_t vcpu);

#endif
