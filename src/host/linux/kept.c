/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/linux/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void kept_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit); /* without it, the soft limit holds */
}

/* open(2) returns the lowest free descriptor, so a number near the limit means that few are left.
 */
static bool is_spare(int fd)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
           (limit.rlim_cur == RLIM_INFINITY || (rlim_t)fd + KEPT_RESERVE < limit.rlim_cur);
}

int kept_open(struct kept *file, const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (is_spare(fd)) {
        file->fd = fd;
        return 0;
    }
    close(fd);
    file->path = strdup(path);
    return file->path ? 0 : -ENOMEM;
}

bool kept_is_open(const struct kept *file)
{
    return file->fd >= 0 || file->path;
}

ssize_t kept_read(const struct kept *file, char *text, size_t size)
{
    const int fd = file->path ? open(file->path, O_RDONLY | O_CLOEXEC) : file->fd;
    ssize_t length;

    if (file->path && fd < 0)
        return -errno;
    length = pread(fd, text, size - 1, 0);
    if (length < 0)
        length = -errno;
    if (file->path)
        close(fd);
    if (length < 0)
        return length;
    text[length] = '\0';
    return length;
}

void kept_close(struct kept *file)
{
    if (file->fd >= 0)
        close(file->fd);
    free(file->path);
    *file = KEPT_NONE;
}

bool kept_are_left(unsigned count)
{
    const int fd = count ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    const bool left = count == 0 || (fd >= 0 && kept_are_left(count - 1));

    if (fd >= 0)
        close(fd);
    return left;
}

bool kept_ran_out(int error)
{
    return error == -EMFILE || error == -ENFILE;
}
