/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connection.c - the way to libvirt: opened, listened to, lost, opened again, closed.
 *
 * A connection is lost when libvirt closes it or does not answer its keep-alive messages. Then the
 * sampler takes it away from the actuator at once and leaves the rest, which may block without
 * bound, to a thread of its own, the connector: to close the old one, and to try for a new one
 * until there is one. At the end of the run the connector closes the last one, for the same reason.
 */
#include "host/libvirt/internal.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "host/libvirt/mark.h"
#include "log/log.h"
#include "ring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A libvirt that hangs is noticed when it has left so many messages unanswered that are sent at
 * this interval, in seconds, and one more interval is over: after 8 s. */
#define KEEPALIVE_INTERVAL 2
#define KEEPALIVE_COUNT    3

/* VIR_DOMAIN_TUNABLE_CPU_VCPUPIN without the number. */
#define VCPUPIN_FIELD "cputune.vcpupin"

int libvirt_failed(struct failure *why, const char *what)
{
    const virErrorPtr error = virGetLastError();

    return fail(why, -EIO, "%s: %s", what,
                error && error->message ? error->message : "no reason given");
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

static void mark_defined(struct host *host, virDomainPtr domain)
{
    unsigned char uuid[VIR_UUID_BUFLEN];

    if (virDomainGetUUID(domain, uuid))
        return;
    atomic_fetch_or_explicit(&host->defined[uuid[0] / 64], UINT64_C(1) << uuid[0] % 64,
                             memory_order_release);
    libvirt_mark_changed(host, uuid);
}

static void on_tunable(virConnectPtr connection, virDomainPtr domain, virTypedParameterPtr params,
                       int count, void *opaque)
{
    struct host *host = opaque;
    unsigned char uuid[VIR_UUID_BUFLEN];

    (void)connection;
    if (virDomainGetUUID(domain, uuid))
        return;
    for (int i = 0; i < count; i++) {
        unsigned vcpu;

        if (sscanf(params[i].field, VCPUPIN_FIELD "%u", &vcpu) == 1)
            echoes_hear(host->echoes, uuid, vcpu, clock_now());
    }
    libvirt_mark_changed(host, uuid);
}

static int on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail,
                        void *opaque)
{
    (void)connection;
    (void)detail;
    if (event == VIR_DOMAIN_EVENT_DEFINED)
        mark_defined(opaque, domain);
    return 0;
}

static void on_metadata(virConnectPtr connection, virDomainPtr domain, int type, const char *uri,
                        void *opaque)
{
    (void)connection;
    (void)type;
    if (!uri || strcmp(uri, MARK_URI) != 0) /* a mark's own events are the daemon's echo */
        mark_domain(opaque, domain);
}

static void on_close(virConnectPtr connection, int reason, void *opaque)
{
    struct host *host = opaque;
    int none = LOST_NOT;

    (void)connection;
    atomic_compare_exchange_strong(&host->connection.lost, &none, reason);
}

static void listen_to_events(struct host *host)
{
    static const struct {
        int id;
        virConnectDomainEventGenericCallback callback;
    } events[CONNECTION_EVENTS] = {
        {VIR_DOMAIN_EVENT_ID_TUNABLE, VIR_DOMAIN_EVENT_CALLBACK(on_tunable)},
        {VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle)},
        {VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_metadata)},
    };
    struct connection *c = &host->connection;

    virConnectRegisterCloseCallback(c->now.sampler, on_close, host, NULL);
    virConnectRegisterCloseCallback(c->now.actuator, on_close, host, NULL);
    /* Where a driver has no such events, the slow round does. */
    for (int i = 0; i < CONNECTION_EVENTS; i++)
        c->callbacks[i] = virConnectDomainEventRegisterAny(c->now.sampler, NULL, events[i].id,
                                                           events[i].callback, host, NULL);
}

/* ---- opening ---- */

static virConnectPtr connect_to(const char *uri, bool read_only)
{
    /* The embedded driver knows no read-only connection. */
    if (read_only && !(uri && strstr(uri, ":///embed")))
        return virConnectOpenReadOnly(uri);
    return virConnectOpen(uri);
}

