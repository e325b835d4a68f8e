/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.c - records a running host as a demand trace.
 *
 * Rows go to `FILE.part` first, so that a long record needs no memory. At the end, the head, which
 * is known only then, and the rows become FILE. Each vCPU has a column, by its domain's UUID and
 * its number, so that a restarted domain keeps its columns; see columns.h. While a vCPU is absent
 * its demand is 0. New columns are added on the right, so that a written row lacks at most its last
 * ones. At the end, the rows are copied once and get zeros there.
 */
#include "trace/record.h"

#include "config.h"

#include "base/array.h"
#include "trace/columns.h"
#include "trace/shape.h"
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

struct record {
    const char *path;
    double period_s; /* 0 in a replay until its first period tells */
    bool compress;
    char *part_path, *new_path;
    FILE *part;
    uint32_t pcpus;
    uint64_t periods; /* rows that are whole */
    bool failed;      /* a row could not be written: no more rows */
    bool complete;    /* FILE is made: takes no more rows */
    struct trace_columns columns;
    struct record_shape shape;
    double *row; /* the demand of each column in the present period */
    uint32_t row_capacity;
};

static void record_free(struct record *record)
{
    if (!record)
        return;
    if (record->part)
        fclose(record->part);
    free(record->part_path);
    free(record->new_path);
    trace_columns_finish(&record->columns);
    record_shape_finish(&record->shape);
    free(record->row);
    free(record);
}

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static char *beside(const char *path, const char *end)
{
    char *text;

    return asprintf(&text, "%s%s", path, end) < 0 ? NULL : text;
}

/* The record replaces a file of its name. That may be an older record, but not a device. */
static bool may_replace(const char *path)
{
    struct stat status;

    return stat(path, &status) < 0 || S_ISREG(status.st_mode);
}

