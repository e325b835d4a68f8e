/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * writer.h - records a running host as a demand trace.
 *
 * Rows go to `FILE.part` first, so that a long record needs no memory. At the end, the head, which
 * is known only then, and the rows become FILE. Each vCPU has a column, by its domain's UUID and
 * its number, so that a restarted domain keeps its columns; see columns.h. While a vCPU is absent
 * its demand is 0. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_TRACE_WRITER_H
#define VCPU_SCHEDULER_TRACE_WRITER_H

#include "error.h"
#include "plan.h"

struct trace_writer;

/**
 * Opens FILE.part. path: FILE, compressed if it ends in .gz; must stay valid. resolution_s: seconds
 * of a period. Returns 0 and *writer, or with words in *why: -EINVAL: FILE exists and is no regular
 * file; -ENOTSUP: .gz, but built without zlib; -ENOMEM, or an error of open(2).
 */
int trace_writer_open(const char *path, double resolution_s, struct trace_writer **writer,
                      struct failure *why);

/**
 * Appends a row: usage + delay of each vCPU, at most 100. Period 0 has no usage and is ignored.
 * Returns 0, or -ENOMEM, -E2BIG (more than TRACE_VCPUS_MAX vCPUs) or an error of write(2).
 */
int trace_writer_append(struct trace_writer *writer, const struct view *view, struct failure *why);

/**
 * Makes FILE of the rows and frees the writer, also on an error. On an error, or without rows, FILE
 * stays as it was; FILE.part stays after an error. Returns 0, or an error as trace_writer_append().
 * Accepts NULL.
 */
int trace_writer_close(struct trace_writer *writer, struct failure *why);

#endif
