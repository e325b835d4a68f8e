/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/wrap.h"

#include <stdarg.h>
#include <string.h>

#define WIDTH 80

void wrap_begin(struct wrap *wrap, unsigned at, const char *label, ...)
{
    va_list arguments;

    fprintf(wrap->out, "%*s", (int)at, "");
    va_start(arguments, label);
    wrap->column = wrap->words_at = at + (unsigned)vfprintf(wrap->out, label, arguments);
    va_end(arguments);
}

void wrap_word(struct wrap *wrap, const char *format, ...)
{
    char word[400];
    va_list arguments;
    unsigned length;

    va_start(arguments, format);
    vsnprintf(word, sizeof word, format, arguments);
    va_end(arguments);
    length = (unsigned)strlen(word);
    if (wrap->column > wrap->words_at && wrap->column + 1 + length > WIDTH) {
        fprintf(wrap->out, "\n%*s", (int)wrap->words_at, "");
        wrap->column = wrap->words_at;
    }
    fprintf(wrap->out, " %s", word);
    wrap->column += 1 + length;
}

void wrap_end(struct wrap *wrap)
{
    fputc('\n', wrap->out);
}

void wrap_set(struct wrap *wrap, const char *label, const struct cpuset *set)
{
    if (!cpuset_count(set))
        return;
    wrap_begin(wrap, 0, "%s:", label);
    for (int p = cpuset_next(set, 0), last, next; p >= 0; p = next) {
        last = p;
        while (cpuset_has(set, (uint32_t)last + 1))
            last++;
        next = cpuset_next(set, (uint32_t)last + 1);
        if (last > p)
            wrap_word(wrap, "%d-%d%s", p, last, next < 0 ? "" : ",");
        else
            wrap_word(wrap, "%d%s", p, next < 0 ? "" : ",");
    }
    wrap_end(wrap);
}
