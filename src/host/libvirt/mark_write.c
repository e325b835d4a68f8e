/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mark_write.c - writes marks into the metadata of domains (mark.h): before a pin, and when pins
 * are given back. Actuator's thread.
 *
 * A mark holds the pin, not only the original: if somebody else pins the domain while no daemon
 * runs, that pin must not be taken for the daemon's. So every move writes the mark again, once for
 * all pins of a plan in one domain. This costs as much as a pin. Reading a mark takes no job and
 * does not talk to QEMU.
 */
#include "host/libvirt/internal.h"

#include "host/libvirt/mark.h"
#include "ledger/ledger.h"
#include "log/log.h"
#include "model/mask.h"

#include <errno.h>
#include <stdlib.h>

int libvirt_read_mark(virDomainPtr domain, unsigned flags, struct mark *mark)
{
    char *xml = virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, MARK_URI, flags);
    const virErrorPtr said = xml ? NULL : virGetLastError();
    int error = 0;

    if (xml)
        error = mark_parse(xml, mark);
    else if (!said || said->code != VIR_ERR_NO_DOMAIN_METADATA)
        error = -EIO;
    free(xml);
    return error == -EINVAL ? 0 : error;
}

/* The online pCPUs; all that are present if it is unknown which are online. */
static struct cpuset usable_pcpus(const struct host *host)
{
    struct cpuset all;

    cpuset_clear(&all);
    if (host->local)
        procfs_pcpus("online", &all);
    if (!cpuset_count(&all))
        libvirt_present(host, &all);
    return all;
}

/* A mark's entry for a ledger's. All pCPUs of this host become "everything", which also holds on
 * another host. */
static struct mark_entry entry_of(const struct host *host, const struct ledger_entry *noted)
{
    const struct cpuset all = usable_pcpus(host);

    struct mark_entry entry = {
        .number = noted->vcpu.number,
        .pinned = noted->pinned,
        .was = noted->was,
        .everything = mask_is_everything(&noted->original) || cpuset_within(&all, &noted->original),
    };

    if (!entry.everything)
        entry.original = noted->original;
    return entry;
}

/* Replaces the domain's mark by what the ledger holds of that run. Returns as libvirt_read_mark().
 */
static int write_mark(struct host *host, virDomainPtr domain, const struct vcpu_name *run)
{
    struct mark mark = {.entries = NULL};
    struct ledger_entry noted;
    uint64_t number = 0;
    char *text = NULL;
    int error = 0;

    while (!error && ledger_next_of(host->ledger, run, &number, &noted)) {
        const struct mark_entry entry = entry_of(host, &noted);

        error = mark_add(&mark, &entry);
    }
    if (!error && mark.count) {
        text = mark_format(&mark);
        error = text ? 0 : -ENOMEM;
    }
    if (!error && virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, text,
                                       text ? MARK_KEY : NULL, MARK_URI, VIR_DOMAIN_AFFECT_LIVE))
        error = -EIO;
    free(text);
    mark_finish(&mark);
    return error;
}

/* True if the last error means that libvirt can't store marks, which is logged once. */
static bool is_unmarkable(struct host *host)
{
    const virErrorPtr said = virGetLastError();

    switch (said ? said->code : VIR_ERR_OK) {
    case VIR_ERR_NO_SUPPORT:
    case VIR_ERR_ARGUMENT_UNSUPPORTED:
    case VIR_ERR_CONFIG_UNSUPPORTED:
    case VIR_ERR_OPERATION_UNSUPPORTED:
    case VIR_ERR_OPERATION_DENIED:
    case VIR_ERR_ACCESS_DENIED:
        break;
    default:
        return false;
    }
    host->unmarkable = true;
    log_info("a domain that is saved or migrated while it is pinned takes the pin along as its "
             "owner's: its metadata can't be written: %s",
             said->message ? said->message : "no reason given");
    return true;
}

int libvirt_mark(struct host *host, virDomainPtr domain, const struct vcpu_name *vcpu)
{
    struct mark now = {.entries = NULL};
    struct ledger_entry noted;
    struct mark_entry needed;
    int error;

    if (host->unmarkable || !host->ledger || !ledger_find(host->ledger, vcpu, &noted))
        return 0;
    needed = entry_of(host, &noted);
    error = libvirt_read_mark(domain, VIR_DOMAIN_AFFECT_LIVE, &now);
    if (!error && !mark_covers(mark_find(&now, vcpu->number), &needed))
        error = write_mark(host, domain, vcpu);
    mark_finish(&now);
    return error == -EIO && is_unmarkable(host) ? 0 : error;
}

/* True if the mark has a vCPU that the ledger does not hold. */
static bool has_too_many(struct host *host, const struct mark *mark, const struct vcpu_name *run)
{
    struct vcpu_name name = *run;
    struct ledger_entry noted;

    for (uint32_t i = 0; i < mark->count; i++) {
        name.number = mark->entries[i].number;
        if (!ledger_find(host->ledger, &name, &noted))
            return true;
    }
    return false;
}

void libvirt_trim_mark(struct host *host, virDomainPtr domain, const struct vcpu_name *run)
{
    struct mark now = {.entries = NULL};
    struct failure why;

    if (host->unmarkable || !host->ledger ||
        libvirt_read_mark(domain, VIR_DOMAIN_AFFECT_LIVE, &now))
        return;
    if (has_too_many(host, &now, run) && write_mark(host, domain, run)) {
        libvirt_failed(&why, "its metadata can't be written");
        if (virDomainIsActive(domain) == 1)
            log_info("domain %s: its metadata still name a pin that was given back: %s",
                     virDomainGetName(domain), why.text);
    }
    mark_finish(&now);
}
