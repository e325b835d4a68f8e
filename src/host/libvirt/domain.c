/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domain.c - adds one domain's counters to a snapshot. Sampler's thread. */
#include "host/libvirt/internal.h"

#include "base/array.h"
#include "base/clock.h"

#include <errno.h>
#include <string.h>

/* Reads the domain's vCPUs into host->infos. Returns how many, or -1. */
static int get_vcpus(struct host *host, virDomainPtr domain)
{
    int count;

    for (uint32_t need = 16;; need = host->info_capacity * 2) {
        if (!ARRAY_GROW(host->infos, host->info_capacity, need))
            return -1;
        count = virDomainGetVcpus(domain, host->infos, (int)host->info_capacity, NULL, 0);
        if (count < (int)host->info_capacity)
            return count;
    }
}

/* Gives the record the vCPUs that host->infos lists. Returns false without memory. */
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

/* True if a file was read. One that can't be read is closed, to be found again, unless only
 * descriptors are lacking. */
static bool was_read(struct domain_record *record, struct kept *file, int error)
{
    if (error && !kept_ran_out(error)) {
        kept_close(file);
        record->stale = true;
    }
    return !error;
}

/* Reads the pCPUs that the cgroup's cpuset allows. In every sweep: there is no event for a change,
 * and the kernel refuses a pin beyond them. */
static void read_limit(struct host *host, struct domain_record *record)
{
    const struct inventory *inventory = &host->inventory;
    struct cpuset limit;
    uint32_t set;

    if (!kept_is_open(&record->limit_file) ||
        !was_read(record, &record->limit_file, cgroup_read_limit(&record->limit_file, &limit)))
        return;
    if (cpuset_within(&host->online, &limit)) {
        record->limit = 0;
    } else if (!record->limit || !cpuset_equal(&inventory->sets[record->limit - 1], &limit)) {
        set = inventory_set(&host->inventory, &limit);
        if (set != UINT32_MAX)
            record->limit = set + 1;
    }
}

/* Adds the vCPUs of the snapshot's last domain. Its arrays have the capacity. infos: of the vCPUs;
 * NULL: no counters. */
static void add_vcpus(struct snapshot *snapshot, struct domain_record *record,
                      const virVcpuInfo *infos)
{
    struct domain_sample *domain = &snapshot->domains[snapshot->size.domains];
    const uint32_t fresh = record->stale ? 0 : VCPU_HAS_AFFINITY;

    for (uint32_t v = 0; v < record->vcpu_count; v++) {
        struct vcpu_record *vcpu = &record->vcpus[v];
        struct vcpu_sample *sample = &snapshot->vcpus[snapshot->size.vcpus];

        if (vcpu->affinity == UINT32_MAX)
            continue; /* libvirt has not reported it yet */
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
            sample->has |= VCPU_HAS_TIME; /* 0: the vCPU is vanishing */
        if (kept_is_open(&vcpu->cgroup) &&
            was_read(record, &vcpu->cgroup,
                     cgroup_read_vcpu(&vcpu->cgroup, &sample->cgroup_ns, &sample->throttled_ns)))
            sample->has |= VCPU_HAS_CGROUP;
        if (kept_is_open(&vcpu->schedstat) &&
            was_read(record, &vcpu->schedstat,
                     procfs_read_delay(&vcpu->schedstat, &sample->delay_ns)))
            sample->has |= VCPU_HAS_DELAY;
    }
}

static struct emulator_sample emulator_of(const struct domain_record *record)
{
    const struct vcpu_record *emulator = &record->emulator;

    return (struct emulator_sample){
        .known =
            !record->stale && emulator->affinity != UINT32_MAX && emulator->wanted != UINT32_MAX,
        .held = record->emulator_held,
        .affinity = emulator->affinity,
        .wanted = emulator->wanted,
        .touches = emulator->touches,
        .yielded_ns = emulator->yielded_ns,
    };
}

/* True if libvirt's last error means that the domain no longer runs. */
static bool is_gone(void)
{
    const virErrorPtr error = virGetLastError();

    return error && (error->code == VIR_ERR_NO_DOMAIN || error->code == VIR_ERR_OPERATION_INVALID);
}

int libvirt_sample_domain(struct host *host, virDomainPtr domain, struct domain_record *record,
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
        libvirt_retry_counters(host, domain, record);
    read_limit(host, record);
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
    sample->emulator = emulator_of(record);
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
