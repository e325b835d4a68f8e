/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file.h - small files of the kernel's, read whole.
 */
#ifndef VCPU_SCHEDULER_BASE_FILE_H
#define VCPU_SCHEDULER_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * Reads a file as text, cut to `size` - 1 bytes and ended by a zero. Returns its length or a
 * negative errno. Any thread.
 */
ssize_t file_read(const char *path, char *text, size_t size);

#endif
