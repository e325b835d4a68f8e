/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * input.h - the lines of a text file that may be compressed with gzip.
 */
#ifndef VCPU_SCHEDULER_TRACE_INPUT_H
#define VCPU_SCHEDULER_TRACE_INPUT_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A line without its end. The text is valid until the next call. */
struct trace_line {
    char *text; /* ends with a NUL and holds no other */
    size_t length;
    uint64_t number; /* from 1 */
    bool ended;      /* false: the file ended before the line did */
};

struct trace_input;

/** Opens a file. Returns 0 and *input, -ENOTSUP (gzip, but built without zlib), -ENOMEM, or an
 * error of open(2) or read(2). */
int trace_input_open(const char *path, struct trace_input **input, struct failure *why);

/** Reads a line. Returns 1 and *line, 0 at the end, -EINVAL (damaged, or no text), -ENOMEM, or an
 * error of read(2). */
int trace_input_line(struct trace_input *input, struct trace_line *line, struct failure *why);

/** True if the gzip stream ended too early. */
bool trace_input_cut(const struct trace_input *input);

/** Closes the file. Accepts NULL. */
void trace_input_close(struct trace_input *input);

#endif
