/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - messages of one line, from any thread, to standard error; where that goes to the journal,
 * with fields.
 */
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

/** Write "vcpu-scheduler: <text>\n" in one write(2). Control characters in the text become '?'. Any
 * thread. */
__attribute__((format(printf, 1, 2))) void log_error(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_info(const char *format, ...);

/** log_error() or log_info() with fields. */
__attribute__((format(printf, 3, 4))) void log_event(enum log_level level, struct log_about about,
                                                     const char *format, ...);

#endif
