/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event.h - the kinds of messages and the fields of a message, as the journal holds them.
 *
 * Each kind has a message id that never changes (systemd's MESSAGE_ID: sd-id128(3)), for scripts
 * and alerts. contrib/systemd/vcpu-scheduler.catalog explains each kind to the operator.
 */
#ifndef VCPU_SCHEDULER_LOG_EVENT_H
#define VCPU_SCHEDULER_LOG_EVENT_H

#include "plan.h"

#include <stdint.h>

enum log_event {
    EVENT_NONE, /* a plain message */
    EVENT_PIN,
    EVENT_PIN_FAILED,
    EVENT_SUSPECT,
    EVENT_AGREES, /* suspect no longer */
    EVENT_YIELDED,
    EVENT_RETURNED, /* yielded before, may be managed again */
    EVENT_OPTED_OUT,
    EVENT_OPTED_IN,
    EVENT_NO_ALLOWED_PCPU, /* none of a vCPU's allowed pCPUs is managed */
    EVENT_KEPT,            /* an affinity could not be given back */
    EVENT_LEFTOVER,        /* what an earlier run has left */
    EVENT_LIBVIRT_DISCONNECTED,
    EVENT_LIBVIRT_RECONNECTED,
    EVENT_STAGE_HANGS,
    EVENT_STAGE_GOES_ON,
    EVENT_RELOADED,
    EVENT_RELOAD_REFUSED,
    EVENT_DECISION, /* plus an enum reason: a kind for each */
    EVENT_COUNT = EVENT_DECISION + REASON_COUNT,
};

/** What a message is about. Made by log_about() or log_vcpu(); other fields are unset. */
struct log_about {
    unsigned event;     /* enum log_event */
    const char *domain; /* its name, as libvirt has it; NULL */
    int64_t vcpu;       /* its number; -1 */
    int32_t from, to;   /* pCPUs; -1 */
    const char *reason; /* reason_name(); NULL */
    double gain;        /* points by which the highest load should fall; NAN */
};

/** About a kind, with no other field. Any thread. */
struct log_about log_about(unsigned event);

/** About a vCPU. domain: must stay valid until it is logged. Any thread. */
struct log_about log_vcpu(unsigned event, const char *domain, uint32_t vcpu);

/** The message id, 32 hexadecimal digits; NULL for kinds that have none. Any thread. */
const char *log_event_id(unsigned event);

#endif
