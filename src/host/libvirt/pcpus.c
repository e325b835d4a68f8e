/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pcpus.c - which pCPUs are present and online, and how busy they are. Sampler's thread. */
#include "host/libvirt/internal.h"

#include "base/array.h"
#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Reading /proc/stat is expensive, and its figures are used over a second: short periods share a
 * reading. */
#define STAT_AGE_NS UINT64_C(200000000)

/* Sets the number of pCPUs if it has grown. The masks read so far may have been too short. */
static void raise_pcpus(struct host *host, uint32_t pcpus)
{
    if (pcpus <= host->pcpus)
        return;
    host->pcpus = pcpus;
    inventory_make_stale(&host->inventory);
}

int libvirt_read_pcpus(struct host *host, struct failure *why)
{
    unsigned char *map = NULL;
    const int count = virNodeGetCPUMap(host->connection.current.sampler, &map, NULL, 0);

    host->pcpus_ns = clock_now();
    if (count <= 0)
        return libvirt_failed(why, "libvirt does not report this host's pCPUs");
    if (count <= CPUSET_MAX)
        cpuset_from_map(&host->online, map, (size_t)VIR_CPU_MAPLEN(count));
    free(map);
    if (count > CPUSET_MAX)
        return fail(why, -E2BIG, "this host has %d pCPUs, more than the %d that are supported",
                    count, CPUSET_MAX);
    raise_pcpus(host, (uint32_t)count);
    return 0;
}

/* Reads /proc/stat, and keeps a copy for the next sweeps. */
static int read_stat(struct host *host, struct snapshot *snapshot)
{
    int error;

    snapshot->host_ns = clock_now();
    error = procfs_stat_read(&host->stat, snapshot);
    if (!error && !ARRAY_GROW(host->busy_ns, host->busy_capacity, snapshot->size.pcpus))
        error = -ENOMEM;
    if (error)
        return error;
    host->stat_ns = snapshot->host_ns;
    host->online = snapshot->online;
    host->stat_pcpus = snapshot->size.pcpus;
    raise_pcpus(host, snapshot->size.pcpus);
    memcpy(host->busy_ns, snapshot->busy_ns, host->stat_pcpus * sizeof *host->busy_ns);
    return 0;
}

int libvirt_sample_pcpus(struct host *host, struct snapshot *snapshot)
{
    const bool readable = host->stat.fd >= 0;
    struct failure why;

    if (!readable && clock_now() - host->pcpus_ns >= LIBVIRT_ROUND_NS)
        libvirt_read_pcpus(host, &why); /* after an error they stay as they were */
    snapshot->size.pcpus = host->pcpus;
    snapshot->online = host->online;
    snapshot->host_ns = 0;
    if (snapshot_reserve(snapshot, &snapshot->size))
        return -ENOMEM;
    if (!readable)
        return 0;
    if (clock_now() - host->stat_ns >= STAT_AGE_NS)
        return read_stat(host, snapshot);
    snapshot->host_ns = host->stat_ns;
    snapshot->size.pcpus = host->stat_pcpus;
    if (snapshot_reserve(snapshot, &snapshot->size))
        return -ENOMEM;
    memcpy(snapshot->busy_ns, host->busy_ns, host->stat_pcpus * sizeof *snapshot->busy_ns);
    return 0;
}
