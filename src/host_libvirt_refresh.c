/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_libvirt_refresh.c - what is read of a domain outside the steady cycle: affinities, and where
 * its counters are. Sampler's thread.
 *
 * Nothing here takes a domain's job or talks to its QEMU either.
 */
#include "host_libvirt.h"

#include "grow.h"
#include "ledger.h"
#include "log.h"
#include "metadata.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_pin_info(struct host *host, virDomainPtr domain, uint32_t vcpus, unsigned flags,
                          int *count)
{
    const uint32_t length = (uint32_t)VIR_CPU_MAPLEN(host->pcpus);

    if (!GROW(host->maps, host->map_room, vcpus * length))
        return false;
    memset(host->maps, 0, (size_t)vcpus * length);
    *count = virDomainGetVcpuPinInfo(domain, (int)vcpus, host->maps, (int)length, flags);
    return *count >= 0;
}

/** The index of the set that virDomainGetVcpuPinInfo told of that vCPU; UINT32_MAX if it told
 * nothing. */
static uint32_t told_set(struct host *host, uint32_t number, int count)
{
    const size_t length = (size_t)VIR_CPU_MAPLEN(host->pcpus);
    struct cpuset set;

    if (number >= (uint32_t)count)
        return UINT32_MAX;
    cpuset_from_map(&set, host->maps + number * length, length);
    return cpuset_count(&set) ? inventory_set(&host->inventory, &set) : UINT32_MAX;
}

/** What a vCPU had when the daemon first saw it, also where an earlier run or connection did;
 * `now` if that is the first. */
static uint32_t first_set(struct host *host, const struct domain_record *record, uint32_t number,
                          uint32_t now)
{
    struct vcpu_name name = {.id = record->id, .number = number};
    struct ledger_entry entry;

    memcpy(name.uuid, record->uuid, sizeof name.uuid);
    return host->ledger && ledger_find(host->ledger, &name, &entry)
               ? inventory_set(&host->inventory, &entry.original)
               : now;
}

/** Affinities as they are, and as the owner wants them. */
static bool read_affinities(struct host *host, virDomainPtr domain, struct domain_record *record)
{
    const uint32_t numbers =
        record->vcpu_count ? record->vcpus[record->vcpu_count - 1].number + 1 : 0;
    int count;

    if (numbers == 0)
        return true;
    if (!read_pin_info(host, domain, numbers, VIR_DOMAIN_AFFECT_CURRENT, &count))
        return false;
    for (uint32_t v = 0; v < record->vcpu_count; v++) {
        struct vcpu_record *vcpu = &record->vcpus[v];
        const uint32_t set = told_set(host, vcpu->number, count);

        if (set != UINT32_MAX)
            vcpu->affinity = set;
        if (vcpu->wanted == UINT32_MAX)
            vcpu->wanted = first_set(host, record, vcpu->number, set);
    }
    if (virDomainIsPersistent(domain) != 1 ||
        !read_pin_info(host, domain, numbers, VIR_DOMAIN_AFFECT_CONFIG, &count))
        return true;
    for (uint32_t v = 0; v < record->vcpu_count; v++) {
        const uint32_t set = told_set(host, record->vcpus[v].number, count);

        if (set != UINT32_MAX)
            record->vcpus[v].wanted = set;
    }
    return true;
}

/**
 * What the metadata of the running domain, or of its definition, ask; `before` where libvirt does
 * not tell. What can't be understood asks nothing.
 */
static bool asks_out(virDomainPtr domain, unsigned flags, bool before, bool *nonsense)
{
    char *xml = virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, METADATA_URI, flags);
    const virErrorPtr said = xml ? NULL : virGetLastError();
    bool exclude = said && said->code != VIR_ERR_NO_DOMAIN_METADATA && before;

    if (xml && metadata_parse(xml, &exclude))
        *nonsense = true;
    free(xml);
    return exclude;
}

static void read_metadata(virDomainPtr domain, struct domain_record *record)
{
    const bool before = record->opted_out;
    bool nonsense = false;

    record->opted_out = asks_out(domain, VIR_DOMAIN_AFFECT_LIVE, before, &nonsense) ||
                        (virDomainIsPersistent(domain) == 1 &&
                         asks_out(domain, VIR_DOMAIN_AFFECT_CONFIG, before, &nonsense));
    if (nonsense && !record->said_metadata)
        log_error("domain %s: its metadata for vcpu-scheduler can't be understood: <scheduler "
                  "exclude=\"yes\"/> or \"no\" is expected",
                  record->name);
    record->said_metadata = nonsense;
}

