/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wrap_libvirt.c - wrappers of all libvirt calls that the daemon makes.
 *
 * A lost connection breaks all open ones: calls over them fail as in libvirt's remote driver, close
 * callbacks run in the event loop, and only a new connection works. If VS_FAULT_KILL names a file
 * with the pid of the connection's libvirtd, that is killed instead.
 */
#include "fault.h"
#include "stage.h"
#include "wraps.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS 64

/* Faults of calls over a connection. Other calls can only fail or be slow. */
#define LOCAL  (KIND(ERROR) | KIND(DELAY))
#define REMOTE (LOCAL | KIND(HANG) | KIND(DISCONNECT) | KIND(GONE) | KIND(RESTART))
/* Calls that only read their handle, or have no result, can't fail. */
#define SILENT KIND(DELAY)

/* No error that says that a domain is gone: the daemon could not know better. FAULT_GONE tests it
 * truthfully. */
static const virError errors[] = {
    {.code = VIR_ERR_OPERATION_INVALID, .message = (char[]){"injected: domain is not running"}},
    {.code = VIR_ERR_INTERNAL_ERROR, .message = (char[]){"injected: internal error"}},
    {.code = VIR_ERR_SYSTEM_ERROR, .int1 = EIO, .message = (char[]){"injected: I/O error"}},
    {.code = VIR_ERR_RPC, .domain = VIR_FROM_RPC, .message = (char[]){"injected: bad reply"}},
    {.code = VIR_ERR_OPERATION_TIMEOUT, .message = (char[]){"injected: state change lock"}},
    {.code = VIR_ERR_SYSTEM_ERROR, .int1 = ERANGE, .message = (char[]){"injected: out of range"}},
    {.code = VIR_ERR_NO_SUPPORT, .message = (char[]){"injected: not supported"}},
    {.code = VIR_ERR_NO_MEMORY, .message = (char[]){"injected: out of memory"}},
};

static const virError disconnected = {
    .code = VIR_ERR_INTERNAL_ERROR,
    .domain = VIR_FROM_RPC,
    .message = (char[]){"injected: client socket is closed"},
};

struct link {
    virConnectPtr connection;
    virConnectCloseFunc on_close;
    void *opaque;
    bool dead;
};

static struct link links[CONNECTIONS];
static _Atomic int handles; /* references to domains that the daemon has not freed */
static unsigned away;       /* how often it can't be opened again */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local virError injected;

/* ---- connections ---- */

static struct link *link_of(virConnectPtr connection)
{
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (links[i].connection == connection)
            return &links[i];
    return NULL;
}

static bool is_dead(virConnectPtr connection)
{
    const struct link *link;
    bool dead;

    pthread_mutex_lock(&lock);
    link = connection ? link_of(connection) : NULL;
    dead = link && link->dead;
    pthread_mutex_unlock(&lock);
    return dead;
}

static void tell_closed(int timer, void *opaque)
{
    struct link *link = opaque, told;

    virEventRemoveTimeout(timer);
    pthread_mutex_lock(&lock);
    told = *link;
    pthread_mutex_unlock(&lock);
    if (told.on_close)
        told.on_close(told.connection, VIR_CONNECT_CLOSE_REASON_EOF, told.opaque);
    fault_enter();
    virConnectClose(told.connection);
    fault_leave();
}

static void kill_libvirtd(const char *path)
{
    FILE *file = fopen(path, "re");
    int pid = 0;

    if (file && fscanf(file, "%d", &pid) == 1 && pid > 1)
        kill(pid, SIGKILL);
    if (file)
        fclose(file);
}

static void disconnect(unsigned refusals)
{
    const char *libvirtd = getenv("VS_FAULT_KILL");

    fault_enter();
    if (libvirtd) {
        kill_libvirtd(libvirtd);
    } else {
        pthread_mutex_lock(&lock);
        away = refusals;
        for (unsigned i = 0; i < CONNECTIONS; i++) {
            if (!links[i].connection || links[i].dead)
                continue;
            links[i].dead = true;
            if (links[i].on_close && virConnectRef(links[i].connection) == 0)
                virEventAddTimeout(0, tell_closed, &links[i], NULL);
        }
        pthread_mutex_unlock(&lock);
    }
    fault_leave();
}

