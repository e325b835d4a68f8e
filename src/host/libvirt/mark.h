/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mark.h - a mark records in a domain's metadata which of its pins are the daemon's, and what the
 * affinity was before. A pin is part of the live XML, so it survives a save, a managed save and a
 * migration; without a mark it would then be taken for what the owner wants.
 *
 * The mark is a separate element in the domain's metadata, so owners who set or remove theirs
 * (xml.h) don't change it:
 *
 *     <pins xmlns="MARK_URI">
 *       <vcpu id="0" original="0-3" pinned="2" was="1"/>
 *       <emulator original="all" pinned="2"/>
 *     </pins>
 *
 * Each is a cpu list; original also "all": every pCPU of whatever host. was: the pin before, which
 * may still be in effect, as in the ledger. The text is untrusted: a guest's owner can change it.
 * Pure functions: any thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_MARK_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_MARK_H

#include "cpuset.h"

#include <stdbool.h>
#include <stdint.h>

#define MARK_URI "https://vcpu-scheduler.org/xmlns/pins/1.0"
/** The prefix of the namespace. */
#define MARK_KEY "vcpu-scheduler-pins"

/** One vCPU of a domain, or its emulator (VCPU_EMULATOR). */
struct mark_entry {
    uint32_t number;
    bool everything;           /* the original is all pCPUs of the host; `original` is empty */
    struct cpuset original;    /* the affinity to give back */
    struct cpuset pinned, was; /* was: empty if there is none */
};

/** A domain's mark; zeroed at first. */
struct mark {
    struct mark_entry *entries;
    uint32_t count, capacity;
};

/** Frees the entries; the mark is empty afterwards. */
void mark_finish(struct mark *mark);

/** Parses the element, as virDomainGetMetadata() returns it, into an empty mark. Returns 0; -EINVAL
 * (malformed) or -ENOMEM: the mark is empty. */
int mark_parse(const char *xml, struct mark *mark);

/** The element as text; the caller frees it. NULL without memory. */
char *mark_format(const struct mark *mark);

/** Adds an entry. Returns 0 or -ENOMEM. */
int mark_add(struct mark *mark, const struct mark_entry *entry);

/** The vCPU's entry; NULL if there is none. */
const struct mark_entry *mark_find(const struct mark *mark, uint32_t number);

/** True if the affinity is a pin that the entry (NULL: none) records. */
bool mark_is_ours(const struct mark_entry *entry, const struct cpuset *now);

/** True if the entry (NULL: none) records all that `needed` does. */
bool mark_covers(const struct mark_entry *entry, const struct mark_entry *needed);

#endif
