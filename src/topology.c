/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology.h"

#include "grow.h"

#include <stdlib.h>
#include <string.h>

int topology_reserve(struct topology *topology, uint32_t pcpus, uint32_t nodes)
{
    static const struct topology_pcpu unknown = {
        .core = -1, .llc = -1, .die = -1, .socket = -1, .node = -1};

    if (!GROW(topology->pcpus, topology->pcpu_room, pcpus) ||
        !GROW(topology->nodes, topology->node_room, nodes) ||
        !GROW(topology->distances, topology->distance_room, nodes * nodes))
        return -ENOMEM;
    topology->pcpu_count = pcpus;
    topology->node_count = nodes;
    for (uint32_t p = 0; p < pcpus; p++) {
        topology->pcpus[p] = unknown;
        topology->pcpus[p].sibling = (int32_t)p;
        topology->pcpus[p].capacity = TOPOLOGY_CAPACITY;
    }
    for (uint32_t n = 0; n < nodes * nodes; n++)
        topology->distances[n] = n / nodes == n % nodes ? TOPOLOGY_NEAR : TOPOLOGY_FAR;
    return 0;
}

int topology_copy(struct topology *to, const struct topology *from)
{
    struct topology old = *to;

    if (to->version == from->version)
        return 0;
    if (topology_reserve(&old, from->pcpu_count, from->node_count)) {
        *to = old; /* what grew stays grown */
        return -ENOMEM;
    }
    *to = *from;
    to->pcpus = old.pcpus;
    to->nodes = old.nodes;
    to->distances = old.distances;
    to->pcpu_room = old.pcpu_room;
    to->node_room = old.node_room;
    to->distance_room = old.distance_room;
    if (from->pcpu_count)
        memcpy(to->pcpus, from->pcpus, from->pcpu_count * sizeof *to->pcpus);
    if (from->node_count) {
        memcpy(to->nodes, from->nodes, from->node_count * sizeof *to->nodes);
        memcpy(to->distances, from->distances,
               (size_t)from->node_count * from->node_count * sizeof *to->distances);
    }
    return 0;
}

void topology_finish(struct topology *topology)
{
    free(topology->pcpus);
    free(topology->nodes);
    free(topology->distances);
    *topology = (struct topology){0};
}

uint32_t topology_distance(const struct topology *topology, int32_t from, int32_t to)
{
    if (from < 0 || to < 0)
        return TOPOLOGY_NEAR;
    return topology->distances[(uint32_t)from * topology->node_count + (uint32_t)to];
}
