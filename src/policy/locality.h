/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * locality.h - what a vCPU loses on a pCPU by where that is: to busy threads of the same core, and
 * by its distance from its memory.
 *
 * A thread does 1 of its work while the others of its core idle, smt_factor while all are busy, and
 * between the two in proportion. A vCPU away from its memory does 1 - (1 - remote_factor) ×
 * (distance - 10) / 10. Where the host is flat, or its shape unknown, nothing is lost and all of
 * this is 0. Planner's thread.
 */
#ifndef VCPU_SCHEDULER_POLICY_LOCALITY_H
#define VCPU_SCHEDULER_POLICY_LOCALITY_H

#include "plan.h"

/** True if pCPUs are not all alike: anything below can differ, or they are of unequal speed. */
bool locality_matters(const struct view *view);

/** What policies know of a pCPU's place; NULL: nothing, all are alike. */
static inline const struct topology_pcpu *locality_place(const struct view *view, int32_t pcpu)
{
    return !view->flat && (uint32_t)pcpu < view->topology.pcpu_count ? &view->topology.pcpus[pcpu]
                                                                     : NULL;
}

/** The next thread of its core, in a ring; itself where it has none. */
static inline int32_t locality_sibling(const struct view *view, int32_t pcpu)
{
    const struct topology_pcpu *place = locality_place(view, pcpu);

    int32_t next = place ? place->sibling : pcpu;

    while ((uint32_t)next >= view->pcpu_count) /* of a reading newer than the view */
        next = view->topology.pcpus[next].sibling;
    return next;
}

/** The node (index) of a pCPU, 0 where nothing is known of it. */
static inline int32_t locality_node(const struct view *view, int32_t pcpu)
{
    const struct topology_pcpu *place = locality_place(view, pcpu);

    return place && place->node > 0 ? place->node : 0;
}

/** True if two pCPUs are threads of one core. */
static inline bool locality_one_core(const struct view *view, int32_t a, int32_t b)
{
    const struct topology_pcpu *x = locality_place(view, a), *y = locality_place(view, b);

    return x && y && x->core >= 0 && x->core == y->core;
}

/** True if two pCPUs share their LLC, or nothing is known of it. */
static inline bool locality_one_cache(const struct view *view, int32_t a, int32_t b)
{
    const struct topology_pcpu *x = locality_place(view, a), *y = locality_place(view, b);

    return !x || !y || x->llc == y->llc;
}

/** What a pCPU that is busy all the time loses while another thread of its core is, 0 to 1. */
double locality_sibling_loss(const struct view *view, int32_t pcpu);

/** The node that a vCPU is to be near: its home, or the guess; -1: none. */
static inline int32_t locality_home(const struct view_vcpu *vcpu)
{
    return vcpu->numa_home >= 0 ? vcpu->numa_home : vcpu->guess;
}

/** The part of its work that a vCPU with its memory on node `home` loses on a pCPU, 0 to 1. */
double locality_remote_loss(const struct view *view, int32_t home, int32_t pcpu);

/** Points that the other threads of a pCPU's core take from what can be got there, going by their
 * weight. O(threads). */
double locality_taken(const struct view *view, int32_t pcpu);

/** vCPUs of the vCPU's own VM, without itself, on pCPUs that share this one's LLC; 0 where all
 * share one. O(vCPUs of the VM). */
uint32_t locality_company(const struct view *view, uint32_t vcpu, int32_t pcpu);

#endif
