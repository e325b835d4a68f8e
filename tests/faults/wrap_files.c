/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wrap_files.c - wrappers of the daemon's file operations on /proc, /sys, cgroups and its runtime
 * directory. Standard descriptors get no faults.
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

#define PLAIN   (KIND(ERROR) | KIND(DELAY) | KIND(HANG))
#define OPENING (PLAIN | KIND(EXHAUST))

/* The sort of a file, by the first part of a path that matches. */
enum sort {
    LEDGER,
    LOCK,
    RUNTIME,
    STAT,
    SCHEDSTAT,
    CPUSTAT,
    CPUSET,
    STATUS,
    CMDLINE,
    COMM,
    CGROUP,
    TASKS,
    PID,
    SYS,
    OTHER,
    SORTS
};

static const char *const parts[SORTS] = {
    [LEDGER] = ".ledger",
    [LOCK] = ".lock",
    [RUNTIME] = "/runtime",
    [STAT] = "/proc/stat",
    [SCHEDSTAT] = "/schedstat",
    [CPUSTAT] = "/cpu.stat",
    [CPUSET] = "/cpuset.",
    [STATUS] = "/status",
    [CMDLINE] = "/cmdline",
    [COMM] = "/comm",
    [CGROUP] = "/cgroup",
    [TASKS] = "/task",
    [PID] = ".pid",
    [SYS] = "/sys/",
    [OTHER] = "",
};

#define CALL(operation, sort, most)                                                                \
    {                                                                                              \
        .name = #operation "." sort, .kinds = most                                                 \
    }

/* One of an operation for each sort of file. */
#define CALLS(operation, most)                                                                     \
    static struct fault_call operation##_calls[SORTS] = {                                          \
        [LEDGER] = CALL(operation, "ledger", most),                                                \
        [LOCK] = CALL(operation, "lock", most),                                                    \
        [RUNTIME] = CALL(operation, "runtime", most),                                              \
        [STAT] = CALL(operation, "stat", most),                                                    \
        [SCHEDSTAT] = CALL(operation, "schedstat", most),                                          \
        [CPUSTAT] = CALL(operation, "cpustat", most),                                              \
        [CPUSET] = CALL(operation, "cpuset", most),                                                \
        [STATUS] = CALL(operation, "status", most),                                                \
        [CMDLINE] = CALL(operation, "cmdline", most),                                              \
        [COMM] = CALL(operation, "comm", most),                                                    \
        [CGROUP] = CALL(operation, "cgroup", most),                                                \
        [TASKS] = CALL(operation, "tasks", most),                                                  \
        [PID] = CALL(operation, "pid", most),                                                      \
        [SYS] = CALL(operation, "sys", most),                                                      \
        [OTHER] = CALL(operation, "other", most),                                                  \
    }

CALLS(open, OPENING);
CALLS(read, PLAIN | KIND(SHORT));
CALLS(pread, PLAIN | KIND(SHORT));
CALLS(write, PLAIN | KIND(SHORT));
CALLS(fsync, PLAIN);
CALLS(fopen, OPENING);
CALLS(opendir, OPENING);
CALLS(fdopendir, PLAIN);
CALLS(rename, PLAIN);
CALLS(unlink, PLAIN);
CALLS(mkdir, PLAIN);
CALLS(openat, OPENING);
CALLS(pwrite, PLAIN | KIND(SHORT));
CALLS(ftruncate, PLAIN);
CALLS(flock, PLAIN);
CALLS(renameat, PLAIN);
CALLS(renameat2, PLAIN);
CALLS(unlinkat, PLAIN);

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

/* 1 + the sort of a file that the daemon has opened by one of the wrappers; else 0. */
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

/* Returns true if the call is to fail, with errno set. *size: the bytes to read or write. */
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
DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);

int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
ssize_t __real_pwrite(int fd, const void *from, size_t size, off_t at);
ssize_t __wrap_pwrite(int fd, const void *from, size_t size, off_t at);
int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __real_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags);
int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags);
int __real_unlinkat(int folder, const char *path, int flags);
int __wrap_unlinkat(int folder, const char *path, int flags);

static int opened(int fd, unsigned sort)
{
    if (!fault_is_own())
        note(fd, 1 + sort);
    return fd;
}

int __wrap_open(const char *path, int flags, ...)
{
    const unsigned sort = sort_of(path);
    const bool safe = strcmp(path, "/dev/null") == 0; /* no file */
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (safe)
        return __real_open(path, flags, mode);
    return fails(&open_calls[sort], NULL) ? -1 : opened(__real_open(path, flags, mode), sort);
}

int __wrap_openat(int folder, const char *path, int flags, ...)
{
    const unsigned sort = sort_of(path);
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (fails(&openat_calls[sort], NULL))
        return -1;
    return opened(__real_openat(folder, path, flags, mode), sort);
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

/* closedir() closes the descriptor. */
DIR *__wrap_fdopendir(int fd)
{
    DIR *folder;

    if (noted(fd) && fails(&fdopendir_calls[noted(fd) - 1], NULL))
        return NULL;
    folder = __real_fdopendir(fd);
    if (folder)
        note(fd, 0);
    return folder;
}

int __wrap_rename(const char *from, const char *to)
{
    return fails(&rename_calls[sort_of(from)], NULL) ? -1 : __real_rename(from, to);
}

int __wrap_unlink(const char *path)
{
    return fails(&unlink_calls[sort_of(path)], NULL) ? -1 : __real_unlink(path);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    return fails(&mkdir_calls[sort_of(path)], NULL) ? -1 : __real_mkdir(path, mode);
}

ssize_t __wrap_pwrite(int fd, const void *from, size_t size, off_t at)
{
    if (noted(fd) && fails(&pwrite_calls[noted(fd) - 1], &size))
        return -1;
    return __real_pwrite(fd, from, size, at);
}

int __wrap_ftruncate(int fd, off_t size)
{
    return noted(fd) && fails(&ftruncate_calls[noted(fd) - 1], NULL) ? -1
                                                                     : __real_ftruncate(fd, size);
}

int __wrap_flock(int fd, int operation)
{
    return noted(fd) && fails(&flock_calls[noted(fd) - 1], NULL) ? -1 : __real_flock(fd, operation);
}

int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    if (fails(&renameat_calls[sort_of(from)], NULL))
        return -1;
    return __real_renameat(from_folder, from, to_folder, to);
}

int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags)
{
    if (fails(&renameat2_calls[sort_of(from)], NULL))
        return -1;
    return __real_renameat2(from_folder, from, to_folder, to, flags);
}

int __wrap_unlinkat(int folder, const char *path, int flags)
{
    return fails(&unlinkat_calls[sort_of(path)], NULL) ? -1 : __real_unlinkat(folder, path, flags);
}
