/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wanted.c - where the owners of vCPUs want them to run. Sampler's thread. */
#include "host/libvirt/internal.h"

#include "base/clock.h"
#include "ledger/ledger.h"
#include "model/mask.h"

#include <string.h>
#include <time.h>

/* Converts seconds since 1970 to the clock of snapshots; 0 stays 0. */
static uint64_t to_monotonic(int64_t time_s)
{
    const int64_t age_s = (int64_t)time(NULL) - time_s;
    const uint64_t now_ns = clock_now();
    const uint64_t most_s = (now_ns - 1) / 1000000000;

    if (time_s == 0)
        return 0;
    if (age_s <= 0)
        return now_ns;
    return now_ns - ((uint64_t)age_s < most_s ? (uint64_t)age_s : most_s) * 1000000000;
}

/* The vCPU's affinity when the daemon first saw it, in this run or an earlier one. */
static uint32_t first_set(struct host *host, const struct domain_record *record,
                          struct vcpu_record *vcpu)
{
    struct vcpu_name name = {.id = record->id, .number = vcpu->number};
    struct ledger_entry entry;

    if (vcpu->affinity == UINT32_MAX)
        return UINT32_MAX;
    memcpy(name.uuid, record->uuid, sizeof name.uuid);
    if (host->ledger)
        vcpu->yielded_ns = to_monotonic(ledger_yielded(host->ledger, &name));
    if (!host->ledger || !ledger_find(host->ledger, &name, &entry) ||
        !ledger_is_ours(&entry, &host->inventory.sets[vcpu->told]))
        return vcpu->affinity;
    echoes_expect_late(host->echoes, record->uuid, vcpu->number, clock_now());
    return inventory_set(&host->inventory, &entry.original);
}

/* The affinity that the definition gives a vCPU; UINT32_MAX: none. */
static uint32_t defined_set(struct host *host, const struct mask_context *context,
                            xmlNode *definition, uint32_t number)
{
    const struct cpuset none = {{0}};
    struct cpuset list;

    switch (definition_affinity(definition, number, &list)) {
    case DEFINED_AUTO:
        return UINT32_MAX;
    case DEFINED_LIST:
        libvirt_replace_own_pin(host, context->domain, number, &list);
        /* A list of all present pCPUs means everything. */
        if (cpuset_count(&list) > 1 && mask_covers(&list, &context->present, &none))
            list = mask_everything(&list, &context->isolated);
        break;
    case DEFINED_NONE:
        list = mask_everything(&context->present, &context->isolated);
        break;
    }
    return inventory_set(&host->inventory, &list);
}

void libvirt_find_wanted(struct host *host, const struct mask_context *context, xmlNode *definition,
                         const struct domain_record *record, struct vcpu_record *vcpu)
{
    const uint32_t defined =
        definition ? defined_set(host, context, definition, vcpu->number) : UINT32_MAX;
    const bool is_new = vcpu->wanted == UINT32_MAX;

    if (is_new)
        vcpu->wanted = first_set(host, record, vcpu);
    if (defined == UINT32_MAX || vcpu->wanted == UINT32_MAX)
        return;
    if (is_new && mask_is_wish(&host->inventory.sets[vcpu->wanted], &host->inventory.sets[defined]))
        vcpu->wish = vcpu->wanted;
    vcpu->wanted = vcpu->wish != UINT32_MAX ? vcpu->wish : defined;
}
