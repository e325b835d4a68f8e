/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * travel.c - what domains carry of the ledger in their metadata (mark.h): written before
 * a pin, read where a domain is met first, removed when all is given back.
 *
 * A mark holds the pin itself, not only what was before: a domain may be pinned by somebody else
 * while no daemon looks, and that pin must not be taken for ours wherever it goes. So each move
 * writes the mark anew, once for all pins that a plan makes in one domain: as dear as a pin, and as
 * seldom. Reading takes no job and does not talk to QEMU.
 */
#include "host/libvirt/internal.h"

#include "base/array.h"
#include "host/libvirt/mark.h"
#include "ledger/ledger.h"
#include "log/log.h"
#include "model/mask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where a vCPU that nobody has pinned may run. */
static struct cpuset everything(const struct host *host)
{
    struct cpuset none;

    cpuset_clear(&none);
    return mask_everything(&none, &host->isolated);
}

/* What an entry's original is on this host, where there may be fewer pCPUs, or other ones. */
static struct cpuset original_here(const struct host *host, const struct mark_entry *entry)
{
    struct cpuset original;

    cpuset_clear(&original);
    for (uint32_t cpu = 0; !entry->everything && cpu < host->pcpus; cpu++) {
        if (cpuset_has(&entry->original, cpu))
            cpuset_add(&original, cpu);
    }
    return cpuset_count(&original) ? original : everything(host);
}

/*
 * Reads a domain's mark, `flags` says which. Returns 0, the mark empty where there is none or it
 * makes no sense; -ENOMEM; or -EIO with libvirt's last error.
 */
static int read_mark(virDomainPtr domain, unsigned flags, struct mark *mark)
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

/* ---- written: actuator's thread ---- */

/* All pCPUs of this host. */
static struct cpuset present(const struct host *host)
{
    struct cpuset all;

    cpuset_clear(&all);
    if (host->local)
        procfs_online(&all);
    if (cpuset_count(&all))
        return all;
    for (uint32_t cpu = 0; cpu < host->pcpus; cpu++)
        cpuset_add(&all, cpu);
    return all;
}

/* What is to travel of a ledger's entry: all pCPUs of this host name none of another's. */
static struct mark_entry entry_of(const struct host *host, const struct ledger_entry *noted)
{
    const struct cpuset all = present(host);

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

/* Makes the domain carry what the ledger holds of that run. Returns as read_mark(). */
static int write_mark(struct host *host, virDomainPtr domain, const struct vcpu_name *run)
{
    struct mark mark = {.entries = NULL};
    struct ledger_entry noted;
    uint32_t number = 0;
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

/* True if the last error says that there can be no marks, which is said once. */
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
    error = read_mark(domain, VIR_DOMAIN_AFFECT_LIVE, &now);
    if (!error && !mark_covers(mark_find(&now, vcpu->number), &needed))
        error = write_mark(host, domain, vcpu);
    mark_finish(&now);
    return error == -EIO && is_unmarkable(host) ? 0 : error;
}

/* True if the mark tells of a vCPU that the ledger does not hold. */
static bool tells_too_much(struct host *host, const struct mark *mark, const struct vcpu_name *run)
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

    if (host->unmarkable || !host->ledger || read_mark(domain, VIR_DOMAIN_AFFECT_LIVE, &now))
        return;
    if (tells_too_much(host, &now, run) && write_mark(host, domain, run)) {
        libvirt_failed(&why, "its metadata can't be written");
        if (virDomainIsActive(domain) == 1)
            log_info("domain %s: goes on telling of a pin that is not there any more: %s",
                     virDomainGetName(domain), why.text);
    }
    mark_finish(&now);
}

/* ---- read ---- */

/*
 * If a vCPU's affinity is the pin that the mark's entry, NULL for none, tells of: tells what it had
 * before. Takes that into the ledger, too, unless nothing is ever given back. Returns true if so.
 */
static bool adopt(struct host *host, const struct vcpu_name *vcpu, const char *domain,
                  const struct mark_entry *entry, const struct cpuset *now, struct cpuset *original)
{
    struct ledger_entry noted = {.vcpu = *vcpu, .pinned = cpuset_next(now, 0), .was = -1};

    if (!mark_is_ours(entry, now) || ledger_find(host->ledger, vcpu, &noted))
        return false;
    *original = noted.original = original_here(host, entry);
    strncpy(noted.domain, domain, sizeof noted.domain - 1);
    return host->connection.read_only || ledger_add(host->ledger, &noted) == 0;
}

