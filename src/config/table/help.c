/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/table/help.h"

#include "config/table/row.h"
#include "config/table/value.h"

#include <string.h>

#define HELP_WIDTH  80
#define HELP_INDENT 25

/* Prints words, broken before column HELP_WIDTH; `column` is where the first one begins. */
static void print_wrapped(FILE *out, const char *text, unsigned indent)
{
    unsigned column = indent;

    while (*text != '\0') {
        size_t length = strcspn(text, " ");

        if (column > indent && column + 1 + length > HELP_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", (int)length, text);
        column += (unsigned)length;
        text += length + strspn(text + length, " ");
    }
    fputc('\n', out);
}

/* "help (range; default …)": all of it from the row. */
static void format_help(char *text, size_t size, const struct option_row *row)
{
    char accepted[200] = "";
    const char *standard = row->standard ? row->standard : row->otherwise;

    if (row->type != TYPE_CHOICE) /* what may be chosen is told below */
        option_accepted(accepted, sizeof accepted, row);
    if (!row->argument)
        snprintf(text, size, "%s", row->help);
    else
        snprintf(text, size, "%s (%s%sdefault: %s)", row->help, accepted, accepted[0] ? "; " : "",
                 standard);
}

static void print_row(FILE *out, const struct option_row *row)
{
    char left[64], right[400];
    char letter[8] = "    ";

    if (row->letter)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s", letter, row->name, row->argument ? " " : "",
             row->argument ? row->argument : "");
    format_help(right, sizeof right, row);
    if (strlen(left) < HELP_INDENT)
        fprintf(out, "%-*s", HELP_INDENT, left);
    else
        fprintf(out, "%s\n%*s", left, HELP_INDENT, "");
    print_wrapped(out, right, HELP_INDENT);
}

void option_help_row(FILE *out, const char *name, const char *text)
{
    fprintf(out, "  %-*s", HELP_INDENT - 2, name);
    print_wrapped(out, text, HELP_INDENT);
}

void option_help(FILE *out, const struct option_table *table)
{
    fprintf(out, "Usage: %s [OPTION...]%s\n%s\n", table->program, table->usage, table->summary);
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i].heading)
            fprintf(out, "\n%s:\n", table->rows[i].heading);
        if (!table->rows[i].hidden)
            print_row(out, &table->rows[i]);
    }
    table->help_end(out);
}
