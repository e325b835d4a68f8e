/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mark.h - what a domain carries of the ledger: which of its pins are the daemon's, and what was
 * before. A pin is part of the live XML, which a save, a managed save and a migration take along;
 * without a mark it would be taken for its owner's wish wherever the domain arrives.
 *
 * An element of its own in the domain's metadata, so that owners who set or remove theirs
 * (metadata.h) don't touch it:
 *
 *     <pins xmlns="MARK_URI">
 *       <vcpu id="0" original="0-3" pinned="2" was="1"/>
 *     </pins>
 *
 * original: a cpu list, or "all", which is all that a host has, wherever that is. was: where it may
 * be as well, as in the ledger. The text is a guest owner's input. Pure functions: any thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_MARK_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_MARK_H

#include "cpuset.h"

#include <stdbool.h>
#include <stdint.h>

#define MARK_URI "https://vcpu-scheduler.org/xmlns/pins/1.0"
/** The prefix of its namespace. */
#define MARK_KEY "vcpu-scheduler-pins"

/** One vCPU of a domain. */
struct mark_entry {
    uint32_t number;
    int32_t pinned, was;    /* pCPUs; was: -1 if there is none */
    bool everything;        /* it had all pCPUs of its host; `original` is empty */
    struct cpuset original; /* what is to be given back */
};

/** Of a domain; zeroed at first. */
struct mark {
    struct mark_entry *entries;
    uint32_t count, capacity;
};

/** Frees what it holds; it is empty then. */
void mark_finish(struct mark *mark);

/**
 * Reads the element as virDomainGetMetadata() gives it into an empty mark. Returns 0, -EINVAL where
 * it is no mark, or -ENOMEM: then it is empty.
 */
int mark_parse(const char *xml, struct mark *mark);

/** The element as text, freed by free(); NULL without memory. */
char *mark_format(const struct mark *mark);

/** Adds an entry. Returns 0 or -ENOMEM. */
int mark_add(struct mark *mark, const struct mark_entry *entry);

/** The vCPU's entry; NULL if there is none. */
const struct mark_entry *mark_find(const struct mark *mark, uint32_t number);

/** True if that affinity is one that the entry, NULL for none, tells of. */
bool mark_is_ours(const struct mark_entry *entry, const struct cpuset *now);

/** True if whoever reads `entry`, NULL for none, knows all that `needed` tells. */
bool mark_covers(const struct mark_entry *entry, const struct mark_entry *needed);

#endif
