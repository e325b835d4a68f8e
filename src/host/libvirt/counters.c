/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counters.c - opens the files of the vCPUs' counters, logs which are missing, and reads quotas and
 * scheduling classes. Sampler's thread. */
#include "host/libvirt/internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "log/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Missing counters are logged after this time: the domain may be just starting or going. */
#define LOG_AFTER_NS UINT64_C(1000000000)

/* Writes the message on the first missing counter; "": none is missing. */
__attribute__((format(printf, 2, 3))) static void lack(struct failure *lack, const char *format,
                                                       ...)
{
    va_list arguments;

    if (lack->text[0])
        return;
    va_start(arguments, format);
    vsnprintf(lack->text, sizeof lack->text, format, arguments);
    va_end(arguments);
}

static void open_schedstat(struct vcpu_record *vcpu, pid_t qemu, struct failure *missing)
{
    pid_t thread;

    if (kept_is_open(&vcpu->schedstat))
        return;
    thread = procfs_open_schedstat(qemu, vcpu->number, &vcpu->schedstat);
    if (thread < 0)
        lack(missing, " vCPU %u: no run-queue delay: %s", vcpu->number, strerror(-thread));
    else
        vcpu->thread = thread;
}

/* The lowest quota of a vCPU's cgroup and those above it, in one hierarchy. */
static uint32_t read_cap(const char *root, const char *domain, uint32_t vcpu)
{
    char path[PATH_MAX + 16];

    snprintf(path, sizeof path, "%s/vcpu%u", domain, vcpu);
    return domain[0] ? cgroup_cap(root, path) : 0;
}

/* Reads the quotas of v2 and v1, and which vCPUs are realtime. */
static void read_limits(const struct host *host, struct domain_record *record, pid_t qemu,
                        const char *cgroup)
{
    const struct cgroup_tree *tree = &host->tree;
    char cpu[PATH_MAX] = "";

    if (tree->cpu_root[0] && cgroup_of_domain(qemu, "cpu", cpu, sizeof cpu))
        cpu[0] = '\0';
    record->cap =
        cgroup_lesser_cap(cgroup_cap(tree->root, cgroup), cgroup_cap(tree->cpu_root, cpu));
    for (uint32_t v = 0; v < record->vcpu_count; v++) {
        struct vcpu_record *vcpu = &record->vcpus[v];

        vcpu->cap = cgroup_lesser_cap(read_cap(tree->root, cgroup, vcpu->number),
                                      read_cap(tree->cpu_root, cpu, vcpu->number));
        vcpu->realtime = vcpu->thread > 0 && procfs_is_realtime(vcpu->thread);
    }
}

static void open_cgroup(struct host *host, struct vcpu_record *vcpu, const char *cgroup, int error,
                        struct failure *missing)
{
    if (kept_is_open(&vcpu->cgroup))
        return;
    if (!error)
        error = cgroup_open_vcpu(&host->tree, cgroup, vcpu->number, &vcpu->cgroup);
    if (error == -ENOENT)
        lack(missing, " vCPU %u: no cross-check: it has no cgroup with a cpu.stat of its own",
             vcpu->number);
    else if (error)
        lack(missing, " vCPU %u: no cross-check: its cgroup's cpu.stat: %s", vcpu->number,
             strerror(-error));
}

/* Notes what to log at the end of the sweep, once, if it has been missing for a while. */
static void note(struct host *host, struct domain_record *record, const struct failure *missing)
{
    const uint64_t now_ns = clock_now();

    if (!missing->text[0]) {
        record->lacks_ns = 0;
        record->said_lacks = false;
        return;
    }
    if (!record->lacks_ns)
        record->lacks_ns = now_ns;
    if (record->said_lacks || now_ns - record->lacks_ns < LOG_AFTER_NS)
        return;
    record->said_lacks = true;
    if (host->lacking++ == 0)
        snprintf(host->lack, sizeof host->lack, "domain %s%s", record->name, missing->text);
}

void libvirt_open_counters(struct host *host, struct domain_record *record, pid_t qemu,
                           const char *cgroup, int error)
{
    struct failure missing = {""};

    if (!host->local || record->vcpu_count == 0)
        return;
    if (qemu < 0)
        lack(&missing, ": its QEMU can't be seen in /proc: %s: no run-queue delay, no cross-check",
             strerror((int)-qemu));
    for (uint32_t v = 0; v < record->vcpu_count && qemu > 0; v++) {
        open_schedstat(&record->vcpus[v], qemu, &missing);
        if (host->crosscheck)
            open_cgroup(host, &record->vcpus[v], cgroup, error, &missing);
    }
    if (qemu > 0)
        read_limits(host, record, qemu, cgroup);
    note(host, record, &missing);
}

void libvirt_log_lacking(struct host *host)
{
    if (host->lacking > 1)
        log_info("%s; likewise %u more domain%s", host->lack, host->lacking - 1,
                 text_plural(host->lacking - 1));
    else if (host->lacking)
        log_info("%s", host->lack);
    host->lacking = 0;
}