/* Both connections or none. A driver in this process has no server to lose and needs but one. */
static bool open_way(struct way *way, const char *uri, bool read_only)
{
    way->actuator = NULL;
    way->sampler = connect_to(uri, read_only);
    if (!way->sampler)
        return false;
    if (virConnectSetKeepAlive(way->sampler, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT) < 0) {
        virConnectRef(way->sampler);
        way->actuator = way->sampler;
        return true;
    }
    way->actuator = connect_to(uri, read_only);
    if (way->actuator) {
        virConnectSetKeepAlive(way->actuator, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT);
        return true;
    }
    virConnectClose(way->sampler);
    way->sampler = NULL;
    return false;
}

/* Sleeps until the next attempt is due. Returns false when the wakeup is stopped. */
static bool pause_for(struct wakeup *wakeup, struct backoff *backoff)
{
    const uint64_t due_ns = clock_now() + backoff_next(backoff);

    wakeup_prepare(wakeup);
    return wakeup_wait(wakeup, due_ns);
}

/* True if the last error is one of the way to libvirt, which time may heal. */
static bool is_way_down(void)
{
    const virErrorPtr error = virGetLastError();

    return error && error->domain == VIR_FROM_RPC;
}

int libvirt_connect(struct host *host, const struct host_settings *settings, struct failure *why)
{
    struct connection *c = &host->connection;
    struct backoff backoff = {.random = clock_now()};

    c->read_only = settings->read_only;
    while (!open_way(&c->now, settings->uri, c->read_only) &&
           (settings->uri || !open_way(&c->now, "qemu:///system", c->read_only))) {
        libvirt_failed(why, settings->uri ? settings->uri : "no connection to libvirt");
        if (!settings->wait || !is_way_down())
            return -EIO;
        if (backoff.failures == 0)
            log_info("%s: waiting for it", why->text);
        if (!pause_for(settings->wakeup, &backoff))
            return fail(why, -ECANCELED, "stopped while waiting for libvirt");
    }
    host->uri = virConnectGetURI(c->now.sampler);
    c->uri = settings->uri ? settings->uri : host->uri;
    c->epoch = 1;
    listen_to_events(host);
    return 0;
}

virConnectPtr libvirt_open_another(struct host *host)
{
    struct connection *c = &host->connection;
    virConnectPtr connection = NULL;
    bool shared;

    pthread_mutex_lock(&c->lock);
    shared = c->now.sampler && c->now.sampler == c->now.actuator;
    if (shared && virConnectRef(c->now.sampler) == 0)
        connection = c->now.sampler;
    pthread_mutex_unlock(&c->lock);
    if (shared || !kept_are_left(WAY_DESCRIPTORS))
        return connection;
    connection = connect_to(c->uri, true);
    if (connection)
        virConnectSetKeepAlive(connection, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT);
    return connection;
}

/* ---- the connector ---- */

static void close_old(struct connection *c)
{
    if (!c->old.sampler)
        return;
    /* Each holds a reference to its connection. */
    for (int i = 0; i < CONNECTION_EVENTS; i++) {
        if (c->callbacks[i] >= 0)
            virConnectDomainEventDeregisterAny(c->old.sampler, c->callbacks[i]);
        c->callbacks[i] = -1;
    }
    virConnectUnregisterCloseCallback(c->old.sampler, on_close);
    virConnectUnregisterCloseCallback(c->old.actuator, on_close);
    virConnectClose(c->old.sampler);
    virConnectClose(c->old.actuator);
    c->old = (struct way){NULL, NULL};
}

static void *run_connector(void *opaque)
{
    struct connection *c = opaque;
    struct backoff backoff = {.random = clock_now()};

    pthread_setname_np(pthread_self(), "connector");
    close_old(c);
    while (!wakeup_stopped(&c->wakeup) &&
           !(kept_are_left(WAY_DESCRIPTORS) && open_way(&c->fresh, c->uri, c->read_only)))
        pause_for(&c->wakeup, &backoff);
    atomic_store_explicit(&c->arrived, true, memory_order_release);
    wakeup_signal(&c->farewell); /* the last that it does */
    return NULL;
}

static bool start_connector(struct connection *c)
{
    atomic_store_explicit(&c->arrived, false, memory_order_relaxed);
    c->connecting = pthread_create(&c->connector, NULL, run_connector, c) == 0;
    return c->connecting;
}

