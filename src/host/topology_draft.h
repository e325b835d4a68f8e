/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology_draft.h - a topology under construction, from what libvirt and the kernel report.
 *
 * Each source fills a draft: a struct topology in which the core, LLC, die and socket of a pCPU
 * hold the number of one pCPU of the group, and its node is an index in nodes. Unknown values are
 * -1; unknown distances, memory sizes and capacities 0. Drafts of several sources are merged, then
 * numbered. A draft starts zeroed; topology_finish() frees it. One thread per draft.
 */
#ifndef VCPU_SCHEDULER_HOST_TOPOLOGY_DRAFT_H
#define VCPU_SCHEDULER_HOST_TOPOLOGY_DRAFT_H

#include "cpuset.h"
#include "error.h"
#include "topology.h"

enum topology_level { LEVEL_CORE, LEVEL_LLC, LEVEL_DIE, LEVEL_SOCKET, LEVEL_NODE };

/** The field of a pCPU that holds its group of that level. */
static inline int32_t *topology_level(struct topology_pcpu *pcpu, enum topology_level level)
{
    switch (level) {
    case LEVEL_CORE:
        return &pcpu->core;
    case LEVEL_LLC:
        return &pcpu->llc;
    case LEVEL_DIE:
        return &pcpu->die;
    case LEVEL_SOCKET:
        return &pcpu->socket;
    case LEVEL_NODE:
        break;
    }
    return &pcpu->node;
}

/** Extends the draft to at least so many pCPUs; new ones are unknown. Returns 0 or -ENOMEM. */
int topology_extend(struct topology *draft, uint32_t pcpus);

/** Sets the number of nodes and zeroes them. Returns 0 or -ENOMEM. */
int topology_set_nodes(struct topology *draft, uint32_t nodes);

/**
 * Merges another draft into this one. Each level is taken from the other if that knows it of more
 * pCPUs, or has more nodes. A level is never taken from both, since they may have been read at
 * different times. Returns 0 or -ENOMEM.
 */
int topology_merge(struct topology *draft, const struct topology *from);

/**
 * Turns the draft into a topology of the online pCPUs, by replacing pCPU numbers by indexes.
 * Defaults for what is unknown: a core for each pCPU, one socket, a die and an LLC per socket, one
 * node. Returns 0 or -ENOMEM.
 */
int topology_number(struct topology *draft, const struct cpuset *online);

#endif
