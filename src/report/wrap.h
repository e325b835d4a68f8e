/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wrap.h - labelled lines of words, broken before column 80; further lines begin below the first
 * word. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_REPORT_WRAP_H
#define VCPU_SCHEDULER_REPORT_WRAP_H

#include "cpuset.h"

#include <stdio.h>

struct wrap {
    FILE *out;
    unsigned column, words_at; /* of the line at hand: where it ends, where words begin */
};

/** Begins a line at column `at` with a label, which holds no newline. */
__attribute__((format(printf, 3, 4))) void wrap_begin(struct wrap *wrap, unsigned at,
                                                      const char *label, ...);

/** Appends a blank and a word, of 400 bytes at most, which may hold blanks: it is not broken. */
__attribute__((format(printf, 2, 3))) void wrap_word(struct wrap *wrap, const char *format, ...);

/** Ends the line. */
void wrap_end(struct wrap *wrap);

/** A whole line: the ranges of a set; nothing if it is empty. */
void wrap_set(struct wrap *wrap, const char *label, const struct cpuset *set);

#endif
