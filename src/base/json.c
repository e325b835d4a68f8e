/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include "base/text.h"

#include <math.h>
#include <stdarg.h>

#define STRING_MAX 4000

/* Writes what comes before a value. */
static void begin_value(struct json *json, const char *key)
{
    if (json->more)
        fputs(json->compact ? "," : ", ", json->out);
    if (key)
        fprintf(json->out, "\"%s\": ", key);
    json->more = true;
}

void json_begin(struct json *json, const char *key, char bracket)
{
    begin_value(json, key);
    fputc(bracket, json->out);
    json->more = false;
}

void json_end(struct json *json, char bracket)
{
    fputc(bracket, json->out);
    json->more = true;
}

void json_string(struct json *json, const char *key, const char *text)
{
    char clean[STRING_MAX + 1];
    FILE *out = json->out;

    begin_value(json, key);
    if (!text) {
        fputs("null", out);
        return;
    }
    snprintf(clean, sizeof clean, "%s", text);
    text_clean(clean);
    fputc('"', out);
    for (const char *byte = clean; *byte != '\0'; byte++) {
        switch (*byte) {
        case '"':
        case '\\':
            fprintf(out, "\\%c", *byte);
            break;
        case '<':
        case '>':
        case '&':
            fprintf(out, "\\u%04x", (unsigned)*byte);
            break;
        default:
            fputc(*byte, out);
        }
    }
    fputc('"', out);
}

void json_number(struct json *json, const char *key, double value)
{
    if (isfinite(value))
        json_print(json, key, "%.6f", value);
    else
        json_string(json, key, NULL);
}

void json_bool(struct json *json, const char *key, bool value)
{
    json_print(json, key, "%s", value ? "true" : "false");
}

void json_bytes(struct json *json, const char *key, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    FILE *out = json->out;

    begin_value(json, key);
    fputc('"', out);
    for (size_t i = 0; i < count; i += 3) {
        const uint32_t second = i + 1 < count ? bytes[i + 1] : 0;
        const uint32_t third = i + 2 < count ? bytes[i + 2] : 0;
        const uint32_t group = (uint32_t)bytes[i] << 16 | second << 8 | third;

        fputc(digits[group >> 18], out);
        fputc(digits[group >> 12 & 63], out);
        fputc(i + 1 < count ? digits[group >> 6 & 63] : '=', out);
        fputc(i + 2 < count ? digits[group & 63] : '=', out);
    }
    fputc('"', out);
}

void json_print(struct json *json, const char *key, const char *format, ...)
{
    va_list arguments;

    begin_value(json, key);
    va_start(arguments, format);
    vfprintf(json->out, format, arguments);
    va_end(arguments);
}

void json_line(struct json *json)
{
    fputs(json->more ? ",\n" : "\n", json->out);
    json->more = false;
}
