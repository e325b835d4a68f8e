/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view_maker.h - makes views, for the tests of policies. */
#ifndef VIEW_MAKER_H
#define VIEW_MAKER_H

#include "policy.h"

/** Gives a view so many pools of one pCPU each, all idle, managed and certain, and their pCPUs. The
 * arrays are the caller's. */
void view_of_ones(struct view *view, struct view_pool *pools, struct view_pcpu *pcpus,
                  uint32_t count);

/** Sets what is shown of each pCPU to the figures and the state of its pool. */
void view_show(struct view *view);

/** Returns a plan with a view of so many idle, managed pCPUs, and capacity for vCPUs. Ends the test
 * if there is no memory. */
struct plan *view_make(uint32_t pcpus, uint32_t capacity);

/** Cuts the host into pools of so many pCPUs, in the order of their numbers. Before vCPUs are
 * added; these are then given pools. */
void view_cut(struct plan *plan, uint32_t size);

/** Gives the host a topology, as topology_regular(), with smt_factor 0.6 and remote_factor 0.85. */
void view_shape(struct plan *plan, uint32_t sockets, uint32_t llcs, uint32_t cores,
                uint32_t threads);

/** Adds a measured vCPU that may go everywhere; pool -1: floating. Returns its index. */
uint32_t view_add(struct plan *plan, int32_t pool, double demand);

/** Restricts a vCPU to a list of pCPUs. */
void view_allow(struct plan *plan, uint32_t vcpu, const char *list);

/** Completes the view: works out lists, figures of pools and pCPUs, busiest and freest. */
void view_close(struct plan *plan);

/** Returns a copy of a closed view, without decision. */
struct plan *view_copy(const struct plan *plan);

#endif
