/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * managed.h - which pCPUs are the daemon's to use, and for which vCPU.
 *
 * Managed: online, in --cpus if given, and not isolated (isolcpus, isolated partitions) unless
 * --cpus or a definition names them. A full affinity names nothing: it is what a domain without any
 * pinning has. The allowed set of a vCPU is what its owner wants, within the managed pCPUs; with
 * --adopt-pins all that are managed. In both cases its cgroup's cpuset is a bound: what lies
 * outside is refused by the kernel. A pCPU that lies outside for every vCPU is not managed.
 */
#ifndef VCPU_SCHEDULER_PLANNER_MANAGED_H
#define VCPU_SCHEDULER_PLANNER_MANAGED_H

#include "planner/settings.h"
#include "snapshot.h"

/** What is worked out of one of a snapshot's sets, or of one within a limit. */
struct set_facts {
    struct cpuset allowed; /* of a vCPU whose owner wants this set */
    bool wanted;           /* by the owner of a vCPU */
    uint64_t look;         /* when that was found last */
    uint32_t allowed_count;
    int32_t single; /* the only pCPU of the set itself; -1 if it has none or several */
};

/** A wish whose domains have a limit. */
struct limited {
    uint32_t wanted; /* index in snapshot.sets */
    uint32_t limit;  /* as domain_sample.limit */
};

struct managed {
    const struct planner_settings *settings; /* what it was made by */
    struct cpuset all;                       /* managed for somebody */
    struct set_facts *facts; /* one a set of the snapshot, then one each of limited[]; owned */
    struct limited *limited; /* owned */
    uint64_t look;           /* counts the updates */
    uint32_t capacity, limited_capacity;
    uint32_t set_count, limited_count;
    uint64_t version;      /* changes with every update; 0: never updated */
    uint64_t sets_version; /* what it was made of */
    struct cpuset online, isolated;
};

/**
 * Brings it up to the snapshot; does nothing while the snapshot's sets, limits, online and isolated
 * pCPUs are the same. Zeroed at first; its facts are freed by managed_finish(). Returns 0 or
 * -ENOMEM. Planner's thread.
 */
int managed_update(struct managed *managed, const struct planner_settings *settings,
                   const struct snapshot *snapshot);
void managed_finish(struct managed *managed);

/**
 * The index in managed.facts of a vCPU whose owner wants the set `wanted` and whose domain has the
 * limit `limit` (vcpu_sample.wanted, domain_sample.limit); UINT32_MAX if managed_update() has not
 * met the two together.
 */
uint32_t managed_allowed(const struct managed *managed, uint32_t wanted, uint32_t limit);

#endif
