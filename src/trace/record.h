/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.h - --record: writes each period of a run, live or replayed, to a trace. Main thread.
 */
#ifndef VCPU_SCHEDULER_TRACE_RECORD_H
#define VCPU_SCHEDULER_TRACE_RECORD_H

#include "plan.h"

struct record;

/**
 * Begins a record in the file `path`, which must stay valid; NULL: none. period_s: seconds of each
 * period; 0: as long as the first one.
 * Returns 0 and *record, which is NULL without a path; or a negative errno with words in *why.
 */
int record_open(const char *path, double period_s, struct record **record, struct failure *why);

/** Appends a period. Accepts NULL. Returns 0, or an error as trace_writer_append(), with words in
 * *why. After -E2BIG the record is complete, and further periods are ignored. */
int record_add(struct record *record, const struct plan *plan, struct failure *why);

/** Completes the record and frees it. Accepts NULL. Returns as trace_writer_close(). */
int record_close(struct record *record, struct failure *why);

#endif
