/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parse.c - parses a command line by the rows of a table. */
#include "config/table/parse.h"

#include "config.h"

#include "config/table/help.h"
#include "config/table/row.h"
#include "config/table/value.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <string.h>

/* getopt's value of a row, above all letters. */
#define ROW_VALUE(index) ((int)(index) + 256)

/* The bits of option_parser.seen. */
#define ROWS_MOST 64

static void print_version(FILE *out, const struct option_table *table)
{
    fprintf(out, "%s " PACKAGE_VERSION "\nLicence: GPL-2.0-or-later\n", table->program);
}

/* The row of getopt's value; NULL if there is none. */
static const struct option_row *row_of(const struct option_table *table, int value)
{
    for (size_t i = 0; i < table->count; i++)
        if (ROW_VALUE(i) == value || (table->rows[i].letter && table->rows[i].letter == value))
            return &table->rows[i];
    return NULL;
}

const struct option_row *option_named(const struct option_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

bool option_seen(const struct option_parser *parser, const struct option_row *row)
{
    return parser->seen >> (row - parser->table->rows) & 1;
}

void option_see(struct option_parser *parser, const struct option_row *row)
{
    parser->seen |= UINT64_C(1) << (row - parser->table->rows);
}

bool option_names(const char *names, const char *name)
{
    for (size_t length; names && *names != '\0'; names += length + strspn(names + length, " ")) {
        length = strcspn(names, " ");
        if (strlen(name) == length && strncmp(name, names, length) == 0)
            return true;
    }
    return false;
}

/* Reports why getopt_long() returned '?': an unknown or ambiguous option, or a value that the
 * option does not take. */
static int wrong_option(const struct option_parser *parser, const char *argument)
{
    const struct option_table *table = parser->table;
    size_t length = strcspn(argument, "=");
    unsigned alike = 0;
    char range[80];

    if (optopt >= ROW_VALUE(0))
        return option_wrong(parser, "--%s: takes no value: '%.100s'",
                            table->rows[optopt - ROW_VALUE(0)].name, argument);
    if (table->positional && optopt != 0 && (isdigit(optopt) || optopt == '.')) {
        option_accepted(range, sizeof range, option_named(table, table->positional));
        return option_wrong(parser, "unknown option '-%c' (%s is %s)", optopt,
                            table->positional_label, range);
    }
    if (optopt != 0)
        return option_wrong(parser, "unknown option '-%c', see --help", optopt);
    for (size_t i = 0; i < table->count; i++)
        alike += length > 2 && strncmp(table->rows[i].name, argument + 2, length - 2) == 0;
    return option_wrong(parser,
                        alike > 1 ? "'%.100s' is short for several options, see --help"
                                  : "unknown option '%.100s', see --help",
                        argument);
}

static int wrong_missing(const struct option_parser *parser)
{
    const struct option_row *row = row_of(parser->table, optopt);
    char accepted[200] = "";

    if (!row)
        return option_wrong(parser, "a value is missing at the end");
    option_accepted(accepted, sizeof accepted, row);
    return option_wrong(parser, "--%s: %s is missing%s%s%s", row->name, row->argument,
                        accepted[0] ? " (" : "", accepted, accepted[0] ? ")" : "");
}

int option_standards(const struct option_parser *parser)
{
    for (size_t i = 0; i < parser->table->count; i++) {
        const struct option_row *row = &parser->table->rows[i];
        int error = row->standard ? option_apply(parser, row, row->name, row->standard) : 0;

        if (error)
            return error;
    }
    return 0;
}

/* Applies the argument without an option. At most one, if the table has an option for it. */
static int apply_positional(struct option_parser *parser, int argc, char **argv)
{
    const char *name = parser->table->positional_label;
    const struct option_row *row =
        name ? option_named(parser->table, parser->table->positional) : NULL;
    double before;
    int error;

    if (optind == argc)
        return 0;
    if (!row)
        return option_wrong(parser, "'%.100s': nothing can stand without an option, see --help",
                            argv[optind]);
    memcpy(&before, (const char *)parser->target + row->offset, sizeof before);
    error = option_apply(parser, row, name, argv[optind]);
    if (error)
        return error;
    if (argc - optind > 1)
        return option_wrong(parser,
                            "'%.100s': one %s is all that can stand without an option, see --help",
                            argv[optind + 1], name);
    if (option_seen(parser, row) &&
        memcmp(&before, (const char *)parser->target + row->offset, sizeof before) != 0)
        return option_wrong(parser, "%s: '%.100s' contradicts --%s %.12g", name, argv[optind],
                            row->name, before);
    option_see(parser, row);
    return 0;
}

/* The first row of the table that is named and was seen. */
static const struct option_row *seen_of(const struct option_parser *parser, const char *names)
{
    for (size_t i = 0; i < parser->table->count; i++) {
        const struct option_row *row = &parser->table->rows[i];

        if (option_seen(parser, row) && option_names(names, row->name))
            return row;
    }
    return NULL;
}

static int check_row(struct option_parser *parser, const struct option_row *row)
{
    const struct option_row *other = row->not_with ? seen_of(parser, row->not_with) : NULL;
    int error = 0;

    parser->line = parser->lines[row - parser->table->rows];
    if (other)
        error = option_wrong(parser, "--%s: not together with --%s", row->name, other->name);
    else if (row->needs && !seen_of(parser, row->needs))
        error = option_wrong(parser, "--%s: only together with --%s", row->name, row->needs);
    parser->line = 0;
    return error;
}

int option_together(struct option_parser *parser)
{
    int error = 0;

    for (size_t i = 0; i < parser->table->count; i++)
        if (option_seen(parser, &parser->table->rows[i]) &&
            check_row(parser, &parser->table->rows[i]) < 0)
            error = -EINVAL;
    return error;
}

/* Writes the table for getopt_long(). `shorts` takes a colon, which keeps getopt from printing, and
 * at most a letter and a colon for each row. */
static void describe(const struct option_table *table, struct option *longs, char *shorts)
{
    *shorts++ = ':';
    for (size_t i = 0; i < table->count; i++) {
        const struct option_row *row = &table->rows[i];

        longs[i] = (struct option){
            .name = row->name,
            .has_arg = row->argument ? required_argument : no_argument,
            .val = ROW_VALUE(i),
        };
        if (row->letter)
            *shorts++ = row->letter;
        if (row->letter && row->argument)
            *shorts++ = ':';
    }
    longs[table->count] = (struct option){0};
    *shorts = '\0';
}

int option_arguments(struct option_parser *parser, int argc, char **argv, FILE *out)
{
    struct option longs[ROWS_MOST + 1];
    char shorts[2 * ROWS_MOST + 2];
    int value;

    describe(parser->table, longs, shorts);
    optind = 0; /* glibc: starts again from the beginning */
    while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const struct option_row *row = row_of(parser->table, value);
        char label[40];
        int status;

        if (value == ':')
            return wrong_missing(parser);
        if (!row)
            return wrong_option(parser, argv[optind - 1]);
        if (row->type == TYPE_HELP || row->type == TYPE_VERSION) {
            (row->type == TYPE_HELP ? option_help : print_version)(out, parser->table);
            return 1;
        }
        snprintf(label, sizeof label, "--%s", row->name);
        status = option_apply(parser, row, label, row->argument ? optarg : row->given);
        if (status < 0)
            return status;
        option_see(parser, row);
    }
    return apply_positional(parser, argc, argv);
}
