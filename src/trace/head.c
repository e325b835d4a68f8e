/* SPDX-License-Identifier: GPL-2.0-or-later */
/* head.c - reads the head of a trace and checks it. */
#include "trace/internal.h"

#include "base/array.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a note and of all notes: more than any trace's source and licence. */
#define NOTE_MAX  600
#define NOTES_MAX 8000

/* The least smt_factor and remote_factor. */
#define FACTOR_MIN 0.1

static const struct {
    const char *name;
    bool needed;
    bool of_shape; /* means nothing without a topology */
} heads[HEAD_COUNT] = {
    [HEAD_PCPUS] = {.name = "pcpus", .needed = true},
    [HEAD_VCPUS] = {.name = "vcpus", .needed = true},
    [HEAD_RESOLUTION] = {.name = "resolution", .needed = true},
    [HEAD_VM] = {.name = "vm"},
    [HEAD_START] = {.name = "start"},
    [HEAD_PERIODS] = {.name = "periods"},
    [HEAD_TOPOLOGY] = {.name = "topology"},
    [HEAD_SMT_FACTOR] = {.name = "smt_factor", .of_shape = true},
    [HEAD_REMOTE_FACTOR] = {.name = "remote_factor", .of_shape = true},
    [HEAD_HOME] = {.name = "home", .of_shape = true},
};

static int read_head_count(const struct trace_reader *reader, enum trace_head head,
                           const char *text, uint64_t most, uint32_t *count)
{
    uint64_t value = 0;

    if (!trace_read_count(&text, &value) || *text != '\0' || value < 1 || value > most)
        return trace_wrong(reader, "\"# %s:\" takes one number from 1 to %" PRIu64,
                           heads[head].name, most);
    *count = (uint32_t)value;
    return 0;
}

static int read_resolution(const struct trace_reader *reader, const char *text)
{
    double value = 0;

    if (!trace_read_decimal(&text, &value) || (*text != 's' && *text != '\0') || !(value >= 1e-6) ||
        !(value <= TRACE_SECONDS_MAX))
        return trace_wrong(reader, "\"# resolution:\" takes seconds above 0, as in \"3 s\"");
    reader->trace->resolution_s = value;
    return 0;
}

static int read_list(struct trace_reader *reader, enum trace_head head, const char *text)
{
    struct trace_list *list = &reader->lists[head];
    const char *name = heads[head].name;

    for (;;) {
        uint64_t value = 0;
        if (!trace_read_count(&text, &value) || value > INT32_MAX - 1)
            return trace_wrong(reader, "\"# %s:\" entry %" PRIu32 ", \"%.*s\", is no index", name,
                               list->count + 1, trace_cell_length(text), text);
        if (list->count == TRACE_VCPUS_MAX)
            return trace_wrong(reader, "\"# %s:\" has more than %d entries", name, TRACE_VCPUS_MAX);
        if (!ARRAY_GROW(list->values, list->capacity, list->count + 1))
            return fail(reader->why, -ENOMEM, "%s: no memory", reader->path);
        list->values[list->count++] = (uint32_t)value;
        if (*text == '\0')
            return 0;
        if (*text++ != ',')
            return trace_wrong(reader, "\"# %s:\" takes indexes with commas between them", name);
    }
}

static int read_factor(const struct trace_reader *reader, enum trace_head head, const char *text,
                       double *factor)
{
    if (!trace_read_decimal(&text, factor) || *text != '\0' || !(*factor >= FACTOR_MIN) ||
        !(*factor <= 1))
        return trace_wrong(reader, "\"# %s:\" takes one number from %g to 1", heads[head].name,
                           FACTOR_MIN);
    return 0;
}

static int read_topology(struct trace_reader *reader, const char *text)
{
    const struct trace_list *shape = &reader->lists[HEAD_TOPOLOGY];
    int error = read_list(reader, HEAD_TOPOLOGY, text);

    if (error)
        return error;
    for (uint32_t i = 0; i < shape->count; i++) {
        if (shape->values[i] == 0)
            return trace_wrong(reader, "\"# topology:\" entry %" PRIu32 " is 0", i + 1);
    }
    if (shape->count != 4)
        return trace_wrong(reader, "\"# topology:\" takes four numbers: sockets, LLCs in each, "
                                   "cores in each, threads in each");
    if (shape->values[0] > TOPOLOGY_NODES_MAX)
        return trace_wrong(reader, "\"# topology:\" has %" PRIu32 " sockets, more than %d",
                           shape->values[0], TOPOLOGY_NODES_MAX);
    reader->trace->shape = (struct trace_shape){
        .sockets = shape->values[0],
        .llcs = shape->values[1],
        .cores = shape->values[2],
        .threads = shape->values[3],
    };
    return 0;
}

