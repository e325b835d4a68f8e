/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_libvirt_refresh.c - what is read of a domain outside the steady cycle: affinities, and where
 * its counters are. Sampler's thread.
 *
 * Nothing here takes a domain's job or talks to its QEMU either.
 */
#include "host_libvirt.h"

#include "log.h"
#include "metadata.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    const pid_t qemu = find_process(host, domain, record, cgroup, sizeof cgroup);
    const bool sure = libvirt_read_affinities(host, domain, record, qemu);
    bool bounded;

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
    record->stale = !sure;
}