/* Takes note of a connection that was opened. Returns it. */
static virConnectPtr opened(virConnectPtr connection)
{
    struct link *link;

    pthread_mutex_lock(&lock);
    link = connection ? link_of(NULL) : NULL;
    if (link)
        *link = (struct link){.connection = connection};
    pthread_mutex_unlock(&lock);
    return connection;
}

static bool refuses(void)
{
    bool refused;

    pthread_mutex_lock(&lock);
    refused = away > 0;
    away -= refused;
    pthread_mutex_unlock(&lock);
    return refused;
}

/* ---- the fault of a call ---- */

/*
 * Before a call over a connection, or about a domain; either may be NULL. Returns FAULT_ERROR if it
 * is to fail, with libvirt's error set, FAULT_LOST if it is to fail once done, or FAULT_NONE.
 */
static enum fault meet(struct fault_call *call, virConnectPtr connection, virDomainPtr domain)
{
    unsigned argument = 0;
    enum fault kind;

    if (fault_is_own())
        return FAULT_NONE;
    injected = (virError){.code = VIR_ERR_OK};
    kind = fault_at(call, &argument);
    switch (kind) {
    case FAULT_ERROR:
        injected = errors[argument % (sizeof errors / sizeof *errors)];
        return FAULT_ERROR;
    case FAULT_LOST:
        return FAULT_LOST;
    case FAULT_DISCONNECT:
        disconnect(argument);
        break;
    case FAULT_GONE:
    case FAULT_RESTART:
        stage_destroy(domain, argument, kind == FAULT_RESTART);
        break;
    case FAULT_NONE:
    case FAULT_SHORT:
    case FAULT_DELAY:
    case FAULT_HANG:
    case FAULT_EXHAUST:
    case FAULT_KINDS:
        break;
    }
    if (!(call->kinds & KIND(DISCONNECT)))
        return FAULT_NONE;
    if (!is_dead(domain ? virDomainGetConnect(domain) : connection))
        return FAULT_NONE;
    injected = disconnected;
    return FAULT_ERROR;
}

static bool fails(struct fault_call *call, virConnectPtr connection, virDomainPtr domain)
{
    return meet(call, connection, domain) == FAULT_ERROR;
}

virErrorPtr __real_virGetLastError(void);
virErrorPtr __wrap_virGetLastError(void);

virErrorPtr __wrap_virGetLastError(void)
{
    return injected.code != VIR_ERR_OK ? &injected : __real_virGetLastError();
}

