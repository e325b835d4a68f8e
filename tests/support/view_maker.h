/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view_maker.h - views by hand, for the policies' tests. */
#ifndef VIEW_MAKER_H
#define VIEW_MAKER_H

#include "policy.h"

/** A plan with the view of so many idle, managed pCPUs and room for vCPUs. Ends the test without
 * memory. */
struct plan *view_make(uint32_t pcpus, uint32_t capacity);

/** Gives the host a regular shape, as topology_regular(), with two threads of a core doing 0.6 each
 * and 0.85 done far from memory. */
void view_shape(struct plan *plan, uint32_t sockets, uint32_t llcs, uint32_t cores,
                uint32_t threads);

/** Adds a measured vCPU that may go everywhere. pcpu: -1 floating. Returns its index. */
uint32_t view_add(struct plan *plan, int32_t pcpu, double demand);

/** Restricts a vCPU to a list of pCPUs. */
void view_allow(struct plan *plan, uint32_t vcpu, const char *list);

/** The view is complete: lists, loads, busiest and freest are made of what was added. */
void view_close(struct plan *plan);

/** A copy of a closed view, without decision. */
struct plan *view_copy(const struct plan *plan);

#endif
