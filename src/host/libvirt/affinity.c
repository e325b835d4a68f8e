/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * affinity.c - where vCPUs may run, as libvirt tells it, and what their owners want.
 *
 * Nothing here takes a domain's job or talks to its QEMU either.
 */
#include "host/libvirt/internal.h"

#include "base/array.h"
#include "base/clock.h"
#include "host/libvirt/definition.h"
#include "host/linux/cgroup_limit.h"
#include "ledger/ledger.h"
#include "model/mask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A limit that goes on changing is believed after so many readings. */
#define LIMIT_ROUNDS 3

/* ---- what a mask means ---- */

/* The domain's XML as it runs (flags 0) or as it is defined; NULL if libvirt does not tell. */
static struct definition *read_definition(virDomainPtr domain, unsigned flags)
{
    char *xml = virDomainGetXMLDesc(domain, flags);
    struct definition *definition = xml ? definition_parse(xml) : NULL;

    free(xml);
    return definition;
}

void libvirt_present(const struct host *host, struct cpuset *set)
{
    cpuset_clear(set);
    if (host->local)
        procfs_present(set);
    if (cpuset_count(set))
        return;
    for (uint32_t p = 0; p < host->pcpus; p++)
        cpuset_add(set, p);
}

void libvirt_online(const struct host *host, virConnectPtr connection, struct cpuset *set)
{
    unsigned char *map = NULL;
    int count;

    cpuset_clear(set);
    if (host->local)
        procfs_online(set);
    if (cpuset_count(set))
        return;
    count = virNodeGetCPUMap(connection, &map, NULL, 0);
    if (count > 0)
        cpuset_from_map(set, map, (size_t)VIR_CPU_MAPLEN(count));
    free(map);
}

void libvirt_view_begin(struct host *host, virDomainPtr domain, struct libvirt_view *view)
{
    *view = (struct libvirt_view){.domain = domain};
    libvirt_present(host, &view->present);
    libvirt_online(host, virDomainGetConnect(domain), &view->online);
    if (host->local)
        procfs_isolated(&view->isolated);
}

void libvirt_view_end(struct libvirt_view *view)
{
    definition_free(view->live);
}

/* True if nobody has given the running vCPU a list of pCPUs. */
static bool is_free(struct libvirt_view *view, uint32_t number)
{
    struct cpuset list;

    if (!view->asked)
        view->live = read_definition(view->domain, 0);
    view->asked = true;
    if (!view->live)
        return true; /* nothing says that it has */
    return definition_place(view->live, number, &list) != DEFINED_LIST;
}

struct cpuset libvirt_meaning(struct host *host, struct libvirt_view *view, uint32_t number,
                              const struct cpuset *told)
{
    const struct cpuset everything = mask_everything(told, &view->isolated);
    const struct cpuset none = {{0}};
    struct cpuset online;

    if (cpuset_count(told) > 1 && mask_covers(told, &view->present, &none))
        return everything;
    if (!mask_covers(told, &view->online, &view->isolated)) {
        /* Some may have come or gone since it was told. */
        libvirt_online(host, virDomainGetConnect(view->domain), &online);
        if (!mask_covers(told, &online, &view->isolated))
            return *told;
    }
    return is_free(view, number) ? everything : *told;
}

/* ---- the kernel's word ---- */

void libvirt_read_limit(const struct host *host, pid_t qemu, struct affinity *now)
{
    struct kept limit = KEPT_NONE;
    struct cpuset online;

    memset(&now->limit, 0xff, sizeof now->limit);
    if (qemu <= 0 || cgroup_open_limit(&host->tree, qemu, &limit, &now->bounded) ||
        cgroup_read_limit(&limit, &now->limit))
        now->bounded = false;
    kept_close(&limit);
    if (!host->local)
        return;
    procfs_online(&online);
    if (cpuset_count(&online))
        now->limit = affinity_cut(&now->limit, &online);
}

/* Of everything, the kernel may leave the isolated pCPUs out where libvirt does not. */
static void tell_isolated(struct affinity *now)
{
    struct cpuset isolated, without = now->told, cut;

    procfs_isolated(&isolated);
    cpuset_subtract(&without, &isolated);
    cut = affinity_cut(&without, &now->limit);
    if (affinity_set(now) != &now->told && cpuset_equal(&now->kernel, &cut))
        now->told = without;
}

