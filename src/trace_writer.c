/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_writer.c - records a running host as a demand trace.
 *
 * Columns only ever come to the right, so a row already written lacks at most its last ones: the
 * end of the record copies the rows once and adds zeros.
 */
#include "config.h"

#include "grow.h"
#include "trace.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#define BUCKETS 4096
#define NONE    UINT32_MAX

struct column {
    unsigned char uuid[DOMAIN_UUID_LEN];
    uint32_t number; /* of the vCPU */
    uint32_t vm;
    uint32_t start; /* where it was first seen: counts managed pCPUs only; NONE elsewhere */
    uint32_t next;  /* in its bucket */
};

/* The column of the vCPU that has a slot, so that known vCPUs are found at once. */
struct slot {
    uint64_t serial; /* 0: none */
    uint32_t column;
};

struct trace_writer {
    const char *path;
    double resolution_s;
    bool compress;
    char *part_path, *new_path;
    FILE *part;
    uint32_t pcpus, vms;
    uint64_t periods; /* rows that are whole */
    bool failed;      /* a row was not: nothing comes after it */
    struct column *columns;
    double *row; /* of the period at hand, a demand for each column */
    uint32_t column_count, column_room, row_room;
    struct slot *slots;
    uint32_t slot_room;
    uint32_t buckets[BUCKETS]; /* by UUID: the latest column */
};

static void writer_free(struct trace_writer *writer)
{
    if (writer == NULL)
        return;
    if (writer->part != NULL)
        fclose(writer->part);
    free(writer->part_path);
    free(writer->new_path);
    free(writer->columns);
    free(writer->row);
    free(writer->slots);
    free(writer);
}

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static char *beside(const char *path, const char *end)
{
    size_t size = strlen(path) + strlen(end) + 1;
    char *text = malloc(size);

    if (text != NULL)
        snprintf(text, size, "%s%s", path, end);
    return text;
}

/* The record takes the place of what has its name: that may be an older record, never a device. */
static bool may_replace(const char *path)
{
    struct stat status;

    return stat(path, &status) < 0 || S_ISREG(status.st_mode);
}

int trace_writer_open(const char *path, double resolution_s, struct trace_writer **result,
                      struct failure *why)
{
    struct trace_writer *writer;

#ifndef HAVE_ZLIB
    if (ends_in(path, ".gz"))
        return fail(why, -ENOTSUP, "%s: this build can't write gzip (it is without zlib)", path);
#endif
    if (!may_replace(path))
        return fail(why, -EINVAL, "%s: there is something that is not a regular file", path);
    writer = calloc(1, sizeof(*writer));
    if (writer == NULL)
        return fail(why, -ENOMEM, "%s: no memory", path);
    writer->path = path;
    writer->resolution_s = resolution_s;
    writer->compress = ends_in(path, ".gz");
    memset(writer->buckets, 0xff, sizeof(writer->buckets));
    writer->part_path = beside(path, ".part");
    writer->new_path = beside(path, ".new");
    if (writer->part_path == NULL || writer->new_path == NULL) {
        writer_free(writer);
        return fail(why, -ENOMEM, "%s: no memory", path);
    }
    writer->part = fopen(writer->part_path, "w+e");
    if (writer->part == NULL) {
        int rc = fail(why, -errno, "%s: %s", writer->part_path, strerror(errno));
        writer_free(writer);
        return rc;
    }
    *result = writer;
    return 0;
}

/* FNV-1a (draft-eastlake-fnv), 32 bits. */
static uint32_t bucket_of(const unsigned char *uuid)
{
    uint32_t hash = 2166136261u;

    for (int i = 0; i < DOMAIN_UUID_LEN; i++)
        hash = (hash ^ uuid[i]) * 16777619u;
    return (hash ^ hash >> 16) % BUCKETS;
}

