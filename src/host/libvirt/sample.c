/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sample.c - the sweep over a live host's domains. Sampler's thread.
 *
 * A sweep is one bulk STATE call, which lists the domains, and virDomainGetVcpus for each running
 * one. Neither takes a domain's job or talks to its QEMU, so a stuck domain can't hold up the
 * others. What changes seldom is read by libvirt_refresh() when a domain is first seen, after an
 * event that says that it changed, after a pin of ours, and in a slow round.
 */
#include "host/libvirt/internal.h"

#include "base/array.h"
#include "base/clock.h"
#include "host/linux/cgroup_limit.h"
#include "ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The slow round, one or a few domains a sweep, so that all have had their turn after
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

/* The domain's vCPUs into host->infos. Returns how many, or -1. */
static int get_vcpus(struct host *host, virDomainPtr domain)
{
    int count;

    for (uint32_t room = 16;; room = host->info_capacity * 2) {
        if (!ARRAY_GROW(host->infos, host->info_capacity, room))
            return -1;
        count = virDomainGetVcpus(domain, host->infos, (int)host->info_capacity, NULL, 0);
        if (count < (int)host->info_capacity)
            return count;
    }
}

/* Makes the record's vCPUs those that libvirt has just told. */
static bool match_vcpus(struct host *host, struct domain_record *record, int count)
{
    bool same = (uint32_t)count == record->vcpu_count, is_new;

    for (int i = 0; same && i < count; i++)
        same = record->vcpus[i].number == host->infos[i].number;
    if (same)
        return true;
    for (int i = 0; i < count; i++) {
        struct vcpu_record *vcpu =
            inventory_vcpu(&host->inventory, record, host->infos[i].number, &is_new);

        if (!vcpu)
            return false;
        vcpu->present = true;
        record->stale |= is_new;
    }
    inventory_sweep_vcpus(&host->inventory, record);
    return true;
}

/* A counter could not be read: it is to be looked for again, unless it is not at fault. */
static void lose(struct domain_record *record, struct kept *file, int error)
{
    if (kept_ran_out(error))
        return;
    kept_close(file);
    record->stale = true;
}

static void read_cgroup(struct domain_record *record, struct vcpu_record *vcpu,
                        struct vcpu_sample *sample)
{
    int error;

    if (!kept_is_open(&vcpu->cgroup))
        return;
    error = cgroup_read_vcpu(&vcpu->cgroup, &sample->cgroup_ns, &sample->throttled_ns);
    if (!error)
        sample->has |= VCPU_HAS_CGROUP;
    else
        lose(record, &vcpu->cgroup, error);
}

static void read_delay(struct domain_record *record, struct vcpu_record *vcpu,
                       struct vcpu_sample *sample)
{
    int error;

    if (!kept_is_open(&vcpu->schedstat))
        return;
    error = procfs_read_delay(&vcpu->schedstat, &sample->delay_ns);
    if (!error)
        sample->has |= VCPU_HAS_DELAY;
    else
        lose(record, &vcpu->schedstat, error);
}

/* What the cgroup's cpuset leaves the domain, each time: no event tells of a change, and what lies
 * outside is refused. */
static void follow_limit(struct host *host, struct domain_record *record)
{
    const struct inventory *inventory = &host->inventory;
    struct cpuset limit;
    uint32_t set;
    int error;

    if (!kept_is_open(&record->limit_file))
        return;
    error = cgroup_read_limit(&record->limit_file, &limit);
    if (kept_ran_out(error))
        return; /* as it was */
    if (error) {
        kept_close(&record->limit_file);
        record->stale = true;
        return;
    }
    if (cpuset_within(&host->online, &limit)) {
        record->limit = 0;
    } else if (!record->limit || !cpuset_equal(&inventory->sets[record->limit - 1], &limit)) {
        set = inventory_set(&host->inventory, &limit);
        if (set != UINT32_MAX)
            record->limit = set + 1;
    }
}

