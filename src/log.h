/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - one line to standard error per message, whole, from any thread.
 */
#ifndef VCPU_SCHEDULER_LOG_H
#define VCPU_SCHEDULER_LOG_H

/** How much is said. Set once by main before other threads exist. */
enum log_level {
    LOG_ERROR, /* --quiet: only what went wrong */
    LOG_INFO,  /* and what changed */
};

void log_set_level(enum log_level most);

/** "vcpu-scheduler: <text>\n" in one write(2). Control characters in the text are shown as '?'. Any
 * thread. */
__attribute__((format(printf, 1, 2))) void log_error(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_info(const char *format, ...);

#endif
