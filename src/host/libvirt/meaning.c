/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * meaning.c - what the affinity that libvirt reports means, and what the kernel reports. Any
 * thread.
 *
 * Nothing here takes a domain's job or talks to its QEMU.
 */
#include "host/libvirt/internal.h"

#include "model/mask.h"

#include <stdlib.h>
#include <string.h>

/* A limit that keeps changing is accepted after so many readings. */
#define LIMIT_ROUNDS 3

void libvirt_present(const struct host *host, struct cpuset *set)
{
    cpuset_clear(set);
    if (host->local)
        procfs_pcpus("present", set);
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
        procfs_pcpus("online", set);
    if (cpuset_count(set))
        return;
    count = virNodeGetCPUMap(connection, &map, NULL, 0);
    if (count > 0)
        cpuset_from_map(set, map, (size_t)VIR_CPU_MAPLEN(count));
    free(map);
}

void libvirt_context_begin(struct host *host, virDomainPtr domain, struct mask_context *context)
{
    *context = (struct mask_context){.domain = domain};
    libvirt_present(host, &context->present);
    libvirt_online(host, virDomainGetConnect(domain), &context->online);
    if (host->local)
        procfs_pcpus("isolated", &context->isolated);
}

void libvirt_context_end(struct mask_context *context)
{
    xml_free(context->live);
}

/* True if the running domain's XML has no list of pCPUs for the vCPU. */
static bool is_unlisted(struct mask_context *context, uint32_t number)
{
    struct cpuset list;

    if (!context->asked)
        context->live = xml_take(virDomainGetXMLDesc(context->domain, 0), "domain");
    context->asked = true;
    return !context->live || definition_affinity(context->live, number, &list) != DEFINED_LIST;
}

struct cpuset libvirt_meaning(struct host *host, struct mask_context *context, uint32_t number,
                              const struct cpuset *told)
{
    const struct cpuset everything = mask_everything(told, &context->isolated);
    const struct cpuset none = {{0}};
    struct cpuset online;

    if (cpuset_count(told) > 1 && mask_covers(told, &context->present, &none))
        return everything;
    if (!mask_covers(told, &context->online, &context->isolated)) {
        /* pCPUs may have come or gone since the context began. */
        libvirt_online(host, virDomainGetConnect(context->domain), &online);
        if (!mask_covers(told, &online, &context->isolated))
            return *told;
    }
    return is_unlisted(context, number) ? everything : *told;
}

/* ---- what the kernel reports ---- */

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
    procfs_pcpus("online", &online);
    if (cpuset_count(&online))
        now->limit = affinity_cut(&now->limit, &online);
}

/* If the kernel has everything but the isolated pCPUs, takes these from now->told, too. */
static void drop_isolated(struct affinity *now)
{
    struct cpuset isolated, without = now->told, cut;

    procfs_pcpus("isolated", &isolated);
    cpuset_subtract(&without, &isolated);
    cut = affinity_cut(&without, &now->limit);
    if (affinity_set(now) != &now->told && cpuset_equal(&now->kernel, &cut))
        now->told = without;
}

pid_t libvirt_find_thread(pid_t qemu, uint32_t number)
{
    if (qemu <= 0 || number == VCPU_EMULATOR)
        return qemu;
    return procfs_vcpu_thread(qemu, number);
}

void libvirt_read_kernel(const struct host *host, pid_t qemu, pid_t tid, struct affinity *now)
{
    struct cpuset kernel, online;
    struct affinity again;
    bool changed = true;

    procfs_pcpus("online", &online);
    libvirt_read_limit(host, qemu, now);
    for (int round = 0; changed && round < LIMIT_ROUNDS; round++) {
        now->kernel = affinity_cut(&now->told, &now->limit);
        if (tid > 0 && procfs_read_affinity(tid, &kernel) == 0)
            now->kernel = affinity_cut(&kernel, &online);
        libvirt_read_limit(host, qemu, &again);
        changed = !cpuset_equal(&again.limit, &now->limit);
        now->limit = again.limit;
    }
    if (mask_is_everything(&now->told))
        drop_isolated(now);
}
