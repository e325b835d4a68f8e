/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * affinity.c - the affinities of a domain's vCPUs. Sampler's thread.
 *
 * Nothing here takes a domain's job or talks to its QEMU.
 */
#include "host/libvirt/internal.h"

#include "base/array.h"
#include "ledger/ledger.h"
#include "log/log.h"
#include "model/mask.h"

#include <string.h>

int libvirt_read_maps(struct host *host, virDomainPtr domain, uint32_t vcpus, unsigned flags)
{
    const uint32_t length = (uint32_t)VIR_CPU_MAPLEN(host->pcpus);

    if (!ARRAY_GROW(host->maps, host->map_capacity, vcpus * length))
        return -1;
    memset(host->maps, 0, (size_t)vcpus * length);
    return virDomainGetVcpuPinInfo(domain, (int)vcpus, host->maps, (int)length, flags);
}

bool libvirt_map(const struct host *host, uint32_t number, int count, struct cpuset *set)
{
    const size_t length = (size_t)VIR_CPU_MAPLEN(host->pcpus);

    if (number >= (uint32_t)count)
        return false;
    cpuset_from_map(set, host->maps + number * length, length);
    return true;
}

bool libvirt_read_emulator(const struct host *host, virDomainPtr domain, unsigned flags,
                           struct cpuset *set)
{
    unsigned char map[CPUSET_MAX / 8] = {0};
    const int length = VIR_CPU_MAPLEN((int)host->pcpus);

    if (virDomainGetEmulatorPinInfo(domain, map, length, flags) < 0)
        return false;
    cpuset_from_map(set, map, (size_t)length);
    return true;
}

/* Interprets the mask that libvirt has reported, unless it is the same as before. Returns false if
 * it is empty. */
static bool take_told(struct host *host, struct mask_context *context, struct vcpu_record *vcpu,
                      const struct cpuset *told)
{
    struct cpuset meaning;
    uint32_t set;

    set = cpuset_count(told) ? inventory_set(&host->inventory, told) : UINT32_MAX;
    if (set == UINT32_MAX)
        return false;
    if (set == vcpu->told)
        return true;
    meaning = libvirt_meaning(host, context, vcpu->number, told);
    set = inventory_set(&host->inventory, &meaning);
    if (set == UINT32_MAX)
        return false;
    vcpu->meant = set;
    vcpu->told = inventory_set(&host->inventory, told);
    return true;
}

/*
 * Compares libvirt's affinity with the kernel's, which taskset may have changed. They also differ
 * for a moment while libvirt pins a thread. So a difference counts only if two readings in a row
 * show it. Returns false after the first.
 */
static bool take_kernel(struct host *host, pid_t qemu, struct vcpu_record *vcpu)
{
    struct inventory *inventory = &host->inventory;
    struct affinity now = {.told = inventory->sets[vcpu->meant]};
    const bool everywhere =
        vcpu->affinity != UINT32_MAX && mask_is_everything(&inventory->sets[vcpu->affinity]);
    bool differs;
    uint32_t set;

    if (qemu > 0 && vcpu->thread <= 0)
        vcpu->thread = libvirt_find_thread(qemu, vcpu->number);
    libvirt_read_kernel(host, qemu, vcpu->thread, &now);
    differs = affinity_set(&now) != &now.told;
    set = inventory_set(inventory, affinity_set(&now));
    if (differs && set != vcpu->differing) {
        vcpu->differing = set;
        return false;
    }
    if (!differs)
        vcpu->differing = UINT32_MAX;
    if (differs || !everywhere || !mask_is_everything(&now.told))
        vcpu->affinity = set;
    return true;
}

/* Takes the mask that libvirt has reported of a vCPU or emulator. Returns false if it has to be
 * read again soon. */
static bool take(struct host *host, struct mask_context *context, struct domain_record *record,
                 struct vcpu_record *vcpu, const struct cpuset *told, pid_t qemu)
{
    const bool touched = echoes_take(host->echoes, record->uuid, vcpu->number);

    /* Earlier pins by others are part of the affinity that it was found with. */
    vcpu->touches += touched && vcpu->affinity != UINT32_MAX;
    return !take_told(host, context, vcpu, told) || take_kernel(host, qemu, vcpu);
}

/* True if an earlier run has pinned the emulator. */
static bool holds_emulator(const struct host *host, const struct domain_record *record)
{
    struct vcpu_name name = {.id = record->id, .number = VCPU_EMULATOR};
    struct ledger_entry entry;

    memcpy(name.uuid, record->uuid, sizeof name.uuid);
    return host->ledger && ledger_find(host->ledger, &name, &entry);
}

/* Reads the emulator's affinity, if it matters. Returns as take(). */
static bool read_emulator(struct host *host, struct mask_context *context,
                          struct domain_record *record, pid_t qemu)
{
    struct cpuset told;
    virErrorPtr said;

    if (!host->emulator && record->emulator.affinity == UINT32_MAX && !holds_emulator(host, record))
        return true;
    if (libvirt_read_emulator(host, context->domain, VIR_DOMAIN_AFFECT_CURRENT, &told))
        return take(host, context, record, &record->emulator, &told, qemu);
    said = virGetLastError();
    if (!host->said_emulator && said && said->code == VIR_ERR_NO_SUPPORT) {
        host->said_emulator = true;
        log_info("emulator: this driver tells of none: they stay where they are");
    }
    return true;
}

/* True if it is known where the owner wants each vCPU, and the emulator if that matters. */
static bool knows_wanted(const struct domain_record *record)
{
    if (record->emulator.affinity != UINT32_MAX && record->emulator.wanted == UINT32_MAX)
        return false;
    for (uint32_t v = 0; v < record->vcpu_count; v++) {
        if (record->vcpus[v].wanted == UINT32_MAX)
            return false;
    }
    return record->known;
}

bool libvirt_read_affinities(struct host *host, virDomainPtr domain, struct domain_record *record,
                             pid_t qemu)
{
    const uint32_t numbers =
        record->vcpu_count ? record->vcpus[record->vcpu_count - 1].number + 1 : 0;
    xmlNode *definition = NULL;
    struct mask_context context;
    struct cpuset told;
    bool sure = true;
    int count;

    if (numbers == 0)
        return true;
    libvirt_context_begin(host, domain, &context);
    count = libvirt_read_maps(host, domain, numbers, VIR_DOMAIN_AFFECT_CURRENT);
    if (count < 0) {
        libvirt_context_end(&context);
        return false;
    }
    for (uint32_t v = 0; v < record->vcpu_count; v++) {
        if (!libvirt_map(host, record->vcpus[v].number, count, &told))
            cpuset_clear(&told);
        sure &= take(host, &context, record, &record->vcpus[v], &told, qemu);
    }
    sure &= read_emulator(host, &context, record, qemu);
    if (!knows_wanted(record)) {
        libvirt_adopt(host, domain, record, count);
        if (virDomainIsPersistent(domain) == 1)
            definition = xml_take(virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE), "domain");
        for (uint32_t v = 0; v < record->vcpu_count; v++)
            libvirt_find_wanted(host, &context, definition, record, &record->vcpus[v]);
        if (!record->emulator_met)
            record->emulator_held = holds_emulator(host, record);
        record->emulator_met = true;
        if (record->emulator.affinity != UINT32_MAX)
            libvirt_find_wanted(host, &context, definition, record, &record->emulator);
        record->known = true;
    }
    xml_free(definition);
    libvirt_context_end(&context);
    return sure;
}
