/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pin.c - sets and reads the affinity of a vCPU or emulator. Actuator's thread. */
#include "host/libvirt/internal.h"

#include "base/clock.h"
#include "log/log.h"
#include "model/mask.h"
#include "model/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* vCPU numbers are below this limit, which no domain reaches: they size an array for libvirt. */
#define VCPU_NUMBERS UINT32_C(65536)

/* Looks up that run of the domain. The result references its connection; NULL: *error and *why. */
static virDomainPtr find_domain(struct host *host, const struct vcpu_name *vcpu, int *error,
                                struct failure *why)
{
    virConnectPtr connection = libvirt_take_connection(host);
    virDomainPtr domain;

    if (!connection) {
        *error = fail(why, -ENOTCONN, "libvirt is away");
        return NULL;
    }
    domain = virDomainLookupByUUID(connection, vcpu->uuid);
    if (!domain) {
        const virErrorPtr said = virGetLastError();

        *error = said && said->code == VIR_ERR_NO_DOMAIN ? -ENOENT : -EIO;
        libvirt_failed(why, "domain");
    }
    virConnectClose(connection);
    if (!domain)
        return NULL;
    if ((int32_t)virDomainGetID(domain) == vcpu->id)
        return domain;
    *error = fail(why, -ENOENT, "domain %s has ended", virDomainGetName(domain));
    virDomainFree(domain);
    return NULL;
}

/* A pin would wait up to half a minute for the job. Drivers without these calls have no jobs. */
static bool has_job(virDomainPtr domain)
{
    virDomainControlInfo control;
    virDomainJobInfo job;

    if (virDomainGetControlInfo(domain, &control, 0) == 0 &&
        (control.state == VIR_DOMAIN_CONTROL_JOB || control.state == VIR_DOMAIN_CONTROL_OCCUPIED))
        return true;
    return virDomainGetJobInfo(domain, &job) == 0 && job.type != VIR_DOMAIN_JOB_NONE;
}

/* The errno for libvirt's last error, of a call for a vCPU. */
static int vcpu_failed(virDomainPtr domain, const struct vcpu_name *vcpu, struct failure *why)
{
    char words[VCPU_WORDS];
    struct failure said;
    int number = 0, range = 0, code = -EIO;
    const virErrorPtr error = virGetLastError();

    if (error) {
        number = error->code;
        range = error->int1;
    }
    libvirt_failed(&said, ""); /* before virDomainGetName() resets the error */
    if (number == VIR_ERR_NO_DOMAIN || number == VIR_ERR_INVALID_ARG ||
        (number == VIR_ERR_OPERATION_INVALID && virDomainIsActive(domain) != 1))
        code = -ENOENT; /* the domain or the vCPU has gone */
    else if (number == VIR_ERR_SYSTEM_ERROR && range == ERANGE)
        code = -EINVAL;
    else if (number == VIR_ERR_OPERATION_TIMEOUT)
        code = -EBUSY;
    return fail(why, code, "domain %s %s%s", virDomainGetName(domain),
                vcpu_words(vcpu->number, words, sizeof words), said.text);
}

/* The vCPU's mask as libvirt reports it. flags: VIR_DOMAIN_AFFECT_*. Returns 0; -ENOENT: there is
 * none; -ENOMEM; or -EIO with libvirt's last error. */
static int read_pin(const struct host *host, virDomainPtr domain, uint32_t number, unsigned flags,
                    struct cpuset *set)
{
    const size_t length = (size_t)VIR_CPU_MAPLEN(host->pcpus);
    unsigned char *maps;
    struct cpuset told;
    int error = 0;

    if (number == VCPU_EMULATOR)
        return libvirt_read_emulator(host, domain, flags, set) ? 0 : -EIO;
    if (number >= VCPU_NUMBERS)
        return -ENOENT;
    maps = calloc(number + 1, length);
    if (!maps)
        return -ENOMEM;
    if (virDomainGetVcpuPinInfo(domain, (int)number + 1, maps, (int)length, flags) < 0)
        error = -EIO;
    cpuset_from_map(&told, maps + number * length, length);
    free(maps);
    if (!error && cpuset_count(&told) == 0)
        error = -ENOENT;
    if (!error)
        *set = told;
    return error;
}

/* Pins, and expects the echo. Returns as virDomainPinVcpu(). */
static int set_mask(const struct host *host, virDomainPtr domain, uint32_t number,
                    const struct cpuset *set)
{
    unsigned char map[CPUSET_MAX / 8], uuid[VIR_UUID_BUFLEN];
    const int length = VIR_CPU_MAPLEN((int)host->pcpus);
    int result;

    if (virDomainGetUUID(domain, uuid))
        return -1;
    cpuset_to_map(set, map, sizeof map);
    echoes_expect(host->echoes, uuid, number, clock_now());
    result = number == VCPU_EMULATOR
                 ? virDomainPinEmulator(domain, map, length, VIR_DOMAIN_AFFECT_LIVE)
                 : virDomainPinVcpu(domain, number, map, length);
    echoes_called(host->echoes, uuid, number, result != 0, clock_now());
    return result;
}

/* The same. For everything, the mask has all present pCPUs, so that the vCPU can also use those
 * that come online later. */
static int set_pin(struct host *host, virDomainPtr domain, const struct vcpu_name *vcpu,
                   const struct cpuset *set)
{
    struct given *given = &host->given;

    if (!mask_is_everything(set))
        return set_mask(host, domain, vcpu->number, set);
    given->vcpu = *vcpu;
    given->set = *set;
    libvirt_present(host, &given->mask);
    cpuset_and(&given->mask, set);
    return set_mask(host, domain, vcpu->number, &given->mask);
}