/* Finds the column of a vCPU that was seen before, or makes one. NONE without memory or room. */
static uint32_t find_column(struct trace_writer *writer, const struct vcpu_name *name)
{
    uint32_t *bucket = &writer->buckets[bucket_of(name->uuid)];
    uint32_t vm = NONE;

    for (uint32_t c = *bucket; c != NONE; c = writer->columns[c].next) {
        const struct column *column = &writer->columns[c];
        if (memcmp(column->uuid, name->uuid, DOMAIN_UUID_LEN) != 0)
            continue;
        if (column->number == name->number)
            return c;
        vm = column->vm;
    }
    if (writer->column_count == TRACE_VCPUS_MAX ||
        !GROW(writer->columns, writer->column_room, writer->column_count + 1) ||
        !GROW(writer->row, writer->row_room, writer->column_count + 1))
        return NONE;
    struct column *column = &writer->columns[writer->column_count];
    memcpy(column->uuid, name->uuid, DOMAIN_UUID_LEN);
    column->number = name->number;
    column->vm = vm != NONE ? vm : writer->vms++;
    column->start = NONE;
    column->next = *bucket;
    *bucket = writer->column_count;
    return writer->column_count++;
}

static uint32_t column_of(struct trace_writer *writer, const struct view_vcpu *vcpu)
{
    struct slot *slot;

    if (!GROW(writer->slots, writer->slot_room, vcpu->name.slot + 1))
        return NONE;
    slot = &writer->slots[vcpu->name.slot];
    if (slot->serial != vcpu->serial) {
        uint32_t column = find_column(writer, &vcpu->name);
        if (column == NONE)
            return NONE;
        *slot = (struct slot){.serial = vcpu->serial, .column = column};
    }
    return slot->column;
}

/*
 * The columns of the first row stand in the order of the slots, which in a replay is the trace's
 * own: a record of it then starts with every vCPU on the same pCPU.
 */
static bool make_first_columns(struct trace_writer *writer, const struct view *view)
{
    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        uint32_t slot = view->vcpus[i].name.slot;
        if (!GROW(writer->slots, writer->slot_room, slot + 1))
            return false;
        writer->slots[slot].column = i + 1; /* for now; serial 0 says so */
    }
    for (uint32_t s = 0; s < writer->slot_room; s++) {
        uint32_t i = writer->slots[s].column;
        if (i > 0 && column_of(writer, &view->vcpus[i - 1]) == NONE)
            return false;
    }
    return true;
}

/* Thousandths of a percent: 30 µs of a period of three seconds. */
static void write_demand(FILE *out, double demand)
{
    uint32_t thousandths = (uint32_t)lrint(fmin(fmax(demand, 0), 100) * 1000);
    uint32_t fraction = thousandths % 1000;

    fprintf(out, ",%" PRIu32, thousandths / 1000);
    if (fraction % 10 != 0)
        fprintf(out, ".%03" PRIu32, fraction);
    else if (fraction % 100 != 0)
        fprintf(out, ".%02" PRIu32, fraction / 10);
    else if (fraction != 0)
        fprintf(out, ".%" PRIu32, fraction / 100);
}

/* The trace's pCPUs are the managed ones, counted from 0. */
static uint32_t managed_index(const struct view *view, int32_t pcpu)
{
    uint32_t index = 0;

    if (pcpu < 0 || (uint32_t)pcpu >= view->pcpu_count || !view->pcpus[pcpu].managed)
        return NONE;
    for (int32_t p = 0; p < pcpu; p++)
        index += view->pcpus[p].managed;
    return index;
}

static int no_column(const struct trace_writer *writer, struct failure *why)
{
    if (writer->column_count == TRACE_VCPUS_MAX)
        return fail(why, -E2BIG, "%s: more than %d vCPUs", writer->path, TRACE_VCPUS_MAX);
    return fail(why, -ENOMEM, "%s: no memory", writer->path);
}

