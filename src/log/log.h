/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - one line per message, whole, from any thread: to standard error, or, where that is the
 * journal's, to the journal with what the message is about.
 */
#ifndef VCPU_SCHEDULER_LOG_LOG_H
#define VCPU_SCHEDULER_LOG_LOG_H

#include "log/event.h"

/** How much is said. Set once by main before other threads exist. */
enum log_level {
    LOG_ERROR, /* --quiet: only what went wrong */
    LOG_INFO,  /* and what changed */
};

void log_set_level(enum log_level most);

/** Looks whether the journal listens. Once, by main before other threads exist; without it all goes
 * to standard error. */
void log_open(void);

/** "vcpu-scheduler: <text>\n" in one write(2). Control characters in the text are shown as '?'. Any
 * thread. */
__attribute__((format(printf, 1, 2))) void log_error(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_info(const char *format, ...);

/** The same with what it is about. */
__attribute__((format(printf, 3, 4))) void log_event(enum log_level level, struct log_about about,
                                                     const char *format, ...);

#endif
