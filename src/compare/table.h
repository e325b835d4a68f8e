/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.h - a comparison as a table, for people and for programs. Main thread. */
#ifndef VCPU_SCHEDULER_COMPARE_TABLE_H
#define VCPU_SCHEDULER_COMPARE_TABLE_H

#include "compare/compare.h"

/** Prints the figures as a JSON object, without the end of the line. */
void compare_print_json(const struct compare *compare, FILE *out);

/** Prints the table: SUMMARY_JSON as one object on one line, else as text. */
void compare_print(const struct compare *compare, enum summary_form form, FILE *out);

#endif
