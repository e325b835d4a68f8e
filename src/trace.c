/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.c - reads a demand trace: strict about what a number and a row are, patient about an early
 * end.
 */
#include "trace.h"

#include "grow.h"
#include "trace_input.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A century: far above any trace, far below what nanoseconds in 64 bits hold. */
#define SECONDS_MAX 3.2e9

/* Of notes: more than any trace's source and licence. */
#define NOTE_MAX  600
#define NOTES_MAX 8000

enum head {
    HEAD_PCPUS,
    HEAD_VCPUS,
    HEAD_RESOLUTION,
    HEAD_VM,
    HEAD_START,
    HEAD_PERIODS,
    HEAD_COUNT
};

static const char *const head_names[HEAD_COUNT] = {
    [HEAD_PCPUS] = "pcpus", [HEAD_VCPUS] = "vcpus", [HEAD_RESOLUTION] = "resolution",
    [HEAD_VM] = "vm",       [HEAD_START] = "start", [HEAD_PERIODS] = "periods",
};

struct list {
    uint32_t *values;
    uint32_t count, room;
};

struct reader {
    const char *path;
    uint64_t line;
    struct failure *why;
    struct trace *trace;
    bool seen[HEAD_COUNT];
    uint32_t periods_said;
    uint64_t first;        /* index of the first row */
    struct list vm, start; /* as `# vm` and `# start` give them; theirs until the trace has them */
    uint32_t rows_room;
};

/* -EINVAL with "FILE:LINE: " before the words. */
__attribute__((format(printf, 2, 3))) static int wrong(const struct reader *reader,
                                                       const char *format, ...)
{
    char text[320];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return fail(reader->why, -EINVAL, "%s:%" PRIu64 ": %s", reader->path, reader->line, text);
}

static void skip_blanks(const char **text)
{
    while (**text == ' ' || **text == '\t')
        (*text)++;
}

static bool read_count(const char **text, uint64_t *count)
{
    uint64_t value = 0;

    if (!isdigit((unsigned char)**text))
        return false;
    for (; isdigit((unsigned char)**text); (*text)++) {
        if (value > UINT64_MAX / 100)
            return false;
        value = value * 10 + (uint64_t)(**text - '0');
    }
    *count = value;
    return true;
}

/*
 * Decimal only: no sign, no hexadecimal, no infinity. Up to 15 digits and 22 decimals are exact in
 * a double and so is their power of ten, hence one division rounds right; what is longer, or has an
 * exponent, goes to strtod().
 */
static bool read_decimal(const char **text, double *value)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char *p = *text;
    uint64_t digits = 0;
    unsigned count = 0, decimals = 0;

    for (; isdigit((unsigned char)*p); p++, count++)
        digits = digits * 10 + (uint64_t)(*p - '0');
    if (*p == '.') {
        for (p++; isdigit((unsigned char)*p); p++, count++, decimals++)
            digits = digits * 10 + (uint64_t)(*p - '0');
    }
    if (count == 0)
        return false;
    if (count <= 15 && *p != 'e' && *p != 'E') {
        *value = (double)digits / powers[decimals];
        *text = p;
    } else {
        char *end;
        *value = strtod(*text, &end);
        *text = end;
    }
    return true;
}

/* The length of a cell, for messages: not more than a glance. */
static int cell_length(const char *cell)
{
    return (int)strnlen(cell, strcspn(cell, ",") < 24 ? strcspn(cell, ",") : 24);
}

static int read_head_count(const struct reader *reader, enum head head, const char *text,
                           uint64_t most, uint32_t *count)
{
    uint64_t value = 0;
    bool good = read_count(&text, &value);

    skip_blanks(&text);
    if (!good || *text != '\0' || value < 1 || value > most)
        return wrong(reader, "\"# %s:\" takes one number from 1 to %" PRIu64, head_names[head],
                     most);
    *count = (uint32_t)value;
    return 0;
}

static int read_resolution(const struct reader *reader, const char *text)
{
    double value = 0;
    bool good = read_decimal(&text, &value);

    skip_blanks(&text);
    if (!good || (*text != 's' && *text != '\0') || !(value >= 1e-6) || !(value <= SECONDS_MAX))
        return wrong(reader, "\"# resolution:\" takes seconds above 0, as in \"3 s\"");
    reader->trace->resolution_s = value;
    return 0;
}

static int read_list(const struct reader *reader, enum head head, const char *text,
                     struct list *list)
{
    const char *name = head_names[head];

    for (;;) {
        uint64_t value = 0;
        skip_blanks(&text);
        if (!read_count(&text, &value) || value > INT32_MAX - 1)
            return wrong(reader, "\"# %s:\" entry %" PRIu32 ", \"%.*s\", is no index", name,
                         list->count + 1, cell_length(text), text);
        if (list->count == TRACE_VCPUS_MAX)
            return wrong(reader, "\"# %s:\" has more than %d entries", name, TRACE_VCPUS_MAX);
        if (!GROW(list->values, list->room, list->count + 1))
            return fail(reader->why, -ENOMEM, "%s: no memory", reader->path);
        list->values[list->count++] = (uint32_t)value;
        skip_blanks(&text);
        if (*text == '\0')
            return 0;
        if (*text++ != ',')
            return wrong(reader, "\"# %s:\" takes indexes with commas between them", name);
    }
}

