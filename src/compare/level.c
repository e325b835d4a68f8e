/* SPDX-License-Identifier: GPL-2.0-or-later */
/* level.c - what vCPUs may be pinned to on the trace's host. */
#include "compare/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Adds a level. If an earlier one has the same pools, it refers to that. Returns 0 or -ENOMEM. */
static int add(struct compare *compare, const struct topology *topology, uint32_t pcpus,
               struct pool_choice choice)
{
    struct compare_level *level = &compare->levels[compare->level_count++];
    struct cpuset all;

    level->options = *compare->options;
    options_set_pool(&level->options, &choice);
    pool_choice_words(&choice, level->name);
    cpuset_clear(&all);
    for (uint32_t p = 0; p < pcpus; p++)
        cpuset_add(&all, p);
    if (pools_update(&level->pools, &choice, topology, pcpus, &all) < 0)
        return -ENOMEM;
    for (struct compare_level *other = compare->levels; other < level && !level->same; other++) {
        if (other->pools.count == level->pools.count &&
            memcmp(other->pools.of, level->pools.of, pcpus * sizeof *level->pools.of) == 0)
            level->same = other;
    }
    return 0;
}

/* The levels between single pCPUs and the whole host. Returns 0 or -ENOMEM. */
static int add_others(struct compare *compare, const struct topology *topology, uint32_t pcpus)
{
    const struct options *options = compare->options;
    int error = 0;

    if (options->pool_asked)
        return options->planner.pool.level == POOL_CPU
                   ? 0
                   : add(compare, topology, pcpus, options->planner.pool);
    if (topology->version == 0) {
        for (uint32_t size = 2; size <= 8 && size < pcpus && !error; size *= 2)
            error = add(compare, topology, pcpus,
                        (struct pool_choice){.level = POOL_SIZED, .size = size});
        return error;
    }
    if (topology->core_count < topology->pcpu_count && topology->core_count > 1)
        error = add(compare, topology, pcpus, (struct pool_choice){.level = POOL_CORE});
    if (topology->llc_count > 1 && !error)
        error = add(compare, topology, pcpus, (struct pool_choice){.level = POOL_LLC});
    if (topology->node_count > 1 && !error)
        error = add(compare, topology, pcpus, (struct pool_choice){.level = POOL_NODE});
    return error;
}

int compare_add_levels(struct compare *compare)
{
    const struct trace_shape *shape = &compare->trace->shape;
    const uint32_t pcpus =
        compare->options->pcpus ? compare->options->pcpus : compare->trace->pcpus;
    struct topology topology = {0};
    int error = 0;

    if (shape->sockets)
        error =
            topology_regular(&topology, shape->sockets, shape->llcs, shape->cores, shape->threads);
    if (!error)
        error = add(compare, &topology, pcpus, (struct pool_choice){.level = POOL_CPU});
    if (!error)
        error = add(compare, &topology, pcpus, (struct pool_choice){.level = POOL_ALL});
    if (!error)
        error = add_others(compare, &topology, pcpus);
    topology_finish(&topology);
    return error;
}
