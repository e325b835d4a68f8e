/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - the ledger's entries in memory, found by vCPU; slots.c. The caller holds the lock.
 */
#ifndef VCPU_SCHEDULER_LEDGER_INTERNAL_H
#define VCPU_SCHEDULER_LEDGER_INTERNAL_H

#include "ledger/ledger.h"

#include <pthread.h>

struct slot {
    struct ledger_entry entry;
    bool used;
    bool noted; /* a pin was noted and its outcome is not known yet */
    bool first; /* that note has set the original */
};

struct ledger {
    pthread_mutex_t lock;
    struct slot *slots; /* an entry stays in its slot, so that ledger_next() may forget entries */
    uint32_t *order;    /* all slots: the first `count`, ascending by vCPU, are used */
    uint32_t count, capacity, slot_capacity, order_capacity;
    uint32_t yields; /* how many of `count` are somebody else's */
    uint64_t version;
};

/** Orders vCPUs by UUID, run and number. Returns below 0, 0 or above 0. */
int slot_compare(const struct vcpu_name *a, const struct vcpu_name *b);

/** The position in `order` where the vCPU is, or where it would be inserted. */
uint32_t slot_position(const struct ledger *ledger, const struct vcpu_name *vcpu, bool *found);

/** The slot of the vCPU; NULL if it has none. */
struct slot *slot_find(struct ledger *ledger, const struct vcpu_name *vcpu);

/** Allocates slots for so many vCPUs. Returns false without memory. */
bool slot_reserve(struct ledger *ledger, uint32_t vcpus);

/** Gives a vCPU that has no slot one, with a zeroed entry. Returns NULL without memory. */
struct slot *slot_insert(struct ledger *ledger, const struct vcpu_name *vcpu);

/** Frees the slot of the vCPU, if it has one. */
void slot_remove(struct ledger *ledger, const struct vcpu_name *vcpu);

#endif