static int read_head_value(struct trace_reader *reader, enum trace_head head, const char *text)
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
    case HEAD_START:
    case HEAD_HOME:
        return read_list(reader, head, text);
    case HEAD_PERIODS:
        return read_head_count(reader, head, text, UINT32_MAX, &reader->periods_said);
    case HEAD_TOPOLOGY:
        return read_topology(reader, text);
    case HEAD_SMT_FACTOR:
        return read_factor(reader, head, text, &trace->smt_factor);
    case HEAD_REMOTE_FACTOR:
        return read_factor(reader, head, text, &trace->remote_factor);
    case HEAD_COUNT:
        break;
    }
    return 0;
}

/* Keeps another line of the head, such as where the trace comes from, for people to read. */
static int keep_note(const struct trace_reader *reader, const char *text)
{
    struct trace *trace = reader->trace;
    const size_t before = trace->notes ? strlen(trace->notes) : 0;
    const size_t length = strnlen(text, NOTE_MAX);
    char *notes;

    if (trace->periods > 0 || length == 0 || before + length + 2 > NOTES_MAX)
        return 0;
    notes = realloc(trace->notes, before + length + 2);
    if (!notes)
        return fail(reader->why, -ENOMEM, "%s: no memory", reader->path);
    snprintf(notes + before, length + 2, "%.*s\n", (int)length, text);
    trace->notes = notes;
    return 0;
}

int trace_read_head(struct trace_reader *reader, const char *text)
{
    size_t length;

    text++;
    trace_skip_blanks(&text);
    length = strcspn(text, ": \t");
    for (int head = 0; head < HEAD_COUNT; head++) {
        const char *value = text + length;
        trace_skip_blanks(&value);
        if (strlen(heads[head].name) != length || strncmp(text, heads[head].name, length) != 0 ||
            *value != ':')
            continue;
        value++;
        if (reader->trace->periods > 0)
            return trace_wrong(reader, "\"# %s:\" after the first row", heads[head].name);
        if (reader->seen[head])
            return trace_wrong(reader, "a second \"# %s:\"", heads[head].name);
        reader->seen[head] = reader->line;
        return read_head_value(reader, (enum trace_head)head, value);
    }
    return keep_note(reader, text);
}

static int check_list(const struct trace_reader *reader, enum trace_head head, uint32_t most)
{
    const struct trace_list *list = &reader->lists[head];
    const uint32_t vcpus = reader->trace->vcpus;

    if (!reader->seen[head])
        return 0;
    if (list->count != vcpus)
        return trace_wrong_at(reader, reader->seen[head],
                              "\"# %s:\" has %" PRIu32 " entries for %" PRIu32 " vCPUs",
                              heads[head].name, list->count, vcpus);
    for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++) {
        if (list->values[vcpu] > most)
            return trace_wrong_at(reader, reader->seen[head],
                                  "\"# %s:\" entry %" PRIu32 ", %" PRIu32 ", is above %" PRIu32,
                                  heads[head].name, vcpu + 1, list->values[vcpu], most);
    }
    return 0;
}

/* Moves a list of the head into *field. Where the head has none, entry i is i modulo `modulus`. */
static int take_list(struct trace_reader *reader, enum trace_head head, uint32_t modulus,
                     uint32_t **field)
{
    struct trace_list *list = &reader->lists[head];
    const uint32_t vcpus = reader->trace->vcpus;

    if (!list->values) {
        if (!ARRAY_GROW(list->values, list->capacity, vcpus))
            return fail(reader->why, -ENOMEM, "%s: no memory", reader->path);
        for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++)
            list->values[vcpu] = vcpu % modulus;
    }
    *field = list->values;
    list->values = NULL;
    return 0;
}

