/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology.c - the shape of a live host, and which of its pCPUs are set apart. Read at
 * the beginning and when pCPUs come or go, never in the steady cycle.
 *
 * Of this machine the kernel tells it, which is where libvirt has it from. Where that is not
 * enough, libvirt is asked on a thread of its own, from the first sweep on; until it answers, all
 * pCPUs are alike.
 */
#include "host/libvirt/internal.h"

#include "base/clock.h"
#include "host/libvirt/capabilities.h"
#include "host/linux/cgroup_state.h"
#include "host/linux/sysfs.h"
#include "host/topology_draft.h"
#include "log/log.h"

#include <stdlib.h>
#include <time.h>

/* With a cold cache libvirt first starts each QEMU that is installed, which takes seconds. */
static void ask(struct asker *asker)
{
    virConnectPtr connection = libvirt_open_another(asker->host);
    char *xml = connection ? virConnectGetCapabilities(connection) : NULL;

    asker->error = xml ? topology_read_capabilities(&asker->draft, xml, &asker->why)
                       : libvirt_failed(&asker->why, "libvirt does not tell its capabilities");
    free(xml);
    if (connection)
        virConnectClose(connection);
}

static void *run_asker(void *opaque)
{
    struct asker *asker = opaque;

    pthread_setname_np(pthread_self(), "asker");
    ask(asker);
    atomic_store_explicit(&asker->answered, true, memory_order_release);
    return NULL;
}

static void start_asker(struct host *host)
{
    struct asker *asker = &host->asker;

    asker->host = host;
    asker->why.text[0] = '\0';
    atomic_store_explicit(&asker->answered, false, memory_order_relaxed);
    asker->asking = pthread_create(&asker->thread, NULL, run_asker, asker) == 0;
    if (host->verbose)
        log_info("asking libvirt for the host's shape");
}

bool libvirt_end_asker(struct host *host)
{
    static const struct timespec moment = {.tv_nsec = FAREWELL_NS / 100};
    struct asker *asker = &host->asker;
    const uint64_t due_ns = clock_now() + FAREWELL_NS;

    if (asker->asking) {
        while (!atomic_load_explicit(&asker->answered, memory_order_acquire)) {
            if (clock_now() >= due_ns)
                return false;
            nanosleep(&moment, NULL);
        }
        pthread_join(asker->thread, NULL);
    }
    asker->asking = false;
    topology_finish(&asker->draft);
    return true;
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

/* Homes are indexes in what has just changed. */
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

/* The draft, which is used up, becomes the host's shape. */
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

static void say_untold(const struct failure *why)
{
    log_info("the host's shape: %s", why->text[0] ? why->text : "no memory");
}

/* Nothing that libvirt could tell is missing in the draft. */
static bool is_complete(const struct topology *draft, const struct cpuset *online)
{
    for (int p = cpuset_next(online, 0); p >= 0; p = cpuset_next(online, (uint32_t)p + 1)) {
        if ((uint32_t)p >= draft->pcpu_count || draft->pcpus[p].core < 0 ||
            draft->pcpus[p].socket < 0 || draft->pcpus[p].node < 0)
            return false;
    }
    return true;
}

/* The kernel's word into an empty draft, where that is this machine's. Returns false if it tells
 * nothing. */
static bool ask_kernel(const struct host *host, struct topology *draft)
{
    struct failure why = {""};

    if (!host->local)
        return false;
    if (topology_read_sysfs(draft, "/sys", &why) == 0)
        return true;
    say_untold(&why);
    topology_finish(draft);
    return false;
}

/* Libvirt's word, completed by the kernel's. */
static void take_told(struct host *host)
{
    struct asker *asker = &host->asker;
    struct topology kernel = {0};

    if (asker->error) {
        say_untold(&asker->why);
        topology_finish(&asker->draft);
        return;
    }
    if (!ask_kernel(host, &kernel) || topology_merge(&asker->draft, &kernel) == 0)
        take_draft(host, &asker->draft);
    topology_finish(&kernel);
}

/* The same, if it has come. */
static void take_answer(struct host *host)
{
    if (!atomic_load_explicit(&host->asker.answered, memory_order_acquire))
        return;
    pthread_join(host->asker.thread, NULL);
    host->asker.asking = false;
    take_told(host);
}

void libvirt_read_topology(struct host *host)
{
    struct topology draft = {0};

    host->shaped = host->online;
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
    host->asker.host = host;
    ask(&host->asker);
    take_told(host);
}

/* Another shape than the sweep has gone by. */
static void forget_sampled_homes(struct snapshot *snapshot)
{
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++)
        snapshot->vcpus[v].numa_home = -1;
}

int libvirt_share_topology(struct host *host, struct snapshot *snapshot)
{
    const uint64_t version = host->topology.version;

    if (host->asker.asking)
        take_answer(host);
    if (!cpuset_equal(&host->online, &host->shaped))
        libvirt_read_topology(host);
    else if (clock_now() - host->looked_ns >= LIBVIRT_ROUND_NS)
        read_isolated(host); /* no event tells of a new partition */
    if (host->asker.wanted && !host->asker.asking) {
        host->asker.wanted = false;
        start_asker(host);
    }
    if (version != host->topology.version)
        forget_sampled_homes(snapshot);
    snapshot->isolated = host->isolated;
    snapshot->nohz_full = host->nohz_full;
    return topology_copy(&snapshot->topology, &host->topology);
}