int trace_writer_append(struct trace_writer *writer, const struct view *view, struct failure *why)
{
    uint32_t managed = 0;

    if (view->period == 0)
        return 0;
    if (writer->failed)
        return fail(why, -EIO, "%s: given up after an error", writer->part_path);
    if (writer->column_count == 0 && !make_first_columns(writer, view))
        return no_column(writer, why);
    for (uint32_t c = 0; c < writer->column_count; c++)
        writer->row[c] = 0;
    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        uint32_t column = column_of(writer, &view->vcpus[i]);
        if (column == NONE)
            return no_column(writer, why);
        if (writer->columns[column].start == NONE)
            writer->columns[column].start = managed_index(view, view->vcpus[i].pcpu);
        writer->row[column] = view->vcpus[i].usage + view->vcpus[i].delay;
    }
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        managed += view->pcpus[p].managed;
    if (managed > writer->pcpus)
        writer->pcpus = managed;

    fprintf(writer->part, "%" PRIu64, writer->periods);
    for (uint32_t c = 0; c < writer->column_count; c++)
        write_demand(writer->part, writer->row[c]);
    fputc('\n', writer->part);
    writer->failed = fflush(writer->part) != 0 || ferror(writer->part);
    if (writer->failed)
        return fail(why, errno > 0 ? -errno : -EIO, "%s: %s", writer->part_path, strerror(errno));
    writer->periods++;
    return 0;
}

static void write_head(const struct trace_writer *writer, FILE *out)
{
    const uint32_t pcpus = writer->pcpus > 0 ? writer->pcpus : 1;

    fprintf(out, "# source: vcpu-scheduler --record: usage + run-queue delay\n");
    fprintf(out, "# resolution: %.9g s\n", writer->resolution_s);
    fprintf(out,
            "# pcpus: %" PRIu32 "\n# vcpus: %" PRIu32 "\n# periods: %" PRIu64 "\n# vm: ", pcpus,
            writer->column_count, writer->periods);
    for (uint32_t c = 0; c < writer->column_count; c++)
        fprintf(out, "%s%" PRIu32, c > 0 ? "," : "", writer->columns[c].vm);
    fputs("\n# start: ", out);
    for (uint32_t c = 0; c < writer->column_count; c++)
        fprintf(out, "%s%" PRIu32, c > 0 ? "," : "",
                writer->columns[c].start < pcpus ? writer->columns[c].start : c % pcpus);
    fputc('\n', out);
}

/* Copies the rows and gives each the columns that it lacks. */
static void write_rows(const struct trace_writer *writer, FILE *out)
{
    uint32_t columns = 0;
    uint64_t rows = 0;
    int c;

    rewind(writer->part);
    while (rows < writer->periods && (c = getc(writer->part)) != EOF) {
        columns += c == ',';
        if (c == '\n') {
            for (; columns < writer->column_count; columns++)
                fputs(",0", out);
            columns = 0;
            rows++;
        }
        putc(c, out);
    }
}

#ifdef HAVE_ZLIB
static ssize_t gz_write(void *cookie, const char *data, size_t size)
{
    return gzwrite(cookie, data, (unsigned)size);
}

static int gz_close(void *cookie)
{
    return gzclose(cookie) == Z_OK ? 0 : EOF;
}

static FILE *open_compressed(const char *path)
{
    const cookie_io_functions_t functions = {.write = gz_write, .close = gz_close};
    gzFile gz = gzopen(path, "wbe");
    FILE *out = gz != NULL ? fopencookie(gz, "w", functions) : NULL;

    if (gz != NULL && out == NULL)
        gzclose(gz);
    return out;
}
#else
static FILE *open_compressed(const char *path)
{
    (void)path;
    errno = ENOTSUP;
    return NULL;
}
#endif

static int write_whole(const struct trace_writer *writer, struct failure *why)
{
    FILE *out =
        writer->compress ? open_compressed(writer->new_path) : fopen(writer->new_path, "we");
    bool good;

    if (out == NULL)
        return fail(why, errno > 0 ? -errno : -ENOMEM, "%s: %s", writer->new_path, strerror(errno));
    errno = 0;
    write_head(writer, out);
    write_rows(writer, out);
    good = !ferror(out) && !ferror(writer->part);
    good = fclose(out) == 0 && good;
    if (!good || rename(writer->new_path, writer->path) < 0) {
        int error = errno > 0 ? -errno : -EIO;
        unlink(writer->new_path);
        return fail(why, error, "%s: %s", writer->path, strerror(-error));
    }
    return 0;
}

int trace_writer_close(struct trace_writer *writer, struct failure *why)
{
    int rc = 0;

    if (writer == NULL)
        return 0;
    if (writer->periods > 0 && writer->column_count > 0)
        rc = write_whole(writer, why);
    if (rc == 0)
        unlink(writer->part_path);
    writer_free(writer);
    return rc;
}
