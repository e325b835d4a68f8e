/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page.c - the page of --report: a template (compare_page.html) with the figures in it.
 *
 * The page's script draws what stands in one JSON object and sets every text as text, so that
 * nothing in a trace is ever taken for markup.
 */
#include "compare/page.h"

#include "compare/compare.h"
#include "compare/table.h"

#include "base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The template's lines; made of it by the Makefile. */
static const char *const template_lines[] = {
#include "src/compare/page.inc"
};

/* A load as a byte: percent, 255 also for more. */
static uint8_t to_byte(double load)
{
    return (uint8_t)lrint(fmin(fmax(load, 0), 255));
}

static void print_cells(const struct timeline *timeline, uint8_t *cells, FILE *out)
{
    const size_t count = (size_t)timeline->rows * timeline->columns;

    for (uint32_t row = 0; row < timeline->rows; row++)
        for (uint32_t column = 0; column < timeline->columns; column++)
            cells[(size_t)row * timeline->columns + column] =
                to_byte(timeline_mean(timeline, row, column));
    fputs(", \"mean\": ", out);
    json_bytes(out, cells, count);
    for (size_t cell = 0; cell < count; cell++)
        cells[cell] = to_byte(timeline->max[cell]);
    fputs(", \"max\": ", out);
    json_bytes(out, cells, count);
}

/* A curve: what was summed up to the end of each column, in percent of the whole demand. */
static void print_curve(const struct timeline *timeline, const double *values, FILE *out)
{
    double sum = 0;

    fputc('[', out);
    for (uint32_t column = 0; column < timeline->columns; column++) {
        sum += values[column];
        fprintf(out, "%s%.4f", column > 0 ? "," : "",
                timeline->bound.demand > 0 ? 100 * sum / timeline->bound.demand : 0);
    }
    fputc(']', out);
}

static void print_timeline(const struct compare_row *row, uint8_t *cells, FILE *out)
{
    const struct timeline *timeline = row->timeline;

    fputs("\n{\"policy\": ", out);
    json_string(out, row->policy->name);
    fputs(", \"summary\": ", out);
    json_string(out, row->policy->summary);
    fputs(", \"lost\": ", out);
    print_curve(timeline, timeline->lost, out);
    fputs(", \"pins\": [", out);
    for (uint32_t column = 0; column < timeline->columns; column++)
        fprintf(out, "%s%" PRIu64, column > 0 ? "," : "", timeline->pins[column]);
    fputc(']', out);
    print_cells(timeline, cells, out);
    fputc('}', out);
}

static void print_settings(const struct policy_settings *settings, FILE *out)
{
    fprintf(out, ",\n\"settings\": {\"threshold\": %g, \"min_gain\": %g, \"dwell\": %" PRIu32,
            settings->threshold, settings->min_gain, settings->dwell);
    fprintf(out, ", \"stddev\": %g, \"max_pins\": %" PRIu32 "}", settings->stddev,
            settings->max_pins);
}

static void print_notes(const struct trace *trace, FILE *out)
{
    const char *note = trace->notes != NULL ? trace->notes : "";

    fputs(",\n\"notes\": [", out);
    for (size_t length; *note != '\0'; note += length + 1) {
        char text[700];

        length = strcspn(note, "\n");
        fputs(note != trace->notes ? ", " : "", out);
        snprintf(text, sizeof(text), "%.*s", (int)length, note);
        json_string(out, text);
    }
    fputs("], \"cut\": ", out);
    json_string(out, trace->cut.text);
}

static void print_data(const struct compare *compare, uint8_t *cells, FILE *out)
{
    const struct timeline *first = compare->rows[0].timeline;

    fputs("{\"figures\": ", out);
    compare_print_json(compare, out);
    print_settings(&compare->options->planner.decision, out);
    print_notes(compare->trace, out);
    fprintf(out,
            ",\n\"columns\": %" PRIu32 ", \"periods_per_column\": %" PRIu32 ", \"rows\": %" PRIu32
            ", \"pcpus_per_row\": %" PRIu32 ", \"bound\": ",
            first->columns, first->periods_per_column, first->rows, first->pcpus_per_row);
    print_curve(first, first->unavoidable, out);
    fputs(",\n\"runs\": [", out);
    for (uint32_t i = 0; i < compare->count; i++) {
        fputs(i > 0 ? "," : "", out);
        print_timeline(&compare->rows[i], cells, out);
    }
    fputs("]}\n", out);
}

static int print_page(const struct compare *compare, FILE *out)
{
    const struct timeline *first = compare->rows[0].timeline;
    uint8_t *cells = malloc((size_t)first->rows * first->columns);

    if (cells == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < sizeof(template_lines) / sizeof(*template_lines); i++) {
        if (strcmp(template_lines[i], "@DATA@\n") == 0)
            print_data(compare, cells, out);
        else
            fputs(template_lines[i], out);
    }
    free(cells);
    return 0;
}

/* Returns 0 or a negative errno. */
static int write_page(const struct compare *compare, const char *path)
{
    FILE *out = fopen(path, "we");
    int rc;

    if (out == NULL)
        return -errno;
    errno = 0;
    rc = print_page(compare, out);
    if (rc == 0 && ferror(out))
        rc = errno > 0 ? -errno : -EIO;
    if (fclose(out) != 0 && rc == 0)
        rc = errno > 0 ? -errno : -EIO;
    return rc;
}

/* A page of before stays until the new one is whole; what is no file, such as a pipe, is written
 * to. */
int compare_write_page(const struct compare *compare, struct failure *why)
{
    const char *path = compare->options->report;
    const size_t size = strlen(path) + sizeof(".part");
    char *part = malloc(size);
    struct stat status;
    int rc;

    if (part == NULL)
        return fail(why, -ENOMEM, "%s: no memory", path);
    snprintf(part, size, "%s.part", path);
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        rc = write_page(compare, path);
    } else {
        rc = write_page(compare, part);
        if (rc == 0 && rename(part, path) < 0)
            rc = -errno;
        if (rc < 0)
            unlink(part);
    }
    free(part);
    return rc < 0 ? fail(why, rc, "%s: %s", path, strerror(-rc)) : 0;
}
