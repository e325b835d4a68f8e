/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime_dir.h - the runtime directory, which holds the ledgers, their locks and the status
 * socket. Any thread.
 */
#ifndef VCPU_SCHEDULER_LEDGER_RUNTIME_DIR_H
#define VCPU_SCHEDULER_LEDGER_RUNTIME_DIR_H

#include "error.h"

#include <limits.h>
#include <sys/types.h>

/** A runtime directory. */
struct runtime {
    char path[PATH_MAX];
    int fd;    /* -1: not open */
    uid_t uid; /* the owner's */
    gid_t gid;
};

/**
 * Opens the runtime directory, and makes it with mode 0700 if there is none. folder: --runtime-dir;
 * NULL: $RUNTIME_DIRECTORY, else /run/vcpu-scheduler for root, else
 * $XDG_RUNTIME_DIR/vcpu-scheduler. Root may use another user's, such as a service's. Returns 0,
 * with a descriptor that the caller closes; or with the words in *why: -EPERM: it belongs to
 * another user, or others may write to it; -ENOENT: nothing names one; -ENAMETOOLONG; or another
 * negative errno.
 */
int runtime_open(const char *folder, struct runtime *runtime, struct failure *why);

/**
 * Opens a file in it for writing without truncating it; makes it with mode 0600 and the directory's
 * owner if there is none. Returns a descriptor, or a negative errno; -EPERM: it is no regular file,
 * or has other names, too, so that it may be somebody else's.
 */
int runtime_create(const struct runtime *runtime, const char *name);

#endif
