/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refresh.c - what is read of a domain outside the steady cycle: affinities, and where
 * its counters are. Sampler's thread.
 *
 * Nothing here takes a domain's job or talks to its QEMU either.
 */
#include "host/libvirt/internal.h"

#include "host/libvirt/metadata.h"
#include "host/linux/cgroup_limit.h"
#include "log/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
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

/* A byte of a name as it stands in the name of the pid file: virPidFileBuildPath() escapes it as
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

/* The domain's pid file; cut where there is no room. */
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
        return -ENOENT;
    name_pid_file(host, name, path, sizeof path);
    return procfs_qemu(path, uuid);
}

/*
 * The process that runs a domain, and its cgroup, "" where none can be had, with the reason in
 * *error. Returns the pid, or a negative errno where it can't be seen.
 */
static pid_t find_process(const struct host *host, virDomainPtr domain,
                          const struct domain_record *record, char *cgroup, size_t size, int *error)
{
    const pid_t qemu = libvirt_find_qemu(host, domain, record->name);

    *error = qemu > 0 ? cgroup_of_domain(qemu, NULL, cgroup, size) : (int)qemu;
    if (*error)
        cgroup[0] = '\0';
    return qemu;
}

void libvirt_look_again(struct host *host, virDomainPtr domain, struct domain_record *record)
{
    char cgroup[PATH_MAX];
    pid_t qemu;
    int error;

    if (!record->lacks_ns || record->said_lacks)
        return;
    qemu = find_process(host, domain, record, cgroup, sizeof cgroup, &error);
    libvirt_open_counters(host, record, qemu, cgroup, error);
}

void libvirt_refresh(struct host *host, virDomainPtr domain, struct domain_record *record)
{
    char cgroup[PATH_MAX];
    int error;
    const pid_t qemu = find_process(host, domain, record, cgroup, sizeof cgroup, &error);
    const bool sure = libvirt_read_affinities(host, domain, record, qemu);
    bool bounded;

    libvirt_open_counters(host, record, qemu, cgroup, error);
    if (!kept_is_open(&record->limit_file) && qemu > 0 &&
        cgroup_open_limit(&host->tree, qemu, &record->limit_file, &bounded) == -ENOENT)
        record->limit = 0;
    read_metadata(domain, record);
    libvirt_read_homes(host, domain, record, cgroup);
    record->stale = !sure;
}
