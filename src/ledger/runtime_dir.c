/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/runtime_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int choose(struct runtime *runtime, const char *folder, struct failure *why)
{
    const char *service = getenv("RUNTIME_DIRECTORY"), *suffix = "";
    size_t length;

    if (!folder && service) {
        folder = service;
        length = strcspn(service, ":"); /* systemd may name several */
    } else {
        if (!folder && geteuid() == 0)
            folder = "/run/vcpu-scheduler";
        if (!folder) {
            folder = getenv("XDG_RUNTIME_DIR");
            suffix = "/vcpu-scheduler";
        }
        if (!folder)
            return fail(why, -ENOENT,
                        "no runtime directory: neither --runtime-dir nor "
                        "XDG_RUNTIME_DIR names one");
        length = strlen(folder);
    }
    if (length + strlen(suffix) >= sizeof runtime->path)
        return fail(why, -ENAMETOOLONG, "the runtime directory's name is too long");
    sprintf(runtime->path, "%.*s%s", (int)length, folder, suffix);
    return 0;
}

int runtime_open(const char *folder, struct runtime *runtime, struct failure *why)
{
    struct stat status;
    int error;

    runtime->fd = -1;
    error = choose(runtime, folder, why);
    if (error)
        return error;
    if (mkdir(runtime->path, 0700) && errno != EEXIST)
        return fail(why, -errno, "%s: can't be made: %s", runtime->path, strerror(errno));
    runtime->fd = open(runtime->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (runtime->fd < 0)
        return fail(why, -errno, "%s: not a directory of ours: %s", runtime->path, strerror(errno));
    if (fstat(runtime->fd, &status))
        error = fail(why, -errno, "%s: %s", runtime->path, strerror(errno));
    else if (status.st_uid != 0 && status.st_uid != geteuid() && geteuid() != 0)
        error = fail(why, -EPERM, "%s: belongs to another user", runtime->path);
    else if (status.st_mode & (S_IWGRP | S_IWOTH))
        error = fail(why, -EPERM, "%s: others may write to it", runtime->path);
    runtime->uid = status.st_uid;
    runtime->gid = status.st_gid;
    if (!error)
        return 0;
    close(runtime->fd);
    runtime->fd = -1;
    return error;
}

int runtime_create(const struct runtime *runtime, const char *name)
{
    const int fd =
        openat(runtime->fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    struct stat status;
    int error = 0;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &status))
        error = -errno;
    else if (!S_ISREG(status.st_mode) || status.st_nlink != 1)
        error = -EPERM;
    else if (geteuid() == 0 && status.st_uid != runtime->uid &&
             fchown(fd, runtime->uid, runtime->gid))
        error = -errno;
    if (!error)
        return fd;
    close(fd);
    return error;
}