void libvirt_read_kernel(const struct host *host, pid_t qemu, pid_t tid, struct affinity *now)
{
    struct cpuset kernel, online;
    struct affinity again;
    bool changed = true;

    procfs_online(&online);
    libvirt_read_limit(host, qemu, now);
    for (int round = 0; changed && round < LIMIT_ROUNDS; round++) {
        now->kernel = affinity_cut(&now->told, &now->limit);
        if (tid > 0 && procfs_read_affinity(tid, &kernel) == 0)
            now->kernel = affinity_cut(&kernel, &online); /* it may have others, of no account */
        libvirt_read_limit(host, qemu, &again);
        changed = !cpuset_equal(&again.limit, &now->limit);
        now->limit = again.limit;
    }
    if (mask_is_everything(&now->told))
        tell_isolated(now);
}

/* ---- the sampler's side ---- */

static bool read_pin_info(struct host *host, virDomainPtr domain, uint32_t vcpus, int *count)
{
    const uint32_t length = (uint32_t)VIR_CPU_MAPLEN(host->pcpus);

    if (!ARRAY_GROW(host->maps, host->map_capacity, vcpus * length))
        return false;
    memset(host->maps, 0, (size_t)vcpus * length);
    *count = virDomainGetVcpuPinInfo(domain, (int)vcpus, host->maps, (int)length,
                                     VIR_DOMAIN_AFFECT_CURRENT);
    return *count >= 0;
}

/* What libvirt has just told of a vCPU means. Where that is the same mask as before, it means the
 * same. Returns false if it tells nothing. */
static bool take_told(struct host *host, struct libvirt_view *view, struct vcpu_record *vcpu,
                      int count)
{
    const size_t length = (size_t)VIR_CPU_MAPLEN(host->pcpus);
    struct cpuset told, meaning;
    uint32_t set;

    if (vcpu->number >= (uint32_t)count)
        return false;
    cpuset_from_map(&told, host->maps + vcpu->number * length, length);
    set = cpuset_count(&told) ? inventory_set(&host->inventory, &told) : UINT32_MAX;
    if (set == UINT32_MAX)
        return false;
    if (set == vcpu->told)
        return true;
    meaning = libvirt_meaning(host, view, vcpu->number, &told);
    set = inventory_set(&host->inventory, &meaning);
    if (set == UINT32_MAX)
        return false;
    vcpu->meant = set;
    vcpu->told = inventory_set(&host->inventory, &told);
    return true;
}

/*
 * Holds the kernel's word against it: taskset changes a thread behind libvirt's back. A thread that
 * libvirt is about to pin has another affinity for a moment, too: what parts is believed when it is
 * there again. Returns false until then.
 */
static bool take_kernel(struct host *host, pid_t qemu, struct vcpu_record *vcpu)
{
    struct inventory *inventory = &host->inventory;
    struct affinity now = {.told = inventory->sets[vcpu->meant]};
    const bool everywhere =
        vcpu->affinity != UINT32_MAX && mask_is_everything(&inventory->sets[vcpu->affinity]);
    bool parts;
    uint32_t set;

    if (qemu > 0 && vcpu->thread <= 0)
        vcpu->thread = procfs_vcpu_thread(qemu, vcpu->number);
    libvirt_read_kernel(host, qemu, vcpu->thread, &now);
    parts = affinity_set(&now) != &now.told;
    set = inventory_set(inventory, affinity_set(&now));
    if (parts && set != vcpu->parted) {
        vcpu->parted = set;
        return false;
    }
    if (!parts)
        vcpu->parted = UINT32_MAX;
    if (parts || !everywhere || !mask_is_everything(&now.told))
        vcpu->affinity = set;
    return true;
}

/* A moment in seconds since 1970, on the clock of snapshots; 0 stays 0. */
static uint64_t since(int64_t moment_s)
{
    const int64_t age_s = (int64_t)time(NULL) - moment_s;
    const uint64_t now_ns = clock_now();
    const uint64_t most_s = (now_ns - 1) / 1000000000;

    if (moment_s == 0)
        return 0;
    if (age_s <= 0)
        return now_ns;
    return now_ns - ((uint64_t)age_s < most_s ? (uint64_t)age_s : most_s) * 1000000000;
}

