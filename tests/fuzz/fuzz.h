/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz.h - what the fuzz targets share.
 *
 * A target is a file fuzz_NAME.c with LLVMFuzzerTestOneInput(). libFuzzer makes up its inputs
 * (`make check-fuzz`, with clang); linked with replay.c it is a plain test over corpus/NAME. One
 * thread.
 */
#ifndef VCPU_SCHEDULER_FUZZ_H
#define VCPU_SCHEDULER_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** The target: what it is to hold of every input is a MUST(). Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Ends the program if the condition does not hold, which is a finding. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/** The input as a text on the heap, without a byte to spare. The caller's to free(). */
char *fuzz_text(const uint8_t *data, size_t size);

/** A file in memory that holds the input, and a path that opens it. Returns a descriptor, the
 * caller's to close. */
struct fuzz_file {
    int fd;
    char path[32];
};
struct fuzz_file fuzz_file(const uint8_t *data, size_t size);

/** A folder for the files that a target reads by name, in memory where that can be had; it goes
 * with the program. */
const char *fuzz_folder(void);

/** Writes a file of that folder, by its name in it. */
void fuzz_write(const char *name, const char *text, size_t length);

/**
 * True if a terminal shows these bytes and does nothing else: valid UTF-8 and no character that
 * controls, reorders or ends lines but the newlines where `lines` allows them. By the C library's
 * tables, not by src/base/text.c.
 */
bool fuzz_is_shown(const char *bytes, size_t length, bool lines);

#endif
