/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help.h - prints --help from a table of options. Before threads. */
#ifndef VCPU_SCHEDULER_CONFIG_TABLE_HELP_H
#define VCPU_SCHEDULER_CONFIG_TABLE_HELP_H

#include "config/table/row.h"

/** Prints --help in 80 columns. */
void option_help(FILE *out, const struct option_table *table);

/** Prints a name and its explanation like a row of --help. */
void option_help_row(FILE *out, const char *name, const char *text);

#endif
