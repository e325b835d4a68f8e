/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host_libvirt.c - a live host behind libvirt: opened, listened to, closed. */
#include "host_libvirt.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libvirtd is given up when it answers none of these (interval in seconds, number). */
#define KEEPALIVE_INTERVAL 5
#define KEEPALIVE_COUNT    3

int libvirt_failed(struct failure *why, const char *what)
{
    const virErrorPtr error = virGetLastError();

    return fail(why, -EIO, "%s: %s", what,
                error && error->message ? error->message : "no reason given");
}

static void quiet(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error; /* each call's caller says it, once */
}

/* ---- events ---- */

void libvirt_mark_changed(struct host *host, const unsigned char *uuid)
{
    atomic_fetch_or_explicit(&host->changed[uuid[0] / 64], UINT64_C(1) << uuid[0] % 64,
                             memory_order_release);
}

static void mark_domain(struct host *host, virDomainPtr domain)
{
    unsigned char uuid[VIR_UUID_BUFLEN];

    if (virDomainGetUUID(domain, uuid) == 0)
        libvirt_mark_changed(host, uuid);
}

static void on_tunable(virConnectPtr connection, virDomainPtr domain, virTypedParameterPtr params,
                       int count, void *opaque)
{
    (void)connection;
    (void)params;
    (void)count;
    mark_domain(opaque, domain);
}

static int on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail,
                        void *opaque)
{
    (void)connection;
    (void)detail;
    if (event == VIR_DOMAIN_EVENT_DEFINED)
        mark_domain(opaque, domain);
    return 0;
}

static void on_timer(int timer, void *opaque)
{
    (void)timer;
    (void)opaque; /* it only ends virEventRunDefaultImpl() */
}

static void *run_events(void *opaque)
{
    struct host *host = opaque;

    pthread_setname_np(pthread_self(), "events");
    while (!atomic_load(&host->events_stop))
        virEventRunDefaultImpl();
    return NULL;
}

static int start_events(struct host *host, struct failure *why)
{
    host->events_timer = virEventAddTimeout(-1, on_timer, NULL, NULL);
    if (host->events_timer < 0 || pthread_create(&host->events, NULL, run_events, host))
        return fail(why, -EAGAIN, "libvirt's event loop can't be started");
    host->events_run = true;
    return 0;
}

static void stop_events(struct host *host)
{
    if (!host->events_run)
        return;
    atomic_store(&host->events_stop, true);
    virEventUpdateTimeout(host->events_timer, 0);
    pthread_join(host->events, NULL);
    virEventRemoveTimeout(host->events_timer);
}

static void listen_to_events(struct host *host)
{
    /* Where a driver has no such events, the slow round does. */
    host->callbacks[0] =
        virConnectDomainEventRegisterAny(host->connection, NULL, VIR_DOMAIN_EVENT_ID_TUNABLE,
                                         VIR_DOMAIN_EVENT_CALLBACK(on_tunable), host, NULL);
    host->callbacks[1] =
        virConnectDomainEventRegisterAny(host->connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                         VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), host, NULL);
}

/* ---- open and close ---- */

/** The pid files of embedded QEMU, from the percent-encoded root up to the end of its parameter. */
static void set_embedded_folder(struct host *host, const char *root)
{
    char *end = host->pid_folder;

    while (*root && *root != '&' && end < host->pid_folder + sizeof host->pid_folder - 16) {
        unsigned byte;

        if (*root == '%' && sscanf(root + 1, "%2x", &byte) == 1) {
            *end++ = (char)byte;
            root += 3;
        } else {
            *end++ = *root++;
        }
    }
    strcpy(end, "/run/qemu");
}

/** Fills in `local` and where this libvirt keeps pid files, by the URI of the connection. */
static void find_out_place(struct host *host)
{
    char *uri = host->uri = virConnectGetURI(host->connection);
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    const char *root = uri && strstr(uri, ":///embed?") ? strstr(uri, "root=") : NULL;

    host->local =
        uri && (strncmp(uri, "qemu:///", 8) == 0 || strncmp(uri, "qemu+unix:///", 13) == 0);
    if (root)
        set_embedded_folder(host, root + strlen("root="));
    else if (uri && strstr(uri, ":///session"))
        snprintf(host->pid_folder, sizeof host->pid_folder, "%s/libvirt/qemu/run",
                 runtime ? runtime : "");
    else
        snprintf(host->pid_folder, sizeof host->pid_folder, "/run/libvirt/qemu");
}

