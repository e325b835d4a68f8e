/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal.h - what pages of this room share: one period in full, and the drawing of a topology. */
#ifndef VCPU_SCHEDULER_REPORT_INTERNAL_H
#define VCPU_SCHEDULER_REPORT_INTERNAL_H

#include "base/page.h"
#include "plan.h"
#include "pools.h"

/* ---- a period of --verbose: period.c, and decision.c for its lower part ---- */

/** Where a vCPU was measured. The view itself already has the pins of the plan: plan_add(). */
struct seen_vcpu {
    int32_t pool;
    bool pinned; /* this plan pins it */
};

/** State that lasts over the periods of a run. */
struct report_period {
    double threshold;  /* --threshold */
    uint64_t began_ns; /* the first snapshot's time */
    bool legend_shown;
    uint32_t *order; /* domains by name */
    struct seen_vcpu *seen;
    uint32_t order_capacity, seen_capacity;
};

/** Puts pCPUs, domains and their vCPUs, then the decision. Returns 0, or -ENOMEM with nothing put.
 */
int report_period_put(struct report_period *view, struct page *page, const struct plan *plan);

/** Puts the decision, its pins and the stages' times. seen: one for each vCPU of the view. */
void report_decision_put(struct page *page, const struct plan *plan, const struct seen_vcpu *seen);

/** Limits a percentage to 0 to 99999, so that it fits its column; 0 if it is not a number. */
double report_shown(double percent);

/* ---- --topology: topology_print.c; topology_map.c for the cores, topology_pools.c ---- */

enum { MARK_ISOLATED = 1 << 0, MARK_NOHZ = 1 << 1, MARK_LEFT = 1 << 2, MARK_KINDS = 3 };

struct drawing {
    struct page page;
    const struct snapshot *snapshot;
    const struct topology *topology;
    uint32_t *order;           /* the online pCPUs in the order of drawing */
    uint32_t count;            /* of online pCPUs */
    uint32_t *pinned;          /* vCPUs pinned to each pCPU */
    uint8_t *marked;           /* MARK_… of each pCPU */
    const struct pools *pools; /* to be drawn; NULL: none were asked for */
};

/** The letter of each mark, in the order of their bits. */
extern const char topology_mark_letters[MARK_KINDS];

/** Draws sockets, dies, nodes, caches and cores. */
void topology_draw_map(struct drawing *drawing);

/** Lists drawing->pools, with the managed pCPUs of each. */
void topology_draw_pools(struct drawing *drawing, const struct cpuset *managed);

/** Puts the ranges of a set as words. */
void topology_put_list(struct page *page, const struct cpuset *set);

#endif
