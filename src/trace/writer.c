/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * writer.c - records a running host as a demand trace.
 *
 * New columns are added on the right, so that a written row lacks at most its last ones. At the
 * end, the rows are copied once and get zeros there.
 */
#include "trace/writer.h"

#include "config.h"

#include "base/array.h"
#include "trace/columns.h"
#include "trace/trace.h"

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

struct trace_writer {
    const char *path;
    double resolution_s;
    bool compress;
    char *part_path, *new_path;
    FILE *part;
    uint32_t pcpus;
    uint64_t periods; /* rows that are whole */
    bool failed;      /* a row could not be written: no more rows */
    struct trace_columns columns;
    double *row; /* the demand of each column in the present period */
    uint32_t row_capacity;
};

static void writer_free(struct trace_writer *writer)
{
    if (!writer)
        return;
    if (writer->part)
        fclose(writer->part);
    free(writer->part_path);
    free(writer->new_path);
    trace_columns_finish(&writer->columns);
    free(writer->row);
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

    if (text)
        snprintf(text, size, "%s%s", path, end);
    return text;
}

/* The record replaces a file of its name. That may be an older record, but not a device. */
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
    writer = calloc(1, sizeof *writer);
    if (!writer)
        return fail(why, -ENOMEM, "%s: no memory", path);
    writer->path = path;
    writer->resolution_s = resolution_s;
    writer->compress = ends_in(path, ".gz");
    trace_columns_init(&writer->columns);
    writer->part_path = beside(path, ".part");
    writer->new_path = beside(path, ".new");
    if (!writer->part_path || !writer->new_path) {
        writer_free(writer);
        return fail(why, -ENOMEM, "%s: no memory", path);
    }
    writer->part = fopen(writer->part_path, "w+e");
    if (!writer->part) {
        int error = fail(why, -errno, "%s: %s", writer->part_path, strerror(errno));
        writer_free(writer);
        return error;
    }
    *result = writer;
    return 0;
}

/* Rounds to thousandths of a percent, 30 µs of a period of three seconds. */
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

/* The trace's number of a pCPU: it counts the managed ones from 0. */
static uint32_t managed_index(const struct view *view, int32_t pcpu)
{
    uint32_t index = 0;

    if (pcpu < 0 || (uint32_t)pcpu >= view->pcpu_count || !view->pcpus[pcpu].managed)
        return TRACE_NO_COLUMN;
    for (int32_t p = 0; p < pcpu; p++)
        index += view->pcpus[p].managed;
    return index;
}

static int no_column(const struct trace_writer *writer, int error, struct failure *why)
{
    if (error == -E2BIG)
        return fail(why, error, "%s: more than %d vCPUs", writer->path, TRACE_VCPUS_MAX);
    return fail(why, error, "%s: no memory", writer->path);
}

/* Fills in the row. Returns 0, -ENOMEM or -E2BIG. */
static int fill_row(struct trace_writer *writer, const struct view *view)
{
    struct trace_columns *columns = &writer->columns;
    int error = trace_columns_begin(columns, view, writer->periods);

    if (!error && !ARRAY_GROW(writer->row, writer->row_capacity, columns->count))
        error = -ENOMEM;
    for (uint32_t c = 0; !error && c < columns->count; c++)
        writer->row[c] = 0;
    for (uint32_t i = 0; !error && i < view->vcpu_count; i++) {
        const struct view_vcpu *v = &view->vcpus[i];
        uint32_t c;

        error = trace_column(columns, view, i, &c);
        if (!error && !ARRAY_GROW(writer->row, writer->row_capacity, columns->count))
            error = -ENOMEM;
        if (error)
            break;
        if (columns->list[c].start == TRACE_NO_COLUMN)
            columns->list[c].start = managed_index(view, v->pcpu);
        writer->row[c] = v->usage + v->delay;
    }
    return error;
}

int trace_writer_append(struct trace_writer *writer, const struct view *view, struct failure *why)
{
    uint32_t managed = 0;
    int error;

    if (view->period == 0)
        return 0;
    if (writer->failed)
        return fail(why, -EIO, "%s: given up after an error", writer->part_path);
    error = fill_row(writer, view);
    if (error)
        return no_column(writer, error, why);
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        managed += view->pcpus[p].managed;
    if (managed > writer->pcpus)
        writer->pcpus = managed;

    fprintf(writer->part, "%" PRIu64, writer->periods);
    for (uint32_t c = 0; c < writer->columns.count; c++)
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
            writer->columns.count, writer->periods);
    for (uint32_t c = 0; c < writer->columns.count; c++)
        fprintf(out, "%s%" PRIu32, c > 0 ? "," : "", writer->columns.list[c].vm);
    fputs("\n# start: ", out);
    for (uint32_t c = 0; c < writer->columns.count; c++)
        fprintf(out, "%s%" PRIu32, c > 0 ? "," : "",
                writer->columns.list[c].start < pcpus ? writer->columns.list[c].start : c % pcpus);
    fputc('\n', out);
}

/* Copies the rows and adds zeros for the columns that they lack. */
static void write_rows(const struct trace_writer *writer, FILE *out)
{
    uint32_t columns = 0;
    uint64_t rows = 0;
    int c;

    rewind(writer->part);
    while (rows < writer->periods && (c = getc(writer->part)) != EOF) {
        columns += c == ',';
        if (c == '\n') {
            for (; columns < writer->columns.count; columns++)
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
    FILE *out = gz ? fopencookie(gz, "w", functions) : NULL;

    if (gz && !out)
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

    if (!out)
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
    int error = 0;

    if (!writer)
        return 0;
    if (writer->periods > 0 && writer->columns.count > 0)
        error = write_whole(writer, why);
    if (!error)
        unlink(writer->part_path);
    writer_free(writer);
    return error;
}
