/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recut.c - the host is cut into other pools: what was known by their numbers holds no more. */
#include "planner/internal.h"

#include "base/text.h"
#include "log/log.h"

#include <stdio.h>

/* More pools than this are not listed. */
#define POOLS_LISTED 16

static const char *const level_words[] = {
    [POOL_CPU] = "single pCPUs",         [POOL_CORE] = "cores",
    [POOL_LLC] = "last-level caches",    [POOL_NODE] = "NUMA nodes",
    [POOL_SIZED] = "parts of one cache", [POOL_ALL] = "all pCPUs",
};

/* The pCPUs of each pool, "0-3; 4-7". */
static void list_pools(const struct pools *pools, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t pool = 0; pool < pools->count && used < size; pool++) {
        char list[64];
        struct cpuset members;

        cpuset_clear(&members);
        for (uint32_t p = 0; p < pools->pcpu_count; p++) {
            if (pools->of[p] == (int32_t)pool)
                cpuset_add(&members, p);
        }
        cpuset_format(&members, list, sizeof list);
        used += (size_t)snprintf(text + used, size - used, "%s%s", pool ? "; " : "", list);
    }
}

/* Where the host has several caches or nodes: says what --pool llc would mean. */
static void say_hint(const struct planner *planner, const struct snapshot *snapshot)
{
    const struct pool_choice choice = {.level = POOL_LLC};
    struct pools pools = {0};
    char list[512] = "";

    if (planner->settings->has_pool || planner->settings->policy->observes ||
        snapshot->topology.version == 0)
        return;
    if (!pools_update(&pools, &choice, &snapshot->topology, snapshot->size.pcpus,
                      &planner->managed.all) &&
        pools.level != POOL_ALL && pools.count > 1) {
        if (pools.count <= POOLS_LISTED)
            list_pools(&pools, list, sizeof list);
        log_info("this host has %u %s: with --pool llc each vCPU is pinned to one of them (%s) "
                 "and the kernel does the rest, at fewer pin changes; --pool cpu pins to single "
                 "pCPUs, as now",
                 pools.count, level_words[pools.level], *list ? list : "see --topology");
    }
    pools_finish(&pools);
}

void planner_say_pools(struct planner *planner, const struct snapshot *snapshot)
{
    const struct pools *pools = &planner->managed.pools;
    char asked[16], list[512] = "";

    /* A remote host's topology takes a moment to arrive. */
    if (!planner->settings->says_pools || planner->pools_said == pools->version ||
        (pools->topology == 0 && planner->step < 3))
        return;
    planner->pools_said = pools->version;
    pool_choice_words(&pools->choice, asked);
    if (pools->level != pools->choice.level)
        log_info("pool %s: the host does not tell of any: pools are %s", asked,
                 level_words[pools->level]);
    if (pools->level == POOL_CPU) {
        say_hint(planner, snapshot);
        return;
    }
    if (pools->count <= POOLS_LISTED)
        list_pools(pools, list, sizeof list);
    if (pools->count == 1)
        log_info("pool %s: pCPUs %s are one pool: there is nothing to balance", asked, list);
    else
        log_info("pool %s: %u pool%s%s%s", asked, pools->count, text_plural(pools->count),
                 *list ? ": " : "", list);
}

void planner_recut(struct planner *planner)
{
    planner->pools_version = planner->managed.pools.version;
    planner->window_ns = 0;
    planner->payoff.open = false;
    for (uint32_t slot = 0; slot < planner->vcpu_capacity; slot++) {
        struct vcpu_memory *state = &planner->vcpus[slot];

        ownership_recut(&state->ownership);
        state->dry_pool = -1;
        state->refused = 0;
    }
}
