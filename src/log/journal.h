/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal.h - messages to systemd's journal with what they are about in fields of their own:
 * systemd.journal-fields(7), and VCPU_SCHEDULER_*, see the manual. Nothing of it without
 * libsystemd.
 */
#ifndef VCPU_SCHEDULER_LOG_JOURNAL_H
#define VCPU_SCHEDULER_LOG_JOURNAL_H

#include "log/event.h"

#include <stdbool.h>

/**
 * True if standard error goes to the journal (JOURNAL_STREAM: systemd.exec(5)) and the journal can
 * be reached: then journal_send() does. Before threads.
 */
bool journal_open(void);

/**
 * Sends a message, of priority "err" or "info". text: one clean line. Waits at most `patience_ms`
 * for a journal that takes nothing. Returns false if it was not sent. After journal_open(). Any
 * thread.
 */
bool journal_send(bool error, const struct log_about *about, const char *text, int patience_ms);

#endif
