/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/internal.h"

#include "config/table/parse.h"
#include "config/table/row.h"

#include <assert.h>

const char *const top_sort_words[] = {"usage", "delay", "pcpu", "domain", "state", NULL};

static_assert(sizeof top_sort_words / sizeof *top_sort_words == TOP_SORTS + 1, "a word for each");

#define FIELD(name) .offset = offsetof(struct top_options, name)

/* clang-format off */
static const struct option_row rows[] = {
    {.heading = "What to look at", .name = "connect", .letter = 'c', .argument = "WHERE",
     .type = TYPE_STRING, FIELD(connect), .otherwise = "status.sock in the daemon's runtime directory",
     .help = "the status socket: the path of its Unix socket, or http://ADDRESS:PORT"},
    {.name = "delay", .letter = 'd', .argument = "S",
     .type = TYPE_NUMBER, FIELD(delay_s), .low = 0.1, .high = 3600, .unit = "seconds", .standard = "1",
     .help = "look anew every S seconds"},
    {.name = "iterations", .letter = 'n', .argument = "N",
     .type = TYPE_COUNT, FIELD(iterations), .low = 1, .high = 1e9, .unit = "times", .otherwise = "no end",
     .help = "end after looking N times"},

    {.heading = "How to show it", .name = "batch", .letter = 'b',
     .type = TYPE_FLAG, FIELD(batch), .given = "yes",
     .help = "print plain text on standard output, all of it, instead of using the screen"},
    {.name = "sort", .letter = 's', .argument = "KEY",
     .type = TYPE_WORD, FIELD(sort), .words = top_sort_words, .standard = "usage",
     .help = "what vCPUs are sorted by"},
    {.name = "tree", .letter = 't',
     .type = TYPE_FLAG, FIELD(tree), .given = "yes",
     .help = "show vCPUs below their domains"},
    {.name = "filter", .letter = 'f', .argument = "TEXT",
     .type = TYPE_STRING, FIELD(filter), .otherwise = "all",
     .help = "show only domains whose name holds TEXT"},
    {.name = "no-colour",
     .type = TYPE_FLAG, FIELD(colour), .standard = "yes", .given = "no",
     .help = "show no colours; neither if NO_COLOR is set"},

    {.heading = "Else", .name = "version", .letter = 'V', .type = TYPE_VERSION, .help = "print the version and end"},
    {.name = "help", .letter = 'h', .type = TYPE_HELP, .help = "print this and end"},
};
/* clang-format on */

static void print_end(FILE *out)
{
    fputs("\nExit status: 0 done, 1 nothing to look at, 2 wrong usage.\n"
          "Keys are told by F1. The manual says more: man 1 vcpu-top\n",
          out);
}

static const struct option_table table = {
    .program = "vcpu-top",
    .usage = "",
    .summary = "Shows what vcpu-scheduler sees and does: pCPUs, vCPUs, decisions.",
    .help_end = print_end,
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
};

enum options_verdict top_options_parse(struct top_options *options, int argc, char **argv,
                                       FILE *out, FILE *err)
{
    struct option_parser parser = {.table = &table, .target = options, .err = err};
    int status;

    *options = (struct top_options){0};
    status = option_standards(&parser);
    if (status == 0)
        status = option_arguments(&parser, argc, argv, out);
    if (status == 0)
        status = option_together(&parser);
    return status == 0 ? OPTIONS_RUN : status > 0 ? OPTIONS_DONE : OPTIONS_WRONG;
}
