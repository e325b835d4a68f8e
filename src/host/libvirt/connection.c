/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connection.c - how connections to libvirt are opened. */
#include "host/libvirt/internal.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "log/log.h"

#include <errno.h>
#include <string.h>

/* A silent libvirt counts as lost after KEEPALIVE_COUNT unanswered messages, one every
 * KEEPALIVE_INTERVAL seconds, and one more interval: 8 s. */
#define KEEPALIVE_INTERVAL 2
#define KEEPALIVE_COUNT    3

int libvirt_failed(struct failure *why, const char *what)
{
    const virErrorPtr error = virGetLastError();

    return fail(why, -EIO, "%s: %s", what,
                error && error->message ? error->message : "no reason given");
}

static virConnectPtr connect_to(const char *uri, bool read_only)
{
    /* The embedded driver has no read-only connection. */
    if (read_only && !(uri && strstr(uri, ":///embed")))
        return virConnectOpenReadOnly(uri);
    return virConnectOpen(uri);
}

bool libvirt_open_pair(struct connection_pair *pair, const char *uri, bool read_only)
{
    pair->actuator = NULL;
    pair->sampler = connect_to(uri, read_only);
    if (!pair->sampler)
        return false;
    if (virConnectSetKeepAlive(pair->sampler, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT) < 0) {
        /* A driver inside this process: there is no server. */
        virConnectRef(pair->sampler);
        pair->actuator = pair->sampler;
        return true;
    }
    pair->actuator = connect_to(uri, read_only);
    if (pair->actuator) {
        virConnectSetKeepAlive(pair->actuator, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT);
        return true;
    }
    virConnectClose(pair->sampler);
    pair->sampler = NULL;
    return false;
}

bool libvirt_pause(struct wakeup *wakeup, struct backoff *backoff)
{
    const uint64_t due_ns = clock_now() + backoff_next(backoff);

    wakeup_prepare(wakeup);
    return wakeup_wait(wakeup, due_ns);
}

bool libvirt_connection_failed(void)
{
    const virErrorPtr error = virGetLastError();

    return error && error->domain == VIR_FROM_RPC;
}

int libvirt_connect(struct host *host, const struct host_settings *settings, struct failure *why)
{
    struct connection *c = &host->connection;
    struct backoff backoff = {.random = clock_now()};

    c->read_only = settings->read_only;
    while (!libvirt_open_pair(&c->current, settings->uri, c->read_only) &&
           (settings->uri || !libvirt_open_pair(&c->current, "qemu:///system", c->read_only))) {
        libvirt_failed(why, settings->uri ? settings->uri : "no connection to libvirt");
        if (!settings->wait || !libvirt_connection_failed())
            return -EIO;
        if (backoff.failures == 0)
            log_info("%s: waiting for it", why->text);
        if (!libvirt_pause(settings->wakeup, &backoff))
            return fail(why, -ECANCELED, "stopped while waiting for libvirt");
    }
    host->uri = virConnectGetURI(c->current.sampler);
    c->uri = settings->uri ? settings->uri : host->uri;
    c->epoch = 1;
    libvirt_listen(host);
    return 0;
}

virConnectPtr libvirt_open_another(struct host *host)
{
    struct connection *c = &host->connection;
    virConnectPtr connection = NULL;
    bool shared;

    pthread_mutex_lock(&c->lock);
    shared = c->current.sampler && c->current.sampler == c->current.actuator;
    if (shared && virConnectRef(c->current.sampler) == 0)
        connection = c->current.sampler;
    pthread_mutex_unlock(&c->lock);
    if (shared || !kept_are_left(CONNECTION_DESCRIPTORS))
        return connection;
    connection = connect_to(c->uri, true);
    if (connection)
        virConnectSetKeepAlive(connection, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT);
    return connection;
}
