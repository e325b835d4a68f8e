/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * losses.h - where vCPUs were in a period, and what work that lost.
 *
 * L of a pCPU is usage + delay of the vCPUs that counted there, plus what the host itself used
 * there. Work is lost in three ways, all in percent of a pCPU:
 *
 *   crowding  what is above 100: max(0, L − 100)
 *   sibling   usage × (1 − speed): a thread of a core slows down in proportion to how busy the
 *             others are. speed = 1 − (1 − F) × their mean of min(L, 100) / 100, F being what each
 *             thread does while all are busy. They are taken to be busy independently.
 *   remote    usage × speed × (1 − memory): away from its memory's node a vCPU does only
 *             memory = 1 − (1 − R) × (distance − 10) / 10, at least 0.1, R being what it does at
 *             distance 20.
 *
 * F and R are the host's where it tells them, else what the policies go by. Where no topology is
 * known, the last two are 0.
 */
#ifndef VCPU_SCHEDULER_REPORT_LOSSES_H
#define VCPU_SCHEDULER_REPORT_LOSSES_H

#include "plan.h"

#include <stdint.h>

/** Zeroed, it is an empty one. One thread at a time. */
struct placement {
    int32_t *place; /* of each vCPU of the view: where it counted; -1: nowhere */
    double *load;   /* L of each pCPU of the view */
    uint32_t vcpu_capacity, pcpu_capacity;
};

struct losses {
    double crowding, sibling, remote;
};

/** Makes room for views of so many. Returns 0 or -ENOMEM. */
int placement_reserve(struct placement *placement, uint32_t vcpus, uint32_t pcpus);

/** The period of a plan's view as it was measured, before the pins that the view has booked since.
 * There is room for it. */
void placement_find(struct placement *placement, const struct plan *plan);

/** Adds what was lost on managed pCPUs in the period that was found last. */
void placement_lose(const struct placement *placement, const struct view *view,
                    struct losses *losses);

/** Frees what it holds. */
void placement_finish(struct placement *placement);

#endif
