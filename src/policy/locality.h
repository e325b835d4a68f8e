/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * locality.h - what a vCPU loses on a pCPU to busy SMT siblings and to NUMA distance.
 *
 * A thread does 1 of its work while the other threads of its core idle, smt_factor while all are
 * busy, and in between in proportion. A vCPU away from its memory does 1 - (1 - remote_factor) ×
 * (distance - 10) / 10. With --flat or an unknown topology nothing is lost. Planner's thread,
 * except for the two losses, which are pure: any thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_LOCALITY_H
#define VCPU_SCHEDULER_POLICY_LOCALITY_H

#include "plan.h"

/* To have all of its VM within its LLC is worth this to a vCPU (points): less than what makes moves
 * near-equals, so that it only chooses among these. */
#define LOCALITY_TOGETHER 0.5

/** True if pCPUs are not all alike: anything below can differ, or they are of unequal speed. */
bool locality_matters(const struct view *view);

/** A pCPU's position in the topology; NULL: unknown, or all pCPUs are alike. */
static inline const struct topology_pcpu *locality_pcpu(const struct view *view, int32_t pcpu)
{
    return !view->flat && (uint32_t)pcpu < view->topology.pcpu_count ? &view->topology.pcpus[pcpu]
                                                                     : NULL;
}

/** The next thread of its core, in a ring; a pCPU without siblings is its own. */
static inline int32_t locality_sibling(const struct view *view, int32_t pcpu)
{
    const struct topology_pcpu *at = locality_pcpu(view, pcpu);
    int32_t next = at ? at->sibling : pcpu;

    while ((uint32_t)next >= view->pcpu_count) /* the topology is newer than the view */
        next = view->topology.pcpus[next].sibling;
    return next;
}

/** The NUMA node (index) of a pCPU, 0 if unknown. */
static inline int32_t locality_node(const struct view *view, int32_t pcpu)
{
    const struct topology_pcpu *at = locality_pcpu(view, pcpu);

    return at && at->node > 0 ? at->node : 0;
}

/** True if two pCPUs are threads of one core. */
static inline bool locality_one_core(const struct view *view, int32_t a, int32_t b)
{
    const struct topology_pcpu *x = locality_pcpu(view, a), *y = locality_pcpu(view, b);

    return x && y && x->core >= 0 && x->core == y->core;
}

/** True if two pCPUs share their LLC, or either is unknown. */
static inline bool locality_one_cache(const struct view *view, int32_t a, int32_t b)
{
    const struct topology_pcpu *x = locality_pcpu(view, a), *y = locality_pcpu(view, b);

    return !x || !y || x->llc == y->llc;
}

/** The part of its work that a thread loses per busy sibling, 0 to 1. O(threads). */
double locality_sibling_loss(const struct view *view, int32_t pcpu);

/** The node that a vCPU should be near: its NUMA home, or the guess; -1: none. */
static inline int32_t locality_home(const struct view_vcpu *vcpu)
{
    return vcpu->numa_home >= 0 ? vcpu->numa_home : vcpu->guess;
}

/** The part of its work, 0 to 1, that a vCPU loses on a pCPU with its memory on node `home` (-1:
 * unknown). */
double locality_remote_loss(const struct view *view, int32_t home, int32_t pcpu);

/** Points that the siblings of a pCPU take from what a vCPU can get there, by their planned
 * forecast. O(threads). */
double locality_taken(const struct view *view, int32_t pcpu);

/**
 * The part of the other vCPUs of its VM, -1 to 1, by which a vCPU has more within its LLC on pCPU
 * `to` than on `from` (-1: nowhere). 0 if there is one LLC. O(vCPUs of the VM).
 */
double locality_joined(const struct view *view, uint32_t vcpu, int32_t from, int32_t to);

#endif