static int find_out_pcpus(struct host *host, struct failure *why)
{
    unsigned char *map = NULL;
    const int count = virNodeGetCPUMap(host->connection, &map, NULL, 0);

    if (count <= 0)
        return libvirt_failed(why, "libvirt does not tell this host's pCPUs");
    cpuset_from_map(&host->online, map, (size_t)VIR_CPU_MAPLEN(count));
    free(map);
    if (count > CPUSET_MAX)
        return fail(why, -E2BIG, "this host has %d pCPUs, more than the %d that are supported",
                    count, CPUSET_MAX);
    host->pcpus = (uint32_t)count;
    return 0;
}

/** What can be seen of QEMU's processes, where that is possible at all. */
static int find_out_processes(struct host *host, const struct host_settings *settings,
                              struct failure *why)
{
    int error;

    if (!host->local) {
        log_info("not QEMU on this machine: no run-queue delay, no cross-check, no load but the "
                 "domains'");
        host->said_no_cgroup = host->said_no_delay = true;
        return 0;
    }
    procfs_isolated(&host->isolated);
    error = procfs_stat_open(&host->stat);
    if (error)
        return fail(why, error, "/proc/stat: %s", strerror(-error));
    if (!settings->crosscheck)
        return 0;
    error = cgroup_tree_open(&host->tree, settings->cgroup_root, why);
    if (error && settings->cgroup_root)
        return error;
    host->crosscheck = error == 0;
    if (error) {
        host->said_no_cgroup = true;
        log_info("no cross-check: %s", why->text);
    }
    return 0;
}

static const char *host_name(const struct host *host)
{
    return host->uri;
}

static virConnectPtr connect_to(const char *uri, bool read_only)
{
    /* The embedded driver knows no read-only connection. */
    if (read_only && !(uri && strstr(uri, ":///embed")))
        return virConnectOpenReadOnly(uri);
    return virConnectOpen(uri);
}

static void register_events(void)
{
    virEventRegisterDefaultImpl();
}

static void host_close(struct host *host)
{
    if (!host)
        return;
    /* A callback holds a reference to the connection. */
    for (int i = 0; host->connection && i < 2; i++) {
        if (host->callbacks[i] >= 0)
            virConnectDomainEventDeregisterAny(host->connection, host->callbacks[i]);
    }
    if (host->connection)
        virConnectClose(host->connection);
    stop_events(host);
    inventory_finish(&host->inventory);
    procfs_stat_close(&host->stat);
    free(host->busy_ns);
    free(host->infos);
    free(host->maps);
    free(host->uri);
    free(host);
}

static int host_open(const struct host_settings *settings, struct host **result,
                     struct failure *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct host *host = calloc(1, sizeof *host);
    int error;

    if (!host)
        return fail(why, -ENOMEM, "no memory");
    host->stat.fd = -1;
    host->callbacks[0] = host->callbacks[1] = -1;
    virSetErrorFunc(NULL, quiet);
    pthread_once(&once, register_events);
    error = virInitialize() ? libvirt_failed(why, "libvirt") : start_events(host, why);
    if (error)
        goto failed;
    host->connection = connect_to(settings->uri, settings->read_only);
    if (!host->connection && !settings->uri)
        host->connection = connect_to("qemu:///system", settings->read_only);
    if (!host->connection) {
        error = libvirt_failed(why, settings->uri ? settings->uri : "no connection to libvirt");
        goto failed;
    }
    virConnectSetKeepAlive(host->connection, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT);
    find_out_place(host);
    error = find_out_pcpus(host, why);
    if (!error)
        error = find_out_processes(host, settings, why);
    if (error)
        goto failed;
    listen_to_events(host);
    *result = host;
    return 0;

failed:
    host_close(host);
    return error;
}

const struct host_ops host_libvirt = {
    .scheme = NULL,
    .open = host_open,
    .wait = libvirt_wait,
    .sample = libvirt_sample,
    .pin = libvirt_pin,
    .affinity = libvirt_affinity,
    .name = host_name,
    .close = host_close,
    .simulated = false,
};