static int by_value(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* The VMs' indexes, each once, ascending; freed by the caller; NULL without memory. */
static uint32_t *list_vms(const struct trace *trace, uint32_t *count)
{
    uint32_t *vms = calloc(trace->vcpus, sizeof *vms);

    if (!vms)
        return NULL;
    memcpy(vms, trace->vm, trace->vcpus * sizeof *vms);
    qsort(vms, trace->vcpus, sizeof *vms, by_value);
    *count = 0;
    for (uint32_t i = 0; i < trace->vcpus; i++) {
        if (i == 0 || vms[i] != vms[i - 1])
            vms[(*count)++] = vms[i];
    }
    return vms;
}

/* Gives each vCPU its VM's home. The head lists them in the order of the VMs' indexes. */
static int take_homes(struct trace_reader *reader)
{
    const struct trace_list *home = &reader->lists[HEAD_HOME];
    struct trace *trace = reader->trace;
    uint32_t count, *vms = list_vms(trace, &count);
    int error = 0;

    if (!vms)
        return fail(reader->why, -ENOMEM, "%s: no memory", reader->path);
    if (home->count != count)
        error = trace_wrong_at(reader, reader->seen[HEAD_HOME],
                               "\"# home:\" has %" PRIu32 " entries for %" PRIu32 " VMs",
                               home->count, count);
    for (uint32_t i = 0; i < count && !error; i++) {
        if (home->values[i] >= trace->shape.sockets)
            error = trace_wrong_at(reader, reader->seen[HEAD_HOME],
                                   "\"# home:\" entry %" PRIu32 ", %" PRIu32
                                   ", is no node: there are 0 to %" PRIu32,
                                   i + 1, home->values[i], trace->shape.sockets - 1);
    }
    if (!error) {
        trace->home = calloc(trace->vcpus, sizeof *trace->home);
        if (!trace->home)
            error = fail(reader->why, -ENOMEM, "%s: no memory", reader->path);
    }
    for (uint32_t i = 0; i < trace->vcpus && !error; i++) {
        const uint32_t *vm = bsearch(&trace->vm[i], vms, count, sizeof *vms, by_value);

        trace->home[i] = home->values[vm - vms];
    }
    free(vms);
    return error;
}

/* Checks the topology and what depends on it. The VMs must be known. */
static int end_shape(struct trace_reader *reader)
{
    struct trace *trace = reader->trace;
    const struct trace_shape *shape = &trace->shape;
    uint64_t pcpus = 1;

    for (int head = 0; head < HEAD_COUNT; head++) {
        if (heads[head].of_shape && reader->seen[head] && !reader->seen[HEAD_TOPOLOGY])
            return trace_wrong_at(reader, reader->seen[head], "\"# %s:\" without a \"# topology:\"",
                                  heads[head].name);
    }
    if (!reader->seen[HEAD_TOPOLOGY])
        return 0;
    /* No overflow: each is below 2³¹, and the loop ends once the product is too large. */
    for (uint32_t i = 0; i < 4 && pcpus <= CPUSET_MAX; i++)
        pcpus *= reader->lists[HEAD_TOPOLOGY].values[i];
    if (pcpus != trace->pcpus)
        return trace_wrong_at(reader, reader->seen[HEAD_TOPOLOGY],
                              "\"# topology:\" %" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32
                              " is not the %" PRIu32 " pCPUs of \"# pcpus:\"",
                              shape->sockets, shape->llcs, shape->cores, shape->threads,
                              trace->pcpus);
    if (!reader->seen[HEAD_SMT_FACTOR])
        trace->smt_factor = 1;
    if (!reader->seen[HEAD_REMOTE_FACTOR])
        trace->remote_factor = 1;
    return reader->seen[HEAD_HOME] ? take_homes(reader) : 0;
}

int trace_end_head(struct trace_reader *reader)
{
    struct trace *trace = reader->trace;
    int error;

    for (int head = 0; head < HEAD_COUNT; head++) {
        if (!reader->seen[head] && heads[head].needed)
            return trace_wrong(reader, "no \"# %s:\" line before the first row", heads[head].name);
    }
    error = check_list(reader, HEAD_VM, INT32_MAX);
    if (!error)
        error = check_list(reader, HEAD_START, trace->pcpus - 1);
    if (!error)
        error = take_list(reader, HEAD_VM, trace->vcpus, &trace->vm);
    if (!error)
        error = take_list(reader, HEAD_START, trace->pcpus, &trace->start);
    if (!error)
        error = end_shape(reader);
    return error;
}

void trace_drop_head(struct trace_reader *reader)
{
    for (int head = 0; head < HEAD_COUNT; head++)
        free(reader->lists[head].values);
}
