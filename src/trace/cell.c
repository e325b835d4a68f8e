/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cell.c - reads a number of a trace. */
#include "trace/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void trace_skip_blanks(const char **text)
{
    while (**text == ' ' || **text == '\t')
        (*text)++;
}

bool trace_read_count(const char **text, uint64_t *count)
{
    uint64_t value = 0;

    trace_skip_blanks(text);
    if (!isdigit((unsigned char)**text))
        return false;
    for (; isdigit((unsigned char)**text); (*text)++) {
        if (value > UINT64_MAX / 100)
            return false;
        value = value * 10 + (uint64_t)(**text - '0');
    }
    trace_skip_blanks(text);
    *count = value;
    return true;
}

/* A double holds up to 15 digits and powers of ten up to 22 exactly, so that one division rounds
 * right. Longer numbers and exponents go to strtod(). */
bool trace_read_decimal(const char **text, double *value)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    uint64_t digits = 0;
    unsigned count = 0, decimals = 0;
    const char *p;

    trace_skip_blanks(text);
    p = *text;
    for (; isdigit((unsigned char)*p); p++, count++)
        digits = digits * 10 + (uint64_t)(*p - '0');
    if (*p == '.') {
        for (p++; isdigit((unsigned char)*p); p++, count++, decimals++)
            digits = digits * 10 + (uint64_t)(*p - '0');
    }
    if (count == 0)
        return false;
    if (count <= 15 && *p != 'e' && *p != 'E') {
        *value = (double)digits / powers[decimals];
        *text = p;
    } else {
        char *end;
        *value = strtod(*text, &end);
        *text = end;
    }
    trace_skip_blanks(text);
    return true;
}

int trace_cell_length(const char *cell)
{
    return (int)strnlen(cell, strcspn(cell, ",") < 24 ? strcspn(cell, ",") : 24);
}