static int read_head_value(struct reader *reader, enum head head, const char *text)
{
    struct trace *trace = reader->trace;

    switch (head) {
    case HEAD_PCPUS:
        return read_head_count(reader, head, text, CPUSET_MAX, &trace->pcpus);
    case HEAD_VCPUS:
        return read_head_count(reader, head, text, TRACE_VCPUS_MAX, &trace->vcpus);
    case HEAD_RESOLUTION:
        return read_resolution(reader, text);
    case HEAD_VM:
        return read_list(reader, head, text, &reader->vm);
    case HEAD_START:
        return read_list(reader, head, text, &reader->start);
    case HEAD_PERIODS:
        return read_head_count(reader, head, text, UINT32_MAX, &reader->periods_said);
    case HEAD_COUNT:
        break;
    }
    return 0;
}

/* Lines of the head that are none of ours say where a trace comes from: kept for people to read. */
static int keep_note(const struct reader *reader, const char *text)
{
    struct trace *trace = reader->trace;
    const size_t before = trace->notes != NULL ? strlen(trace->notes) : 0;
    const size_t length = strnlen(text, NOTE_MAX);
    char *notes;

    if (trace->periods > 0 || length == 0 || before + length + 2 > NOTES_MAX)
        return 0;
    notes = realloc(trace->notes, before + length + 2);
    if (notes == NULL)
        return fail(reader->why, -ENOMEM, "%s: no memory", reader->path);
    snprintf(notes + before, length + 2, "%.*s\n", (int)length, text);
    trace->notes = notes;
    return 0;
}

static int read_head(struct reader *reader, const char *text)
{
    size_t length;

    text++;
    skip_blanks(&text);
    length = strcspn(text, ": \t");
    for (int head = 0; head < HEAD_COUNT; head++) {
        const char *value = text + length;
        skip_blanks(&value);
        if (strlen(head_names[head]) != length || strncmp(text, head_names[head], length) != 0 ||
            *value != ':')
            continue;
        value++;
        skip_blanks(&value);
        if (reader->trace->periods > 0)
            return wrong(reader, "\"# %s:\" after the first row", head_names[head]);
        if (reader->seen[head])
            return wrong(reader, "a second \"# %s:\"", head_names[head]);
        reader->seen[head] = true;
        return read_head_value(reader, (enum head)head, value);
    }
    return keep_note(reader, text);
}

static int check_list(const struct reader *reader, enum head head, const struct list *list,
                      uint32_t most)
{
    const uint32_t vcpus = reader->trace->vcpus;

    if (!reader->seen[head])
        return 0;
    if (list->count != vcpus)
        return wrong(reader, "\"# %s:\" has %" PRIu32 " entries for %" PRIu32 " vCPUs",
                     head_names[head], list->count, vcpus);
    for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++) {
        if (list->values[vcpu] > most)
            return wrong(reader, "\"# %s:\" entry %" PRIu32 ", %" PRIu32 ", is above %" PRIu32,
                         head_names[head], vcpu + 1, list->values[vcpu], most);
    }
    return 0;
}

/* Gives the trace a list of the head, or one made where the head has none: i modulo `modulus`. */
static int take_list(struct reader *reader, struct list *list, uint32_t modulus, uint32_t **field)
{
    const uint32_t vcpus = reader->trace->vcpus;

    if (list->values == NULL) {
        if (!GROW(list->values, list->room, vcpus))
            return fail(reader->why, -ENOMEM, "%s: no memory", reader->path);
        for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++)
            list->values[vcpu] = vcpu % modulus;
    }
    *field = list->values;
    list->values = NULL;
    return 0;
}

static int end_head(struct reader *reader)
{
    struct trace *trace = reader->trace;
    int rc;

    for (int head = 0; head < HEAD_COUNT; head++) {
        if (!reader->seen[head] && head != HEAD_VM && head != HEAD_START && head != HEAD_PERIODS)
            return wrong(reader, "no \"# %s:\" line before the first row", head_names[head]);
    }
    rc = check_list(reader, HEAD_VM, &reader->vm, INT32_MAX);
    if (rc == 0)
        rc = check_list(reader, HEAD_START, &reader->start, trace->pcpus - 1);
    if (rc == 0)
        rc = take_list(reader, &reader->vm, trace->vcpus, &trace->vm);
    if (rc == 0)
        rc = take_list(reader, &reader->start, trace->pcpus, &trace->start);
    return rc;
}

static uint32_t count_commas(const char *text)
{
    uint32_t commas = 0;

    for (text = strchr(text, ','); text != NULL; text = strchr(text + 1, ','))
        commas++;
    return commas;
}

