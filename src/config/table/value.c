/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/table/value.h"

#include "config/table/row.h"

#include "base/text.h"
#include "cpuset.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int option_wrong(const struct option_parser *parser, const char *format, ...)
{
    char line[1024];
    int used = 0;
    va_list arguments;

    if (!parser->err)
        return -EINVAL;
    if (parser->line)
        used = snprintf(line, sizeof line, "%.200s:%u: ", parser->file, parser->line);
    va_start(arguments, format);
    vsnprintf(line + used, sizeof line - (size_t)used, format, arguments);
    va_end(arguments);
    text_clean(line);
    fprintf(parser->err, "%s: %s\n", parser->table->program, line);
    return -EINVAL;
}

/* The n-th name that the row knows, NULL after the last. */
static const char *name_at(const struct option_row *row, uint32_t n)
{
    const void *chosen;

    if (row->words)
        return row->words[n];
    chosen = row->choice->at(n);
    return chosen ? row->choice->name(chosen) : NULL;
}

/* A list such as "warn, require or off". */
static void format_choices(char *text, size_t size, const struct option_row *row)
{
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t n = 0; used < size && name_at(row, n); n++)
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s",
                             n == 0 ? "" : (name_at(row, n + 1) ? ", " : " or "), name_at(row, n));
}

void option_accepted(char *text, size_t size, const struct option_row *row)
{
    text[0] = '\0';
    if (row->type == TYPE_DURATION)
        snprintf(text, size, "%.12g to %.12g %s, or such as 30m, 1h or 2d, or forever", row->low,
                 row->high, row->unit);
    else if (row->words || row->choice)
        format_choices(text, size, row);
    if (row->type == TYPE_SIZED)
        strncat(text, ", or ", size - strlen(text) - 1);
    if (row->unit && row->type != TYPE_DURATION)
        snprintf(text + strlen(text), size - strlen(text), "%.12g to %.12g %s", row->low, row->high,
                 row->unit);
}

/* True if strtod() has read the text up to `end` as plain digits. `whole`: no point or exponent. A
 * minus is accepted: the range refuses it. */
static bool is_number(const char *text, const char *end, bool whole)
{
    const char *digits = text + (text[0] == '-');

    return isdigit((unsigned char)digits[strspn(digits, whole ? "" : ".")]) &&
           digits + strspn(digits, whole ? "0123456789" : "0123456789.eE+-") == end;
}

/* The seconds of a unit behind a duration; 0: there is no such unit. */
static double unit_seconds(const char *unit)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        if (strcmp(units[u].name, unit) == 0)
            return units[u].seconds;
    }
    return 0;
}

static int parse_number(const struct option_parser *parser, const struct option_row *row,
                        const char *label, const char *text, double *number)
{
    const bool whole = row->type == TYPE_COUNT, duration = row->type == TYPE_DURATION;
    char range[100], *end;
    double value, unit;

    if (duration && strcmp(text, "forever") == 0) {
        *number = (double)INFINITY;
        return 0;
    }
    option_accepted(range, sizeof range, row);
    value = strtod(text, &end);
    unit = duration ? unit_seconds(end) : *end == '\0';
    if (!is_number(text, end, whole) || !(unit > 0))
        return option_wrong(parser, "%s: '%.100s' is not a %s (%s)", label, text,
                            whole ? "whole number" : (duration ? "time" : "number"), range);
    value *= unit;
    if (value < row->low || value > row->high)
        return option_wrong(parser, "%s: '%.100s' is not in %s", label, text, range);
    *number = value + 0.0; /* no negative zero */
    return 0;
}

/* The index of the text among the row's names, or a negative errno after reporting a mistake. */
static int parse_name(const struct option_parser *parser, const struct option_row *row,
                      const char *label, const char *text)
{
    char choices[200];

    for (uint32_t n = 0; name_at(row, n); n++) {
        if (strcmp(name_at(row, n), text) == 0)
            return (int)n;
    }
    option_accepted(choices, sizeof choices, row);
    return option_wrong(parser, "%s: '%.100s' is not %s", label, text, choices);
}

static int parse_sized(const struct option_parser *parser, const struct option_row *row,
                       const char *label, const char *text, struct option_sized *sized)
{
    struct option_sized read = {0};
    double number = 0;
    int index = 0;

    if (isdigit((unsigned char)text[0]) || text[0] == '-') {
        const int error = parse_number(parser, row, label, text, &number);

        if (error)
            return error;
        while (row->words[read.word])
            read.word++;
        read.number = (uint32_t)number;
    } else {
        index = parse_name(parser, row, label, text);
        if (index < 0)
            return index;
        read.word = (unsigned)index;
    }
    *sized = read;
    return 0;
}

static int parse_cpus(const struct option_parser *parser, const char *label, const char *text,
                      struct cpuset *cpus)
{
    struct cpuset more;
    int error = cpuset_parse(&more, text);

    if (error == -ERANGE)
        return option_wrong(parser, "%s: '%.100s' is not in 0 to %d", label, text, CPUSET_MAX - 1);
    if (error)
        return option_wrong(parser, "%s: '%.100s' is not a list of pCPUs such as 0-3,8", label,
                            text);
    if (cpuset_count(&more) == 0)
        return option_wrong(parser, "%s: '%.100s' names no pCPU (0 to %d)", label, text,
                            CPUSET_MAX - 1);
    cpuset_or(cpus, &more);
    return 0;
}

