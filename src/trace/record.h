/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.h - --record: every period of a run, live or replayed, into a trace.
 *
 * One thread at a time (main's).
 */
#ifndef VCPU_SCHEDULER_TRACE_RECORD_H
#define VCPU_SCHEDULER_TRACE_RECORD_H

#include "plan.h"

struct record;

/**
 * Begins a record in the file `path`, kept by the caller until the end; NULL: no record. period_s:
 * how long each period is, in seconds; 0: as long as the first one.
 * Returns 0 and *record, NULL without a path; else a negative errno with words that name the file.
 */
int record_open(const char *path, double period_s, struct record **record, struct failure *why);

/** Appends a period. Accepts NULL. Returns 0, or an error as trace_writer_append(), with words:
 * after -E2BIG the record is whole, and every further period is passed over with 0. */
int record_add(struct record *record, const struct plan *plan, struct failure *why);

/** Ends the record, however the run ended, and frees it. Accepts NULL. Returns as
 * trace_writer_close(). */
int record_close(struct record *record, struct failure *why);

#endif