/* The vCPUs of a domain at the end of the snapshot, whose room is there. */
static void add_vcpus(struct snapshot *snapshot, struct domain_record *record,
                      const virVcpuInfo *infos)
{
    struct domain_sample *domain = &snapshot->domains[snapshot->size.domains];
    const uint32_t fresh = record->stale ? 0 : VCPU_HAS_AFFINITY;

    for (uint32_t v = 0; v < record->vcpu_count; v++) {
        struct vcpu_record *vcpu = &record->vcpus[v];
        struct vcpu_sample *sample = &snapshot->vcpus[snapshot->size.vcpus];

        if (vcpu->affinity == UINT32_MAX)
            continue; /* libvirt has not told yet */
        snapshot->size.vcpus++;
        domain->vcpu_count++;
        *sample = (struct vcpu_sample){
            .serial = vcpu->serial,
            .slot = vcpu->slot,
            .domain = snapshot->size.domains,
            .number = vcpu->number,
            .last_pcpu = -1,
            .numa_home = vcpu->numa_home,
            .affinity = vcpu->affinity,
            .wanted = vcpu->wanted,
            .touches = vcpu->touches,
            .yielded_ns = vcpu->yielded_ns,
            .cap = vcpu->cap,
            .realtime = vcpu->realtime,
            .has = fresh,
        };
        if (!infos)
            continue;
        sample->last_pcpu = infos[v].cpu;
        sample->time_ns = infos[v].cpuTime;
        if (infos[v].cpuTime)
            sample->has |= VCPU_HAS_TIME; /* zero: it is vanishing */
        read_cgroup(record, vcpu, sample);
        read_delay(record, vcpu, sample);
    }
}

/* True if libvirt's last error says that the domain is not there any more. */
static bool is_gone(void)
{
    const virErrorPtr error = virGetLastError();

    return error && (error->code == VIR_ERR_NO_DOMAIN || error->code == VIR_ERR_OPERATION_INVALID);
}

/*
 * One domain into the snapshot. A domain that vanishes meanwhile is left out; one that libvirt
 * tells nothing of this time is there without counters. Returns 0 or -ENOMEM.
 */
static int sample_domain(struct host *host, virDomainPtr domain, struct domain_record *record,
                         bool running, struct snapshot *snapshot)
{
    struct snapshot_size need = snapshot->size;
    struct domain_sample *sample;
    uint64_t begin_ns, end_ns;
    int count = 0;

    begin_ns = clock_now();
    if (running)
        count = get_vcpus(host, domain);
    end_ns = clock_now();
    if (count < 0 && is_gone())
        return 0;
    if (running && count >= 0 && !match_vcpus(host, record, count))
        return -ENOMEM;
    if (record->stale)
        libvirt_refresh(host, domain, record);
    else
        libvirt_look_again(host, domain, record);
    follow_limit(host, record);
    need.domains++;
    need.vcpus += record->vcpu_count;
    need.sets = host->inventory.set_count;
    if (snapshot_reserve(snapshot, &need))
        return -ENOMEM;
    sample = &snapshot->domains[snapshot->size.domains];
    sample->serial = record->serial;
    sample->slot = record->slot;
    sample->id = record->id;
    sample->first_vcpu = snapshot->size.vcpus;
    sample->vcpu_count = 0;
    sample->state = running ? DOMAIN_RUNNING : DOMAIN_PAUSED;
    sample->opted_out = record->opted_out;
    sample->limit = record->limit;
    sample->cap = record->cap;
    sample->begin_ns = begin_ns;
    sample->end_ns = end_ns;
    memcpy(sample->uuid, record->uuid, sizeof sample->uuid);
    strcpy(sample->name, record->name);
    begin_ns = clock_now();
    add_vcpus(snapshot, record, running && count >= 0 ? host->infos : NULL);
    sample->cgroup_ns = clock_now();
    snapshot->crosscheck_ns += sample->cgroup_ns - begin_ns;
    snapshot->size.domains++;
    return 0;
}

/* What the bulk call's record says of the domain: virDomainState. */
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

/* Takes note of the domains that events named. */
static void note_changed(struct host *host)
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
    note_changed(host);
    for (int i = 0; i < count; i++) {
        const int state = state_of(stats[i]);
        const bool running = state == VIR_DOMAIN_RUNNING || state == VIR_DOMAIN_BLOCKED;
        struct domain_record *record;
        int error;

        if (state == VIR_DOMAIN_SHUTOFF)
            continue;
        record = record_of(host, stats[i]->dom);
        if (!record)
            return -ENOMEM; /* a name and a uuid, any domain has */
        record->sweep = host->sweep;
        error = sample_domain(host, stats[i]->dom, record, running, snapshot);
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
    count = virConnectGetAllDomainStats(host->connection.now.sampler, VIR_DOMAIN_STATS_STATE,
                                        &stats, VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE);
    if (count < 0) {
        libvirt_failed(why, "libvirt does not list its domains any more");
        return libvirt_is_lost(host) ? -EAGAIN : -EIO;
    }
    error = sample_domains(host, stats, count, snapshot);
    virDomainStatsRecordListFree(stats);
    libvirt_say_lacking(host);
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
