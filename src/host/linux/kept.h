/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kept.h - files that are read in every period. While enough descriptors are free, a file stays
 * open; else it is opened for each reading, which takes about five times as long.
 *
 * Each vCPU has two such files. KEPT_RESERVE descriptors stay free for everything else.
 */
#ifndef VCPU_SCHEDULER_HOST_LINUX_KEPT_H
#define VCPU_SCHEDULER_HOST_LINUX_KEPT_H

#include <stdbool.h>
#include <sys/types.h>

/** The status socket takes up to 64 descriptors, new connections to libvirt 10, the ledger 2,
 * reading /proc 2. The rest is for what libvirt opens by itself. */
#define KEPT_RESERVE 128

struct kept {
    int fd;     /* -1: not kept open */
    char *path; /* opened for each reading; NULL: there is no file, or it is kept open */
};

#define KEPT_NONE ((struct kept){.fd = -1, .path = NULL})

/** Raises the process's soft limit of descriptors to the hard one. Before other threads start. */
void kept_raise_limit(void);

/** Opens a file. file: KEPT_NONE before, and also after an error. Returns 0 or a negative errno.
 * Any thread. */
int kept_open(struct kept *file, const char *path);

/** True if there is a file, kept open or not. */
bool kept_is_open(const struct kept *file);

/** Reads the first size - 1 bytes of a file, and ends them with a NUL. Returns how many, or a
 * negative errno. Allocates nothing. Thread of the file's owner. */
ssize_t kept_read(const struct kept *file, char *text, size_t size);

/** Closes a file: it is KEPT_NONE afterwards. Accepts KEPT_NONE. */
void kept_close(struct kept *file);

/** True if so many descriptors are free at the moment. Any thread. */
bool kept_are_left(unsigned count);

/** True if this negative errno means that no descriptor was free: it says nothing of the file. */
bool kept_ran_out(int error);

#endif
