/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt.c - a host that is managed by libvirt: opened and closed. */
#include "host/libvirt/internal.h"

#include "log/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ignore_error(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error; /* the caller of each call reports it */
}

/* Sets `local` and `pid_folder` by the URI of the connection. */
static void find_pid_folder(struct host *host)
{
    const char *uri = host->uri ? host->uri : "", *runtime = getenv("XDG_RUNTIME_DIR");
    char *root = identity_embedded_root(uri);

    host->local = strncmp(uri, "qemu:///", 8) == 0 || strncmp(uri, "qemu+unix:///", 13) == 0;
    if (root)
        snprintf(host->pid_folder, sizeof host->pid_folder, "%s/run/qemu", root);
    else if (strstr(uri, ":///session"))
        snprintf(host->pid_folder, sizeof host->pid_folder, "%s/libvirt/qemu/run",
                 runtime ? runtime : "");
    else
        snprintf(host->pid_folder, sizeof host->pid_folder, "/run/libvirt/qemu");
    free(root);
}

/* Opens what shows QEMU's processes, if QEMU runs on this machine. */
static int open_kernel_files(struct host *host, const struct host_settings *settings,
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

static bool host_close(struct host *host)
{
    if (!host)
        return true;
    if (!libvirt_end_asker(host) || !libvirt_disconnect(host))
        return false;
    libvirt_stop_events(host);
    inventory_finish(&host->inventory);
    echoes_free(host->echoes);
    procfs_stat_close(&host->stat);
    pthread_mutex_destroy(&host->connection.lock);
    wakeup_finish(&host->connection.wakeup);
    topology_finish(&host->topology);
    free(host->busy_ns);
    free(host->infos);
    free(host->maps);
    free(host->uri);
    free(host->identity);
    free(host);
    return true;
}

/* A host without a connection. NULL without memory or descriptors. */
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
    pthread_mutex_init(&host->connection.lock, NULL);
    for (int i = 0; i < CONNECTION_EVENTS; i++)
        host->connection.callbacks[i] = -1;
    host->connection.lost = NOT_LOST;
    host->stat.fd = -1;
    return host;
}

static int host_open(const struct host_settings *settings, struct host **result,
                     struct failure *why)
{
    struct host *host = new_host();
    int error;

    if (!host)
        return fail(why, -ENOMEM, "no memory or no descriptors");
    if (!kept_are_left(CONNECTION_DESCRIPTORS)) {
        host_close(host);
        return fail(why, -EMFILE, "no connection to libvirt: %s", strerror(EMFILE));
    }
    host->ledger = settings->ledger;
    host->verbose = settings->verbose;
    host->emulator = settings->emulator;
    if (host->verbose)
        log_info("connecting to libvirt");
    virSetErrorFunc(NULL, ignore_error);
    error = virInitialize() ? libvirt_failed(why, "libvirt") : libvirt_start_events(host, why);
    if (!error)
        error = libvirt_connect(host, settings, why);
    if (!error) {
        find_pid_folder(host);
        if (host->uri && !settings->read_only)
            libvirt_identify(host);
        error = libvirt_read_pcpus(host, why);
    }
    if (!error)
        error = open_kernel_files(host, settings, why);
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
};
