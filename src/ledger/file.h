/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file.h - the ledger on disk, so that no original is lost when the process dies; and the
 * lock by which one daemon a host keeps the others out.
 *
 * Both lie in the runtime directory and are named by the host: HOST.ledger, HOST.lock. The file
 * is only ever replaced as a whole: written beside, fsync(2), rename(2), fsync(2) of the directory.
 * One thread at a time.
 */
#ifndef VCPU_SCHEDULER_LEDGER_FILE_H
#define VCPU_SCHEDULER_LEDGER_FILE_H

#include "ledger/ledger.h"

struct ledger_file;

/**
 * Takes the host's lock and fills the empty ledger with what an earlier run has left.
 * folder: --runtime-dir; NULL: $RUNTIME_DIRECTORY, else /run/vcpu-scheduler for root, else
 * $XDG_RUNTIME_DIR/vcpu-scheduler. Made if it is not there; refused if others may write to it.
 * host: host_ops.name.
 * Returns 0 and *file (closed by ledger_file_close()), or with the words in *why: -EBUSY: another
 * process holds the lock; -EBADMSG: the ledger is damaged and was set aside under another name, so
 * that there is none now; or another negative errno.
 */
int ledger_file_open(struct ledger *ledger, const char *folder, const char *host,
                     struct ledger_file **file, struct failure *why);

/**
 * Takes over what earlier runs have kept of the same host by other names. same: true of an address
 * that is this host's. address: the host's own, which is kept on disk with the ledger.
 * Returns 0, or with the words in *why: -EBUSY: a process holds the lock of another name; or
 * another negative errno. What is damaged stays where it is.
 */
int ledger_file_claim(struct ledger_file *file, struct ledger *ledger, const char *address,
                      bool (*same)(const void *opaque, const char *address), const void *opaque,
                      struct failure *why);

/**
 * Brings the disk up to the ledger; an empty one is removed. Does nothing if that is so already.
 * Returns 0; or a negative errno with the words in *why: then the disk may hold what it held.
 */
int ledger_file_write(struct ledger_file *file, struct ledger *ledger, struct failure *why);

/** Lets the lock go; writes nothing. Accepts NULL. */
void ledger_file_close(struct ledger_file *file);

#endif
