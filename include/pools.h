/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pools.h - what a vCPU is pinned to: a pool of pCPUs, within which the kernel chooses.
 *
 * Every managed pCPU is in one pool. At level POOL_CPU, pool N is pCPU N, and all pCPUs count,
 * managed or not. At other levels pools are numbered in the order of their lowest pCPU.
 */
#ifndef VCPU_SCHEDULER_POOLS_H
#define VCPU_SCHEDULER_POOLS_H

#include "cpuset.h"
#include "topology.h"

#include <stdbool.h>
#include <stdint.h>

/** What a pool is, in the order of --pool's words. */
enum pool_level {
    POOL_CPU,   /* one pCPU */
    POOL_CORE,  /* the threads of a core */
    POOL_LLC,   /* the pCPUs of a last-level cache */
    POOL_NODE,  /* the pCPUs of a NUMA node */
    POOL_SIZED, /* so many pCPUs of one last-level cache, whole cores */
    POOL_ALL,   /* all pCPUs of the host */
};

struct pool_choice {
    enum pool_level level;
    uint32_t size; /* pCPUs, of POOL_SIZED: 2 to CPUSET_MAX */
};

/** A host cut into pools. */
struct pools {
    struct pool_choice choice; /* what was asked for */
    enum pool_level level;     /* what the topology allows of it */
    uint32_t count, pcpu_count;
    struct cpuset cut;     /* the pCPUs that are in a pool, online or not */
    int32_t *of;           /* per pCPU: its pool, -1: none; owned */
    uint32_t capacity;     /* of `of` */
    uint64_t version;      /* changes whenever pools get other members; 0: no pools yet */
    uint64_t topology;     /* its version, when looked at last */
    struct cpuset managed; /* likewise */
};

/**
 * Cuts the managed pCPUs into pools, unless they are all in the cut that is there: a pCPU that goes
 * offline leaves its pool, and comes back to it. Where the topology is not known, POOL_LLC falls
 * back to POOL_NODE, and both to POOL_ALL; POOL_CORE falls back to POOL_CPU where no core has two
 * threads. POOL_SIZED cuts each LLC (each node, or all pCPUs, if those are unknown) of n pCPUs into
 * n / size pools, rounded up, as even as whole cores allow, the larger ones first.
 * Returns 0, or -ENOMEM with nothing changed. *pools is zeroed at first; freed by pools_finish().
 */
int pools_update(struct pools *pools, const struct pool_choice *choice,
                 const struct topology *topology, uint32_t pcpu_count,
                 const struct cpuset *managed);
void pools_finish(struct pools *pools);

/** The pool that holds every pCPU of a set; -1: none does, or the set is empty. */
int32_t pools_holding(const struct pools *pools, const struct cpuset *set);

/** "core", "llc", "4": the level in the words of --pool. */
const char *pool_choice_words(const struct pool_choice *choice, char text[16]);

#endif
