/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pools.h"

#include "base/array.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct topology_pcpu *place_of(const struct topology *topology, uint32_t pcpu)
{
    return pcpu < topology->pcpu_count ? &topology->pcpus[pcpu] : NULL;
}

/* The core, LLC or node (index) of a pCPU; -1: unknown. */
static int32_t part_of(const struct topology *topology, enum pool_level level, uint32_t pcpu)
{
    const struct topology_pcpu *at = place_of(topology, pcpu);

    if (!at || topology->version == 0)
        return -1;
    switch (level) {
    case POOL_CORE:
        return at->core;
    case POOL_LLC:
        return at->llc;
    case POOL_NODE:
        return at->node;
    case POOL_CPU:
    case POOL_SIZED:
    case POOL_ALL:
        break;
    }
    return -1;
}

/* True if that part is known of every managed pCPU. */
static bool knows(const struct topology *topology, enum pool_level level,
                  const struct cpuset *managed)
{
    for (int p = cpuset_next(managed, 0); p >= 0; p = cpuset_next(managed, (uint32_t)p + 1)) {
        if (part_of(topology, level, (uint32_t)p) < 0)
            return false;
    }
    return true;
}

static bool has_siblings(const struct topology *topology, const struct cpuset *managed)
{
    for (int p = cpuset_next(managed, 0); p >= 0; p = cpuset_next(managed, (uint32_t)p + 1)) {
        const struct topology_pcpu *at = place_of(topology, (uint32_t)p);

        if (at && at->sibling != p && cpuset_has(managed, (uint32_t)at->sibling))
            return true;
    }
    return false;
}

/* The part of the host that is cut into pools: the smallest that is known. */
static enum pool_level part_to_cut(const struct topology *topology, enum pool_level level,
                                   const struct cpuset *managed)
{
    if (level != POOL_NODE && knows(topology, POOL_LLC, managed))
        return POOL_LLC;
    return knows(topology, POOL_NODE, managed) ? POOL_NODE : POOL_ALL;
}

/* What the topology allows of a level. */
static enum pool_level possible(const struct topology *topology, enum pool_level level,
                                const struct cpuset *managed)
{
    if (level == POOL_CORE && !has_siblings(topology, managed))
        return POOL_CPU;
    return level == POOL_LLC || level == POOL_NODE ? part_to_cut(topology, level, managed) : level;
}

/* True if two pCPUs belong together, whatever else: they are threads of a core. */
static bool one_core(const struct topology *topology, uint32_t a, uint32_t b)
{
    const int32_t core = part_of(topology, POOL_CORE, a);

    return a == b || (core >= 0 && core == part_of(topology, POOL_CORE, b));
}

/* The managed pCPUs of the part that `pcpu` is in. */
static struct cpuset part_with(const struct topology *topology, enum pool_level part,
                               const struct cpuset *managed, uint32_t pcpu)
{
    const int32_t which = part_of(topology, part, pcpu);
    struct cpuset set;

    cpuset_clear(&set);
    for (int p = cpuset_next(managed, 0); p >= 0; p = cpuset_next(managed, (uint32_t)p + 1)) {
        if (part == POOL_ALL || part_of(topology, part, (uint32_t)p) == which)
            cpuset_add(&set, (uint32_t)p);
    }
    return set;
}

static struct cpuset core_with(const struct topology *topology, const struct cpuset *set,
                               uint32_t pcpu)
{
    struct cpuset core;

    cpuset_clear(&core);
    for (int p = cpuset_next(set, pcpu); p >= 0; p = cpuset_next(set, (uint32_t)p + 1)) {
        if (one_core(topology, pcpu, (uint32_t)p))
            cpuset_add(&core, (uint32_t)p);
    }
    return core;
}

static uint32_t count_cores(const struct topology *topology, struct cpuset set)
{
    uint32_t cores = 0;

    for (int p; (p = cpuset_next(&set, 0)) >= 0; cores++) {
        const struct cpuset core = core_with(topology, &set, (uint32_t)p);

        cpuset_subtract(&set, &core);
    }
    return cores;
}

static void add_pool(struct pools *pools, const struct cpuset *members)
{
    for (int p = cpuset_next(members, 0); p >= 0; p = cpuset_next(members, (uint32_t)p + 1))
        pools->of[p] = (int32_t)pools->count;
    pools->count++;
}