/* A wrapper that does no more. */
#define WRAP(type, function, failure, most, connection, domain, parameters, arguments)             \
    type __real_##function parameters;                                                             \
    type __wrap_##function parameters;                                                             \
    type __wrap_##function parameters                                                              \
    {                                                                                              \
        static struct fault_call call = {.name = #function, .kinds = most};                        \
                                                                                                   \
        return fails(&call, connection, domain) ? failure : __real_##function arguments;           \
    }

/* A call that frees something: done even if it fails. */
#define WRAP_RELEASE(type, function, failure, connection, domain, parameters, arguments)           \
    type __real_##function parameters;                                                             \
    type __wrap_##function parameters;                                                             \
    type __wrap_##function parameters                                                              \
    {                                                                                              \
        static struct fault_call call = {.name = #function, .kinds = LOCAL};                       \
        const bool failed = fails(&call, connection, domain);                                      \
        const type result = __real_##function arguments;                                           \
                                                                                                   \
        return failed ? failure : result;                                                          \
    }

/* clang-format off */
WRAP(int, virInitialize, -1, LOCAL, NULL, NULL, (void), ())
WRAP(char *, virConnectGetURI, NULL, REMOTE, connection, NULL,
     (virConnectPtr connection), (connection))
WRAP(int, virConnectSetKeepAlive, -1, REMOTE, connection, NULL,
     (virConnectPtr connection, int interval, unsigned count), (connection, interval, count))
WRAP(int, virNodeGetCPUMap, -1, REMOTE, connection, NULL,
     (virConnectPtr connection, unsigned char **map, unsigned *online, unsigned flags),
     (connection, map, online, flags))
WRAP(int, virConnectDomainEventRegisterAny, -1, REMOTE, connection, NULL,
     (virConnectPtr connection, virDomainPtr domain, int event, virConnectDomainEventGenericCallback callback,
      void *opaque, virFreeCallback done),
     (connection, domain, event, callback, opaque, done))
WRAP(const char *, virDomainGetName, NULL, SILENT, NULL, domain, (virDomainPtr domain), (domain))
WRAP(int, virDomainGetUUID, -1, SILENT, NULL, domain,
     (virDomainPtr domain, unsigned char *uuid), (domain, uuid))
WRAP(int, virDomainGetUUIDString, -1, SILENT, NULL, domain,
     (virDomainPtr domain, char *text), (domain, text))
WRAP(unsigned, virDomainGetID, (unsigned)-1, SILENT, NULL, domain, (virDomainPtr domain), (domain))
WRAP(int, virDomainIsActive, -1, REMOTE, NULL, domain, (virDomainPtr domain), (domain))
WRAP(int, virDomainIsPersistent, -1, REMOTE, NULL, domain, (virDomainPtr domain), (domain))
WRAP(int, virDomainGetControlInfo, -1, REMOTE, NULL, domain,
     (virDomainPtr domain, virDomainControlInfoPtr info, unsigned flags), (domain, info, flags))
WRAP(int, virDomainGetJobInfo, -1, REMOTE, NULL, domain,
     (virDomainPtr domain, virDomainJobInfoPtr info), (domain, info))
WRAP(int, virDomainGetVcpuPinInfo, -1, REMOTE, NULL, domain,
     (virDomainPtr domain, int vcpus, unsigned char *maps, int length, unsigned flags),
     (domain, vcpus, maps, length, flags))
WRAP(int, virDomainGetEmulatorPinInfo, -1, REMOTE, NULL, domain,
     (virDomainPtr domain, unsigned char *map, int length, unsigned flags),
     (domain, map, length, flags))
WRAP(int, virDomainPinEmulator, -1, REMOTE, NULL, domain,
     (virDomainPtr domain, unsigned char *map, int length, unsigned flags),
     (domain, map, length, flags))
WRAP_RELEASE(int, virConnectDomainEventDeregisterAny, -1, connection, NULL,
     (virConnectPtr connection, int callback), (connection, callback))
WRAP(char *, virConnectGetCapabilities, NULL, REMOTE, connection, NULL,
     (virConnectPtr connection), (connection))
WRAP(char *, virDomainGetXMLDesc, NULL, REMOTE, NULL, domain,
     (virDomainPtr domain, unsigned flags), (domain, flags))
WRAP(char *, virDomainGetMetadata, NULL, REMOTE, NULL, domain,
     (virDomainPtr domain, int type, const char *uri, unsigned flags), (domain, type, uri, flags))
WRAP(int, virDomainSetMetadata, -1, REMOTE, NULL, domain,
     (virDomainPtr domain, int type, const char *text, const char *key, const char *uri, unsigned flags),
     (domain, type, text, key, uri, flags))
WRAP(int, virDomainGetMaxVcpus, -1, REMOTE, NULL, domain, (virDomainPtr domain), (domain))
WRAP(int, virConnectListAllDomains, -1, REMOTE, connection, NULL,
     (virConnectPtr connection, virDomainPtr **domains, unsigned flags), (connection, domains, flags))
WRAP(char *, virConnectGetHostname, NULL, REMOTE, connection, NULL,
     (virConnectPtr connection), (connection))
WRAP(int, virDomainGetNumaParameters, -1, REMOTE, NULL, domain,
     (virDomainPtr domain, virTypedParameterPtr parameters, int *count, unsigned flags),
     (domain, parameters, count, flags))
WRAP(int, virConnectRef, -1, SILENT, NULL, NULL, (virConnectPtr connection), (connection))
/* clang-format on */

/* ---- calls with more to them ---- */

virConnectPtr __real_virConnectOpen(const char *name);
virConnectPtr __wrap_virConnectOpen(const char *name);
virConnectPtr __real_virConnectOpenReadOnly(const char *name);
virConnectPtr __wrap_virConnectOpenReadOnly(const char *name);
int __real_virConnectIsAlive(virConnectPtr connection);
int __wrap_virConnectIsAlive(virConnectPtr connection);
int __real_virConnectClose(virConnectPtr connection);
int __wrap_virConnectClose(virConnectPtr connection);
int __real_virConnectGetAllDomainStats(virConnectPtr connection, unsigned stats,
                                       virDomainStatsRecordPtr **records, unsigned flags);
int __wrap_virConnectGetAllDomainStats(virConnectPtr connection, unsigned stats,
                                       virDomainStatsRecordPtr **records, unsigned flags);
void __real_virDomainStatsRecordListFree(virDomainStatsRecordPtr *stats);
void __wrap_virDomainStatsRecordListFree(virDomainStatsRecordPtr *stats);
int __real_virDomainGetVcpus(virDomainPtr domain, virVcpuInfoPtr infos, int capacity,
                             unsigned char *maps, int length);
int __wrap_virDomainGetVcpus(virDomainPtr domain, virVcpuInfoPtr infos, int capacity,
                             unsigned char *maps, int length);
int __real_virDomainPinVcpu(virDomainPtr domain, unsigned vcpu, unsigned char *map, int length);
int __wrap_virDomainPinVcpu(virDomainPtr domain, unsigned vcpu, unsigned char *map, int length);

int __real_virConnectRegisterCloseCallback(virConnectPtr connection, virConnectCloseFunc callback,
                                           void *opaque, virFreeCallback done);
int __wrap_virConnectRegisterCloseCallback(virConnectPtr connection, virConnectCloseFunc callback,
                                           void *opaque, virFreeCallback done);
int __real_virConnectUnregisterCloseCallback(virConnectPtr connection,
                                             virConnectCloseFunc callback);
int __wrap_virConnectUnregisterCloseCallback(virConnectPtr connection,
                                             virConnectCloseFunc callback);

virDomainPtr __real_virDomainLookupByUUID(virConnectPtr connection, const unsigned char *uuid);
virDomainPtr __wrap_virDomainLookupByUUID(virConnectPtr connection, const unsigned char *uuid);
int __real_virDomainFree(virDomainPtr domain);
int __wrap_virDomainFree(virDomainPtr domain);

#define OPENING (LOCAL | KIND(HANG))

/* Opens a connection, if there are descriptors. */
static virConnectPtr open_with(virConnectPtr (*real)(const char *name), const char *name)
{
    virConnectPtr connection = NULL;

    if (fault_hold_descriptors()) {
        connection = opened(real(name));
        fault_release_descriptors();
    } else {
        injected = disconnected;
    }
    return connection;
}

virConnectPtr __wrap_virConnectOpen(const char *name)
{
    static struct fault_call call = {.name = "virConnectOpen", .kinds = OPENING};

    if (fails(&call, NULL, NULL))
        return NULL;
    if (refuses()) {
        injected = disconnected;
        return NULL;
    }
    return open_with(__real_virConnectOpen, name);
}

virConnectPtr __wrap_virConnectOpenReadOnly(const char *name)
{
    static struct fault_call call = {.name = "virConnectOpenReadOnly", .kinds = OPENING};

    return fails(&call, NULL, NULL) ? NULL : open_with(__real_virConnectOpenReadOnly, name);
}

int __wrap_virConnectIsAlive(virConnectPtr connection)
{
    static struct fault_call call = {.name = "virConnectIsAlive", .kinds = LOCAL};

    if (fails(&call, NULL, NULL))
        return -1;
    return is_dead(connection) ? 0 : __real_virConnectIsAlive(connection);
}

int __wrap_virConnectClose(virConnectPtr connection)
{
    static struct fault_call call = {.name = "virConnectClose", .kinds = LOCAL | KIND(HANG)};
    const bool failed = fails(&call, NULL, NULL);
    struct link *link;
    int left;

    pthread_mutex_lock(&lock);
    link = link_of(connection);
    pthread_mutex_unlock(&lock);
    left = __real_virConnectClose(connection);
    pthread_mutex_lock(&lock);
    if (link && left <= 0)
        *link = (struct link){.connection = NULL};
    pthread_mutex_unlock(&lock);
    return failed ? -1 : left;
}

virDomainPtr __wrap_virDomainLookupByUUID(virConnectPtr connection, const unsigned char *uuid)
{
    static struct fault_call call = {.name = "virDomainLookupByUUID", .kinds = REMOTE};
    virDomainPtr domain = NULL;

    if (!fails(&call, connection, NULL))
        domain = __real_virDomainLookupByUUID(connection, uuid);
    if (domain && !fault_is_own())
        atomic_fetch_add(&handles, 1);
    return domain;
}

int __wrap_virDomainFree(virDomainPtr domain)
{
    static struct fault_call call = {.name = "virDomainFree", .kinds = LOCAL};
    const bool failed = fails(&call, NULL, domain);

    if (!fault_is_own())
        atomic_fetch_sub(&handles, 1);
    return __real_virDomainFree(domain) || failed ? -1 : 0;
}

void libvirt_tell_open(void)
{
    if (atomic_load(&handles))
        fault_log("leak handles of domains: %d", atomic_load(&handles));
}

int __wrap_virConnectGetAllDomainStats(virConnectPtr connection, unsigned stats,
                                       virDomainStatsRecordPtr **records, unsigned flags)
{
    static struct fault_call call = {.name = "virConnectGetAllDomainStats",
                                     .kinds = REMOTE | KIND(EXHAUST)};

    fault_sweep();
    if (fails(&call, connection, NULL))
        return -1;
    return __real_virConnectGetAllDomainStats(connection, stats, records, flags);
}

void __wrap_virDomainStatsRecordListFree(virDomainStatsRecordPtr *stats)
{
    static struct fault_call call = {.name = "virDomainStatsRecordListFree", .kinds = SILENT};

    fails(&call, NULL, NULL);
    __real_virDomainStatsRecordListFree(stats);
}

int __wrap_virDomainGetVcpus(virDomainPtr domain, virVcpuInfoPtr infos, int capacity,
                             unsigned char *maps, int length)
{
    static struct fault_call call = {.name = "virDomainGetVcpus", .kinds = REMOTE};
    int count;

    if (fails(&call, NULL, domain))
        return -1;
    count = __real_virDomainGetVcpus(domain, infos, capacity, maps, length);
    if (count > 0) {
        fault_enter();
        stage_load(domain, infos, count);
        fault_leave();
    }
    return count;
}

/* Logs which run of the domain was pinned: libvirt knows only the uuid. */
static void tell_pin(virDomainPtr domain, unsigned vcpu, unsigned mask)
{
    unsigned char uuid[VIR_UUID_BUFLEN];
    virDomainPtr pinned = NULL;

    if (fault_is_own())
        return;
    fault_enter();
    if (virDomainGetUUID(domain, uuid) == 0)
        pinned = virDomainLookupByUUID(virDomainGetConnect(domain), uuid);
    if (pinned && (int)virDomainGetID(pinned) >= 0)
        fault_log("pin %s %d %u %x", virDomainGetName(pinned), (int)virDomainGetID(pinned), vcpu,
                  mask);
    if (pinned)
        virDomainFree(pinned);
    fault_leave();
}

int __wrap_virDomainPinVcpu(virDomainPtr domain, unsigned vcpu, unsigned char *map, int length)
{
    static struct fault_call call = {.name = "virDomainPinVcpu",
                                     .kinds = REMOTE | KIND(LOST) | KIND(EXHAUST)};
    const enum fault met = meet(&call, NULL, domain);
    int result;

    if (met == FAULT_ERROR)
        return -1;
    result = __real_virDomainPinVcpu(domain, vcpu, map, length);
    if (result == 0)
        tell_pin(domain, vcpu, map[0]);
    if (result == 0 && met == FAULT_LOST) {
        injected = disconnected;
        return -1;
    }
    return result;
}

static void set_on_close(virConnectPtr connection, virConnectCloseFunc callback, void *opaque)
{
    struct link *link;

    pthread_mutex_lock(&lock);
    link = link_of(connection);
    if (link) {
        link->on_close = callback;
        link->opaque = opaque;
    }
    pthread_mutex_unlock(&lock);
}

int __wrap_virConnectRegisterCloseCallback(virConnectPtr connection, virConnectCloseFunc callback,
                                           void *opaque, virFreeCallback done)
{
    static struct fault_call call = {.name = "virConnectRegisterCloseCallback", .kinds = REMOTE};

    if (fails(&call, connection, NULL))
        return -1;
    set_on_close(connection, callback, opaque);
    return __real_virConnectRegisterCloseCallback(connection, callback, opaque, done);
}

int __wrap_virConnectUnregisterCloseCallback(virConnectPtr connection, virConnectCloseFunc callback)
{
    static struct fault_call call = {.name = "virConnectUnregisterCloseCallback", .kinds = LOCAL};
    const bool failed = fails(&call, connection, NULL);

    set_on_close(connection, NULL, NULL);
    return __real_virConnectUnregisterCloseCallback(connection, callback) || failed ? -1 : 0;
}
