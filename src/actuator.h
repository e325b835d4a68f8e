/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * actuator.h - the third stage: a plan's pins are made on the host, one by one, and given back at
 * the end.
 */
#ifndef VCPU_SCHEDULER_ACTUATOR_H
#define VCPU_SCHEDULER_ACTUATOR_H

#include "host.h"
#include "ledger.h"
#include "plan.h"
#include "watch.h"

#include <stdbool.h>

struct actuator {
    const struct host_ops *ops;
    struct host *host;       /* not owned */
    struct ledger *ledger;   /* not owned */
    const struct bell *stop; /* once stopped, no further pin is begun; NULL: never */
    bool dry_run;            /* --dry-run: pins get PIN_DRY, nothing else happens */
    struct watch_mark mark;  /* moves with each call to the host that came back */
};

/**
 * Makes the plan's pins in their order and fills in each one's result and latency. Those of a group
 * are done all or none: where one is refused, the ones before it are taken back. Each accepted pin
 * is read back. A vCPU whose affinity is not what the plan was made on, is left alone. Actuator's
 * thread.
 */
void actuator_step(struct actuator *actuator, struct plan *plan);

/**
 * Gives back every affinity of the ledger that the daemon still holds; those that somebody else has
 * changed since are left as they are. Says what could not be given back. Returns how many those
 * were. Actuator's thread.
 */
uint32_t actuator_give_back(struct actuator *actuator);

#endif
