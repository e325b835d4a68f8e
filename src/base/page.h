/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page.h - text for a terminal or a pipe, gathered line by line and written at once.
 *
 * Text is made safe (text_clean()): only the page's own styles are control sequences. The buffer
 * only grows. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_BASE_PAGE_H
#define VCPU_SCHEDULER_BASE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Zeroed but for width, colour and uncut, it is empty. */
struct page {
    unsigned width; /* columns of a line */
    bool colour;    /* styles are shown */
    bool uncut;     /* text beyond the width stays; else it is cut */
    char *text;
    uint32_t used, capacity;
    unsigned column; /* of the current line */
    unsigned indent; /* where page_word() begins further lines; 0: no word yet */
    bool failed;     /* text was left out for lack of memory */
};

enum page_style { PAGE_PLAIN, PAGE_BOLD, PAGE_DIM, PAGE_GREEN, PAGE_YELLOW, PAGE_RED };

/** Frees the buffer. A zeroed page is accepted. */
void page_free(struct page *page);

/** Appends text of at most 640 bytes. */
__attribute__((format(printf, 2, 3))) void page_put(struct page *page, const char *format, ...);

/** Appends a text cut to so many columns, a cut shown as "~", and fills up with blanks. */
void page_field(struct page *page, const char *text, unsigned columns);

/** Appends blanks up to a column; none if the line is longer. */
void page_tab(struct page *page, unsigned column);

/** Appends a duration in 9 columns, such as "  12.3 ms". */
void page_duration(struct page *page, uint64_t ns);

/** Appends a bar of so many columns. percent: its filled part; mark: where a "|" stands, percent.
 */
void page_bar(struct page *page, double percent, double mark, unsigned columns);

/** Sets the style of the text that follows, if the page has colours. A line should end plain. */
void page_style(struct page *page, enum page_style style);

/** Ends the line, without trailing blanks. */
void page_end(struct page *page);

/** Appends words of at most 640 bytes and ends the line. Further lines begin at column `indent`. */
void page_wrap(struct page *page, const char *text, unsigned indent);

/** Appends a blank and a word, which may hold blanks: it is not broken. If it does not fit, it goes
 * below the first word of the line. */
__attribute__((format(printf, 2, 3))) void page_word(struct page *page, const char *format, ...);

/** Writes the text with one fwrite() and flushes; the page is empty afterwards. Returns 0, -ENOMEM
 * if text was left out, or the negative errno of writing. */
int page_flush(struct page *page, FILE *out);

#endif
