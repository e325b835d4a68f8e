/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wrap_files.c - the daemon's file operations, wrapped: on /proc, /sys, cgroups and its own runtime
 * directory. Standard descriptors meet no fault.
 */
#include "fault.h"
#include "wraps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTORS 1024

#define PLAIN (KIND(ERROR) | KIND(DELAY) | KIND(HANG))

/* What files are, by a part of their path; the first that fits. */
enum { STAT, SCHEDSTAT, CPUSTAT, CMDLINE, COMM, CGROUP, TASKS, PID, SYS, OTHER, SORTS };

static const char *const parts[SORTS] = {
    "/proc/stat", "/schedstat", "/cpu.stat", "/cmdline", "/comm",
    "/cgroup",    "/task",      ".pid",      "/sys/",    "",
};

/* One of each operation for each sort of file. */
#define CALLS(operation, most)                                                                     \
    static struct fault_call operation##_calls[SORTS] = {                                          \
        {.name = #operation ".stat", .kinds = most},                                               \
        {.name = #operation ".schedstat", .kinds = most},                                          \
        {.name = #operation ".cpustat", .kinds = most},                                            \
        {.name = #operation ".cmdline", .kinds = most},                                            \
        {.name = #operation ".comm", .kinds = most},                                               \
        {.name = #operation ".cgroup", .kinds = most},                                             \
        {.name = #operation ".tasks", .kinds = most},                                              \
        {.name = #operation ".pid", .kinds = most},                                                \
        {.name = #operation ".sys", .kinds = most},                                                \
        {.name = #operation ".other", .kinds = most},                                              \
    }

CALLS(open, PLAIN);
CALLS(read, PLAIN | KIND(SHORT));
CALLS(pread, PLAIN | KIND(SHORT));
CALLS(write, PLAIN | KIND(SHORT));
CALLS(fsync, PLAIN);
CALLS(fopen, PLAIN);
CALLS(opendir, PLAIN);
CALLS(rename, PLAIN);
CALLS(unlink, PLAIN);

static const int errors[] = {EIO, ENOENT, ENOSPC, EINTR, EACCES, ENODEV, ESRCH, EMFILE};

static unsigned char sorts[DESCRIPTORS]; /* of an open file: 1 + its sort */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static unsigned sort_of(const char *path)
{
    unsigned sort = 0;

    while (!strstr(path, parts[sort]))
        sort++;
    return sort;
}

static void note(int fd, unsigned sort)
{
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd < DESCRIPTORS)
        sorts[fd] = (unsigned char)sort;
    pthread_mutex_unlock(&lock);
}

/** 1 + the sort of a file that the daemon has opened by one of the wrappers; else 0. */
static unsigned noted(int fd)
{
    unsigned sort;

    pthread_mutex_lock(&lock);
    sort = fd > STDERR_FILENO && fd < DESCRIPTORS ? sorts[fd] : 0;
    pthread_mutex_unlock(&lock);
    return sort;
}

void files_tell_open(void)
{
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        if (noted(fd))
            fault_log("leak descriptor of %s", open_calls[noted(fd) - 1].name);
}

/** Returns true if the call is to fail, with errno set. *size: what is to be read or written. */
static bool fails(struct fault_call *call, size_t *size)
{
    unsigned argument = 0;
    const enum fault kind = fault_at(call, &argument);

    if (kind == FAULT_SHORT && size)
        *size = *size > 1 ? 1 + argument % (*size > 64 ? 64 : *size - 1) : *size;
    if (kind != FAULT_ERROR)
        return false;
    errno = errors[argument % (sizeof errors / sizeof *errors)];
    return true;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_close(int fd);
int __wrap_close(int fd);
ssize_t __real_read(int fd, void *to, size_t size);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __real_pread(int fd, void *to, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at);
ssize_t __real_write(int fd, const void *from, size_t size);
ssize_t __wrap_write(int fd, const void *from, size_t size);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);

int __wrap_open(const char *path, int flags, ...)
{
    const unsigned sort = sort_of(path);
    const bool safe = strcmp(path, "/dev/null") == 0; /* no file */
    va_list arguments;
    mode_t mode;
    int fd;

    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (!safe && fails(&open_calls[sort], NULL))
        return -1;
    fd = __real_open(path, flags, mode);
    if (!safe && !fault_is_own())
        note(fd, 1 + sort);
    return fd;
}

int __wrap_close(int fd)
{
    note(fd, 0);
    return __real_close(fd);
}

ssize_t __wrap_read(int fd, void *to, size_t size)
{
    if (noted(fd) && fails(&read_calls[noted(fd) - 1], &size))
        return -1;
    return __real_read(fd, to, size);
}

ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at)
{
    if (noted(fd) && fails(&pread_calls[noted(fd) - 1], &size))
        return -1;
    return __real_pread(fd, to, size, at);
}

ssize_t __wrap_write(int fd, const void *from, size_t size)
{
    if (noted(fd) && fails(&write_calls[noted(fd) - 1], &size))
        return -1;
    return __real_write(fd, from, size);
}

int __wrap_fsync(int fd)
{
    return noted(fd) && fails(&fsync_calls[noted(fd) - 1], NULL) ? -1 : __real_fsync(fd);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    return fails(&fopen_calls[sort_of(path)], NULL) ? NULL : __real_fopen(path, mode);
}

DIR *__wrap_opendir(const char *path)
{
    return fails(&opendir_calls[sort_of(path)], NULL) ? NULL : __real_opendir(path);
}

int __wrap_rename(const char *from, const char *to)
{
    return fails(&rename_calls[sort_of(from)], NULL) ? -1 : __real_rename(from, to);
}

int __wrap_unlink(const char *path)
{
    return fails(&unlink_calls[sort_of(path)], NULL) ? -1 : __real_unlink(path);
}
