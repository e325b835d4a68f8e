/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime.h - the runtime directory: where the ledger, its lock and the status door lie. Any
 * thread.
 */
#ifndef VCPU_SCHEDULER_RUNTIME_H
#define VCPU_SCHEDULER_RUNTIME_H

#include "host.h"

#include <limits.h>

/** A runtime directory. */
struct runtime {
    char path[PATH_MAX];
    int fd; /* of it; -1: not open */
};

/**
 * Opens it, made with mode 0700 if it is not there. folder: --runtime-dir; NULL:
 * $RUNTIME_DIRECTORY, else /run/vcpu-scheduler for root, else $XDG_RUNTIME_DIR/vcpu-scheduler.
 * Returns 0, the descriptor to be closed by the caller; or with the words in *why: -EPERM: another
 * user's, or others may write to it; -ENOENT: nothing names one; -ENAMETOOLONG; or another negative
 * errno.
 */
int runtime_open(const char *folder, struct runtime *runtime, struct failure *why);

#endif
