/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify.h - tells systemd how a service of Type=notify is doing: sd_notify(3). Does nothing where
 * the daemon was not started so, or was built without libsystemd. Main thread.
 */
#ifndef VCPU_SCHEDULER_PIPELINE_NOTIFY_H
#define VCPU_SCHEDULER_PIPELINE_NOTIFY_H

#include "plan.h"

/* How old the figures of `systemctl status` may get. */
#define NOTIFY_STATUS_NS UINT64_C(10000000000)

/** The line of `systemctl status`. */
struct notify {
    bool wanted;       /* systemd waits for it */
    bool disconnected; /* the line says so of libvirt */
    uint64_t pins;     /* made so far */
};

/** True if systemd waits for notifications. */
bool notify_wanted(void);

/** systemd expects "WATCHDOG=1" at least once in so many nanoseconds; 0: never. */
uint64_t notify_watchdog_ns(void);

/** Tells one of sd_notify(3)'s states: "READY=1" once the host is open, "STOPPING=1" when the run
 * ends, "WATCHDOG=1" while the stages make progress. */
void notify_tell(const char *state);

/** A period is over: renews the status line. */
void notify_plan(struct notify *notify, const struct plan *plan);

/** Says in the status line that libvirt is disconnected; the next plan replaces that. */
void notify_disconnected(struct notify *notify, bool disconnected);

#endif
