/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file.h - the ledger on disk, so that no original is lost when the process dies; and the lock that
 * admits one daemon for each host.
 *
 * They are HOST.ledger and HOST.lock in the runtime directory. The ledger is always replaced as a
 * whole: a new file, fsync(2), rename(2), fsync(2) of the directory. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_LEDGER_FILE_H
#define VCPU_SCHEDULER_LEDGER_FILE_H

#include "ledger/ledger.h"

struct ledger_file;

/**
 * Takes the host's lock and fills the empty ledger with what an earlier run has left.
 * folder: as runtime_open() takes it. host: host_ops.name.
 * Returns 0 and *file (closed by ledger_file_close()), or with the words in *why: -EBUSY: another
 * process holds the lock; -EBADMSG: the ledger is damaged and was renamed, so that another call
 * finds none; or another negative errno.
 */
int ledger_file_open(struct ledger *ledger, const char *folder, const char *host,
                     struct ledger_file **file, struct failure *why);

/**
 * Takes over the ledgers that earlier runs kept of this host under other names. same: true for an
 * address of this host. address: its present one, which is written with the ledger.
 * Returns 0, or with the words in *why: -EBUSY: a process holds the lock of another name; or
 * another negative errno. Damaged ledgers stay as they are.
 */
int ledger_file_claim(struct ledger_file *file, struct ledger *ledger, const char *address,
                      bool (*same)(const void *opaque, const char *address), const void *opaque,
                      struct failure *why);

/**
 * Writes the ledger to disk if it has changed; removes the file of an empty one.
 * Returns 0, or a negative errno with the words in *why: then the disk may hold the old one.
 */
int ledger_file_write(struct ledger_file *file, struct ledger *ledger, struct failure *why);

/** Releases the lock; writes nothing. Accepts NULL. */
void ledger_file_close(struct ledger_file *file);

#endif
