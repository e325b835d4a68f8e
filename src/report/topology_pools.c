/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology_pools.c - lists the pools that --pool makes of the host. */
#include "report/internal.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

/* Each of so many pools has a line of its own. */
#define LINES_MOST 32

/* Longer lists of pCPUs are told as a number among many pools. */
#define LIST_MOST 40

static struct cpuset members_of(const struct pools *pools, const struct cpuset *managed,
                                uint32_t pool)
{
    struct cpuset set;

    cpuset_clear(&set);
    for (int p = cpuset_next(managed, 0); p >= 0; p = cpuset_next(managed, (uint32_t)p + 1)) {
        if (pools->of[p] == (int32_t)pool)
            cpuset_add(&set, (uint32_t)p);
    }
    return set;
}

/* Counts the cores that have threads in a set; as many as pCPUs if they are unknown. */
static uint32_t count_cores(const struct topology *topology, const struct cpuset *set)
{
    uint32_t cores = 0;

    for (int p = cpuset_next(set, 0); p >= 0; p = cpuset_next(set, (uint32_t)p + 1)) {
        int32_t other = p;

        if ((uint32_t)p < topology->pcpu_count) {
            do
                other = topology->pcpus[other].sibling;
            while (other != p && !(other < p && cpuset_has(set, (uint32_t)other)));
        }
        cores += other == p;
    }
    return cores;
}

/* Counts the vCPUs whose affinity is within a pool; -1: within none. */
static uint32_t count_vcpus(const struct drawing *drawing, int32_t pool)
{
    const struct snapshot *snapshot = drawing->snapshot;
    uint32_t count = 0;

    for (uint32_t v = 0; v < snapshot->size.vcpus; v++)
        count +=
            pools_holding(drawing->pools, &snapshot->sets[snapshot->vcpus[v].affinity]) == pool;
    return count;
}

/* Tells what was asked for, and why the host has other pools. */
static void put_level(struct drawing *drawing)
{
    const struct pools *pools = drawing->pools;
    const bool node = pools->choice.level == POOL_NODE;
    char text[16];

    page_put(&drawing->page, "--pool %s:", pool_choice_words(&pools->choice, text));
    if (pools->level == POOL_CPU) {
        page_word(&drawing->page, "as cpu, for no core has two managed threads");
        page_end(&drawing->page);
        return;
    }
    page_word(&drawing->page, "%" PRIu32 " pool%s", pools->count, text_plural(pools->count));
    if (pools->level == POOL_NODE && !node)
        page_word(&drawing->page, "of nodes, for the host tells nothing of caches");
    else if (pools->level == POOL_ALL)
        page_word(&drawing->page, "of all, for the host tells nothing of %s",
                  node ? "nodes" : "caches and nodes");
    if (pools->count == 1)
        page_word(&drawing->page, "- nothing to balance");
    page_end(&drawing->page);
}

/* "  pool 0: 0-3, 8-11 (8 pCPUs, 4 cores, 12 vCPUs)" */
static void put_line(struct drawing *drawing, uint32_t pool, const struct cpuset *members)
{
    struct page *page = &drawing->page;
    const uint32_t pcpus = cpuset_count(members), vcpus = count_vcpus(drawing, (int32_t)pool);
    const uint32_t cores = count_cores(drawing->topology, members);

    page_put(page, "  pool %" PRIu32 ":", pool);
    topology_put_list(page, members);
    page_word(page, "(%" PRIu32 " pCPU%s,", pcpus, text_plural(pcpus));
    if (drawing->count)
        page_word(page, "%" PRIu32 " core%s,", cores, text_plural(cores));
    page_word(page, "%" PRIu32 " vCPU%s)", vcpus, text_plural(vcpus));
    page_end(page);
}

/* "0 (0,64):3" */
static void put_short(struct drawing *drawing, uint32_t pool, const struct cpuset *members)
{
    const uint32_t vcpus = count_vcpus(drawing, (int32_t)pool);
    char list[LIST_MOST], pinned[16] = "";

    if (cpuset_format(members, list, sizeof list) >= sizeof list)
        snprintf(list, sizeof list, "%" PRIu32 " pCPUs", cpuset_count(members));
    if (vcpus)
        snprintf(pinned, sizeof pinned, ":%" PRIu32, vcpus);
    page_word(&drawing->page, "%" PRIu32 " (%s)%s", pool, list, pinned);
}

void topology_draw_pools(struct drawing *drawing, const struct cpuset *managed)
{
    const struct pools *pools = drawing->pools;
    const bool lines = pools->count <= LINES_MOST;
    const uint32_t floating = count_vcpus(drawing, -1);

    page_end(&drawing->page);
    put_level(drawing);
    if (pools->level == POOL_CPU)
        return;
    if (!lines)
        page_put(&drawing->page, " "); /* the words are indented */
    for (uint32_t pool = 0; pool < pools->count; pool++) {
        const struct cpuset members = members_of(pools, managed, pool);

        if (lines)
            put_line(drawing, pool, &members);
        else
            put_short(drawing, pool, &members);
    }
    if (!lines)
        page_end(&drawing->page);
    if (floating) {
        page_put(&drawing->page, "  in no pool: %" PRIu32 " vCPU%s", floating,
                 text_plural(floating));
        page_end(&drawing->page);
    }
}
