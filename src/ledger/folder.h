/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder.h - the ledgers of a runtime directory, whatever host each is of. Any thread.
 */
#ifndef VCPU_SCHEDULER_LEDGER_FOLDER_H
#define VCPU_SCHEDULER_LEDGER_FOLDER_H

#include "ledger/text.h"

/**
 * Reads all of an open ledger. Returns 0 or a negative errno; -EBADMSG: it is none, *reason tells.
 */
int ledger_read(int fd, struct ledger_text *text, const char **reason);

/**
 * Shows each ledger of the folder (a descriptor), by its file's name; it may be removed meanwhile.
 * What can't be read is passed over. Returns 0 or a negative errno.
 */
int ledger_each(int folder, void (*look)(void *opaque, const char *name, struct ledger_text *text),
                void *opaque);

/** Addresses: list[count]. Freed by ledger_addresses_finish(). */
struct ledger_addresses {
    char **list;
    uint32_t count, capacity;
};

/**
 * How the hosts were reached that there is a ledger of, in the runtime directory `folder`: as
 * runtime_open() takes it. Returns 0 or a negative errno with the words in *why.
 */
int ledger_addresses(const char *folder, struct ledger_addresses *addresses, struct failure *why);
void ledger_addresses_finish(struct ledger_addresses *addresses);

#endif
