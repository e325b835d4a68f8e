/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.c - the settings as JSON, by the rows of the option table. */
#include "config/json.h"

#include "base/json.h"
#include "config/options.h"
#include "config/table/row.h"

#include <math.h>
#include <string.h>

static void write_set(struct json *json, const char *name, const struct cpuset *set)
{
    char text[CPUSET_LIST_MAX];

    cpuset_format(set, text, sizeof text);
    json_print(json, name, cpuset_count(set) ? "\"%s\"" : "null", text);
}

static void write_globs(struct json *json, const char *name, const char *const *globs)
{
    json_begin(json, name, '[');
    for (size_t i = 0; globs && globs[i]; i++)
        json_string(json, NULL, globs[i]);
    json_end(json, ']');
}

/* Writes a number; 0 without a default means that it was not set. */
static void write_number(struct json *json, const struct option_row *row, double number)
{
    if (number > 0 || row->standard)
        json_print(json, row->name, "%.12g", number);
    else
        json_string(json, row->name, NULL);
}

static void write_sized(struct json *json, const struct option_row *row,
                        const struct option_sized *sized)
{
    if (sized->number)
        json_print(json, row->name, "\"%u\"", sized->number);
    else
        json_string(json, row->name, row->words[sized->word]);
}

static void write_value(struct json *json, const struct option_row *row, const void *field)
{
    const char *name = row->name;

    switch (row->type) {
    case TYPE_NUMBER:
        write_number(json, row, *(const double *)field);
        break;
    case TYPE_DURATION:
        if (isinf(*(const double *)field))
            json_string(json, name, "forever");
        else
            write_number(json, row, *(const double *)field);
        break;
    case TYPE_COUNT:
        write_number(json, row, *(const uint32_t *)field);
        break;
    case TYPE_WORD:
        json_string(json, name, row->words[*(const unsigned *)field]);
        break;
    case TYPE_SIZED:
        write_sized(json, row, field);
        break;
    case TYPE_CHOICE:
        json_string(json, name, row->choice->name(*(const void *const *)field));
        break;
    case TYPE_FLAG:
        json_bool(json, name, *(const bool *)field == (strcmp(row->given, "yes") == 0));
        break;
    case TYPE_STRING:
        json_string(json, name, *(const char *const *)field);
        break;
    case TYPE_CPUS:
        write_set(json, name, field);
        break;
    case TYPE_GLOBS:
        write_globs(json, name, *(const char *const *const *)field);
        break;
    case TYPE_HELP:
    case TYPE_VERSION:
        break;
    }
}

/* False for an option that ends the program or only sets a second one. */
static bool is_setting(const struct option_row *row)
{
    return !row->not_in_file && !row->hidden && !row->of_traces &&
           !(row->type == TYPE_COUNT && !row->argument);
}

void options_write_json(struct json *json, const char *key, const struct options *options)
{
    json_begin(json, key, '{');
    for (size_t i = 0; i < options_table.count; i++) {
        const struct option_row *row = &options_table.rows[i];

        if (is_setting(row))
            write_value(json, row, (const char *)options + row->offset);
    }
    json_end(json, '}');
}