static void say_adopted(const char *domain, uint32_t pins)
{
    struct log_about about = log_about(EVENT_LEFTOVER);

    about.domain = domain;
    log_event(LOG_INFO, about,
              "domain %s: has come with %u pin%s of an earlier run, here or on another host: "
              "what was before is known",
              domain, pins, pins == 1 ? "" : "s");
}

/* The affinity of a vCPU in host->maps, which hold `count`; true if it is a pin. */
static bool is_pinned(const struct host *host, uint32_t number, int count, struct cpuset *now)
{
    const size_t length = (size_t)VIR_CPU_MAPLEN(host->pcpus);

    if (number >= (uint32_t)count)
        return false;
    cpuset_from_map(now, host->maps + number * length, length);
    return cpuset_count(now) == 1;
}

void libvirt_adopt(struct host *host, virDomainPtr domain, struct domain_record *record, int count)
{
    struct vcpu_name name = {.id = record->id, .slot = UINT32_MAX};
    struct mark mark = {.entries = NULL};
    struct cpuset now, original;
    uint32_t pins = 0;
    bool any = false;

    for (uint32_t v = 0; v < record->vcpu_count && !any; v++)
        any = record->vcpus[v].wanted == UINT32_MAX &&
              is_pinned(host, record->vcpus[v].number, count, &now);
    if (!any || !host->ledger || read_mark(domain, VIR_DOMAIN_AFFECT_LIVE, &mark))
        return;
    memcpy(name.uuid, record->uuid, sizeof name.uuid);
    for (uint32_t v = 0; v < record->vcpu_count && mark.count; v++) {
        struct vcpu_record *vcpu = &record->vcpus[v];

        name.number = vcpu->number;
        if (vcpu->wanted == UINT32_MAX && is_pinned(host, name.number, count, &now) &&
            adopt(host, &name, record->name, mark_find(&mark, name.number), &now, &original)) {
            vcpu->wanted = inventory_set(&host->inventory, &original);
            pins++;
        }
    }
    if (pins)
        say_adopted(record->name, pins);
    mark_finish(&mark);
}

void libvirt_see_through(struct host *host, virDomainPtr domain, uint32_t number,
                         struct cpuset *list)
{
    struct mark mark = {.entries = NULL};
    const struct mark_entry *entry;

    if (cpuset_count(list) != 1 || read_mark(domain, VIR_DOMAIN_AFFECT_CONFIG, &mark))
        return;
    entry = mark_find(&mark, number);
    if (mark_is_ours(entry, list))
        *list = original_here(host, entry);
    mark_finish(&mark);
}

/* ---- all at once: --restore ---- */

/* The live affinities of vCPUs 0 to `most` into host->maps; how many, or -1. */
static int read_maps(struct host *host, virDomainPtr domain, uint32_t most)
{
    const uint32_t length = (uint32_t)VIR_CPU_MAPLEN(host->pcpus);

    if (!ARRAY_GROW(host->maps, host->map_capacity, (most + 1) * length))
        return -1;
    return virDomainGetVcpuPinInfo(domain, (int)most + 1, host->maps, (int)length,
                                   VIR_DOMAIN_AFFECT_LIVE);
}

static void adopt_domain(struct host *host, virDomainPtr domain)
{
    struct vcpu_name name = {.id = (int32_t)virDomainGetID(domain), .slot = UINT32_MAX};
    const int most = virDomainGetMaxVcpus(domain);
    struct mark mark = {.entries = NULL};
    struct cpuset now, original;
    uint32_t pins = 0;
    int count;

    if (most <= 0 || virDomainGetUUID(domain, name.uuid) ||
        read_mark(domain, VIR_DOMAIN_AFFECT_LIVE, &mark) || mark.count == 0)
        return;
    count = read_maps(host, domain, (uint32_t)most - 1);
    for (uint32_t i = 0; count > 0 && i < mark.count; i++) {
        name.number = mark.entries[i].number;
        if (is_pinned(host, name.number, count, &now))
            pins += adopt(host, &name, virDomainGetName(domain), &mark.entries[i], &now, &original);
    }
    if (pins)
        say_adopted(virDomainGetName(domain), pins);
    mark_finish(&mark);
}

int libvirt_adopt_all(struct host *host, struct failure *why)
{
    virDomainPtr *domains = NULL;
    const int count = virConnectListAllDomains(host->connection.now.sampler, &domains,
                                               VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    if (count < 0)
        return libvirt_failed(why, "libvirt does not list its domains");
    for (int d = 0; d < count; d++) {
        adopt_domain(host, domains[d]);
        virDomainFree(domains[d]);
    }
    free(domains);
    return 0;
}
