/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder.h - all ledgers of a runtime directory. Any thread.
 */
#ifndef VCPU_SCHEDULER_LEDGER_FOLDER_H
#define VCPU_SCHEDULER_LEDGER_FOLDER_H

#include "ledger/text.h"

/** Reads a whole ledger. Returns 0, or with the words in *why: -EBADMSG: it is none; or another
 * negative errno. */
int ledger_read(int fd, struct ledger_text *text, struct failure *why);

/**
 * Calls look() for each ledger of the folder, a descriptor; `name` is the file's. look() may remove
 * it. Files that can't be read are skipped. Returns 0 or a negative errno.
 */
int ledger_each(int folder, void (*look)(void *opaque, const char *name, struct ledger_text *text),
                void *opaque);

/** list[count]. Freed by ledger_addresses_finish(). */
struct ledger_addresses {
    char **list;
    uint32_t count, capacity;
};

/**
 * Lists the addresses of the hosts that have a ledger. folder: as runtime_open() takes it. Returns
 * 0 or a negative errno with the words in *why.
 */
int ledger_addresses(const char *folder, struct ledger_addresses *addresses, struct failure *why);
void ledger_addresses_finish(struct ledger_addresses *addresses);

#endif
