/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * locality.h - what a vCPU loses on a pool to busy SMT siblings and to NUMA distance.
 *
 * A thread does 1 of its work while the other threads of its core idle, smt_factor while all are
 * busy, and in between in proportion. A vCPU away from its memory does 1 - (1 - remote_factor) ×
 * (distance - 10) / 10. A pool is where its lowest pCPU is, for it is within one cache or node;
 * only a pool of the whole host is on all its nodes. With --flat or an unknown topology nothing is
 * lost. Planner's thread, except for the two losses, which are pure: any thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_LOCALITY_H
#define VCPU_SCHEDULER_POLICY_LOCALITY_H

#include "plan.h"

/* To have all of its VM within its LLC is worth this to a vCPU (points): less than what makes moves
 * near-equals, so that it only chooses among these. */
#define LOCALITY_TOGETHER 0.5

/** True if pools are not all alike: anything below can differ, or they are of unequal speed. */
bool locality_matters(const struct view *view);

/** A pool's position in the topology; NULL: unknown, or all pools are alike. */
static inline const struct topology_pcpu *locality_place(const struct view *view, int32_t pool)
{
    const int32_t first = pool < 0 ? -1 : view->pools[pool].pcpu;

    return !view->flat && (uint32_t)first < view->topology.pcpu_count ? &view->topology.pcpus[first]
                                                                      : NULL;
}

/** The pool of the next thread of its core, in a ring; a pool of whole cores is its own. */
static inline int32_t locality_sibling(const struct view *view, int32_t pool)
{
    const struct topology_pcpu *at = locality_place(view, pool);
    int32_t next;

    if (!at || view->pools[pool].pcpu_count > 1)
        return pool;
    next = at->sibling;
    while ((uint32_t)next >= view->pcpu_count || view->pcpus[next].pool < 0)
        next = view->topology.pcpus[next].sibling; /* the topology is newer, or it is not managed */
    return view->pcpus[next].pool;
}

/** The NUMA node (index) of a pool, 0 if unknown. */
static inline int32_t locality_node(const struct view *view, int32_t pool)
{
    const struct topology_pcpu *at = locality_place(view, pool);

    return at && at->node > 0 ? at->node : 0;
}

/** True if two pools are threads of one core. */
static inline bool locality_one_core(const struct view *view, int32_t a, int32_t b)
{
    const struct topology_pcpu *x = locality_place(view, a), *y = locality_place(view, b);

    return x && y && x->core >= 0 && x->core == y->core;
}

/** True if two pools share their LLC, or either is unknown. */
static inline bool locality_one_cache(const struct view *view, int32_t a, int32_t b)
{
    const struct topology_pcpu *x = locality_place(view, a), *y = locality_place(view, b);

    return !x || !y || x->llc == y->llc;
}

/** The part of its work that a thread loses per busy sibling, 0 to 1; 0 for a pool of whole cores.
 * O(threads). */
double locality_sibling_loss(const struct view *view, int32_t pool);

/**
 * What threads of the same core take from each other within a pool of whole cores. The kernel takes
 * idle cores first, so nothing is lost up to a demand of `full` percent, and `part` of each point
 * of demand above it; 0: nothing at all.
 */
struct inner_loss {
    double full, part;
};
struct inner_loss locality_inner_loss(const struct view *view, int32_t pool);

/** The part of a pool's work, 0 to 1, that is lost within it at a demand (percent). */
static inline double locality_inner_part(const struct view *view, int32_t pool, double demand)
{
    const struct inner_loss inner = locality_inner_loss(view, pool);
    const double busy = demand < 100 ? demand : 100;

    return inner.part > 0 && busy > inner.full ? inner.part * (busy - inner.full) / busy : 0;
}

/** The node that a vCPU should be near: its NUMA home, or the guess; -1: none. */
static inline int32_t locality_home(const struct view_vcpu *vcpu)
{
    return vcpu->numa_home >= 0 ? vcpu->numa_home : vcpu->guess;
}

/** The part of its work, 0 to 1, that a vCPU loses on a pool with its memory on node `home` (-1:
 * unknown). */
double locality_remote_loss(const struct view *view, int32_t home, int32_t pool);

/** Points that the siblings of a pool take from what a vCPU can get there, by their planned
 * forecast. O(threads). */
double locality_taken(const struct view *view, int32_t pool);

/**
 * The part of the other vCPUs of its VM, -1 to 1, by which a vCPU has more within its LLC on pool
 * `to` than on `from` (-1: nowhere). 0 if there is one LLC. O(vCPUs of the VM).
 */
double locality_joined(const struct view *view, uint32_t vcpu, int32_t from, int32_t to);

#endif
