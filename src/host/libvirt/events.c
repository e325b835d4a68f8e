/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events.c - libvirt's event loop, and the events that the host listens to. They only leave notes
 * for the sampler. The callbacks run on the loop's thread, events. */
#include "host/libvirt/internal.h"

#include "base/clock.h"
#include "host/libvirt/mark.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* VIR_DOMAIN_TUNABLE_CPU_VCPUPIN without the number. */
#define VCPUPIN_FIELD "cputune.vcpupin"

/* ---- the loop ---- */

static void register_loop(void)
{
    virEventRegisterDefaultImpl();
}

static void on_timer(int timer, void *opaque)
{
    (void)timer;
    (void)opaque; /* its only purpose is to end virEventRunDefaultImpl() */
}

static void *run_events(void *opaque)
{
    struct host *host = opaque;

    pthread_setname_np(pthread_self(), "events");
    while (!atomic_load(&host->events_stop))
        virEventRunDefaultImpl();
    return NULL;
}

int libvirt_start_events(struct host *host, struct failure *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, register_loop);
    host->events_timer = virEventAddTimeout(-1, on_timer, NULL, NULL);
    if (host->events_timer < 0 || pthread_create(&host->events, NULL, run_events, host))
        return fail(why, -EAGAIN, "libvirt's event loop can't be started");
    host->events_run = true;
    return 0;
}

void libvirt_stop_events(struct host *host)
{
    if (!host->events_run)
        return;
    atomic_store(&host->events_stop, true);
    virEventUpdateTimeout(host->events_timer, 0);
    pthread_join(host->events, NULL);
    virEventRemoveTimeout(host->events_timer);
}

/* ---- events ---- */

static void set_bit(_Atomic uint64_t *bits, const unsigned char *uuid)
{
    atomic_fetch_or_explicit(&bits[uuid[0] / 64], UINT64_C(1) << uuid[0] % 64,
                             memory_order_release);
}

void libvirt_note_changed(struct host *host, const unsigned char *uuid)
{
    set_bit(host->changed, uuid);
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

        if (strcmp(params[i].field, VIR_DOMAIN_TUNABLE_CPU_EMULATORPIN) == 0)
            echoes_hear(host->echoes, uuid, VCPU_EMULATOR, clock_now());
        else if (sscanf(params[i].field, VCPUPIN_FIELD "%u", &vcpu) == 1)
            echoes_hear(host->echoes, uuid, vcpu, clock_now());
    }
    libvirt_note_changed(host, uuid);
}

static int on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail,
                        void *opaque)
{
    struct host *host = opaque;
    unsigned char uuid[VIR_UUID_BUFLEN];

    (void)connection;
    (void)detail;
    if (event == VIR_DOMAIN_EVENT_DEFINED && virDomainGetUUID(domain, uuid) == 0) {
        set_bit(host->defined, uuid);
        set_bit(host->changed, uuid);
    }
    return 0;
}

static void on_metadata(virConnectPtr connection, virDomainPtr domain, int type, const char *uri,
                        void *opaque)
{
    unsigned char uuid[VIR_UUID_BUFLEN];

    (void)connection;
    (void)type;
    /* The daemon itself causes the events of marks. */
    if ((!uri || strcmp(uri, MARK_URI) != 0) && virDomainGetUUID(domain, uuid) == 0)
        libvirt_note_changed(opaque, uuid);
}

static void on_close(virConnectPtr connection, int reason, void *opaque)
{
    struct host *host = opaque;
    int none = NOT_LOST;

    (void)connection;
    atomic_compare_exchange_strong(&host->connection.lost, &none, reason);
}

void libvirt_listen(struct host *host)
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

    virConnectRegisterCloseCallback(c->current.sampler, on_close, host, NULL);
    virConnectRegisterCloseCallback(c->current.actuator, on_close, host, NULL);
    /* If the driver has no such events, the slow round replaces them. */
    for (int i = 0; i < CONNECTION_EVENTS; i++)
        c->callbacks[i] = virConnectDomainEventRegisterAny(c->current.sampler, NULL, events[i].id,
                                                           events[i].callback, host, NULL);
}

void libvirt_stop_listening(struct connection *c)
{
    /* Each callback holds a reference to its connection. */
    for (int i = 0; i < CONNECTION_EVENTS; i++) {
        if (c->callbacks[i] >= 0)
            virConnectDomainEventDeregisterAny(c->closing.sampler, c->callbacks[i]);
        c->callbacks[i] = -1;
    }
    virConnectUnregisterCloseCallback(c->closing.sampler, on_close);
    virConnectUnregisterCloseCallback(c->closing.actuator, on_close);
}
