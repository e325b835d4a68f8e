/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ownership.h - whose a vCPU's affinity is. What the daemon has not set itself, and what has
 * changed since it was first seen, was set by somebody else (virsh, another tool), who is given way
 * to. Planner's thread.
 */
#ifndef VCPU_SCHEDULER_PLANNER_OWNERSHIP_H
#define VCPU_SCHEDULER_PLANNER_OWNERSHIP_H

#include <stdbool.h>
#include <stdint.h>

/** Of one vCPU in one run; zeroed at first. */
struct ownership {
    bool settled;       /* the ledger holds nothing of it; an earlier run may have left something */
    bool seen;          /* `affinity` holds */
    uint32_t affinity;  /* as it was found: index in snapshot.sets */
    uint32_t touches;   /* and how often somebody else's pins were noticed until then */
    bool pinned;        /* by the daemon; then these hold */
    int32_t to, from;   /* where the last pin has put it, and where it is if that pin failed after
                           all;   the only pCPU, -1: several */
    uint64_t pinned_ns; /* when the call came back */
    bool yielded;       /* to somebody else; then: */
    uint64_t yielded_ns; /* since when */
    bool returned;       /* from somebody else; then: */
    uint32_t wish;       /* what they allow it: index in snapshot.sets */
};

/** A pin from `from` to `to` was tried, and is or may be in force since `done_ns`. */
void ownership_pinned(struct ownership *ownership, int32_t from, int32_t to, uint64_t done_ns);

/** It is somebody else's, since `at_ns`, as an earlier run or the actuator has found. */
void ownership_yield(struct ownership *ownership, uint64_t at_ns);

/**
 * It may be managed again, within the affinity (index in snapshot.sets) that it now has, found at
 * vcpu_sample.touches.
 */
void ownership_return(struct ownership *ownership, uint32_t affinity, uint32_t touches);

/** The ledger has let go of it. What its affinity is next is found anew. */
void ownership_settled(struct ownership *ownership);

/**
 * Looks at an affinity (index in snapshot.sets; `single`: its only pCPU, -1: several) that was read
 * in a sweep begun at `begin_ns`, and at vcpu_sample.touches. Returns true if somebody else's hand
 * shows in it for the first time: the vCPU has yielded.
 */
bool ownership_look(struct ownership *ownership, uint32_t affinity, int32_t single,
                    uint32_t touches, uint64_t begin_ns);

#endif
