/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * actuator.h - the third stage: a plan's pins are made on the host, one by one, and given back at
 * the end.
 */
#ifndef VCPU_SCHEDULER_ACTUATOR_ACTUATOR_H
#define VCPU_SCHEDULER_ACTUATOR_ACTUATOR_H

#include "base/progress.h"
#include "host.h"
#include "ledger/file.h"
#include "ledger/ledger.h"
#include "plan.h"

#include <stdbool.h>

struct actuator {
    const struct host_ops *ops;
    struct host *host;         /* not owned */
    struct ledger *ledger;     /* not owned */
    struct ledger_file *file;  /* where the ledger is kept; NULL: nowhere; not owned */
    const struct wakeup *stop; /* once stopped, no further pin is begun; NULL: never */
    bool dry_run;              /* --dry-run: pins get PIN_DRY, nothing else happens */
    bool unsure;               /* the ledger has entries that are */
    uint32_t mend_step;        /* plans since these were looked at */
    struct progress mark;      /* moves with each call to the host that came back */
};

/** What an earlier run has left, as it was found. */
struct leftover {
    uint32_t ours;    /* still pinned by the daemon: they stay in the ledger */
    uint32_t settled; /* back at what they had */
    uint32_t gone;    /* the domain, or that run of it, has ended */
    uint32_t changed; /* somebody else has changed them: theirs now */
    uint32_t unknown; /* the host does not tell: they stay in the ledger */
};

/**
 * Carries out a plan: first lets go of the vCPUs that it releases, then makes the pins in their
 * order and fills in each one's result and latency. Those of a group are done all or none: where
 * one is refused, the ones before it are taken back, and it is put back where it was if that is not
 * where it is. Each accepted pin is read back, by the hypervisor's word and by the kernel's. A vCPU
 * whose affinity is not what the plan was made on, is left alone and forgotten. What is not on disk
 * is not pinned. What can't be put or given back stays in the ledger. Actuator's thread.
 */
void actuator_step(struct actuator *actuator, struct plan *plan);

#endif
