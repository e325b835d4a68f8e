/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/record.h"

#include "trace/trace.h"
#include "trace/writer.h"

#include <errno.h>
#include <stdlib.h>

struct record {
    const char *path;
    struct trace_writer *writer; /* NULL in a replay until its first period tells their length */
    bool full;                   /* takes no more periods */
};

/* Completes a record that can take no more; the run goes on. Returns -E2BIG, or the error that
 * keeps the record from being complete. */
static int end_early(struct record *record, struct failure *why)
{
    struct failure full = *why;
    const int error = trace_writer_close(record->writer, why);

    record->writer = NULL;
    record->full = true;
    return error ? error : fail(why, -E2BIG, "%.300s: the record ends here", full.text);
}

int record_open(const char *path, double period_s, struct record **result, struct failure *why)
{
    struct record *record;
    int error = 0;

    *result = NULL;
    if (!path)
        return 0;
    record = calloc(1, sizeof *record);
    if (!record)
        return fail(why, -ENOMEM, "%s: no memory", path);
    record->path = path;
    if (period_s > 0)
        error = trace_writer_open(path, period_s, &record->writer, why);
    if (error)
        free(record);
    else
        *result = record;
    return error;
}

int record_add(struct record *record, const struct plan *plan, struct failure *why)
{
    int error = 0;

    if (!record || record->full || plan->view.period == 0)
        return 0;
    if (!record->writer)
        error = trace_writer_open(record->path, plan->view.span_s, &record->writer, why);
    if (!error)
        error = trace_writer_append(record->writer, &plan->view, why);
    return error == -E2BIG ? end_early(record, why) : error;
}

int record_close(struct record *record, struct failure *why)
{
    int error;

    if (!record)
        return 0;
    error = trace_writer_close(record->writer, why);
    free(record);
    return error;
}
