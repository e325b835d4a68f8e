/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ownership.h - who owns a vCPU's affinity. If it has changed since it was first seen, and not by
 * the daemon, somebody else (virsh, another tool) has set it, and the daemon yields. Planner's
 * thread.
 */
#ifndef VCPU_SCHEDULER_PLANNER_OWNERSHIP_H
#define VCPU_SCHEDULER_PLANNER_OWNERSHIP_H

#include <stdbool.h>
#include <stdint.h>

/** Of one vCPU in one run; zeroed at first. */
struct ownership {
    bool released;       /* the ledger holds nothing of it, not even from an earlier run */
    bool seen;           /* affinity and touches hold */
    bool stale;          /* affinity is of before the last pin */
    uint32_t affinity;   /* when seen last: index in snapshot.sets */
    uint32_t touches;    /* when seen last: vcpu_sample.touches */
    bool pinned;         /* by the daemon: to and from hold */
    int32_t to, from;    /* the pool where the last pin put it, and where it is if that pin failed
                            after all; -1: in none */
    uint64_t pinned_ns;  /* when the call of the last pin came back; 0: none */
    bool yielded;        /* to somebody else: yielded_ns holds */
    uint64_t yielded_ns; /* since when */
    bool returned;       /* from somebody else: wish holds */
    uint32_t wish;       /* the set that they allow: index in snapshot.sets */
};

/** A pin from `from` to `to` was tried, and is or may be in force since `done_ns`. */
void ownership_pinned(struct ownership *ownership, int32_t from, int32_t to, uint64_t done_ns);

/** An earlier run or the actuator has found that somebody else owns it since `at_ns`. */
void ownership_yield(struct ownership *ownership, uint64_t at_ns);

/** It is managed again, within its present affinity (index in snapshot.sets), seen at
 * vcpu_sample.touches. */
void ownership_return(struct ownership *ownership, uint32_t affinity, uint32_t touches);

/** The ledger has released it. Its affinity counts as not seen yet. */
void ownership_released(struct ownership *ownership);

/** Pools have other numbers now: a pinned vCPU is known by its affinity from now on. */
void ownership_recut(struct ownership *ownership);

/**
 * Checks an affinity (index in snapshot.sets; `pool`: the pool that holds it, -1: none; `whole`: a
 * pin there would set it) that was read in a sweep begun at `begin_ns`, and vcpu_sample.touches.
 * Returns true if they show for the first time that somebody else has changed it: the vCPU has
 * yielded.
 */
bool ownership_look(struct ownership *ownership, uint32_t affinity, int32_t pool, bool whole,
                    uint32_t touches, uint64_t begin_ns);

#endif
