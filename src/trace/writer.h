/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * writer.h - records a running host as a demand trace.
 *
 * Rows go to `FILE.part` as they come, so that a long record needs no memory; at the end the head,
 * known only then, and the rows become FILE. A column is a vCPU, in the order they were first seen:
 * its domain's UUID and its number, so a restarted domain goes on in its columns. Before a vCPU
 * appears and while it is away its demand is 0. On a host whose domains come and go, one that comes
 * gets the columns of one that has long been gone, see columns.h. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_TRACE_WRITER_H
#define VCPU_SCHEDULER_TRACE_WRITER_H

#include "error.h"
#include "plan.h"

struct trace_writer;

/**
 * path: the file to come, gzip if it ends in .gz; kept by the caller until the end. resolution_s:
 * of a period. Returns 0 and *writer; -EINVAL: path is there and no regular file; -ENOTSUP: .gz,
 * but built without zlib; -ENOMEM, or the errors of open(2), with words.
 */
int trace_writer_open(const char *path, double resolution_s, struct trace_writer **writer,
                      struct failure *why);

/**
 * Appends the period of a view: usage + delay of every vCPU, at most 100. A view of period 0 has no
 * usage and is passed over. Returns 0, or -ENOMEM, -E2BIG (more than TRACE_VCPUS_MAX vCPUs) or an
 * error of write(2).
 */
int trace_writer_append(struct trace_writer *writer, const struct view *view, struct failure *why);

/**
 * Makes FILE of the rows and frees the writer, also on an error; then, and when there was no row,
 * FILE stays as it was. Returns 0, or an error as trace_writer_append(); FILE.part stays after an
 * error. Accepts NULL.
 */
int trace_writer_close(struct trace_writer *writer, struct failure *why);

#endif
