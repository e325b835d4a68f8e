/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal.h - the drawing of a topology, shared by topology_print.c and topology_map.c. */
#ifndef VCPU_SCHEDULER_REPORT_INTERNAL_H
#define VCPU_SCHEDULER_REPORT_INTERNAL_H

#include "base/page.h"
#include "snapshot.h"

enum { MARK_ISOLATED = 1 << 0, MARK_NOHZ = 1 << 1, MARK_LEFT = 1 << 2, MARK_KINDS = 3 };

struct drawing {
    struct page page;
    const struct snapshot *snapshot;
    const struct topology *topology;
    uint32_t *order;  /* the online pCPUs in the order of drawing */
    uint32_t count;   /* of online pCPUs */
    uint32_t *pinned; /* vCPUs pinned to each pCPU */
    uint8_t *marked;  /* MARK_… of each pCPU */
};

/** The letter of each mark, in the order of their bits. */
extern const char topology_mark_letters[MARK_KINDS];

/** Draws sockets, dies, nodes, caches and cores. */
void topology_draw_map(struct drawing *drawing);

#endif
