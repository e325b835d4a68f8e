/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json.h - the few pieces of JSON that are not plain printf().
 *
 * What is written may also stand within a script of an HTML page: <, > and & are escaped. Any
 * thread.
 */
#ifndef VCPU_SCHEDULER_BASE_JSON_H
#define VCPU_SCHEDULER_BASE_JSON_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Writes a text of others, quoted; made safe to show as text_clean() does. Cut at 4000 bytes. */
void json_string(FILE *out, const char *text);

/** Writes a number with six decimals, `null` for what is no number. */
void json_number(FILE *out, double value);

/** Writes bytes as a quoted string in base64 (RFC 4648). */
void json_bytes(FILE *out, const uint8_t *bytes, size_t count);

#endif
