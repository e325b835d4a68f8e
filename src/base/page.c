/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/page.h"

#include "base/array.h"
#include "base/text.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_MAX 641

void page_free(struct page *page)
{
    free(page->text);
    page->text = NULL;
    page->used = page->capacity = 0;
}

/* Appends bytes as they are. */
static void append(struct page *page, const char *bytes, size_t count)
{
    if (count == 0) /* text may be NULL */
        return;
    if (!ARRAY_GROW(page->text, page->capacity, page->used + (uint32_t)count)) {
        page->failed = true;
        return;
    }
    memcpy(page->text + page->used, bytes, count);
    page->used += (uint32_t)count;
}

/* Appends clean text. */
static void append_text(struct page *page, const char *text)
{
    unsigned columns;
    size_t bytes = text_fit(text, page->uncut ? UINT_MAX : page->width - page->column, &columns);

    append(page, text, bytes);
    page->column += columns;
}

__attribute__((format(printf, 2, 0))) static void
format_clean(char piece[PIECE_MAX], const char *format, va_list arguments)
{
    if (vsnprintf(piece, PIECE_MAX, format, arguments) < 0)
        piece[0] = '\0';
    text_clean(piece);
}

void page_put(struct page *page, const char *format, ...)
{
    char piece[PIECE_MAX];
    va_list arguments;

    va_start(arguments, format);
    format_clean(piece, format, arguments);
    va_end(arguments);
    append_text(page, piece);
}

void page_tab(struct page *page, unsigned column)
{
    while (page->column < column && page->column < page->width)
        append_text(page, " ");
}

void page_field(struct page *page, const char *text, unsigned columns)
{
    unsigned end = page->column + columns, used;
    char piece[PIECE_MAX];
    size_t bytes;

    snprintf(piece, sizeof piece, "%s", text);
    text_clean(piece);
    bytes = text_fit(piece, columns, &used);
    if (piece[bytes] != '\0' && columns > 0) {
        bytes = text_fit(piece, columns - 1, &used);
        piece[bytes] = '~';
        piece[bytes + 1] = '\0';
    }
    append_text(page, piece);
    page_tab(page, end);
}

void page_duration(struct page *page, uint64_t ns)
{
    char text[24];

    page_put(page, "%s", text_duration(text, (double)ns));
}

/* Rounds a share in percent to 0 to `columns` cells. */
static unsigned cells(double percent, unsigned columns)
{
    if (!(percent > 0))
        return 0;
    return percent >= 100 ? columns : (unsigned)(percent / 100 * columns + 0.5);
}

void page_bar(struct page *page, double percent, double mark, unsigned columns)
{
    unsigned filled = cells(percent, columns), marked = cells(mark, columns);

    for (unsigned i = 0; i < columns; i++) {
        if (i + 1 == marked)
            append_text(page, "|");
        else
            append_text(page, i < filled ? "#" : " ");
    }
}

void page_style(struct page *page, enum page_style style)
{
    static const char *const sequences[] = {
        [PAGE_PLAIN] = "\033[0m",  [PAGE_BOLD] = "\033[1m",    [PAGE_DIM] = "\033[2m",
        [PAGE_GREEN] = "\033[32m", [PAGE_YELLOW] = "\033[33m", [PAGE_RED] = "\033[31m",
    };

    if (page->colour)
        append(page, sequences[style], strlen(sequences[style]));
}

void page_end(struct page *page)
{
    while (page->used > 0 && page->text[page->used - 1] == ' ')
        page->used--;
    append(page, "\n", 1);
    page->column = page->indent = 0;
}

void page_wrap(struct page *page, const char *text, unsigned indent)
{
    char clean[PIECE_MAX];
    const char *rest = clean;

    snprintf(clean, sizeof clean, "%s", text);
    text_clean(clean);
    do {
        const size_t length = text_line(rest, page->width - indent);

        page_tab(page, indent);
        page_put(page, "%.*s", (int)length, rest);
        page_end(page);
        rest += length + strspn(rest + length, " ");
    } while (*rest != '\0');
}

void page_word(struct page *page, const char *format, ...)
{
    const unsigned indent = page->indent ? page->indent : page->column + 1;
    char piece[PIECE_MAX];
    va_list arguments;
    unsigned columns;

    va_start(arguments, format);
    format_clean(piece, format, arguments);
    va_end(arguments);
    text_fit(piece, UINT_MAX, &columns);
    if (page->indent && page->column + 1 + columns > page->width) {
        page_end(page);
        page_tab(page, indent);
    } else {
        append_text(page, " ");
    }
    page->indent = indent;
    append_text(page, piece);
}

int page_flush(struct page *page, FILE *out)
{
    int error = page->failed ? -ENOMEM : 0;

    errno = 0;
    if ((page->used > 0 && fwrite(page->text, page->used, 1, out) != 1) || fflush(out) != 0)
        error = errno ? -errno : -EIO;
    page->used = 0;
    page->column = page->indent = 0;
    page->failed = false;
    return error;
}