/* What a vCPU had when the daemon first saw it, also where an earlier run or connection did. */
static uint32_t first_set(struct host *host, const struct domain_record *record,
                          struct vcpu_record *vcpu)
{
    struct vcpu_name name = {.id = record->id, .number = vcpu->number};
    struct ledger_entry entry;

    if (vcpu->affinity == UINT32_MAX)
        return UINT32_MAX;
    memcpy(name.uuid, record->uuid, sizeof name.uuid);
    if (host->ledger)
        vcpu->yielded_ns = since(ledger_yielded(host->ledger, &name));
    if (!host->ledger || !ledger_find(host->ledger, &name, &entry) ||
        !ledger_is_ours(&entry, &host->inventory.sets[vcpu->told]))
        return vcpu->affinity;
    echoes_expect_late(host->echoes, record->uuid, vcpu->number, clock_now());
    return inventory_set(&host->inventory, &entry.original);
}

/* What the definition wants of a vCPU; UINT32_MAX: it does not say. */
static uint32_t defined_set(struct host *host, const struct libvirt_view *view,
                            const struct definition *definition, uint32_t number)
{
    const struct cpuset none = {{0}};
    struct cpuset list;

    switch (definition_place(definition, number, &list)) {
    case DEFINED_AUTO:
        return UINT32_MAX;
    case DEFINED_LIST:
        libvirt_see_through(host, view->domain, number, &list);
        /* All that this machine has names none of it. */
        if (cpuset_count(&list) > 1 && mask_covers(&list, &view->present, &none))
            list = mask_everything(&list, &view->isolated);
        break;
    case DEFINED_NOWHERE:
        list = mask_everything(&view->present, &view->isolated);
        break;
    }
    return inventory_set(&host->inventory, &list);
}

/* What its owner wants of a vCPU, of which the definition wants that. */
static void find_wanted(struct host *host, const struct domain_record *record,
                        struct vcpu_record *vcpu, uint32_t defined)
{
    const bool is_new = vcpu->wanted == UINT32_MAX;

    if (is_new)
        vcpu->wanted = first_set(host, record, vcpu);
    if (defined == UINT32_MAX || vcpu->wanted == UINT32_MAX)
        return;
    if (is_new && mask_is_wish(&host->inventory.sets[vcpu->wanted], &host->inventory.sets[defined]))
        vcpu->wish = vcpu->wanted;
    vcpu->wanted = vcpu->wish != UINT32_MAX ? vcpu->wish : defined;
}

/* True if every vCPU's owner's wish is known. */
static bool knows_wishes(const struct domain_record *record)
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
    struct definition *definition = NULL;
    struct libvirt_view view;
    bool sure = true;
    int count;

    if (numbers == 0)
        return true;
    libvirt_view_begin(host, domain, &view);
    if (!read_pin_info(host, domain, numbers, &count)) {
        libvirt_view_end(&view);
        return false;
    }
    for (uint32_t v = 0; v < record->vcpu_count; v++) {
        const bool touched = echoes_take(host->echoes, record->uuid, record->vcpus[v].number);

        /* What came before it was first seen is how it was found. */
        record->vcpus[v].touches += touched && record->vcpus[v].affinity != UINT32_MAX;
        sure &= !take_told(host, &view, &record->vcpus[v], count) ||
                take_kernel(host, qemu, &record->vcpus[v]);
    }
    if (!knows_wishes(record)) {
        libvirt_adopt(host, domain, record, count);
        if (virDomainIsPersistent(domain) == 1)
            definition = read_definition(domain, VIR_DOMAIN_XML_INACTIVE);
        for (uint32_t v = 0; v < record->vcpu_count; v++)
            find_wanted(host, record, &record->vcpus[v],
                        definition ? defined_set(host, &view, definition, record->vcpus[v].number)
                                   : UINT32_MAX);
        record->known = true;
    }
    definition_free(definition);
    libvirt_view_end(&view);
    return sure;
}
