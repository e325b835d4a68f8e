/* SPDX-License-Identifier: GPL-2.0-or-later */
/* value.h - the text of an option becomes the field that it sets. Before threads. */
#ifndef VCPU_SCHEDULER_CONFIG_TABLE_VALUE_H
#define VCPU_SCHEDULER_CONFIG_TABLE_VALUE_H

#include "config/table/row.h"

/** Tells a mistake in one line, made safe to show; of a line of the file with FILE:LINE before it.
 * Returns -EINVAL. */
__attribute__((format(printf, 2, 3))) int option_wrong(const struct option_parser *parser,
                                                       const char *format, ...);

/**
 * What the row accepts, in words: "0.01 to 3600 seconds", "place or leave"; "" if it can't be said
 * so. Always ends `text`; what does not fit is cut.
 */
void option_accepted(char *text, size_t size, const struct option_row *row);

/**
 * Puts the value of one option where it belongs. label: what the operator called the option. text:
 * kept by the options where they keep a string. Returns 0, or -EINVAL after the mistake was told.
 */
int option_apply(const struct option_parser *parser, const struct option_row *row,
                 const char *label, const char *text);

/** True if both, which the row's table fills in, hold the same value in that row's field. */
bool option_same(const struct option_row *row, const void *a, const void *b);

/** Copies the field; what it points to stays the other's. */
void option_copy(const struct option_row *row, void *to, const void *from);

#endif
