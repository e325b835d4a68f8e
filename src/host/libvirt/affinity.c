/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * affinity.c - the affinities of a domain's vCPUs. Sampler's thread.
 *
 * Nothing here takes a domain's job or talks to its QEMU.
 */
#include "host/libvirt/internal.h"

#include "base/array.h"
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

/* Interprets the mask in host->maps, unless it is the same as before. Returns false if libvirt does
 * not report one. */
static bool take_told(struct host *host, struct mask_context *context, struct vcpu_record *vcpu,
                      int count)
{
    struct cpuset told, meaning;
    uint32_t set;

    if (!libvirt_map(host, vcpu->number, count, &told))
        return false;
    set = cpuset_count(&told) ? inventory_set(&host->inventory, &told) : UINT32_MAX;
    if (set == UINT32_MAX)
        return false;
    if (set == vcpu->told)
        return true;
    meaning = libvirt_meaning(host, context, vcpu->number, &told);
    set = inventory_set(&host->inventory, &meaning);
    if (set == UINT32_MAX)
        return false;
    vcpu->meant = set;
    vcpu->told = inventory_set(&host->inventory, &told);
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
        vcpu->thread = procfs_vcpu_thread(qemu, vcpu->number);
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

/* True if it is known where the owner wants each vCPU. */
static bool knows_wanted(const struct domain_record *record)
{
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
        const bool touched = echoes_take(host->echoes, record->uuid, record->vcpus[v].number);

        /* Earlier pins by others are part of the affinity that it was found with. */
        record->vcpus[v].touches += touched && record->vcpus[v].affinity != UINT32_MAX;
        sure &= !take_told(host, &context, &record->vcpus[v], count) ||
                take_kernel(host, qemu, &record->vcpus[v]);
    }
    if (!knows_wanted(record)) {
        libvirt_adopt(host, domain, record, count);
        if (virDomainIsPersistent(domain) == 1)
            definition = xml_take(virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE), "domain");
        for (uint32_t v = 0; v < record->vcpu_count; v++)
            libvirt_find_wanted(host, &context, definition, record, &record->vcpus[v]);
        record->known = true;
    }
    xml_free(definition);
    libvirt_context_end(&context);
    return sure;
}
