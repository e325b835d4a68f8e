/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime_dir.h - the runtime directory: where the ledger, its lock and the status door lie. Any
 * thread.
 */
#ifndef VCPU_SCHEDULER_LEDGER_RUNTIME_DIR_H
#define VCPU_SCHEDULER_LEDGER_RUNTIME_DIR_H

#include "error.h"

#include <limits.h>
#include <sys/types.h>

/** A runtime directory. */
struct runtime {
    char path[PATH_MAX];
    int fd; /* of it; -1: not open */
    uid_t uid;
    gid_t gid; /* whose it is */
};

/**
 * Opens it, made with mode 0700 if it is not there. folder: --runtime-dir; NULL:
 * $RUNTIME_DIRECTORY, else /run/vcpu-scheduler for root, else $XDG_RUNTIME_DIR/vcpu-scheduler.
 * Root may use another user's, such as a service's: what it leaves there is that user's.
 * Returns 0, the descriptor to be closed by the caller; or with the words in *why: -EPERM: another
 * user's, or others may write to it; -ENOENT: nothing names one; -ENAMETOOLONG; or another negative
 * errno.
 */
int runtime_open(const char *folder, struct runtime *runtime, struct failure *why);

/**
 * Opens a file of it to be written, made with mode 0600 if it is not there; what is in it stays.
 * It belongs to whom the directory does. Returns a descriptor, or a negative errno; -EPERM: it is
 * no file, or known by another name, too, so that it may be somebody else's.
 */
int runtime_create(const struct runtime *runtime, const char *name);

#endif