/** Opens what is missing of a vCPU's counters. */
static void open_counters(struct host *host, const struct domain_record *record,
                          struct vcpu_record *vcpu, pid_t qemu, const char *path)
{
    if (vcpu->schedstat_fd < 0)
        vcpu->schedstat_fd = procfs_open_schedstat(qemu, vcpu->number);
    if (vcpu->schedstat_fd < 0 && !host->said_no_delay) {
        host->said_no_delay = true;
        log_info("domain %s vCPU %u: no run-queue delay: %s", record->name, vcpu->number,
                 strerror(-vcpu->schedstat_fd));
    }
    if (vcpu->cgroup_fd < 0 && path)
        vcpu->cgroup_fd = cgroup_open_vcpu(&host->tree, path, vcpu->number);
    if (vcpu->cgroup_fd < 0 && host->crosscheck && !host->said_no_cgroup) {
        host->said_no_cgroup = true;
        log_info("domain %s vCPU %u: no cross-check: it has no cgroup with a cpu.stat of its own",
                 record->name, vcpu->number);
    }
}

/** A byte of a name as it stands in the name of the pid file: virPidFileBuildPath() escapes it as
 * if for XML. */
static const char *escaped(const char *byte)
{
    switch (*byte) {
    case '"':
        return "&quot;";
    case '&':
        return "&amp;";
    case '\'':
        return "&apos;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    default:
        return byte;
    }
}

/** The domain's pid file; cut where there is no room. */
static void name_pid_file(const struct host *host, const char *domain, char *path, size_t size)
{
    size_t used = (size_t)snprintf(path, size, "%s/", host->pid_folder);

    for (; *domain && used < size; domain++) {
        const char *piece = escaped(domain);

        used += (size_t)snprintf(path + used, size - used, piece == domain ? "%.1s" : "%s", piece);
    }
    if (used < size)
        snprintf(path + used, size - used, ".pid");
}

pid_t libvirt_find_qemu(const struct host *host, virDomainPtr domain, const char *name)
{
    char path[PATH_MAX], uuid[VIR_UUID_STRING_BUFLEN];

    if (!host->local || virDomainGetUUIDString(domain, uuid))
        return 0;
    name_pid_file(host, name, path, sizeof path);
    return procfs_qemu(path, uuid);
}

/**
 * The process that runs a domain, and its cgroup, "" where it has none. Returns the pid, or what is
 * no pid where it can't be seen.
 */
static pid_t find_process(const struct host *host, virDomainPtr domain,
                          const struct domain_record *record, char *cgroup, size_t size)
{
    const pid_t qemu = libvirt_find_qemu(host, domain, record->name);

    if (qemu <= 0 || cgroup_of_domain(qemu, cgroup, size))
        cgroup[0] = '\0';
    return qemu;
}

void libvirt_refresh(struct host *host, virDomainPtr domain, struct domain_record *record)
{
    char cgroup[PATH_MAX] = "";
    bool bounded;
    pid_t qemu;

    if (!read_affinities(host, domain, record))
        return;
    qemu = find_process(host, domain, record, cgroup, sizeof cgroup);
    if (qemu < 0 && !host->said_no_delay) {
        host->said_no_delay = host->said_no_cgroup = true;
        log_info("domain %s: its QEMU can't be seen in /proc: no run-queue delay, no cross-check",
                 record->name);
    }
    for (uint32_t v = 0; v < record->vcpu_count && host->local; v++)
        open_counters(host, record, &record->vcpus[v], qemu,
                      host->crosscheck && cgroup[0] ? cgroup : NULL);
    if (record->limit_fd < 0 && qemu > 0) {
        record->limit_fd = cgroup_open_limit(&host->tree, qemu, &bounded);
        if (record->limit_fd == -ENOENT)
            record->limit = 0;
    }
    read_metadata(domain, record);
    libvirt_read_homes(host, domain, record, cgroup);
    record->stale = false;
}
