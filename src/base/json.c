/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include "base/text.h"

#include <math.h>

#define STRING_MAX 4000

void json_string(FILE *out, const char *text)
{
    char clean[STRING_MAX + 1];

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

void json_number(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, "%.6f", value);
    else
        fputs("null", out);
}

void json_bytes(FILE *out, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

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