/* Cuts a part into pools of whole cores. */
static void cut_part(struct pools *pools, const struct topology *topology, struct cpuset part,
                     uint32_t size)
{
    uint32_t cores = count_cores(topology, part), left = (cpuset_count(&part) - 1) / size + 1;

    for (left = left < cores ? left : cores; left > 0; left--) {
        uint32_t take = (cores - 1) / left + 1;
        struct cpuset members;

        cores -= take;
        cpuset_clear(&members);
        for (; take > 0; take--) {
            const struct cpuset core = core_with(topology, &part, (uint32_t)cpuset_next(&part, 0));

            cpuset_or(&members, &core);
            cpuset_subtract(&part, &core);
        }
        add_pool(pools, &members);
    }
}

static void cut(struct pools *pools, const struct topology *topology, const struct cpuset *managed)
{
    const bool sized = pools->level == POOL_SIZED;
    const enum pool_level whole = sized ? part_to_cut(topology, POOL_SIZED, managed) : pools->level;
    const uint32_t size = sized ? pools->choice.size : CPUSET_MAX;
    struct cpuset rest = *managed;

    pools->count = 0;
    for (uint32_t p = 0; p < pools->pcpu_count; p++)
        pools->of[p] = pools->level == POOL_CPU ? (int32_t)p : -1;
    if (pools->level == POOL_CPU) {
        pools->count = pools->pcpu_count;
        return;
    }
    for (int p; (p = cpuset_next(&rest, 0)) >= 0;) {
        const struct cpuset part = part_with(topology, whole, &rest, (uint32_t)p);

        cpuset_subtract(&rest, &part);
        cut_part(pools, topology, part, size);
    }
}

/* The lowest managed pCPU of the pool that a pCPU is in. */
static uint32_t first_of(const struct pools *pools, const struct cpuset *managed, uint32_t pcpu)
{
    int p = cpuset_next(managed, 0);

    while (pools->of[p] != pools->of[pcpu])
        p = cpuset_next(managed, (uint32_t)p + 1);
    return (uint32_t)p;
}

/* True if the pools still fit a new reading of the topology: each is within one part, and holds
 * whole cores. */
static bool fits(const struct pools *pools, const struct topology *topology,
                 const struct cpuset *managed)
{
    const enum pool_level part =
        pools->level == POOL_SIZED ? part_to_cut(topology, POOL_SIZED, managed) : pools->level;

    for (int p = cpuset_next(managed, 0); p >= 0; p = cpuset_next(managed, (uint32_t)p + 1)) {
        const struct topology_pcpu *at = place_of(topology, (uint32_t)p);

        if (part_of(topology, part, (uint32_t)p) !=
            part_of(topology, part, first_of(pools, managed, (uint32_t)p)))
            return false;
        if (at && cpuset_has(managed, (uint32_t)at->sibling) &&
            pools->of[at->sibling] != pools->of[p])
            return false;
    }
    return true;
}

int pools_update(struct pools *pools, const struct pool_choice *choice,
                 const struct topology *topology, uint32_t pcpu_count, const struct cpuset *managed)
{
    const bool same = pools->version > 0 && pools->choice.level == choice->level &&
                      pools->choice.size == choice->size;
    const bool held = same && pools->pcpu_count == pcpu_count &&
                      (pools->level == POOL_CPU || cpuset_within(managed, &pools->cut));
    enum pool_level level;

    if (held && pools->topology == topology->version && cpuset_equal(managed, &pools->managed))
        return 0;
    level = possible(topology, choice->level, managed);
    pools->topology = topology->version;
    pools->managed = *managed;
    if (held && level == pools->level && (level == POOL_CPU || fits(pools, topology, managed)))
        return 0;
    if (!ARRAY_GROW(pools->of, pools->capacity, pcpu_count))
        return -ENOMEM;
    if (!same || level != POOL_CPU || pools->level != POOL_CPU)
        pools->version++;
    pools->choice = *choice;
    pools->level = level;
    pools->pcpu_count = pcpu_count;
    pools->cut = *managed;
    cut(pools, topology, managed);
    return 0;
}

void pools_finish(struct pools *pools)
{
    free(pools->of);
    *pools = (struct pools){0};
}

int32_t pools_holding(const struct pools *pools, const struct cpuset *set)
{
    int32_t pool = -1;

    for (int p = cpuset_next(set, 0); p >= 0; p = cpuset_next(set, (uint32_t)p + 1)) {
        const int32_t here = (uint32_t)p < pools->pcpu_count ? pools->of[p] : -1;

        if (here < 0 || (pool >= 0 && here != pool))
            return -1;
        pool = here;
    }
    return pool;
}

const char *pool_choice_words(const struct pool_choice *choice, char text[16])
{
    static const char *const words[] = {"cpu", "core", "llc", "node", "", "all"};

    if (choice->level == POOL_SIZED)
        snprintf(text, 16, "%" PRIu32, choice->size);
    else
        snprintf(text, 16, "%s", words[choice->level]);
    return text;
}
