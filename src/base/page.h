/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page.h - text for a terminal or a pipe, gathered line by line and written at once.
 *
 * No line is wider than the page, whatever is put on it, and nothing but the page's own styles
 * reaches the terminal as a control sequence. The buffer only grows. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_BASE_PAGE_H
#define VCPU_SCHEDULER_BASE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct page {
    unsigned width; /* columns of a line */
    bool colour;    /* styles are shown */
    char *text;
    uint32_t used, capacity;
    unsigned column; /* of the line at hand */
    bool failed;     /* something was left out for want of memory */
};

enum page_style { PAGE_PLAIN, PAGE_BOLD, PAGE_DIM, PAGE_GREEN, PAGE_YELLOW, PAGE_RED };

/** Frees the buffer. A zeroed page is accepted. */
void page_free(struct page *page);

/** Appends text made safe (text_clean()), at most 640 bytes; what is beyond the page's width is
 * cut. */
__attribute__((format(printf, 2, 3))) void page_put(struct page *page, const char *format, ...);

/** Appends a text cut to so many columns, a cut shown as "~", and fills up with blanks. */
void page_field(struct page *page, const char *text, unsigned columns);

/** Appends blanks up to a column; nothing if that is passed. */
void page_tab(struct page *page, unsigned column);

/** Appends a duration in 9 columns, such as "  12.3 ms". ns: nanoseconds. */
void page_duration(struct page *page, uint64_t ns);

/** Appends a bar of so many columns. percent: how far it is filled; mark: where a "|" stands,
 * percent. */
void page_bar(struct page *page, double percent, double mark, unsigned columns);

/** What follows looks so; without colour nothing. A line should end plain. */
void page_style(struct page *page, enum page_style style);

/** Ends the line; blanks at its end are left out. */
void page_end(struct page *page);

/** Appends words, going on in further lines that begin at column `indent`, and ends the last line.
 */
void page_wrap(struct page *page, const char *text, unsigned indent);

/**
 * Writes what was gathered with one fwrite() and flushes; the page is empty afterwards.
 * Returns 0, -ENOMEM if something had been left out, or the negative errno of writing.
 */
int page_flush(struct page *page, FILE *out);

#endif
