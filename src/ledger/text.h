/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - the ledger as text, the form that it has on disk:
 *
 *     vcpu-scheduler-ledger 1
 *     host HOST
 *     uri URI                                        how it was reached, unless that is HOST
 *     UUID ID VCPU PINNED WAS ORIGINAL DOMAIN        one line a vCPU; WAS is "-" if certain
 *     UUID ID VCPU yielded SECONDS - DOMAIN          one that is somebody else's since then
 *     end COUNT CRC
 *
 * The head says 2 where there is a line of the second kind, which the first versions do not know.
 * HOST, URI and DOMAIN are escaped, ORIGINAL is a cpu list, CRC the CRC-32 of all that is before
 * it. Its owner's thread.
 */
#ifndef VCPU_SCHEDULER_LEDGER_TEXT_H
#define VCPU_SCHEDULER_LEDGER_TEXT_H

#include "ledger/ledger.h"

/* More than 100,000 vCPUs, but no more than a page file that went astray. */
#define LEDGER_BYTES_MAX (UINT32_C(64) << 20)

/** Bytes; zeroed at first, freed by free(text.bytes). */
struct ledger_text {
    char *bytes;
    uint32_t length, capacity;
    const char *address; /* the host's, to be written; NULL: its name; kept by the caller */
};

/**
 * Writes what is no ASCII letter, digit, '.', '_' or '-' as %XX. Always ends `escaped`, of at least
 * one byte. Returns the length that the whole has, as snprintf().
 */
size_t ledger_escape(const char *text, char *escaped, size_t size);

/**
 * How the host of a text was reached, or its name if that was its address. Freed by free(); NULL if
 * the text is no ledger, or without memory. The rest of the text may be damaged.
 */
char *ledger_address(const struct ledger_text *text);

/** The name of that host; likewise. */
char *ledger_host(const struct ledger_text *text);

/** The text of a ledger. Returns 0, -ENOMEM or -EFBIG. Allocates only where `text` must grow. */
int ledger_format(struct ledger *ledger, const char *host, struct ledger_text *text);

/**
 * Fills an empty ledger. `text` is written to. Returns 0; -EBADMSG with the words in *why: it is
 * damaged, or not of this host; or -ENOMEM. The ledger is empty then.
 */
int ledger_parse(struct ledger *ledger, const char *host, struct ledger_text *text,
                 struct failure *why);

#endif
