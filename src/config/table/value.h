/* SPDX-License-Identifier: GPL-2.0-or-later */
/* value.h - parses the text of an option into the field that it sets. Main thread. */
#ifndef VCPU_SCHEDULER_CONFIG_TABLE_VALUE_H
#define VCPU_SCHEDULER_CONFIG_TABLE_VALUE_H

#include "config/table/row.h"

/** Reports a mistake in one line without control characters, after FILE:LINE if it is of the file.
 * Returns -EINVAL. */
__attribute__((format(printf, 2, 3))) int option_wrong(const struct option_parser *parser,
                                                       const char *format, ...);

/**
 * Writes what the row accepts: "0.01 to 3600 seconds", "place or leave"; "" if words can't say it.
 * Cuts what does not fit.
 */
void option_accepted(char *text, size_t size, const struct option_row *row);

/**
 * Sets the field of an option. label: what the operator called the option. text: must stay valid if
 * the field is a string. Returns 0, or -EINVAL after reporting a mistake.
 */
int option_apply(const struct option_parser *parser, const struct option_row *row,
                 const char *label, const char *text);

/** True if the row's field has the same value in both structs. */
bool option_same(const struct option_row *row, const void *a, const void *b);

/** Copies the field, but not what it points to. */
void option_copy(const struct option_row *row, void *to, const void *from);

#endif
