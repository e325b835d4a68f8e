/* SPDX-License-Identifier: GPL-2.0-or-later */
/* trace.c - reads a demand trace: strict about numbers and rows, tolerant of an early end. */
#include "trace/trace.h"

#include "base/array.h"
#include "trace/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int trace_wrong_at(const struct trace_reader *reader, uint64_t line, const char *format, ...)
{
    char text[320];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fail(reader->why, -EINVAL, "%s:%" PRIu64 ": %s", reader->path, line, text);
}

static uint32_t count_commas(const char *text)
{
    uint32_t commas = 0;

    for (text = strchr(text, ','); text; text = strchr(text + 1, ','))
        commas++;
    return commas;
}

static int read_index(struct trace_reader *reader, const char **text)
{
    const struct trace *trace = reader->trace;
    uint64_t index = 0;
    const char *cell = *text;

    if (!trace_read_count(text, &index) || **text != ',')
        return trace_wrong(reader, "\"%.*s\" is no index of a period", trace_cell_length(cell),
                           cell);
    if (trace->periods == 0)
        reader->first = index;
    else if (index != reader->first + trace->periods)
        return trace_wrong(reader, "period %" PRIu64 " where %" PRIu64 " is due", index,
                           reader->first + trace->periods);
    return 0;
}

static int read_demands(const struct trace_reader *reader, const char *text, double *demand)
{
    for (uint32_t vcpu = 0; vcpu < reader->trace->vcpus; vcpu++) {
        const char *cell = ++text; /* behind the comma */

        if (!trace_read_decimal(&text, &demand[vcpu]) || (*text != ',' && *text != '\0') ||
            !(demand[vcpu] <= 100))
            return trace_wrong(reader, "vCPU %" PRIu32 ": \"%.*s\" is no demand from 0 to 100",
                               vcpu, trace_cell_length(cell), cell);
    }
    return 0;
}

static int read_row(struct trace_reader *reader, const char *text)
{
    struct trace *trace = reader->trace;
    uint32_t commas = count_commas(text);
    int error = trace->periods > 0 ? 0 : trace_end_head(reader);

    if (!error)
        error = read_index(reader, &text);
    if (error)
        return error;
    if (commas != trace->vcpus)
        return trace_wrong(reader, "%" PRIu32 " demands for %" PRIu32 " vCPUs", commas,
                           trace->vcpus);
    if (trace->periods == UINT32_MAX || trace->periods * trace->resolution_s > TRACE_SECONDS_MAX)
        return trace_wrong(reader, "more than a century of periods");
    void *demand = trace->demand;
    if (!array_grow(&demand, &reader->rows_capacity, trace->periods + 1,
                    trace->vcpus * sizeof *trace->demand))
        return fail(reader->why, -ENOMEM, "%s: no memory", reader->path);
    trace->demand = demand;
    error = read_demands(reader, text, trace->demand + (size_t)trace->periods * trace->vcpus);
    if (!error)
        trace->periods++;
    return error;
}

/*
 * True if the last line, which has no newline, is only a part of a row. A text file may lack its
 * last newline, so a row with all its columns counts as whole unless something speaks against it.
 */
static bool is_part(const struct trace_reader *reader, const struct trace_input *input,
                    const struct trace_line *line)
{
    const struct trace *trace = reader->trace;

    if (trace_input_cut(input))
        return true;
    if (line->length == 0 || line->text[0] == '#')
        return false;
    return trace->periods + 1 < reader->periods_said || count_commas(line->text) < trace->vcpus ||
           line->text[line->length - 1] == ',';
}

/* Sets trace->cut if the file ends too early. */
static int end_rows(const struct trace_reader *reader, const struct trace_input *input, bool part)
{
    struct trace *trace = reader->trace;
    const char *how = part ? "cut off within a row" : NULL;

    if (trace_input_cut(input))
        how = "the gzip stream is cut off";
    else if (!how && trace->periods < reader->periods_said)
        how = "the file ends too early";
    if (trace->periods == 0)
        return trace_wrong(reader, "%s%sno whole row", how ? how : "", how ? ": " : "");
    if (!how)
        return 0;
    if (reader->periods_said > 0)
        fail(&trace->cut, 0, "%s:%" PRIu64 ": %s: %" PRIu32 " of %" PRIu32 " periods are whole",
             reader->path, reader->line, how, trace->periods, reader->periods_said);
    else
        fail(&trace->cut, 0, "%s:%" PRIu64 ": %s: %" PRIu32 " periods are whole", reader->path,
             reader->line, how, trace->periods);
    return 0;
}

static int read_lines(struct trace_reader *reader, struct trace_input *input)
{
    struct trace_line line;
    bool part = false;
    int error = 0, got;

    while (!error && (got = trace_input_line(input, &line, reader->why)) > 0) {
        const char *text = line.text;

        reader->line = line.number;
        if (!line.ended && is_part(reader, input, &line)) {
            part = true;
            continue;
        }
        trace_skip_blanks(&text);
        error = *text == '\0'  ? 0
                : *text == '#' ? trace_read_head(reader, text)
                               : read_row(reader, text);
    }
    return error ? error : got < 0 ? got : end_rows(reader, input, part);
}

int trace_read(const char *path, struct trace **trace, struct failure *why)
{
    struct trace_reader reader = {.path = path, .why = why};
    struct trace_input *input = NULL;
    int error = trace_input_open(path, &input, why);

    if (error)
        return error;
    reader.trace = calloc(1, sizeof *reader.trace);
    error = reader.trace ? read_lines(&reader, input) : fail(why, -ENOMEM, "%s: no memory", path);
    trace_input_close(input);
    trace_drop_head(&reader);
    if (error) {
        trace_free(reader.trace);
        return error;
    }
    *trace = reader.trace;
    return 0;
}

void trace_free(struct trace *trace)
{
    if (!trace)
        return;
    free(trace->vm);
    free(trace->start);
    free(trace->home);
    free(trace->notes);
    free(trace->demand);
    free(trace);
}
