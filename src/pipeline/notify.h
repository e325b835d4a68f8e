/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify.h - what systemd is told of a service of Type=notify: sd_notify(3). Nothing where the
 * daemon was not started so, or was built without libsystemd. Main thread.
 */
#ifndef VCPU_SCHEDULER_PIPELINE_NOTIFY_H
#define VCPU_SCHEDULER_PIPELINE_NOTIFY_H

#include "plan.h"

/* How old the figures of `systemctl status` may get: often enough to look at, too seldom to cost.
 */
#define NOTIFY_STATUS_NS UINT64_C(10000000000)

/** The line of `systemctl status`. */
struct notify {
    bool wanted;   /* there is somebody to tell */
    bool away;     /* the line says that libvirt is */
    uint64_t pins; /* made so far */
};

/** True if systemd waits to be told something. */
bool notify_wanted(void);

/** The time in nanoseconds within which notify_alive() is expected again and again; 0: it is not.
 */
uint64_t notify_watchdog_ns(void);

/** The host is open: the service is up. */
void notify_ready(void);

/** The run ends. */
void notify_stopping(void);

/** The stages go on. */
void notify_alive(void);

/** A period is over. */
void notify_plan(struct notify *notify, const struct plan *plan);

/** Whether libvirt can't be reached now. */
void notify_away(struct notify *notify, bool away);

#endif
