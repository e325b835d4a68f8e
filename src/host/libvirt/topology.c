/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology.c - the host's topology and its isolated pCPUs, read at the start and when pCPUs come or
 * go.
 *
 * For this machine the kernel is asked, as libvirt does. If that is not enough, a separate thread
 * asks libvirt after the first sweep; until it answers, all pCPUs count as alike.
 */
#include "host/libvirt/internal.h"

#include "base/clock.h"
#include "host/linux/sysfs.h"
#include "host/topology_draft.h"
#include "log/log.h"

#include <stdlib.h>

/* Asks libvirt. With a cold cache it first starts each installed QEMU, which takes seconds. */
static void ask(struct host *host)
{
    struct asker *asker = &host->asker;
    virConnectPtr connection = libvirt_open_another(host);
    char *xml = connection ? virConnectGetCapabilities(connection) : NULL;

    asker->error = xml ? topology_read_capabilities(&asker->draft, xml, &asker->why)
                       : libvirt_failed(&asker->why, "libvirt does not report its capabilities");
    free(xml);
    if (connection)
        virConnectClose(connection);
}

static void *run_asker(void *opaque)
{
    pthread_setname_np(pthread_self(), "asker");
    ask(opaque);
    return NULL;
}

static void start_asker(struct host *host)
{
    struct asker *asker = &host->asker;

    asker->why.text[0] = '\0';
    asker->asking = pthread_create(&asker->thread, NULL, run_asker, host) == 0;
    if (host->verbose)
        log_info("asking libvirt for the host's shape");
}

bool libvirt_end_asker(struct host *host)
{
    struct asker *asker = &host->asker;

    if (asker->asking && !libvirt_join(asker->thread))
        return false;
    asker->asking = false;
    topology_finish(&asker->draft);
    return true;
}

static void read_isolated(struct host *host)
{
    struct cpuset partitions;

    host->isolated_ns = clock_now();
    if (!host->local)
        return;
    procfs_pcpus("isolated", &host->isolated);
    procfs_pcpus("nohz_full", &host->nohz_full);
    cgroup_isolated(&host->tree, &partitions);
    cpuset_or(&host->isolated, &partitions);
}

/* After another topology: NUMA homes are indexes in it. */
static void forget_homes(struct host *host)
{
    inventory_make_stale(&host->inventory);
    for (uint32_t d = 0; d < host->inventory.count; d++) {
        struct domain_record *record = host->inventory.domains[d];

        record->home_ns = 0;
        for (uint32_t v = 0; v < record->vcpu_count; v++)
            record->vcpus[v].numa_home = -1;
    }
}

/* Makes the draft the host's topology, and empties it. */
static void take_draft(struct host *host, struct topology *draft)
{
    if (topology_number(draft, &host->online)) {
        topology_finish(draft);
        return;
    }
    draft->version = host->topology.version + 1;
    topology_finish(&host->topology);
    host->topology = *draft;
    *draft = (struct topology){0};
    forget_homes(host);
}

static void log_unknown(const struct failure *why)
{
    log_info("the host's shape: %s", why->text[0] ? why->text : "no memory");
}

/* True if libvirt could add nothing to the draft. */
static bool is_complete(const struct topology *draft, const struct cpuset *online)
{
    for (int p = cpuset_next(online, 0); p >= 0; p = cpuset_next(online, (uint32_t)p + 1)) {
        if ((uint32_t)p >= draft->pcpu_count || draft->pcpus[p].core < 0 ||
            draft->pcpus[p].socket < 0 || draft->pcpus[p].node < 0)
            return false;
    }
    return true;
}

/* Fills an empty draft from the kernel. Returns false on another machine, or if it can't be read.
 */
static bool ask_kernel(const struct host *host, struct topology *draft)
{
    struct failure why = {""};

    if (!host->local)
        return false;
    if (topology_read_sysfs(draft, "/sys", &why) == 0)
        return true;
    log_unknown(&why);
    topology_finish(draft);
    return false;
}

/* Uses libvirt's answer, merged with the kernel's topology. */
static void use_answer(struct host *host)
{
    struct asker *asker = &host->asker;
    struct topology kernel = {0};

    if (asker->error) {
        log_unknown(&asker->why);
        topology_finish(&asker->draft);
        return;
    }
    if (!ask_kernel(host, &kernel) || topology_merge(&asker->draft, &kernel) == 0)
        take_draft(host, &asker->draft);
    topology_finish(&kernel);
}

void libvirt_read_topology(struct host *host)
{
    struct topology draft = {0};

    host->topology_online = host->online;
    read_isolated(host);
    host->asker.wanted = !ask_kernel(host, &draft) || !is_complete(&draft, &host->online);
    if (draft.pcpu_count)
        take_draft(host, &draft);
}

void libvirt_wait_for_topology(struct host *host)
{
    if (!host->asker.wanted)
        return;
    host->asker.wanted = false;
    ask(host);
    use_answer(host);
}

int libvirt_share_topology(struct host *host, struct snapshot *snapshot)
{
    const uint64_t version = host->topology.version;

    if (host->asker.asking && pthread_tryjoin_np(host->asker.thread, NULL) == 0) {
        host->asker.asking = false;
        use_answer(host);
    }
    if (!cpuset_equal(&host->online, &host->topology_online))
        libvirt_read_topology(host);
    else if (clock_now() - host->isolated_ns >= LIBVIRT_ROUND_NS)
        read_isolated(host); /* there is no event for a new partition */
    if (host->asker.wanted && !host->asker.asking) {
        host->asker.wanted = false;
        start_asker(host);
    }
    /* The sweep has used the old topology. */
    for (uint32_t v = 0; v < snapshot->size.vcpus && version != host->topology.version; v++)
        snapshot->vcpus[v].numa_home = -1;
    snapshot->isolated = host->isolated;
    snapshot->nohz_full = host->nohz_full;
    return topology_copy(&snapshot->topology, &host->topology);
}
