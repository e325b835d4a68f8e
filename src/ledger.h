/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger.h - what every vCPU's affinity was before the daemon changed it, so that it can be given
 * back exactly.
 *
 * The actuator writes it; main reads it when the actuator hangs in a call and can't tell itself.
 * The lock is taken only around a change of the ledger and never across a call to the hypervisor:
 * the steady cycle doesn't meet it.
 */
#ifndef VCPU_SCHEDULER_LEDGER_H
#define VCPU_SCHEDULER_LEDGER_H

#include "host.h"

struct ledger_entry {
    struct vcpu_name vcpu;
    char domain[DOMAIN_NAME_MAX]; /* for messages */
    struct cpuset original;
    int32_t pinned; /* where the daemon has put it */
    bool used;      /* the entry holds something to give back */
};

struct ledger;

/** An empty ledger; NULL without memory. Freed by ledger_free(), which accepts NULL. */
struct ledger *ledger_new(void);
void ledger_free(struct ledger *ledger);

/** Room for vCPUs of so many slots, so that ledger_note() need not allocate. Actuator. */
void ledger_reserve(struct ledger *ledger, uint32_t slots);

/**
 * Notes that a vCPU goes to pCPU `pinned`; `original` is kept of the first note of this run of the
 * domain only. Returns 0 or -ENOMEM: then the vCPU must not be pinned. Actuator.
 */
int ledger_note(struct ledger *ledger, const struct vcpu_name *vcpu, const char *domain,
                const struct cpuset *original, int32_t pinned);

/** Forgets a vCPU: it has been given back, or is gone, or is somebody else's now. Actuator. */
void ledger_forget(struct ledger *ledger, const struct vcpu_name *vcpu);

/** Copies the entry of that vCPU. Returns false if there is none. Any thread. */
bool ledger_find(struct ledger *ledger, const struct vcpu_name *vcpu, struct ledger_entry *entry);

/**
 * Copies the first entry at or behind *cursor, which begins at 0, and moves *cursor behind it.
 * Returns false after the last. Any thread.
 */
bool ledger_next(struct ledger *ledger, uint32_t *cursor, struct ledger_entry *entry);

#endif
