/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refresh.c - reads what changes seldom: a domain's affinities, metadata, files of counters and
 * limits. Sampler's thread.
 *
 * Nothing here takes a domain's job or talks to its QEMU.
 */
#include "host/libvirt/internal.h"

#include "log/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* True if the metadata of the running domain, or of its definition, exclude it; `before` if libvirt
 * does not answer. Malformed metadata set *malformed and don't exclude it. */
static bool is_excluded(virDomainPtr domain, unsigned flags, bool before, bool *malformed)
{
    char *xml = virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, METADATA_URI, flags);
    const virErrorPtr said = xml ? NULL : virGetLastError();
    bool exclude = said && said->code != VIR_ERR_NO_DOMAIN_METADATA && before;

    if (xml && metadata_parse(xml, &exclude))
        *malformed = true;
    free(xml);
    return exclude;
}

static void read_metadata(virDomainPtr domain, struct domain_record *record)
{
    const bool before = record->opted_out;
    bool malformed = false;

    record->opted_out = is_excluded(domain, VIR_DOMAIN_AFFECT_LIVE, before, &malformed) ||
                        (virDomainIsPersistent(domain) == 1 &&
                         is_excluded(domain, VIR_DOMAIN_AFFECT_CONFIG, before, &malformed));
    if (malformed && !record->said_metadata)
        log_error("domain %s: its metadata for vcpu-scheduler can't be understood: <scheduler "
                  "exclude=\"yes\"/> or \"no\" is expected",
                  record->name);
    record->said_metadata = malformed;
}

/* The path of the domain's pid file; truncated if it is too long. virPidFileBuildPath() escapes the
 * name as in XML. */
static void name_pid_file(const struct host *host, const char *domain, char *path, size_t size)
{
    static const char *const escapes[UCHAR_MAX + 1] = {
        ['"'] = "&quot;", ['&'] = "&amp;", ['\''] = "&apos;", ['<'] = "&lt;", ['>'] = "&gt;"};
    size_t used = (size_t)snprintf(path, size, "%s/", host->pid_folder);

    for (; *domain && used < size; domain++) {
        const char *escape = escapes[(unsigned char)*domain];

        used += (size_t)snprintf(path + used, size - used, escape ? "%s" : "%.1s",
                                 escape ? escape : domain);
    }
    if (used < size)
        snprintf(path + used, size - used, ".pid");
}

pid_t libvirt_find_qemu(const struct host *host, virDomainPtr domain)
{
    char path[PATH_MAX], uuid[VIR_UUID_STRING_BUFLEN];

    if (!host->local || virDomainGetUUIDString(domain, uuid))
        return -ENOENT;
    name_pid_file(host, virDomainGetName(domain), path, sizeof path);
    return procfs_qemu(path, uuid);
}

/* Finds the process that runs a domain, and its cgroup; "": none, *error tells why. Returns the
 * pid, or a negative errno if the process is not visible. */
static pid_t find_process(const struct host *host, virDomainPtr domain, char *cgroup, size_t size,
                          int *error)
{
    const pid_t qemu = libvirt_find_qemu(host, domain);

    *error = qemu > 0 ? cgroup_of_domain(qemu, NULL, cgroup, size) : (int)qemu;
    if (*error)
        cgroup[0] = '\0';
    return qemu;
}

void libvirt_retry_counters(struct host *host, virDomainPtr domain, struct domain_record *record)
{
    char cgroup[PATH_MAX];
    pid_t qemu;
    int error;

    if (!record->lacks_ns || record->said_lacks)
        return;
    qemu = find_process(host, domain, cgroup, sizeof cgroup, &error);
    libvirt_open_counters(host, record, qemu, cgroup, error);
}

void libvirt_refresh(struct host *host, virDomainPtr domain, struct domain_record *record)
{
    char cgroup[PATH_MAX];
    int error;
    const pid_t qemu = find_process(host, domain, cgroup, sizeof cgroup, &error);
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
