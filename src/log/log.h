/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.h - messages of one line, from any thread, to standard error; where that goes to the journal,
 * with fields. */
#ifndef VCPU_SCHEDULER_LOG_LOG_H
#define VCPU_SCHEDULER_LOG_LOG_H

#include "plan.h"

#include <stdint.h>

/* ---- event.c ---- */

/** Kinds of messages. Each has a message id that never changes (systemd's MESSAGE_ID: sd-id128(3)),
 * for scripts and alerts. contrib/systemd/vcpu-scheduler.catalog explains each to the operator. */
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
    unsigned event;                    /* enum log_event */
    const char *domain;                /* its name, as libvirt has it; NULL */
    int64_t vcpu;                      /* its number; -1 */
    int32_t from, to;                  /* pools: pCPUs at level cpu; -1 */
    const char *from_pcpus, *to_pcpus; /* what the vCPU may use of these, lists; NULL */
    const char *reason;                /* reason_name(); NULL */
    double gain;                       /* points by which the highest load should fall; NAN */
};

/** About a kind, with no other field. Any thread. */
struct log_about log_about(unsigned event);

/** Bytes for a list of pCPUs; one that is longer is left out. */
#define LOG_LIST_MAX 1100

/** About a vCPU, or about the domain if that is VCPU_EMULATOR. domain: must stay valid until it is
 * logged. Any thread. */
struct log_about log_vcpu(unsigned event, const char *domain, uint32_t vcpu);

/** The message id, 32 hexadecimal digits; NULL for kinds that have none. Any thread. */
const char *log_event_id(unsigned event);

/* ---- log.c ---- */

/** What is logged. Set once by main before there are threads. */
enum log_level {
    LOG_ERROR, /* --quiet: only what went wrong */
    LOG_INFO,  /* and what changed */
};

void log_set_level(enum log_level most);

/** Connects to the journal if standard error goes there. Once, by main, before threads. */
void log_open(void);

/** Writes "vcpu-scheduler: <text>\n" in one write(2), or with fields to the journal. Control
 * characters in the text become '?'. Any thread. */
__attribute__((format(printf, 3, 4))) void log_event(enum log_level level, struct log_about about,
                                                     const char *format, ...);

/** log_event() without fields. */
#define log_error(...) log_event(LOG_ERROR, log_about(EVENT_NONE), __VA_ARGS__)
#define log_info(...)  log_event(LOG_INFO, log_about(EVENT_NONE), __VA_ARGS__)

#endif