static int read_index(struct reader *reader, const char **text)
{
    const struct trace *trace = reader->trace;
    uint64_t index = 0;
    const char *cell = *text;

    skip_blanks(text);
    if (!read_count(text, &index))
        return wrong(reader, "\"%.*s\" is no index of a period", cell_length(cell), cell);
    if (trace->periods == 0)
        reader->first = index;
    else if (index != reader->first + trace->periods)
        return wrong(reader, "period %" PRIu64 " where %" PRIu64 " is due", index,
                     reader->first + trace->periods);
    skip_blanks(text);
    if (**text != ',')
        return wrong(reader, "\"%.*s\" is no index of a period", cell_length(cell), cell);
    return 0;
}

static int read_demands(const struct reader *reader, const char *text, double *demand)
{
    for (uint32_t vcpu = 0; vcpu < reader->trace->vcpus; vcpu++) {
        const char *cell = ++text; /* behind the comma */
        bool good;

        skip_blanks(&text);
        good = read_decimal(&text, &demand[vcpu]);
        skip_blanks(&text);
        if (!good || (*text != ',' && *text != '\0') || !(demand[vcpu] <= 100))
            return wrong(reader, "vCPU %" PRIu32 ": \"%.*s\" is no demand from 0 to 100", vcpu,
                         cell_length(cell), cell);
    }
    return 0;
}

static int read_row(struct reader *reader, const char *text)
{
    struct trace *trace = reader->trace;
    uint32_t commas = count_commas(text);
    int rc = trace->periods > 0 ? 0 : end_head(reader);

    if (rc == 0)
        rc = read_index(reader, &text);
    if (rc < 0)
        return rc;
    if (commas != trace->vcpus)
        return wrong(reader, "%" PRIu32 " demands for %" PRIu32 " vCPUs", commas, trace->vcpus);
    if (trace->periods == UINT32_MAX || trace->periods * trace->resolution_s > SECONDS_MAX)
        return wrong(reader, "more than a century of periods");
    void *demand = trace->demand;
    if (!grow(&demand, &reader->rows_room, trace->periods + 1,
              trace->vcpus * sizeof(*trace->demand)))
        return fail(reader->why, -ENOMEM, "%s: no memory", reader->path);
    trace->demand = demand;
    rc = read_demands(reader, text, trace->demand + (size_t)trace->periods * trace->vcpus);
    if (rc == 0)
        trace->periods++;
    return rc;
}

/*
 * Is the last line, which has no end, only a part? A text file may lack its last newline, so a row
 * with all its columns is taken as whole unless there is a sign against it.
 */
static bool is_part(const struct reader *reader, const struct trace_input *input,
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

/* Says in trace->cut how the file ends too early, if it does. */
static int end_rows(const struct reader *reader, const struct trace_input *input, bool part)
{
    struct trace *trace = reader->trace;
    const char *how = part ? "cut off within a row" : NULL;

    if (trace_input_cut(input))
        how = "the gzip stream is cut off";
    else if (how == NULL && trace->periods < reader->periods_said)
        how = "the file ends too early";
    if (trace->periods == 0)
        return wrong(reader, "%s%sno whole row", how != NULL ? how : "", how != NULL ? ": " : "");
    if (how == NULL)
        return 0;
    if (reader->periods_said > 0)
        fail(&trace->cut, 0, "%s:%" PRIu64 ": %s: %" PRIu32 " of %" PRIu32 " periods are whole",
             reader->path, reader->line, how, trace->periods, reader->periods_said);
    else
        fail(&trace->cut, 0, "%s:%" PRIu64 ": %s: %" PRIu32 " periods are whole", reader->path,
             reader->line, how, trace->periods);
    return 0;
}

static int read_lines(struct reader *reader, struct trace_input *input)
{
    struct trace_line line;
    bool part = false;
    int rc;

    while ((rc = trace_input_line(input, &line, reader->why)) > 0) {
        const char *text = line.text;

        reader->line = line.number;
        if (!line.ended && is_part(reader, input, &line)) {
            part = true;
            continue;
        }
        skip_blanks(&text);
        rc = *text == '\0' ? 0 : *text == '#' ? read_head(reader, text) : read_row(reader, text);
        if (rc < 0)
            return rc;
    }
    return rc < 0 ? rc : end_rows(reader, input, part);
}

int trace_read(const char *path, struct trace **trace, struct failure *why)
{
    struct reader reader = {.path = path, .why = why};
    struct trace_input *input = NULL;
    int rc = trace_input_open(path, &input, why);

    if (rc < 0)
        return rc;
    reader.trace = calloc(1, sizeof(*reader.trace));
    rc = reader.trace != NULL ? read_lines(&reader, input)
                              : fail(why, -ENOMEM, "%s: no memory", path);
    trace_input_close(input);
    free(reader.vm.values);
    free(reader.start.values);
    if (rc < 0) {
        trace_free(reader.trace);
        return rc;
    }
    *trace = reader.trace;
    return 0;
}

void trace_free(struct trace *trace)
{
    if (trace == NULL)
        return;
    free(trace->vm);
    free(trace->start);
    free(trace->notes);
    free(trace->demand);
    free(trace);
}
