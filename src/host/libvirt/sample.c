/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sample.c - a sweep over the domains. Sampler's thread.
 *
 * A sweep is one bulk STATE call, which lists the domains, and a virDomainGetVcpus() for each
 * running one. Neither takes a domain's job or talks to its QEMU, so a stuck domain does not delay
 * the others. libvirt_refresh() reads what changes seldom: when a domain is first seen, after an
 * event or a pin that may have changed it, and in a slow round.
 */
#include "host/libvirt/internal.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>

/* The slow round makes one or a few domains stale in a sweep, and all of them within
 * LIBVIRT_ROUND_NS. */
static void advance_round(struct host *host, uint64_t now_ns)
{
    const struct inventory *inventory = &host->inventory;
    const uint64_t step_ns = LIBVIRT_ROUND_NS / (inventory->count ? inventory->count : 1);

    if (host->round_ns == 0)
        host->round_ns = now_ns;
    while (inventory->count && now_ns - host->round_ns >= step_ns) {
        host->round_ns += step_ns;
        host->round_at = (host->round_at + 1) % inventory->count;
        inventory->domains[host->round_at]->stale = true;
        inventory->domains[host->round_at]->known = false;
    }
}

/* The domain's virDomainState, from the bulk call's record. */
static int state_of(virDomainStatsRecordPtr stats)
{
    int state = VIR_DOMAIN_RUNNING;

    virTypedParamsGetInt(stats->params, stats->nparams, "state.state", &state);
    return state;
}

static struct domain_record *record_of(struct host *host, virDomainPtr domain)
{
    unsigned char uuid[VIR_UUID_BUFLEN];
    const char *name = virDomainGetName(domain);

    if (!name || virDomainGetUUID(domain, uuid))
        return NULL;
    return inventory_domain(&host->inventory, uuid, (int32_t)virDomainGetID(domain), name);
}

/* Makes the domains stale that events have named. */
static void take_changes(struct host *host)
{
    uint64_t changed[4], defined[4];

    for (int word = 0; word < 4; word++) {
        changed[word] = atomic_exchange_explicit(&host->changed[word], 0, memory_order_acquire);
        defined[word] = atomic_exchange_explicit(&host->defined[word], 0, memory_order_acquire);
    }
    for (uint32_t d = 0; d < host->inventory.count; d++) {
        struct domain_record *record = host->inventory.domains[d];
        const uint32_t word = record->uuid[0] / 64, bit = record->uuid[0] % 64;

        record->stale |= changed[word] >> bit & 1;
        record->known &= !(defined[word] >> bit & 1);
    }
}

static int sample_domains(struct host *host, virDomainStatsRecordPtr *stats, int count,
                          struct snapshot *snapshot)
{
    take_changes(host);
    for (int i = 0; i < count; i++) {
        const int state = state_of(stats[i]);
        const bool running = state == VIR_DOMAIN_RUNNING || state == VIR_DOMAIN_BLOCKED;
        struct domain_record *record;
        int error;

        if (state == VIR_DOMAIN_SHUTOFF)
            continue;
        record = record_of(host, stats[i]->dom);
        if (!record)
            return -ENOMEM; /* every domain has a name and a uuid */
        record->sweep = host->sweep;
        error = libvirt_sample_domain(host, stats[i]->dom, record, running, snapshot);
        if (error)
            return error;
    }
    inventory_sweep(&host->inventory, host->sweep);
    return 0;
}

int libvirt_sample(struct host *host, struct snapshot *snapshot, struct failure *why)
{
    virDomainStatsRecordPtr *stats = NULL;
    int count, error = libvirt_reach(host);

    if (error)
        return fail(why, error, "libvirt is away");
    host->sweep++;
    snapshot->size = (struct snapshot_size){0};
    snapshot->crosscheck_ns = 0;
    snapshot->begin_ns = clock_now();
    advance_round(host, snapshot->begin_ns);
    count = virConnectGetAllDomainStats(host->connection.current.sampler, VIR_DOMAIN_STATS_STATE,
                                        &stats, VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE);
    if (count < 0) {
        libvirt_failed(why, "libvirt does not list its domains any more");
        return libvirt_is_lost(host) ? -EAGAIN : -EIO;
    }
    error = sample_domains(host, stats, count, snapshot);
    virDomainStatsRecordListFree(stats);
    libvirt_log_lacking(host);
    if (!error)
        error = libvirt_sample_pcpus(host, snapshot);
    if (!error)
        error = libvirt_share_topology(host, snapshot);
    if (error)
        return fail(why, error, "sampling: %s", strerror(-error));
    if (libvirt_is_lost(host))
        return fail(why, -EAGAIN, "libvirt is away");
    snapshot->epoch = host->connection.epoch;
    snapshot->size.sets = host->inventory.set_count;
    if (snapshot->sets_version != host->inventory.sets_version) {
        if (snapshot_reserve(snapshot, &snapshot->size))
            return fail(why, -ENOMEM, "sampling: no memory");
        memcpy(snapshot->sets, host->inventory.sets,
               host->inventory.set_count * sizeof *snapshot->sets);
        snapshot->sets_version = host->inventory.sets_version;
    }
    snapshot->end_ns = clock_now();
    return 0;
}

uint64_t libvirt_wait(struct host *host, struct wakeup *wakeup, uint64_t due_ns)
{
    (void)host;
    if (wakeup_stopped(wakeup))
        return 0;
    if (clock_now() < due_ns) {
        wakeup_prepare(wakeup);
        if (!wakeup_wait(wakeup, due_ns))
            return 0;
    }
    return clock_now();
}
