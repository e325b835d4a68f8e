/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record.h - --record: writes each period of a run, live or replayed, to a trace. Main thread. */
#ifndef VCPU_SCHEDULER_TRACE_RECORD_H
#define VCPU_SCHEDULER_TRACE_RECORD_H

#include "error.h"
#include "view.h"

struct record;

/**
 * Opens FILE.part. path: FILE, compressed if it ends in .gz; must stay valid; NULL: none. period_s:
 * seconds of each period; 0: as long as the first one. Returns 0 and *record, which is NULL without
 * a path; or with words in *why: -EINVAL: FILE exists and is no regular file; -ENOTSUP: .gz, but
 * built without zlib; -ENOMEM, or an error of open(2).
 */
int record_open(const char *path, double period_s, struct record **record, struct failure *why);

/**
 * Appends a row: usage + delay of each vCPU, at most 100. Period 0 has no usage and is ignored.
 * Accepts NULL. Returns 0, or with words in *why -ENOMEM, -E2BIG (more than TRACE_VCPUS_MAX vCPUs:
 * the record is complete, and further periods are ignored) or an error of write(2).
 */
int record_add(struct record *record, const struct view *view, struct failure *why);

/**
 * Makes FILE of the rows and frees the record, also on an error. On an error, or without rows, FILE
 * stays as it was; FILE.part stays after an error. Accepts NULL. Returns 0, or an error as
 * record_add().
 */
int record_close(struct record *record, struct failure *why);

#endif
