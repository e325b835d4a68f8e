/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - the ledger as text, as it is on disk:
 *
 *     vcpu-scheduler-ledger 1
 *     host HOST
 *     uri URI                                  its address, unless that is HOST
 *     UUID ID VCPU PINNED WAS ORIGINAL DOMAIN  a vCPU; WAS is "-" if PINNED is sure
 *     UUID ID VCPU yielded SECONDS - DOMAIN    a vCPU that is somebody else's since then
 *     end COUNT CRC
 *
 * VCPU is "emulator" for the emulator of the domain. The head says 2 if there are lines of the
 * second kind, and 3 if there are emulators or pins to several pCPUs, which older versions do not
 * know. HOST, URI and DOMAIN are escaped. PINNED, WAS and ORIGINAL are
 * CPU lists. CRC is the CRC-32 of everything before
 * it. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_LEDGER_TEXT_H
#define VCPU_SCHEDULER_LEDGER_TEXT_H

#include "ledger/ledger.h"

/* Enough for more than 100,000 vCPUs. A larger file is taken for damaged. */
#define LEDGER_BYTES_MAX (UINT32_C(64) << 20)

/** Zeroed at first, freed by free(text.bytes). */
struct ledger_text {
    char *bytes;
    uint32_t length, capacity;
    const char *address; /* the host's, to write; NULL: its name; owned by the caller */
};

/**
 * Copies a text; characters but ASCII letters, digits, '.', '_' and '-' become %XX. `size` is at
 * least 1. Returns the length of the whole, as snprintf() does.
 */
size_t ledger_escape(const char *text, char *escaped, size_t size);

/**
 * The address of a text's host, or its name if the text has none. Freed by free(); NULL if the text
 * is no ledger, or without memory. The rest of the text may be damaged.
 */
char *ledger_address(const struct ledger_text *text);

/** The name of a text's host, as ledger_address(). */
char *ledger_host(const struct ledger_text *text);

/** Writes a ledger as text. Returns 0, -ENOMEM or -EFBIG. Allocates only if `text` must grow. */
int ledger_format(struct ledger *ledger, const char *host, struct ledger_text *text);

/**
 * Fills an empty ledger from a text, which it changes. Returns 0; -EBADMSG, with the words in *why:
 * it is damaged or of another host; or -ENOMEM. On an error the ledger is empty.
 */
int ledger_parse(struct ledger *ledger, const char *host, struct ledger_text *text,
                 struct failure *why);

#endif
