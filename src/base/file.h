/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.h - reads small files of the kernel whole. */
#ifndef VCPU_SCHEDULER_BASE_FILE_H
#define VCPU_SCHEDULER_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

/** Reads a file, at most `size` - 1 bytes, and ends it with a NUL. Returns the length or a negative
 * errno. Any thread. */
ssize_t file_read(const char *path, char *text, size_t size);

#endif
