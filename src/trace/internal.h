/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal.h - what the trace reader's files share: trace.c reads rows, head.c the head, cell.c
 * numbers, input.c lines. */
#ifndef VCPU_SCHEDULER_TRACE_INTERNAL_H
#define VCPU_SCHEDULER_TRACE_INTERNAL_H

#include "trace/trace.h"

/* A century: longer than any trace, and its nanoseconds fit in 64 bits. */
#define TRACE_SECONDS_MAX 3.2e9

enum trace_head {
    HEAD_PCPUS,
    HEAD_VCPUS,
    HEAD_RESOLUTION,
    HEAD_VM,
    HEAD_START,
    HEAD_PERIODS,
    HEAD_TOPOLOGY,
    HEAD_SMT_FACTOR,
    HEAD_REMOTE_FACTOR,
    HEAD_HOME,
    HEAD_COUNT
};

struct trace_list {
    uint32_t *values;
    uint32_t count, capacity;
};

struct trace_reader {
    const char *path;
    uint64_t line; /* from 1; 0 before the first */
    struct failure *why;
    struct trace *trace;
    uint64_t seen[HEAD_COUNT]; /* the line of each; 0: not seen */
    uint32_t periods_said;
    uint64_t first;                      /* index of the first row */
    struct trace_list lists[HEAD_COUNT]; /* as in the head: of vm, start, topology, home */
    uint32_t rows_capacity;
};

/** Fails with "FILE:LINE: " before the words. Returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int trace_wrong_at(const struct trace_reader *reader,
                                                         uint64_t line, const char *format, ...);

/** trace_wrong_at() for the line that is being read. */
#define trace_wrong(reader, ...) trace_wrong_at(reader, (reader)->line, __VA_ARGS__)

/** Reads a line that begins with `#`. Returns 0, or -EINVAL or -ENOMEM with words. */
int trace_read_head(struct trace_reader *reader, const char *text);

/** Checks the head before the first row and moves it to the trace, with defaults where it is
 * silent. Returns 0, or -EINVAL or -ENOMEM with words. */
int trace_end_head(struct trace_reader *reader);

/** Frees the lists that were not moved to the trace. */
void trace_drop_head(struct trace_reader *reader);

/* These move *text behind what they read, and behind blanks before and after it. */
void trace_skip_blanks(const char **text);

/** Reads digits, up to about UINT64_MAX / 10. Returns false if there are none or too many. */
bool trace_read_count(const char **text, uint64_t *count);

/** Reads a decimal number: no sign, hexadecimal or infinity. Returns false if there is none. */
bool trace_read_decimal(const char **text, double *value);

/** The length of a cell as shown in messages: 24 at most. */
int trace_cell_length(const char *cell);

/* ---- input.c: the lines of a text file that may be compressed with gzip ---- */

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
