/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parse.h - parses a command line by the rows of a table. Main thread. */
#ifndef VCPU_SCHEDULER_CONFIG_TABLE_PARSE_H
#define VCPU_SCHEDULER_CONFIG_TABLE_PARSE_H

#include "config/table/row.h"

/** Applies the defaults. Returns 0 or -EINVAL. */
int option_standards(const struct option_parser *parser);

/**
 * Applies the command line, which it permutes; strings point into argv. Prints --help and --version
 * to `out`. Returns 0; 1 after one of these; or -EINVAL after reporting a mistake.
 */
int option_arguments(struct option_parser *parser, int argc, char **argv, FILE *out);

/** Checks that the options seen go together. Returns 0, or -EINVAL after reporting each mistake. */
int option_together(struct option_parser *parser);

/** True if the row was seen. */
bool option_seen(const struct option_parser *parser, const struct option_row *row);

/** Marks the row as seen. */
void option_see(struct option_parser *parser, const struct option_row *row);

/** The row of that name; NULL if there is none. */
const struct option_row *option_named(const struct option_table *table, const char *name);

/** True if `names`, separated by blanks (NULL: none), has the option. */
bool option_names(const char *names, const char *name);

#endif
