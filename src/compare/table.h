/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.h - a comparison as a table, for people and for programs. Main thread. */
#ifndef VCPU_SCHEDULER_COMPARE_TABLE_H
#define VCPU_SCHEDULER_COMPARE_TABLE_H

#include "base/json.h"
#include "compare/compare.h"

/** Writes the figures as a JSON object. */
void compare_write_json(struct json *json, const char *key, const struct compare *compare);

/** Prints the table: SUMMARY_JSON as one object on one line, else as text. */
void compare_print(const struct compare *compare, enum summary_form form, FILE *out);

#endif
