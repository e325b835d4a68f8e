/* SPDX-License-Identifier: GPL-2.0-or-later */
/* adopt.c - enters pins of earlier runs into the ledger, from the marks in the metadata of domains
 * (mark.h). Sampler's thread; for --restore the opener's. */
#include "host/libvirt/internal.h"

#include "base/text.h"
#include "host/libvirt/mark.h"
#include "ledger/ledger.h"
#include "log/log.h"
#include "model/mask.h"

#include <stdlib.h>
#include <string.h>

/* An entry's original, as far as this host has its pCPUs; everything if it has none of them. */
static struct cpuset original_here(const struct host *host, const struct mark_entry *entry)
{
    const struct cpuset none = {{0}};
    struct cpuset original = none;

    for (uint32_t cpu = 0; !entry->everything && cpu < host->pcpus; cpu++) {
        if (cpuset_has(&entry->original, cpu))
            cpuset_add(&original, cpu);
    }
    return cpuset_count(&original) ? original : mask_everything(&none, &host->isolated);
}

/* If `now` is the pin in the mark's entry (NULL: none), returns true and the vCPU's original. Also
 * enters it into the ledger, except on a read-only host, which gives nothing back. */
static bool adopt(struct host *host, const struct vcpu_name *vcpu, const char *domain,
                  const struct mark_entry *entry, const struct cpuset *now, struct cpuset *original)
{
    struct ledger_entry noted = {.vcpu = *vcpu, .pinned = *now};

    if (!mark_is_ours(entry, now) || ledger_find(host->ledger, vcpu, &noted))
        return false;
    *original = noted.original = original_here(host, entry);
    strncpy(noted.domain, domain, sizeof noted.domain - 1);
    return host->connection.read_only || ledger_add(host->ledger, &noted) == 0;
}

static void log_adopted(const char *domain, uint32_t pins)
{
    struct log_about about = log_about(EVENT_LEFTOVER);

    about.domain = domain;
    log_event(LOG_INFO, about,
              "domain %s: has come with %u pin%s of an earlier run, here or on another host: "
              "what was before is known",
              domain, pins, text_plural(pins));
}

/* True if a mask may be a pin: not every present pCPU. It is the emulator's, or a vCPU's in
 * host->maps, which hold `count`. */
static bool is_pinned(const struct host *host, virDomainPtr domain, const struct cpuset *present,
                      uint32_t number, int count, struct cpuset *now)
{
    const bool told = number == VCPU_EMULATOR
                          ? libvirt_read_emulator(host, domain, VIR_DOMAIN_AFFECT_LIVE, now)
                          : libvirt_map(host, number, count, now);

    return told && !mask_covers(now, present, &host->isolated);
}

/* True if it is not known yet where the owner wants a vCPU or emulator, and it may be pinned. */
static bool is_open(const struct host *host, virDomainPtr domain, const struct cpuset *present,
                    const struct vcpu_record *vcpu, int count, struct cpuset *now)
{
    return vcpu->wanted == UINT32_MAX && is_pinned(host, domain, present, vcpu->number, count, now);
}

void libvirt_adopt(struct host *host, virDomainPtr domain, struct domain_record *record, int count)
{
    struct vcpu_name name = {.id = record->id, .slot = UINT32_MAX};
    struct mark mark = {.entries = NULL};
    struct cpuset now, original, present;
    uint32_t pins = 0;
    bool any;

    libvirt_present(host, &present);
    any = record->emulator.told != UINT32_MAX &&
          is_open(host, domain, &present, &record->emulator, count, &now);
    for (uint32_t v = 0; v < record->vcpu_count && !any; v++)
        any = is_open(host, domain, &present, &record->vcpus[v], count, &now);
    if (!any || !host->ledger || libvirt_read_mark(domain, VIR_DOMAIN_AFFECT_LIVE, &mark))
        return;
    memcpy(name.uuid, record->uuid, sizeof name.uuid);
    for (uint32_t v = 0; v <= record->vcpu_count && mark.count; v++) {
        struct vcpu_record *vcpu = v < record->vcpu_count ? &record->vcpus[v] : &record->emulator;
        const struct mark_entry *entry = mark_find(&mark, vcpu->number);

        name.number = vcpu->number;
        if (entry && is_open(host, domain, &present, vcpu, count, &now) &&
            adopt(host, &name, record->name, entry, &now, &original)) {
            vcpu->wanted = inventory_set(&host->inventory, &original);
            pins++;
        }
    }
    if (pins)
        log_adopted(record->name, pins);
    mark_finish(&mark);
}

void libvirt_replace_own_pin(struct host *host, virDomainPtr domain, uint32_t number,
                             struct cpuset *list)
{
    struct mark mark = {.entries = NULL};
    const struct mark_entry *entry;
    struct cpuset present;

    libvirt_present(host, &present);
    if (mask_covers(list, &present, &host->isolated) ||
        libvirt_read_mark(domain, VIR_DOMAIN_AFFECT_CONFIG, &mark))
        return;
    entry = mark_find(&mark, number);
    if (mark_is_ours(entry, list))
        *list = original_here(host, entry);
    mark_finish(&mark);
}

/* ---- all domains: --restore ---- */

static void adopt_domain(struct host *host, virDomainPtr domain)
{
    struct vcpu_name name = {.id = (int32_t)virDomainGetID(domain), .slot = UINT32_MAX};
    const int most = virDomainGetMaxVcpus(domain);
    struct mark mark = {.entries = NULL};
    struct cpuset now, original, present;
    uint32_t pins = 0;
    int count;

    if (most <= 0 || virDomainGetUUID(domain, name.uuid) ||
        libvirt_read_mark(domain, VIR_DOMAIN_AFFECT_LIVE, &mark) || mark.count == 0)
        return;
    libvirt_present(host, &present);
    count = libvirt_read_maps(host, domain, (uint32_t)most, VIR_DOMAIN_AFFECT_LIVE);
    for (uint32_t i = 0; count > 0 && i < mark.count; i++) {
        name.number = mark.entries[i].number;
        if (is_pinned(host, domain, &present, name.number, count, &now))
            pins += adopt(host, &name, virDomainGetName(domain), &mark.entries[i], &now, &original);
    }
    if (pins)
        log_adopted(virDomainGetName(domain), pins);
    mark_finish(&mark);
}

int libvirt_adopt_all(struct host *host, struct failure *why)
{
    virDomainPtr *domains = NULL;
    const int count = virConnectListAllDomains(host->connection.current.sampler, &domains,
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
