/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * managed.h - which pCPUs the daemon may use, and for which vCPU.
 *
 * A pCPU is managed if it is online, in --cpus if given, and not isolated (isolcpus, isolated
 * partitions) unless --cpus or a definition names it. A full affinity names nothing: domains
 * without pinning have it. The allowed set of a vCPU is what its owner wants, within the managed
 * pCPUs; with
 * --adopt-pins it is all managed pCPUs. Either way the cpuset of its cgroup is a limit, for the
 * kernel refuses the rest. A pCPU outside the limits of all vCPUs is not managed.
 */
#ifndef VCPU_SCHEDULER_PLANNER_MANAGED_H
#define VCPU_SCHEDULER_PLANNER_MANAGED_H

#include "planner/settings.h"
#include "pools.h"
#include "snapshot.h"

/** What follows from one of a snapshot's sets, or from a set within a limit. */
struct set_facts {
    struct cpuset allowed; /* of a vCPU whose owner wants this set */
    struct cpuset pools;   /* that hold any of the allowed pCPUs */
    uint32_t pool_count;   /* of these */
    bool wanted;           /* by the owner of a vCPU */
    uint64_t look;         /* managed.look when `wanted` was last seen */
    int32_t holding;       /* the pool that holds all of the set itself; -1: none */
};

/** A wanted set of a domain with a limit. */
struct limited {
    uint32_t wanted; /* index in snapshot.sets */
    uint32_t limit;  /* as domain_sample.limit */
};

struct managed {
    const struct planner_settings *settings; /* that it was made by */
    struct cpuset all;                       /* managed for at least one vCPU */
    struct pools pools;                      /* of these */
    struct set_facts *facts; /* one per set of the snapshot, then one per limited[]; owned */
    struct limited *limited; /* owned */
    uint64_t look;           /* counts the calls that compared */
    uint32_t capacity, limited_capacity;
    uint32_t set_count, limited_count;
    uint64_t version;      /* changes with every update; 0: never updated */
    uint64_t sets_version; /* of the snapshot that it was made of */
    struct cpuset online, isolated;
};

/**
 * Updates *managed to the snapshot. Does nothing while the snapshot's sets, limits, topology,
 * online and isolated pCPUs are the same. Zeroed at first; freed by managed_finish(). Returns 0 or
 * -ENOMEM. Planner's thread.
 */
int managed_update(struct managed *managed, const struct planner_settings *settings,
                   const struct snapshot *snapshot);
void managed_finish(struct managed *managed);

/**
 * The index in managed.facts for vcpu_sample.wanted and domain_sample.limit; UINT32_MAX if
 * managed_update() has not seen the two together.
 */
uint32_t managed_allowed(const struct managed *managed, uint32_t wanted, uint32_t limit);

#endif
