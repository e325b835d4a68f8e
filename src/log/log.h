/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.h - messages of one line, from any thread, to standard error; where that goes to the journal,
 * with fields. */
#ifndef VCPU_SCHEDULER_LOG_LOG_H
#define VCPU_SCHEDULER_LOG_LOG_H

#include "log/event.h"

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
