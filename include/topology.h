/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology.h - which pCPUs share a core, a last-level cache (LLC), a die, a socket, a node.
 *
 * Cores, LLCs, dies, sockets and nodes each have indexes without gaps, unique on the host, in the
 * order of their lowest pCPU. A pCPU that is missing or offline has -1 in all of them; such pCPUs
 * may also be beyond pcpu_count. Before the first reading (version 0) all pCPUs count as alike.
 */
#ifndef VCPU_SCHEDULER_TOPOLOGY_H
#define VCPU_SCHEDULER_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#define TOPOLOGY_CAPACITY    1024 /* of the strongest pCPU, as in the kernel's cpu_capacity */
#define TOPOLOGY_NEAR        10   /* distance of a node to itself (ACPI 6.5, 5.2.17 SLIT) */
#define TOPOLOGY_FAR         20   /* between nodes if unknown */
#define TOPOLOGY_UNREACHABLE 255  /* SLIT's maximum */
#define TOPOLOGY_NODES_MAX   1024 /* NODES_SHIFT is 10 at most (Linux, mm/Kconfig) */

struct topology_pcpu {
    int32_t core, llc, die, socket, node;
    int32_t sibling;   /* the next thread of the same core, in a ring; itself if it is alone */
    uint32_t capacity; /* work in the same time, 1 to TOPOLOGY_CAPACITY */
};

struct topology_node {
    int32_t number; /* the kernel's node number */
    uint64_t memory_kib;
};

struct topology {
    uint64_t version; /* changes with every reading; 0: unknown */
    uint32_t pcpu_count, core_count, llc_count, die_count, socket_count, node_count;
    struct topology_pcpu *pcpus;
    struct topology_node *nodes;
    uint32_t *distances; /* node_count × node_count, row by row: from, to */
    uint32_t pcpu_capacity, node_capacity, distance_capacity;
    double smt_factor;    /* work of a thread while all threads of its core are busy, as a share of
                             its work alone; 0: unknown */
    double remote_factor; /* work of a vCPU on the node nearest to its memory's, likewise */
};

/** Copies if the versions differ; allocates only for more pCPUs or nodes than ever before. Returns
 * 0 or -ENOMEM. */
int topology_copy(struct topology *to, const struct topology *from);

/**
 * Makes a regular topology with so many sockets, LLCs per socket, cores per LLC, threads per core.
 * pCPUs are numbered ((socket × llcs + llc) × cores + core) × threads + thread. Each socket is a
 * die and a node, at distance TOPOLOGY_FAR from the others; memory sizes are unknown. The version
 * changes. Returns 0; -EINVAL: a count is 0, or more than CPUSET_MAX pCPUs or TOPOLOGY_NODES_MAX
 * nodes; or -ENOMEM.
 */
int topology_regular(struct topology *topology, uint32_t sockets, uint32_t llcs, uint32_t cores,
                     uint32_t threads);

/** Sets the counts of pCPUs and nodes; all pCPUs are unknown. Returns 0 or -ENOMEM. */
int topology_reserve(struct topology *topology, uint32_t pcpus, uint32_t nodes);

/** Frees what the topology holds and zeroes it. A zeroed topology is empty. */
void topology_finish(struct topology *topology);

/** The distance between two nodes (indexes), TOPOLOGY_NEAR to TOPOLOGY_UNREACHABLE; TOPOLOGY_NEAR
 * if one is -1. */
uint32_t topology_distance(const struct topology *topology, int32_t from, int32_t to);

#endif
