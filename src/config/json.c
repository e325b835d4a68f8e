/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.c - what is set, by the rows of the table: one JSON object. */
#include "config/json.h"

#include "base/json.h"
#include "config/options.h"
#include "config/table/row.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void write_set(FILE *out, const struct cpuset *set)
{
    char text[5 * CPUSET_MAX / 2];

    if (cpuset_count(set) == 0) {
        fputs("null", out);
        return;
    }
    cpuset_format(set, text, sizeof text);
    fprintf(out, "\"%s\"", text);
}

static void write_globs(FILE *out, const char *const *globs)
{
    fputc('[', out);
    for (size_t i = 0; globs && globs[i]; i++) {
        fputs(i ? ", " : "", out);
        json_string(out, globs[i]);
    }
    fputc(']', out);
}

/** A number of which 0 means that it was not set. */
static void write_number(FILE *out, const struct option_row *row, double number)
{
    if (number > 0 || row->standard)
        fprintf(out, "%.12g", number);
    else
        fputs("null", out);
}

static void write_text(FILE *out, const char *text)
{
    if (text)
        json_string(out, text);
    else
        fputs("null", out);
}

static void write_value(FILE *out, const struct option_row *row, const void *field)
{
    switch (row->type) {
    case TYPE_NUMBER:
        write_number(out, row, *(const double *)field);
        break;
    case TYPE_DURATION:
        if (isinf(*(const double *)field))
            write_text(out, "forever");
        else
            write_number(out, row, *(const double *)field);
        break;
    case TYPE_COUNT:
        write_number(out, row, *(const uint32_t *)field);
        break;
    case TYPE_CYCLES:
        write_number(out, row, (double)*(const uint64_t *)field);
        break;
    case TYPE_WORD:
        write_text(out, row->words[*(const unsigned *)field]);
        break;
    case TYPE_CHOICE:
        write_text(out, row->choice->name(*(const void *const *)field));
        break;
    case TYPE_FLAG:
        fputs(*(const bool *)field == (strcmp(row->given, "yes") == 0) ? "true" : "false", out);
        break;
    case TYPE_STRING:
        write_text(out, *(const char *const *)field);
        break;
    case TYPE_CPUS:
        write_set(out, field);
        break;
    case TYPE_GLOBS:
        write_globs(out, *(const char *const *const *)field);
        break;
    case TYPE_HELP:
    case TYPE_VERSION:
        break;
    }
}

/** An option that is another name for a value of a second one, or that ends the program, is no
 * setting. */
static bool is_setting(const struct option_row *row)
{
    return !row->not_in_file && !row->hidden && !row->of_traces &&
           !(row->type == TYPE_CYCLES && !row->argument);
}

void options_write_json(FILE *out, const struct options *options)
{
    bool first = true;

    fputc('{', out);
    for (size_t i = 0; i < options_table.count; i++) {
        const struct option_row *row = &options_table.rows[i];

        if (!is_setting(row))
            continue;
        fprintf(out, "%s\"%s\": ", first ? "" : ", ", row->name);
        write_value(out, row, (const char *)options + row->offset);
        first = false;
    }
    fputc('}', out);
}
