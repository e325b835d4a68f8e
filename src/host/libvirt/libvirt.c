/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt.c - a live host behind libvirt: opened, listened to, closed. */
#include "host/libvirt/internal.h"

#include "log/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void quiet(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error; /* each call's caller says it, once */
}

/* ---- libvirt's event loop ---- */

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

/* ---- open and close ---- */

/* The pid files of embedded QEMU, from the percent-encoded root up to the end of its parameter. */
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

/* Fills in `local` and where this libvirt keeps pid files, by the URI of the connection. */
static void find_out_place(struct host *host)
{
    const char *uri = host->uri;
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

/* What can be seen of QEMU's processes, where that is possible at all. */
static int find_out_processes(struct host *host, const struct host_settings *settings,
                              struct failure *why)
{
    int error;

    if (!host->local) {
        log_info("not QEMU on this machine: no run-queue delay, no cross-check, no load but the "
                 "domains'");
        return 0;
    }
    error = procfs_stat_open(&host->stat);
    if (error)
        log_info(
            "no load but the domains', and no pCPU that comes or goes, is seen: /proc/stat: %s",
            strerror(-error));
    error = cgroup_tree_open(&host->tree, settings->cgroup_root, why);
    if (error && settings->cgroup_root)
        return error;
    host->crosscheck = settings->crosscheck && error == 0;
    if (settings->crosscheck && error)
        log_info("no cross-check: %s", why->text);
    return 0;
}

static const char *host_name(const struct host *host)
{
    return host->identity;
}

static const char *host_address(const struct host *host)
{
    return host->uri;
}

static void register_events(void)
{
    virEventRegisterDefaultImpl();
}

static bool host_close(struct host *host)
{
    if (!host)
        return true;
    if (!libvirt_end_asker(host) || !libvirt_disconnect(host))
        return false;
    stop_events(host);
    inventory_finish(&host->inventory);
    echoes_free(host->echoes);
    procfs_stat_close(&host->stat);
    pthread_mutex_destroy(&host->connection.lock);
    wakeup_finish(&host->connection.wakeup);
    wakeup_finish(&host->connection.farewell);
    topology_finish(&host->topology);
    free(host->busy_ns);
    free(host->infos);
    free(host->maps);
    free(host->uri);
    free(host->identity);
    free(host);
    return true;
}

/* A host of which nothing is open. NULL without memory or descriptors. */
static struct host *new_host(void)
{
    struct host *host = aligned_alloc(alignof(struct host), sizeof *host);

    if (!host)
        return NULL;
    memset(host, 0, sizeof *host);
    host->echoes = echoes_new();
    if (!host->echoes || wakeup_init(&host->connection.wakeup)) {
        echoes_free(host->echoes);
        free(host);
        return NULL;
    }
    if (wakeup_init(&host->connection.farewell)) {
        wakeup_finish(&host->connection.wakeup);
        free(host);
        return NULL;
    }
    pthread_mutex_init(&host->connection.lock, NULL);
    for (int i = 0; i < CONNECTION_EVENTS; i++)
        host->connection.callbacks[i] = -1;
    host->connection.lost = LOST_NOT;
    host->stat.fd = -1;
    return host;
}

static int host_open(const struct host_settings *settings, struct host **result,
                     struct failure *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct host *host = new_host();
    int error;

    if (!host)
        return fail(why, -ENOMEM, "no memory or no descriptors");
    if (!kept_are_left(WAY_DESCRIPTORS)) {
        host_close(host);
        return fail(why, -EMFILE, "no connection to libvirt: %s", strerror(EMFILE));
    }
    host->ledger = settings->ledger;
    host->verbose = settings->verbose;
    virSetErrorFunc(NULL, quiet);
    pthread_once(&once, register_events);
    error = virInitialize() ? libvirt_failed(why, "libvirt") : start_events(host, why);
    if (!error)
        error = libvirt_connect(host, settings, why);
    if (!error) {
        find_out_place(host);
        if (host->uri && !settings->read_only)
            libvirt_identify(host);
        error = libvirt_read_pcpus(host, why);
    }
    if (!error)
        error = find_out_processes(host, settings, why);
    if (error) {
        host_close(host);
        return error;
    }
    libvirt_read_topology(host);
    if (settings->shape)
        libvirt_wait_for_topology(host);
    *result = host;
    return 0;
}

const struct host_ops host_libvirt = {
    .scheme = NULL,
    .open = host_open,
    .wait = libvirt_wait,
    .sample = libvirt_sample,
    .pin = libvirt_pin,
    .affinity = libvirt_affinity,
    .touched = libvirt_touched,
    .forgotten = libvirt_forgotten,
    .adopt = libvirt_adopt_all,
    .name = host_name,
    .address = host_address,
    .known_as = libvirt_known_as,
    .close = host_close,
    .simulated = false,
};