static int add_glob(const struct option_parser *parser, const char *label, const char *text,
                    size_t length, const char ***globs)
{
    size_t count = 0;
    const char **grown, *kept = parser->table->keep(parser->target, text, length);

    if (!kept)
        return option_wrong(parser, "%s: out of memory", label);
    while (*globs && (*globs)[count])
        count++;
    grown = realloc(*globs, (count + 2) * sizeof *grown);
    if (!grown)
        return option_wrong(parser, "%s: out of memory", label);
    grown[count] = kept;
    grown[count + 1] = NULL;
    *globs = grown;
    return 0;
}

/* Adds the globs between `at` and `end`; commas separate them. */
static int add_between(const struct option_parser *parser, const char *label, const char *at,
                       const char *end, const char ***globs)
{
    int error = 0;

    while (!error && at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *last = comma ? comma : end;

        at += strspn(at, " \t");
        while (last > at && isblank((unsigned char)last[-1]))
            last--;
        if (last > at)
            error = add_glob(parser, label, at, (size_t)(last - at), globs);
        at = comma ? comma + 1 : end;
    }
    return error;
}

/* Reads a list of globs. Commas and blanks separate them; quotes keep blanks. */
static int parse_globs(const struct option_parser *parser, const struct option_row *row,
                       const char *label, const char *text, const char ***globs)
{
    size_t count = 0;
    int error = 0;

    for (size_t before = 0; *globs && (*globs)[before]; before++)
        count++;
    for (const char *at = text + strspn(text, " \t,"); !error && *at != '\0';
         at += strspn(at, " \t,")) {
        const bool quoted = *at == '"' || *at == '\'';
        const char *end = quoted ? strchr(at + 1, *at) : at + strcspn(at, " \t,");

        if (!end)
            return option_wrong(parser, "%s: '%.100s': a quote is not closed", label, text);
        if (quoted && end[1] != '\0' && !strchr(" \t,", end[1]))
            return option_wrong(parser, "%s: '%.100s': text behind a quote", label, text);
        error = add_between(parser, label, at + quoted, end, globs);
        at = end + quoted;
    }
    if (!error && (!*globs || !(*globs)[count]))
        return option_wrong(parser, "%s: '%.100s' is empty, %s is needed", label, text,
                            row->argument);
    return error;
}

int option_apply(const struct option_parser *parser, const struct option_row *row,
                 const char *label, const char *text)
{
    void *field = (char *)parser->target + row->offset;
    double number = 0;
    int error, index;

    if (text[0] == '\0' && row->type == TYPE_STRING)
        return option_wrong(parser, "%s: '' is empty, %s is needed", label, row->argument);
    switch (row->type) {
    case TYPE_NUMBER:
    case TYPE_DURATION:
        return parse_number(parser, row, label, text, field);
    case TYPE_COUNT:
        error = parse_number(parser, row, label, text, &number);
        if (!error)
            *(uint32_t *)field = (uint32_t)number;
        return error;
    case TYPE_WORD:
        index = parse_name(parser, row, label, text);
        if (index >= 0)
            memcpy(field, &(unsigned){(unsigned)index}, sizeof(unsigned));
        return index < 0 ? index : 0;
    case TYPE_SIZED:
        return parse_sized(parser, row, label, text, field);
    case TYPE_CHOICE:
        index = parse_name(parser, row, label, text);
        if (index >= 0)
            *(const void **)field = row->choice->at((uint32_t)index);
        return index < 0 ? index : 0;
    case TYPE_FLAG:
        *(bool *)field = strcmp(text, "yes") == 0;
        return 0;
    case TYPE_STRING:
        *(const char **)field = text;
        return 0;
    case TYPE_CPUS:
        return parse_cpus(parser, label, text, field);
    case TYPE_GLOBS:
        return parse_globs(parser, row, label, text, field);
    case TYPE_HELP:
    case TYPE_VERSION:
        break;
    }
    return 0;
}

/* The size of the field that a row sets. */
static size_t size_of(const struct option_row *row)
{
    static const size_t sizes[] = {
        [TYPE_NUMBER] = sizeof(double),
        [TYPE_DURATION] = sizeof(double),
        [TYPE_COUNT] = sizeof(uint32_t),
        [TYPE_WORD] = sizeof(unsigned),
        [TYPE_SIZED] = sizeof(struct option_sized),
        [TYPE_CHOICE] = sizeof(void *),
        [TYPE_FLAG] = sizeof(bool),
        [TYPE_STRING] = sizeof(char *),
        [TYPE_CPUS] = sizeof(struct cpuset),
        [TYPE_GLOBS] = sizeof(char **),
        [TYPE_HELP] = 0,
        [TYPE_VERSION] = 0,
    };

    return sizes[row->type];
}

static bool same_globs(const char *const *a, const char *const *b)
{
    static const char *const none[] = {NULL};

    a = a ? a : none;
    b = b ? b : none;
    for (; *a && *b; a++, b++) {
        if (strcmp(*a, *b) != 0)
            return false;
    }
    return *a == *b;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool option_same(const struct option_row *row, const void *a, const void *b)
{
    const void *x = (const char *)a + row->offset, *y = (const char *)b + row->offset;

    if (row->type == TYPE_STRING)
        return same_text(*(const char *const *)x, *(const char *const *)y);
    if (row->type == TYPE_GLOBS)
        return same_globs(*(const char *const *const *)x, *(const char *const *const *)y);
    return memcmp(x, y, size_of(row)) == 0;
}

void option_copy(const struct option_row *row, void *to, const void *from)
{
    memcpy((char *)to + row->offset, (const char *)from + row->offset, size_of(row));
}
