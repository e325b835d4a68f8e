/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * actuator.h - the third stage: makes a plan's pins on the host. give_back.h gives them back.
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
    struct ledger_file *file;  /* the ledger on disk; NULL: none; not owned */
    const struct wakeup *stop; /* once stopped, no further pin is begun; NULL: never */
    bool dry_run;              /* --dry-run: pins get PIN_DRY, nothing else happens */
    bool unsure;               /* the ledger may have unsure entries */
    uint32_t mend_step;        /* plans since actuator_mend() looked at them */
    struct progress mark;      /* moves with each call of the host that returned */
};

/** How many vCPUs of an earlier run's ledger were found how. */
struct leftover {
    uint32_t ours;     /* still pinned by the daemon: they stay in the ledger */
    uint32_t original; /* back at their original affinity */
    uint32_t gone;     /* the domain, or that run of it, has ended */
    uint32_t changed;  /* somebody else has changed them since */
    uint32_t unknown;  /* the host can't tell: they stay in the ledger */
};

/**
 * Carries out a plan: releases vCPUs, then makes the pins in their order and fills in the result
 * and latency of each. The pins of a group are made all or none: where one is refused, its vCPU is
 * put back and the pins before it are undone. Each accepted pin is read back from the hypervisor
 * and the kernel. A vCPU whose affinity has changed since the plan was made is left to whoever
 * changed it. No pin is made before its note is on disk. What can't be given back stays in the
 * ledger. Actuator's thread.
 */
void actuator_step(struct actuator *actuator, struct plan *plan);

#endif
