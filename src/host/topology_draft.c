/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/topology_draft.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

/* The levels whose groups are named after a pCPU. */
static const enum topology_level groups[] = {LEVEL_CORE, LEVEL_LLC, LEVEL_DIE, LEVEL_SOCKET};
#define GROUP_COUNT (sizeof groups / sizeof *groups)

static const struct topology_pcpu unknown = {
    .core = -1, .llc = -1, .die = -1, .socket = -1, .node = -1};

int topology_extend(struct topology *draft, uint32_t pcpus)
{
    if (!ARRAY_GROW(draft->pcpus, draft->pcpu_capacity, pcpus))
        return -ENOMEM;
    while (draft->pcpu_count < pcpus)
        draft->pcpus[draft->pcpu_count++] = unknown;
    return 0;
}

int topology_set_nodes(struct topology *draft, uint32_t nodes)
{
    if (!ARRAY_GROW(draft->nodes, draft->node_capacity, nodes) ||
        !ARRAY_GROW(draft->distances, draft->distance_capacity, nodes * nodes))
        return -ENOMEM;
    draft->node_count = nodes;
    for (uint32_t n = 0; n < nodes; n++)
        draft->nodes[n] = (struct topology_node){0};
    for (uint32_t n = 0; n < nodes * nodes; n++)
        draft->distances[n] = 0;
    return 0;
}

/* ---- merging ---- */

/* The number of pCPUs of which the level is known. */
static uint32_t count_known(const struct topology *draft, enum topology_level level)
{
    uint32_t count = 0;

    for (uint32_t p = 0; p < draft->pcpu_count; p++)
        count += *topology_level(&draft->pcpus[p], level) >= 0;
    return count;
}

static void take_level(struct topology *draft, const struct topology *from,
                       enum topology_level level)
{
    for (uint32_t p = 0; p < draft->pcpu_count; p++) {
        *topology_level(&draft->pcpus[p], level) =
            p < from->pcpu_count ? *topology_level(&from->pcpus[p], level) : -1;
    }
}

static int take_nodes(struct topology *draft, const struct topology *from)
{
    if (topology_set_nodes(draft, from->node_count))
        return -ENOMEM;
    take_level(draft, from, LEVEL_NODE);
    for (uint32_t n = 0; n < from->node_count; n++)
        draft->nodes[n] = from->nodes[n];
    for (uint32_t n = 0; n < from->node_count * from->node_count; n++)
        draft->distances[n] = from->distances[n];
    return 0;
}

int topology_merge(struct topology *draft, const struct topology *from)
{
    if (topology_extend(draft, from->pcpu_count))
        return -ENOMEM;
    for (size_t g = 0; g < GROUP_COUNT; g++) {
        if (count_known(from, groups[g]) > count_known(draft, groups[g]))
            take_level(draft, from, groups[g]);
    }
    for (uint32_t p = 0; p < from->pcpu_count; p++) {
        if (!draft->pcpus[p].capacity)
            draft->pcpus[p].capacity = from->pcpus[p].capacity;
    }
    if (from->node_count > draft->node_count ||
        count_known(from, LEVEL_NODE) > count_known(draft, LEVEL_NODE))
        return take_nodes(draft, from);
    return 0;
}

/* ---- numbering ---- */

static void drop_offline(struct topology *draft, const struct cpuset *online)
{
    for (uint32_t p = 0; p < draft->pcpu_count; p++) {
        if (!cpuset_has(online, p))
            draft->pcpus[p] = unknown;
    }
}

static void fill_defaults(struct topology *draft, const struct cpuset *online)
{
    const int first = cpuset_next(online, 0);

    for (int p = first; p >= 0; p = cpuset_next(online, (uint32_t)p + 1)) {
        struct topology_pcpu *pcpu = &draft->pcpus[p];

        if (pcpu->core < 0)
            pcpu->core = p;
        if (pcpu->socket < 0)
            pcpu->socket = first;
        if (pcpu->die < 0)
            pcpu->die = pcpu->socket;
        if (pcpu->llc < 0)
            pcpu->llc = pcpu->socket;
        if (pcpu->node < 0)
            pcpu->node = 0;
    }
}

/* Numbers the groups in the order of their lowest pCPU. numbers: scratch space. Returns how many
 * groups there are. */
static uint32_t number_groups(struct topology *draft, enum topology_level level, int32_t *numbers)
{
    int32_t count = 0;

    for (uint32_t n = 0; n < draft->pcpu_count; n++)
        numbers[n] = -1;
    for (uint32_t p = 0; p < draft->pcpu_count; p++) {
        int32_t *group = topology_level(&draft->pcpus[p], level);

        if (*group < 0)
            continue;
        if (numbers[*group] < 0)
            numbers[*group] = count++;
        *group = numbers[*group];
    }
    return (uint32_t)count;
}

