/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_libvirt_topology.c - the shape of a live host, and which of its pCPUs are set apart. Read at
 * the beginning and when pCPUs come or go, never in the steady cycle.
 */
#include "host_libvirt.h"

#include "clock.h"
#include "log.h"
#include "topology_read.h"

#include <stdlib.h>

static int read_capabilities(struct host *host, struct topology *draft, struct failure *why)
{
    char *xml = virConnectGetCapabilities(host->connection.now.sampler);
    const int error = xml ? topology_read_capabilities(draft, xml, why)
                          : libvirt_failed(why, "libvirt does not tell its capabilities");

    free(xml);
    return error;
}

/** libvirt's word, completed by the kernel's where that is this machine's. One that fails is said,
 * and done without. Returns 0 if any told something. */
static int read_drafts(struct host *host, struct topology *draft)
{
    struct topology second = {0};
    struct failure why = {""};
    int error = read_capabilities(host, draft, &why), other;

    if (error) {
        log_info("the host's shape: %s", why.text[0] ? why.text : "no memory");
        topology_finish(draft);
    }
    if (!host->local)
        return error;
    why.text[0] = '\0';
    other = topology_read_sysfs(&second, "/sys", &why);
    if (other)
        log_info("the host's shape: %s", why.text[0] ? why.text : "no memory");
    else
        error = topology_complete(draft, &second);
    topology_finish(&second);
    return error;
}

static void read_isolated(struct host *host)
{
    struct cpuset partitions;

    host->looked_ns = clock_now();
    if (!host->local)
        return;
    procfs_isolated(&host->isolated);
    procfs_nohz_full(&host->nohz_full);
    cgroup_isolated(&host->tree, &partitions);
    cpuset_or(&host->isolated, &partitions);
}

/** Homes are indexes in what has just changed. */
static void forget_homes(struct host *host)
{
    inventory_make_stale(&host->inventory);
    for (uint32_t d = 0; d < host->inventory.count; d++) {
        struct domain_record *record = host->inventory.domains[d];

        record->home_ns = 0;
        for (uint32_t v = 0; v < record->vcpu_count; v++)
            record->vcpus[v].home = -1;
    }
}

void libvirt_read_topology(struct host *host)
{
    struct topology draft = {0};

    host->shaped = host->online;
    read_isolated(host);
    if (read_drafts(host, &draft) || topology_settle(&draft, &host->online)) {
        topology_finish(&draft);
        return;
    }
    draft.version = host->topology.version + 1;
    topology_finish(&host->topology);
    host->topology = draft;
    forget_homes(host);
}

int libvirt_share_topology(struct host *host, struct snapshot *snapshot)
{
    if (!cpuset_equal(&host->online, &host->shaped)) {
        libvirt_read_topology(host);
        for (uint32_t v = 0; v < snapshot->size.vcpus; v++)
            snapshot->vcpus[v].home = -1;
    } else if (clock_now() - host->looked_ns >= LIBVIRT_ROUND_NS) {
        read_isolated(host); /* no event tells of a new partition */
    }
    snapshot->isolated = host->isolated;
    snapshot->nohz_full = host->nohz_full;
    return topology_copy(&snapshot->topology, &host->topology);
}
