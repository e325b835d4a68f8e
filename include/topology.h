/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology.h - the machine's shape: which pCPUs share a core, a cache, a socket, a node.
 *
 * Cores, caches, dies, sockets and nodes have indexes of their own, dense and unique on the host,
 * in the order of their lowest pCPU; the kernel's number of a node is kept beside it. A pCPU that
 * is not there or offline has -1 everywhere; there may be such ones beyond pcpu_count. Without a
 * reading (version 0) all pCPUs are alike.
 */
#ifndef VCPU_SCHEDULER_TOPOLOGY_H
#define VCPU_SCHEDULER_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#define TOPOLOGY_CAPACITY    1024 /* of the strongest pCPU, as the kernel's cpu_capacity has it */
#define TOPOLOGY_NEAR        10   /* distance to oneself (ACPI 6.5, 5.2.17 SLIT) */
#define TOPOLOGY_FAR         20   /* where distances are not told */
#define TOPOLOGY_UNREACHABLE 255  /* the greatest that SLIT knows */
#define TOPOLOGY_NODES_MAX   1024 /* NODES_SHIFT is 10 at most (Linux, mm/Kconfig) */

struct topology_pcpu {
    int32_t core, llc, die, socket, node;
    int32_t sibling;   /* the next thread of the same core, in a ring; itself where it has none */
    uint32_t capacity; /* work in the same time, 1 to TOPOLOGY_CAPACITY */
};

struct topology_node {
    int32_t number; /* the kernel's */
    uint64_t memory_kib;
};

struct topology {
    uint64_t version; /* changes with every reading; 0: nothing is known */
    uint32_t pcpu_count, core_count, llc_count, die_count, socket_count, node_count;
    struct topology_pcpu *pcpus;
    struct topology_node *nodes;
    uint32_t *distances; /* node_count × node_count, row by row: from, to */
    uint32_t pcpu_capacity, node_capacity, distance_capacity;
    double smt_factor;    /* what each thread does while all of its core are busy, of what it does
                             alone; 0: the host does not tell */
    double remote_factor; /* what a vCPU does on the node next to its memory's; 0: not told */
};

/** Makes *to what `from` is, if the versions differ; allocates only for more pCPUs or nodes than
 * ever. Returns 0 or -ENOMEM. */
int topology_copy(struct topology *to, const struct topology *from);

/**
 * A regular shape: so many sockets, LLCs in each, cores in each, threads in each. pCPU
 * ((socket × llcs + llc) × cores + core) × threads + thread; a die and a node a socket,
 * TOPOLOGY_FAR apart, memory not told; the version changes. Returns 0, -EINVAL where one is 0 or
 * there would be more than CPUSET_MAX pCPUs or TOPOLOGY_NODES_MAX nodes, or -ENOMEM.
 */
int topology_regular(struct topology *topology, uint32_t sockets, uint32_t llcs, uint32_t cores,
                     uint32_t threads);

/** Room for so many pCPUs, all unknown, and nodes; counts are set. Returns 0 or -ENOMEM. */
int topology_reserve(struct topology *topology, uint32_t pcpus, uint32_t nodes);

/** Frees what it holds. Zeroed, it is an empty one. */
void topology_finish(struct topology *topology);

/** The distance between two nodes (indexes), TOPOLOGY_NEAR to TOPOLOGY_UNREACHABLE; TOPOLOGY_NEAR
 * where one is -1.
 */
uint32_t topology_distance(const struct topology *topology, int32_t from, int32_t to);

#endif
