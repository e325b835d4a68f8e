/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * period.h - one period in full: pCPUs, domains and their vCPUs, the decision, its pins, the
 * stages' times.
 */
#ifndef VCPU_SCHEDULER_REPORT_PERIOD_H
#define VCPU_SCHEDULER_REPORT_PERIOD_H

#include "base/page.h"
#include "plan.h"

#include <stdbool.h>
#include <stdint.h>

/** Where a vCPU was measured. The view itself already has the pins of the plan: plan_add(). */
struct seen_vcpu {
    int32_t pcpu;
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

/** Frees the arrays, not the struct. */
void report_period_finish(struct report_period *view);

/** Puts a plan on the page. Returns 0, or -ENOMEM with nothing put. */
int report_period_put(struct report_period *view, struct page *page, const struct plan *plan);

#endif