static bool is_same(const struct vcpu_name *a, const struct vcpu_name *b)
{
    return a->id == b->id && a->number == b->number &&
           memcmp(a->uuid, b->uuid, sizeof a->uuid) == 0;
}

/* The vCPU's affinity. Returns as read_pin(). */
static int read_affinity(struct host *host, virDomainPtr domain, const struct vcpu_name *vcpu,
                         struct cpuset *set)
{
    struct mask_context context;
    struct cpuset told;
    int error;

    libvirt_context_begin(host, domain, &context);
    error = read_pin(host, domain, vcpu->number, VIR_DOMAIN_AFFECT_CURRENT, &told);
    if (!error)
        *set = is_same(&host->given.vcpu, vcpu) && cpuset_equal(&told, &host->given.mask)
                   ? host->given.set
                   : libvirt_meaning(host, &context, vcpu->number, &told);
    libvirt_context_end(&context);
    return error;
}

/*
 * After an accepted pin. libvirt identifies the domain by its uuid only: if it was restarted since
 * the lookup, its new run has got the pin. Then that one is set to what its definition says.
 * Returns 0, or -ENOENT if the run that was meant has ended.
 */
static int check_run(struct host *host, virDomainPtr domain, const struct vcpu_name *vcpu,
                     const struct cpuset *set, struct failure *why)
{
    struct cpuset defined;
    char list[64], words[VCPU_WORDS];
    virDomainPtr now = virDomainLookupByUUID(virDomainGetConnect(domain), vcpu->uuid);
    bool undone;

    if (!now)
        return 0; /* reading back the affinity will show it */
    if ((int32_t)virDomainGetID(now) == vcpu->id) {
        virDomainFree(now);
        return 0;
    }
    undone = virDomainGetID(now) == (unsigned)-1 ||
             (read_pin(host, now, vcpu->number, VIR_DOMAIN_AFFECT_CONFIG, &defined) == 0 &&
              set_mask(host, now, vcpu->number, &defined) == 0);
    if (!undone) {
        cpuset_format(set, list, sizeof list);
        log_error("domain %s %s stays on pCPU %s: it was restarted while it was being pinned",
                  virDomainGetName(now), vcpu_words(vcpu->number, words, sizeof words), list);
    }
    virDomainFree(now);
    return fail(why, -ENOENT, "domain %s has ended", virDomainGetName(domain));
}

int libvirt_pin(struct host *host, const struct vcpu_name *vcpu, const struct cpuset *set,
                struct failure *why)
{
    int error;
    virDomainPtr domain = find_domain(host, vcpu, &error, why);
    char words[VCPU_WORDS];
    struct affinity now;
    struct cpuset within;

    if (!domain)
        return error;
    /* The kernel would refuse a pin beyond the limit, but only after libvirt has changed the vCPU's
     * own cpuset: the vCPU would then run anywhere, while libvirt reports the pin. */
    libvirt_read_limit(host, libvirt_find_qemu(host, domain), &now);
    if (!affinity_can(&now, set)) {
        error = fail(why, -EINVAL,
                     "domain %s %s: none of the pCPUs it is to have is online and in the cpuset of "
                     "its cgroup",
                     virDomainGetName(domain), vcpu_words(vcpu->number, words, sizeof words));
    } else if (has_job(domain)) {
        error = fail(why, -EBUSY, "domain %s has a job: its pins wait", virDomainGetName(domain));
    } else if (libvirt_mark(host, domain, vcpu)) {
        error = vcpu_failed(domain, vcpu, why);
    } else {
        within = now.bounded ? affinity_cut(set, &now.limit) : *set;
        error = set_pin(host, domain, vcpu, &within) ? vcpu_failed(domain, vcpu, why)
                                                     : check_run(host, domain, vcpu, set, why);
        libvirt_note_changed(host, vcpu->uuid);
    }
    virDomainFree(domain);
    return error;
}

int libvirt_affinity(struct host *host, const struct vcpu_name *vcpu, struct affinity *now,
                     struct failure *why)
{
    char words[VCPU_WORDS];
    struct affinity is;
    pid_t qemu;
    int error;
    virDomainPtr domain = find_domain(host, vcpu, &error, why);

    if (!domain)
        return error;
    error = read_affinity(host, domain, vcpu, &is.told);
    if (!error) {
        qemu = libvirt_find_qemu(host, domain);
        libvirt_read_kernel(host, qemu, libvirt_find_thread(qemu, vcpu->number), &is);
        *now = is;
    } else if (error == -EIO) {
        error = vcpu_failed(domain, vcpu, why);
    } else if (error == -ENOENT) {
        fail(why, error, "domain %s has no %s", virDomainGetName(domain),
             vcpu_words(vcpu->number, words, sizeof words));
    } else {
        fail(why, error, "no memory");
    }
    virDomainFree(domain);
    return error;
}

bool libvirt_touched(struct host *host, const struct vcpu_name *vcpu)
{
    return echoes_foreign(host->echoes, vcpu->uuid, vcpu->number);
}

void libvirt_forgotten(struct host *host, const struct vcpu_name *vcpu)
{
    struct failure why;
    int error;
    virDomainPtr domain = find_domain(host, vcpu, &error, &why);

    if (!domain)
        return; /* it has no metadata any more */
    if (!has_job(domain))
        libvirt_trim_mark(host, domain, vcpu);
    virDomainFree(domain);
}
