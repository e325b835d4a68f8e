/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology_draft.h - the machine's shape, made of what libvirt and the kernel tell.
 *
 * A source fills a draft: a struct topology in which a pCPU's core, LLC, die and socket name their
 * group by the number of one pCPU of it, and its node is an index in nodes. What is not told is -1,
 * of distances, memory and capacity 0. Drafts of several sources are put together, then settled
 * into indexes. A draft begins zeroed and is freed by topology_finish(). No thread shares one.
 */
#ifndef VCPU_SCHEDULER_HOST_TOPOLOGY_DRAFT_H
#define VCPU_SCHEDULER_HOST_TOPOLOGY_DRAFT_H

#include "cpuset.h"
#include "error.h"
#include "topology.h"

enum topology_level { LEVEL_CORE, LEVEL_LLC, LEVEL_DIE, LEVEL_SOCKET, LEVEL_NODE };

/** Where a pCPU's group of that level stands. */
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

/** Makes the draft hold so many pCPUs at least, new ones with nothing told. 0 or -ENOMEM. */
int topology_extend(struct topology *draft, uint32_t pcpus);

/** Makes the draft's nodes as many, all zeroed. Returns 0 or -ENOMEM. */
int topology_set_nodes(struct topology *draft, uint32_t nodes);

/**
 * Completes a draft by another: each level is the draft's own, unless the other tells it of more
 * pCPUs, or tells more nodes. A level is never mixed of both, since they may have been made at
 * different moments. Returns 0 or -ENOMEM.
 */
int topology_complete(struct topology *draft, const struct topology *from);

/**
 * Makes the draft a topology of the pCPUs that are online. What nobody told falls back: a core of
 * its own, one socket, die and LLC as the socket, one node. Returns 0 or -ENOMEM.
 */
int topology_settle(struct topology *draft, const struct cpuset *online);

#endif
