/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parse.h - a command line, by the rows of a table. Before threads. */
#ifndef VCPU_SCHEDULER_CONFIG_TABLE_PARSE_H
#define VCPU_SCHEDULER_CONFIG_TABLE_PARSE_H

#include "config/table/row.h"

/** Applies what stands without any option. Returns 0 or -EINVAL. */
int option_standards(const struct option_parser *parser);

/**
 * Applies the command line, which is permuted; texts are argv's. Prints --help and --version to
 * `out`. Returns 0, 1 when one of these was asked for, or -EINVAL after a mistake was told.
 */
int option_arguments(struct option_parser *parser, int argc, char **argv, FILE *out);

/** What was seen must go together. Returns 0, or -EINVAL after every mistake was told. */
int option_together(struct option_parser *parser);

/** True if the row was seen. */
bool option_seen(const struct option_parser *parser, const struct option_row *row);

/** Notes that the row was seen. */
void option_see(struct option_parser *parser, const struct option_row *row);

/** The row of that name, NULL if there is none. */
const struct option_row *option_named(const struct option_table *table, const char *name);

/** True if the option is one of `names`, which are parted by blanks; NULL: none. */
bool option_names(const char *names, const char *name);

#endif
