/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal.h - messages to systemd's journal, with fields: systemd.journal-fields(7), and
 * VCPU_SCHEDULER_* as in the manual. Without libsystemd it sends nothing. */
#ifndef VCPU_SCHEDULER_LOG_JOURNAL_H
#define VCPU_SCHEDULER_LOG_JOURNAL_H

#include "log/log.h"

#include <stdbool.h>

/** Connects to the journal. Returns true if standard error goes there (JOURNAL_STREAM in
 * systemd.exec(5)) and it can be reached. Before there are threads. */
bool journal_open(void);

/**
 * Sends a message of priority "err" or "info". text: one clean line. Waits at most `patience_ms`
 * for a busy journal. Returns false if the message was not sent. After journal_open(); any thread.
 */
bool journal_send(bool error, const struct log_about *about, const char *text, int patience_ms);

#endif