/* The same for nodes; nodes without pCPUs follow in their old order. order: each node's new index.
 */
static void order_nodes(struct topology *draft, int32_t *order)
{
    int32_t count = 0;

    for (uint32_t n = 0; n < draft->node_count; n++)
        order[n] = -1;
    for (uint32_t p = 0; p < draft->pcpu_count; p++) {
        const int32_t node = draft->pcpus[p].node;

        if (node >= 0 && order[node] < 0)
            order[node] = count++;
    }
    for (uint32_t n = 0; n < draft->node_count; n++) {
        if (order[n] < 0)
            order[n] = count++;
    }
    for (uint32_t p = 0; p < draft->pcpu_count; p++) {
        if (draft->pcpus[p].node >= 0)
            draft->pcpus[p].node = order[draft->pcpus[p].node];
    }
}

/* Moves nodes and distances to their new indexes. */
static int move_nodes(struct topology *draft, const int32_t *order)
{
    const uint32_t count = draft->node_count;
    struct topology old = *draft;

    draft->nodes = NULL;
    draft->distances = NULL;
    draft->node_capacity = draft->distance_capacity = 0;
    if (topology_set_nodes(draft, count)) {
        free(draft->nodes);
        *draft = old;
        return -ENOMEM;
    }
    for (uint32_t from = 0; from < count; from++) {
        const uint32_t row = (uint32_t)order[from] * count;

        draft->nodes[order[from]] = old.nodes[from];
        for (uint32_t to = 0; to < count; to++) {
            const uint32_t known = old.distances[from * count + to];
            const uint32_t usual = from == to ? TOPOLOGY_NEAR : TOPOLOGY_FAR;

            draft->distances[row + (uint32_t)order[to]] = known ? known : usual;
        }
    }
    free(old.nodes);
    free(old.distances);
    return 0;
}

/* Links the threads of each core in a ring. last: scratch space, the last thread of each core. */
static void close_rings(struct topology *topology, int32_t *last)
{
    for (uint32_t c = 0; c < topology->core_count; c++)
        last[c] = -1;
    for (uint32_t p = 0; p < topology->pcpu_count; p++) {
        struct topology_pcpu *pcpu = &topology->pcpus[p];

        pcpu->sibling = (int32_t)p;
        if (pcpu->core < 0)
            continue;
        if (last[pcpu->core] >= 0) {
            pcpu->sibling = topology->pcpus[last[pcpu->core]].sibling;
            topology->pcpus[last[pcpu->core]].sibling = (int32_t)p;
        }
        last[pcpu->core] = (int32_t)p;
    }
}

/* Scales capacities to the strongest pCPU; an unknown one counts as the strongest. */
static void scale_capacities(struct topology *topology)
{
    uint64_t most = 1;

    for (uint32_t p = 0; p < topology->pcpu_count; p++)
        most = topology->pcpus[p].capacity > most ? topology->pcpus[p].capacity : most;
    for (uint32_t p = 0; p < topology->pcpu_count; p++) {
        const uint64_t known = topology->pcpus[p].capacity;
        const uint32_t scaled = (uint32_t)(known * TOPOLOGY_CAPACITY / most);

        topology->pcpus[p].capacity = !known ? TOPOLOGY_CAPACITY : scaled ? scaled : 1;
    }
}

int topology_number(struct topology *draft, const struct cpuset *online)
{
    uint32_t pcpus = draft->pcpu_count;
    int32_t *scratch;
    int error = 0;

    for (int p = cpuset_next(online, pcpus); p >= 0; p = cpuset_next(online, pcpus))
        pcpus = (uint32_t)p + 1;
    if (topology_extend(draft, pcpus) || (!draft->node_count && topology_set_nodes(draft, 1)))
        return -ENOMEM;
    scratch = calloc((size_t)pcpus + draft->node_count, sizeof *scratch);
    if (!scratch)
        return -ENOMEM;
    drop_offline(draft, online);
    fill_defaults(draft, online);
    draft->core_count = number_groups(draft, LEVEL_CORE, scratch);
    draft->llc_count = number_groups(draft, LEVEL_LLC, scratch);
    draft->die_count = number_groups(draft, LEVEL_DIE, scratch);
    draft->socket_count = number_groups(draft, LEVEL_SOCKET, scratch);
    close_rings(draft, scratch);
    scale_capacities(draft);
    order_nodes(draft, scratch);
    error = move_nodes(draft, scratch);
    free(scratch);
    while (draft->pcpu_count && !cpuset_has(online, draft->pcpu_count - 1))
        draft->pcpu_count--; /* libvirt also reports pCPUs that are offline */
    if (!error)
        draft->version++;
    return error;
}
