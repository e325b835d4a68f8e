/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kept.h - files that are read again and again: through a descriptor that is kept, while there are
 * enough of them, else opened for each reading, which takes about five times as long.
 *
 * There are two for each vCPU. What else needs descriptors comes first: some are left for libvirt's
 * connections, made anew or not, the ledger, and the status door.
 */
#ifndef VCPU_SCHEDULER_HOST_LINUX_KEPT_H
#define VCPU_SCHEDULER_HOST_LINUX_KEPT_H

#include <stdbool.h>
#include <sys/types.h>

/** How many descriptors are left to others: the status door takes up to 64, a new connection to
 * libvirt 10, the ledger 2, a look into /proc 2; as much again for what libvirt opens by itself. */
#define KEPT_RESERVE 128

struct kept {
    int fd;     /* -1: none is kept */
    char *path; /* what is opened for each reading; NULL: none, or the descriptor is kept */
};

#define KEPT_NONE ((struct kept){.fd = -1, .path = NULL})

/** Raises the process's soft limit of descriptors to the hard one. main, before other threads. */
void kept_raise_limit(void);

/** Opens a file, which was KEPT_NONE. Returns 0 or a negative errno: then it still is. Any thread.
 */
int kept_open(struct kept *file, const char *path);

/** Is there a file? */
bool kept_is_open(const struct kept *file);

/**
 * Reads a file's beginning, at most size - 1 bytes, with a NUL behind. Returns how many, or a
 * negative errno. Allocates nothing. Its owner's thread.
 */
ssize_t kept_read(const struct kept *file, char *text, size_t size);

/** Closes it; then it is KEPT_NONE, as it may have been before. */
void kept_close(struct kept *file);

/** Are there so many descriptors left at the moment? Any thread. */
bool kept_are_left(unsigned count);

/** Does that negative errno say that there are no descriptors, and nothing of the file? */
bool kept_ran_out(int error);

#endif
