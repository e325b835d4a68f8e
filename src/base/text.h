/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - text in UTF-8: made safe to show, measured in columns, broken into lines.
 *
 * Pure functions: any thread.
 */
#ifndef VCPU_SCHEDULER_BASE_TEXT_H
#define VCPU_SCHEDULER_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/** Returns 1 for yes, true, on and 1; 0 for no, false, off and 0; else -EINVAL. */
int text_yes(const char *text);

/**
 * Makes a text harmless for a terminal, in place: each control character (C0, DEL, C1), each
 * character that reorders or breaks lines (U+2028, U+2029, bidirectional controls) and each byte
 * that isn't part of valid UTF-8 becomes one '?'. Returns the new length, never more than the old
 * one.
 */
size_t text_clean(char *text);

/** Bytes of the first character of a text that isn't empty; 1 if they are no UTF-8. */
size_t text_character(const char *text);

/** Returns how many bytes of a clean text fit into so many columns. *used: the columns they take;
 * East Asian wide characters take two (Unicode Standard Annex 11). */
size_t text_fit(const char *text, unsigned columns, unsigned *used);

/** Returns how many bytes of a clean text a line of so many columns takes: whole words, at least
 * one. Blanks may follow. */
size_t text_line(const char *text, unsigned columns);

/** Appends a character to a text in a buffer of `size` bytes if it fits. code: its code point. */
void text_append(char *text, size_t size, uint32_t code);

/** Removes the last character of a text. */
void text_shorten(char *text);

/** Returns "" for one, "s" for any other count. */
const char *text_plural(uint64_t count);

/** Formats a duration in 9 columns, such as "  12.3 ms". Returns text. */
const char *text_duration(char text[24], double ns);

#endif
