/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology.h"

#include "base/array.h"
#include "cpuset.h"

#include <stdlib.h>
#include <string.h>

int topology_reserve(struct topology *topology, uint32_t pcpus, uint32_t nodes)
{
    static const struct topology_pcpu unknown = {
        .core = -1, .llc = -1, .die = -1, .socket = -1, .node = -1};

    if (!ARRAY_GROW(topology->pcpus, topology->pcpu_capacity, pcpus) ||
        !ARRAY_GROW(topology->nodes, topology->node_capacity, nodes) ||
        !ARRAY_GROW(topology->distances, topology->distance_capacity, nodes * nodes))
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

/* True if the product of the four is a number of pCPUs. */
static bool is_size(const uint32_t *factors)
{
    uint64_t product = 1;

    for (int f = 0; f < 4; f++) {
        product *= factors[f];
        if (product < 1 || product > CPUSET_MAX)
            return false;
    }
    return true;
}

int topology_regular(struct topology *topology, uint32_t sockets, uint32_t llcs, uint32_t cores,
                     uint32_t threads)
{
    const uint32_t count = sockets * llcs * cores * threads;

    if (sockets > TOPOLOGY_NODES_MAX || !is_size((uint32_t[]){sockets, llcs, cores, threads}))
        return -EINVAL;
    if (topology_reserve(topology, count, sockets))
        return -ENOMEM;
    for (uint32_t p = 0; p < count; p++) {
        struct topology_pcpu *pcpu = &topology->pcpus[p];
        const uint32_t core = p / threads;

        pcpu->core = (int32_t)core;
        pcpu->llc = (int32_t)(core / cores);
        pcpu->socket = (int32_t)(core / cores / llcs);
        pcpu->die = pcpu->node = pcpu->socket;
        pcpu->sibling = (int32_t)(core * threads + (p + 1) % threads);
    }
    for (uint32_t n = 0; n < sockets; n++)
        topology->nodes[n] = (struct topology_node){.number = (int32_t)n};
    topology->core_count = count / threads;
    topology->llc_count = sockets * llcs;
    topology->die_count = topology->socket_count = sockets;
    topology->version++;
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
    to->pcpu_capacity = old.pcpu_capacity;
    to->node_capacity = old.node_capacity;
    to->distance_capacity = old.distance_capacity;
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
