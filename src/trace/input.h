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

/** One line, without its end. The text is the input's until the next call. */
struct trace_line {
    char *text; /* ends with a NUL; has none within */
    size_t length;
    uint64_t number; /* from 1 */
    bool ended;      /* false: the file ended before the line did */
};

struct trace_input;

/** Returns 0 and *input, or -ENOTSUP (gzip, but built without zlib), -ENOMEM, or an error of
 * open(2) or read(2). */
int trace_input_open(const char *path, struct trace_input **input, struct failure *why);

/** Returns 1 and *line, 0 at the end, -EINVAL (damaged, or no text), -ENOMEM, or an error of
 * read(2). */
int trace_input_line(struct trace_input *input, struct trace_line *line, struct failure *why);

/** True once the gzip stream has turned out to end too early. */
bool trace_input_cut(const struct trace_input *input);

/** Accepts NULL. */
void trace_input_close(struct trace_input *input);

#endif
