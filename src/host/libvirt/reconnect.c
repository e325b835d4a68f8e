/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconnect.c - the connection to libvirt: lost, opened again, closed.
 *
 * A connection is lost when libvirt closes it or does not answer its keep-alive messages. The
 * sampler then takes it from the actuator at once and starts a thread, the connector, for all that
 * may block without limit: closing the old connection, and trying to open a new one until that
 * succeeds. At the end of the run the connector closes the last connection, for the same reason.
 */
#include "host/libvirt/internal.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "log/log.h"

#include <errno.h>
#include <time.h>

/* How long close() waits for a thread that is in a call to libvirt. */
#define CLOSE_NS 200000000

/* ---- the connector ---- */

static void close_pair(struct connection *c)
{
    if (!c->closing.sampler)
        return;
    libvirt_stop_listening(c);
    virConnectClose(c->closing.sampler);
    virConnectClose(c->closing.actuator);
    c->closing = (struct connection_pair){NULL, NULL};
}

static void *run_connector(void *opaque)
{
    struct connection *c = opaque;
    struct backoff backoff = {.random = clock_now()};

    pthread_setname_np(pthread_self(), "connector");
    close_pair(c);
    while (!wakeup_stopped(&c->wakeup) && !(kept_are_left(CONNECTION_DESCRIPTORS) &&
                                            libvirt_open_pair(&c->opened, c->uri, c->read_only)))
        libvirt_pause(&c->wakeup, &backoff);
    return NULL;
}

static bool start_connector(struct connection *c)
{
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

static void use_pair(struct connection *c, struct connection_pair pair)
{
    pthread_mutex_lock(&c->lock);
    c->current = pair;
    pthread_mutex_unlock(&c->lock);
}

/* Takes the connection away, so that no call starts on it, and begins to reconnect. */
static void disconnected(struct host *host)
{
    struct connection *c = &host->connection;

    c->lost_ns = clock_now();
    c->closing = c->current;
    use_pair(c, (struct connection_pair){NULL, NULL});
    log_event(LOG_ERROR, log_about(EVENT_LIBVIRT_DISCONNECTED),
              "libvirt is away: %s: trying to reach it again", reason_of(atomic_load(&c->lost)));
    start_connector(c);
}

/* Uses the new connection. Everything that may have changed meanwhile is read again. */
static void reconnected(struct host *host)
{
    struct connection *c = &host->connection;

    c->connecting = false;
    atomic_store(&c->lost, NOT_LOST);
    use_pair(c, c->opened);
    c->opened = (struct connection_pair){NULL, NULL};
    echoes_reconnected(host->echoes, clock_now());
    libvirt_listen(host);
    c->epoch++;
    host->pcpus_ns = 0;
    inventory_make_stale(&host->inventory);
    log_event(LOG_INFO, log_about(EVENT_LIBVIRT_RECONNECTED), "libvirt is back after %.1f s",
              (double)(clock_now() - c->lost_ns) / 1e9);
}

int libvirt_reach(struct host *host)
{
    struct connection *c = &host->connection;

    if (c->current.sampler && atomic_load_explicit(&c->lost, memory_order_relaxed) == NOT_LOST)
        return 0;
    if (c->current.sampler)
        disconnected(host);
    else if (!c->connecting)
        start_connector(c); /* pthread_create() has failed before */
    else if (pthread_tryjoin_np(c->connector, NULL) == 0)
        reconnected(host);
    return c->current.sampler ? 0 : -EAGAIN;
}

bool libvirt_is_lost(struct host *host)
{
    struct connection *c = &host->connection;
    const bool down = libvirt_connection_failed(); /* before virConnectIsAlive() resets the error */
    int none = NOT_LOST;

    if (!down && virConnectIsAlive(c->current.sampler) != 0)
        return false;
    atomic_compare_exchange_strong(&c->lost, &none, VIR_CONNECT_CLOSE_REASON_ERROR);
    disconnected(host);
    return true;
}

/* ---- the actuator's side ---- */

virConnectPtr libvirt_take_connection(struct host *host)
{
    struct connection *c = &host->connection;
    virConnectPtr connection;

    pthread_mutex_lock(&c->lock);
    connection = c->current.actuator;
    if (connection)
        virConnectRef(connection);
    pthread_mutex_unlock(&c->lock);
    return connection;
}

/* ---- the end ---- */

bool libvirt_join(pthread_t thread)
{
    static const struct timespec moment = {.tv_nsec = CLOSE_NS / 100};
    const uint64_t due_ns = clock_now() + CLOSE_NS;

    /* pthread_timedjoin_np() would depend on the time of day. */
    while (pthread_tryjoin_np(thread, NULL)) {
        if (clock_now() >= due_ns)
            return false;
        nanosleep(&moment, NULL);
    }
    return true;
}

bool libvirt_disconnect(struct host *host)
{
    struct connection *c = &host->connection;

    wakeup_stop(&c->wakeup);
    if (c->connecting && !libvirt_join(c->connector))
        return false;
    c->connecting = false;
    c->closing = c->current.sampler ? c->current : c->opened;
    c->current = c->opened = (struct connection_pair){NULL, NULL};
    if (c->closing.sampler && !start_connector(c))
        close_pair(c);
    return !c->connecting || libvirt_join(c->connector);
}