int record_open(const char *path, double period_s, struct record **result, struct failure *why)
{
    struct record *record;
    int error = 0;

    *result = NULL;
    if (!path)
        return 0;
#ifndef HAVE_ZLIB
    if (ends_in(path, ".gz"))
        return fail(why, -ENOTSUP, "%s: this build can't write gzip (it is without zlib)", path);
#endif
    if (!may_replace(path))
        return fail(why, -EINVAL, "%s: there is something that is not a regular file", path);
    record = calloc(1, sizeof *record);
    if (!record)
        return fail(why, -ENOMEM, "%s: no memory", path);
    record->path = path;
    record->period_s = period_s;
    record->compress = ends_in(path, ".gz");
    trace_columns_init(&record->columns);
    record->part_path = beside(path, ".part");
    record->new_path = beside(path, ".new");
    if (!record->part_path || !record->new_path) {
        error = fail(why, -ENOMEM, "%s: no memory", path);
    } else {
        record->part = fopen(record->part_path, "w+e");
        if (!record->part)
            error = fail(why, -errno, "%s: %s", record->part_path, strerror(errno));
    }
    if (error)
        record_free(record);
    else
        *result = record;
    return error;
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

/* The trace's number of a pCPU. */
static uint32_t place_of(const struct record *record, int32_t pcpu)
{
    return (uint32_t)pcpu < record->shape.place_count ? record->shape.places[pcpu]
                                                      : TRACE_NO_COLUMN;
}

/* Fills in the row. Returns 0, -ENOMEM or -E2BIG. */
static int fill_row(struct record *record, const struct view *view)
{
    struct trace_columns *columns = &record->columns;
    int error = trace_columns_begin(columns, view, record->periods);

    if (!error)
        error = record_shape_look(&record->shape, view);
    if (!error && !ARRAY_GROW(record->row, record->row_capacity, columns->count))
        error = -ENOMEM;
    for (uint32_t c = 0; !error && c < columns->count; c++)
        record->row[c] = 0;
    for (uint32_t i = 0; !error && i < view->vcpu_count; i++) {
        const struct view_vcpu *v = &view->vcpus[i];
        uint32_t c;

        error = trace_column(columns, view, i, &c);
        if (!error && !ARRAY_GROW(record->row, record->row_capacity, columns->count))
            error = -ENOMEM;
        if (error)
            break;
        if (columns->list[c].start == TRACE_NO_COLUMN)
            columns->list[c].start = place_of(record, view_pcpu_of(view, v));
        if (columns->vms[columns->list[c].vm].home < 0)
            columns->vms[columns->list[c].vm].home = v->numa_home;
        record->row[c] = v->usage + v->delay;
    }
    return error;
}

static int add_row(struct record *record, const struct view *view, struct failure *why)
{
    uint32_t managed = 0;
    int error;

    if (record->failed)
        return fail(why, -EIO, "%s: given up after an error", record->part_path);
    error = fill_row(record, view);
    if (error == -E2BIG)
        return fail(why, error, "%s: more than %d vCPUs", record->path, TRACE_VCPUS_MAX);
    if (error)
        return fail(why, error, "%s: no memory", record->path);
    if (record->period_s == 0)
        record->period_s = view->span_s;
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        managed += view->pcpus[p].managed;
    if (managed > record->pcpus)
        record->pcpus = managed;

    fprintf(record->part, "%" PRIu64, record->periods);
    for (uint32_t c = 0; c < record->columns.count; c++)
        write_demand(record->part, record->row[c]);
    fputc('\n', record->part);
    record->failed = fflush(record->part) != 0 || ferror(record->part);
    if (record->failed)
        return fail(why, errno > 0 ? -errno : -EIO, "%s: %s", record->part_path, strerror(errno));
    record->periods++;
    return 0;
}

static void write_head(const struct record *record, FILE *out)
{
    const uint32_t pcpus = record->pcpus > 0 ? record->pcpus : 1;

    fprintf(out, "# source: vcpu-scheduler --record: usage + run-queue delay\n");
    fprintf(out, "# resolution: %.9g s\n", record->period_s);
    fprintf(out,
            "# pcpus: %" PRIu32 "\n# vcpus: %" PRIu32 "\n# periods: %" PRIu64 "\n# vm: ", pcpus,
            record->columns.count, record->periods);
    for (uint32_t c = 0; c < record->columns.count; c++)
        fprintf(out, "%s%" PRIu32, c > 0 ? "," : "", record->columns.list[c].vm);
    fputs("\n# start: ", out);
    for (uint32_t c = 0; c < record->columns.count; c++)
        fprintf(out, "%s%" PRIu32, c > 0 ? "," : "",
                record->columns.list[c].start < pcpus ? record->columns.list[c].start : c % pcpus);
    fputc('\n', out);
    record_shape_write(&record->shape, &record->columns, out);
}

/* Copies the rows and adds zeros for the columns that they lack. */
static void write_rows(const struct record *record, FILE *out)
{
    uint32_t columns = 0;
    uint64_t rows = 0;
    int c;

    rewind(record->part);
    while (rows < record->periods && (c = getc(record->part)) != EOF) {
        columns += c == ',';
        if (c == '\n') {
            for (; columns < record->columns.count; columns++)
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

static int write_whole(const struct record *record, struct failure *why)
{
    FILE *out =
        record->compress ? open_compressed(record->new_path) : fopen(record->new_path, "we");
    bool good;

    if (!out)
        return fail(why, errno > 0 ? -errno : -ENOMEM, "%s: %s", record->new_path, strerror(errno));
    errno = 0;
    write_head(record, out);
    write_rows(record, out);
    good = !ferror(out) && !ferror(record->part);
    good = fclose(out) == 0 && good;
    if (!good || rename(record->new_path, record->path) < 0) {
        int error = errno > 0 ? -errno : -EIO;
        unlink(record->new_path);
        return fail(why, error, "%s: %s", record->path, strerror(-error));
    }
    return 0;
}

/* Makes FILE, if there are rows. */
static int complete(struct record *record, struct failure *why)
{
    int error = 0;

    if (record->periods > 0 && record->columns.count > 0)
        error = write_whole(record, why);
    if (!error)
        unlink(record->part_path);
    record->complete = true;
    return error;
}

int record_add(struct record *record, const struct view *view, struct failure *why)
{
    struct failure full;
    int error;

    if (!record || record->complete || view->period == 0)
        return 0;
    error = add_row(record, view, why);
    if (error != -E2BIG)
        return error;
    full = *why;
    error = complete(record, why);
    return error ? error : fail(why, -E2BIG, "%.300s: the record ends here", full.text);
}

int record_close(struct record *record, struct failure *why)
{
    const int error = record && !record->complete ? complete(record, why) : 0;

    record_free(record);
    return error;
}
