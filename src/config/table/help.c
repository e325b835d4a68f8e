/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/table/help.h"

#include "base/page.h"
#include "config/table/row.h"
#include "config/table/value.h"

#define HELP_WIDTH  80
#define HELP_INDENT 25

/* Prints a row. left: from column 0; above the right text if it is too long. */
static void print_columns(FILE *out, const char *left, const char *right)
{
    struct page page = {.width = HELP_WIDTH, .uncut = true};

    page_put(&page, "%s", left);
    if (page.column >= HELP_INDENT)
        page_end(&page);
    page_tab(&page, HELP_INDENT);
    page_wrap(&page, right, HELP_INDENT);
    page_flush(&page, out);
    page_free(&page);
}

/* Formats "help (range; default: …)" from a row. */
static void format_help(char *text, size_t size, const struct option_row *row)
{
    char accepted[200] = "";
    const char *standard = row->standard ? row->standard : row->otherwise;

    if (row->type != TYPE_CHOICE) /* listed at the end of --help */
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
    print_columns(out, left, right);
}

void option_help_row(FILE *out, const char *name, const char *text)
{
    char left[64];

    snprintf(left, sizeof left, "  %s", name);
    print_columns(out, left, text);
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
