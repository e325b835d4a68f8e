/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

ssize_t file_read(const char *path, char *text, size_t size)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got;

    if (fd < 0)
        return -errno;
    do {
        got = read(fd, text + length, size - 1 - length);
        if (got > 0)
            length += (size_t)got;
    } while (got > 0 && length < size - 1);
    close(fd);
    text[length] = '\0';
    return (ssize_t)length;
}
