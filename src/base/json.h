/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json.h - writes JSON, value by value; the writer sets the commas.
 *
 * The text may also stand within a script of an HTML page: <, > and & are escaped. Any thread.
 */
#ifndef VCPU_SCHEDULER_BASE_JSON_H
#define VCPU_SCHEDULER_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** A writer to `out`. The other fields start zeroed. */
struct json {
    FILE *out;
    bool compact; /* no blank after commas; may be changed at any time */
    bool more;    /* a comma comes next, unless the array or object ends */
};

/* key: of a member of an object, plain text; NULL in an array and for the outermost value. */

/** Begins an array or object. bracket: '[' or '{'. */
void json_begin(struct json *json, const char *key, char bracket);

/** Ends an array or object. bracket: ']' or '}'. */
void json_end(struct json *json, char bracket);

/** Writes a text, made safe by text_clean(); cut at 4000 bytes. NULL: null. */
void json_string(struct json *json, const char *key, const char *text);

/** Writes a number with six decimals; null if it is not finite. */
void json_number(struct json *json, const char *key, double value);

void json_bool(struct json *json, const char *key, bool value);

/** Writes bytes as a string in base64 (RFC 4648). */
void json_bytes(struct json *json, const char *key, const uint8_t *bytes, size_t count);

/** Writes a value as printf() does; it must be JSON. */
__attribute__((format(printf, 3, 4))) void json_print(struct json *json, const char *key,
                                                      const char *format, ...);

/** Begins a new line before the next value. */
void json_line(struct json *json);

#endif