/* ---- the sampler's side ---- */

static const char *reason_of(int lost)
{
    switch (lost) {
    case VIR_CONNECT_CLOSE_REASON_EOF:
        return "it has closed the connection";
    case VIR_CONNECT_CLOSE_REASON_KEEPALIVE:
        return "it does not answer";
    default:
        return "the connection has failed";
    }
}

static void use_way(struct connection *c, struct way way)
{
    pthread_mutex_lock(&c->lock);
    c->now = way;
    pthread_mutex_unlock(&c->lock);
}

/* From now on nobody begins a call on the connection, and there is to be a new one. */
static void leave(struct host *host)
{
    struct connection *c = &host->connection;

    c->lost_ns = clock_now();
    c->old = c->now;
    use_way(c, (struct way){NULL, NULL});
    log_event(LOG_ERROR, log_about(EVENT_LIBVIRT_AWAY),
              "libvirt is away: %s: trying to reach it again", reason_of(atomic_load(&c->lost)));
    start_connector(c);
}

/* There is a new connection: nothing is known of what happened meanwhile. */
static void arrive(struct host *host)
{
    struct connection *c = &host->connection;

    pthread_join(c->connector, NULL);
    c->connecting = false;
    atomic_store(&c->lost, LOST_NOT);
    use_way(c, c->fresh);
    c->fresh = (struct way){NULL, NULL};
    echoes_reconnected(host->echoes, clock_now());
    listen_to_events(host);
    c->epoch++;
    host->pcpus_ns = 0;
    inventory_make_stale(&host->inventory);
    log_event(LOG_INFO, log_about(EVENT_LIBVIRT_BACK), "libvirt is back after %.1f s",
              (double)(clock_now() - c->lost_ns) / 1e9);
}

int libvirt_reach(struct host *host)
{
    struct connection *c = &host->connection;

    if (c->now.sampler && atomic_load_explicit(&c->lost, memory_order_relaxed) == LOST_NOT)
        return 0;
    if (c->now.sampler)
        leave(host);
    else if (!c->connecting)
        start_connector(c); /* it could not be started before */
    else if (atomic_load_explicit(&c->arrived, memory_order_acquire))
        arrive(host);
    return c->now.sampler ? 0 : -EAGAIN;
}

bool libvirt_is_lost(struct host *host)
{
    struct connection *c = &host->connection;
    const bool down = is_way_down(); /* before virConnectIsAlive() resets the error */
    int none = LOST_NOT;

    if (!down && virConnectIsAlive(c->now.sampler) != 0)
        return false;
    atomic_compare_exchange_strong(&c->lost, &none, VIR_CONNECT_CLOSE_REASON_ERROR);
    leave(host);
    return true;
}

/* ---- the actuator's side ---- */

virConnectPtr libvirt_take(struct host *host)
{
    struct connection *c = &host->connection;
    virConnectPtr connection;

    pthread_mutex_lock(&c->lock);
    connection = c->now.actuator;
    if (connection)
        virConnectRef(connection);
    pthread_mutex_unlock(&c->lock);
    return connection;
}

/* ---- the end ---- */

/* Waits for the connector to end, as long as a farewell may take, whatever becomes of the time of
 * day. */
static bool join_connector(struct connection *c)
{
    const uint64_t due_ns = clock_now() + FAREWELL_NS;

    while (!atomic_load_explicit(&c->arrived, memory_order_acquire)) {
        if (clock_now() >= due_ns)
            return false;
        wakeup_prepare(&c->farewell);
        if (atomic_load_explicit(&c->arrived, memory_order_acquire))
            wakeup_cancel(&c->farewell);
        else
            wakeup_wait(&c->farewell, due_ns);
    }
    pthread_join(c->connector, NULL);
    c->connecting = false;
    return true;
}

bool libvirt_disconnect(struct host *host)
{
    struct connection *c = &host->connection;

    wakeup_stop(&c->wakeup);
    if (c->connecting && !join_connector(c))
        return false;
    c->old = c->now.sampler ? c->now : c->fresh;
    c->now = c->fresh = (struct way){NULL, NULL};
    if (c->old.sampler && !start_connector(c))
        close_old(c);
    return !c->connecting || join_connector(c);
}
