/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stage.h"

#include "cast.h"
#include "fault.h"

#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A vCPU's demand changes this often, so that there is always something to pin. */
#define PHASE_NS UINT64_C(40000000)

static struct actor cast[CAST_MAX];
static uint64_t since_ns[CAST_MAX], spent_ns[CAST_MAX][CAST_VCPUS];
static virConnectPtr connection;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void fatal(const char *what)
{
    fprintf(stderr, "stage: %s: %s\n", what, virGetLastErrorMessage());
    exit(3);
}

static void pin(virDomainPtr domain, unsigned vcpu, unsigned mask)
{
    unsigned char map = (unsigned char)mask;

    if (virDomainPinVcpu(domain, vcpu, &map, 1))
        fatal("pin");
}

static virDomainPtr start(const struct actor *actor)
{
    char xml[2048];
    size_t used;
    virDomainPtr domain;

    used = (size_t)snprintf(xml, sizeof xml,
                            "<domain type='test'><name>%s</name><uuid>%08x-0000-4000-8000-"
                            "000000000001</uuid><memory>8192</memory>"
                            "<vcpu cpuset='0-7'>%u</vcpu><cputune>",
                            actor->name, (unsigned)(actor - cast + 1) << 24, actor->vcpus);
    for (unsigned v = 0; v < actor->vcpus; v++) {
        used += (size_t)snprintf(xml + used, sizeof xml - used, "<vcpupin vcpu='%u' cpuset='", v);
        for (unsigned cpu = 0; cpu < 8; cpu++)
            if (actor->defined[v] >> cpu & 1)
                used += (size_t)snprintf(xml + used, sizeof xml - used, "%u,", cpu);
        used += (size_t)snprintf(xml + used - 1, sizeof xml - used, "'/>") - 1;
    }
    snprintf(xml + used, sizeof xml - used, "</cputune><os><type>hvm</type></os></domain>");
    if (!actor->persistent)
        return virDomainCreateXML(connection, xml, 0);
    domain = virDomainDefineXML(connection, xml);
    if (domain && virDomainCreate(domain) == 0)
        return domain;
    if (domain)
        virDomainFree(domain);
    return NULL;
}

/* Starts it again and again until it has its id. */
static void enter(struct actor *actor)
{
    virDomainPtr domain;

    while ((domain = start(actor)) && (int)virDomainGetID(domain) < actor->id) {
        virDomainDestroy(domain);
        virDomainFree(domain);
    }
    if (!domain)
        fatal(actor->name);
    actor->id = (int)virDomainGetID(domain);
    for (unsigned v = 0; v < actor->vcpus; v++)
        if (actor->live[v] != actor->defined[v])
            pin(domain, v, actor->live[v]);
    since_ns[actor - cast] = now_ns();
    virDomainFree(domain);
}

static void empty(void)
{
    virDomainPtr domain = virDomainLookupByName(connection, "test");

    if (domain) {
        virDomainDestroy(domain);
        virDomainUndefine(domain);
        virDomainFree(domain);
    }
}

void stage_begin(void)
{
    const char *path = getenv("VS_FAULT_HOST");
    unsigned count;

    if (!path)
        return;
    count = cast_read(path, cast);
    connection = virConnectOpen("test:///default");
    if (!count || !connection)
        fatal(path);
    empty();
    for (unsigned i = 0; i < count; i++)
        enter(&cast[i]);
}

bool stage_is_set(void)
{
    return connection != NULL;
}

/* The domain's current state. */
static void look(virDomainPtr domain, struct actor *actor)
{
    unsigned char uuid[VIR_UUID_BUFLEN], maps[CAST_VCPUS] = {0};

    virDomainGetUUID(domain, uuid);
    *actor = cast[uuid[0] - 1];
    actor->id = (int)virDomainGetID(domain);
    if (virDomainGetVcpuPinInfo(domain, CAST_VCPUS, maps, 1, VIR_DOMAIN_AFFECT_LIVE) < 0)
        fatal("affinities at the end");
    for (unsigned v = 0; v < actor->vcpus; v++)
        actor->live[v] = maps[v];
}

static int by_id(const void *a, const void *b)
{
    const virDomainPtr *x = a, *y = b;

    return (int)virDomainGetID(*x) - (int)virDomainGetID(*y);
}

void stage_finish(void)
{
    const char *path = getenv("VS_FAULT_HOST_END");
    struct actor left[CAST_MAX];
    virDomainPtr *domains = NULL;
    int count;

    if (!path || !connection)
        return;
    count = virConnectListAllDomains(connection, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    qsort(domains, (size_t)(count > 0 ? count : 0), sizeof *domains, by_id);
    for (int d = 0; d < count; d++) {
        look(domains[d], &left[d]);
        virDomainFree(domains[d]);
    }
    free(domains);
    if (count < 0 || cast_write(path, left, (unsigned)count))
        fatal(path);
}

/* The domain on the shim's connection; one that runs, selected by `which`. */
static virDomainPtr ours(virDomainPtr domain, unsigned which)
{
    unsigned char uuid[VIR_UUID_BUFLEN];
    virDomainPtr *domains, found = NULL;
    int count;

    if (domain)
        return virDomainGetUUID(domain, uuid) ? NULL : virDomainLookupByUUID(connection, uuid);
    count = virConnectListAllDomains(connection, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    for (int d = 0; d < count; d++) {
        if (d == (int)which % count)
            found = domains[d];
        else
            virDomainFree(domains[d]);
    }
    if (count >= 0)
        free(domains);
    return found;
}

/* A real host has only the daemon's connection, and a domain starts by its definition. */
static void renew(virDomainPtr domain)
{
    if (virDomainDestroy(domain) == 0)
        virDomainCreate(domain);
}

static void destroy(virDomainPtr domain, bool restart)
{
    unsigned char uuid[VIR_UUID_BUFLEN];
    struct actor *actor;

    if (virDomainGetUUID(domain, uuid))
        return;
    actor = &cast[uuid[0] - 1];
    if ((int)virDomainGetID(domain) >= 0)
        fault_log("gone %s %d", actor->name, (int)virDomainGetID(domain));
    virDomainDestroy(domain);
    if (!restart)
        return;
    domain = start(actor);
    if (!domain)
        return;
    fault_log("start %s %d", actor->name, (int)virDomainGetID(domain));
    virDomainFree(domain);
}

void stage_destroy(virDomainPtr domain, unsigned which, bool restart)
{
    fault_enter();
    if (connection) {
        domain = ours(domain, which);
        if (domain) {
            destroy(domain, restart);
            virDomainFree(domain);
        }
    } else if (domain) {
        renew(domain);
    }
    fault_leave();
}

/* The percent of a pCPU that a vCPU wants at a time: high and low in turn, in phases of its own. */
static unsigned demand(unsigned domain, unsigned vcpu, uint64_t at_ns)
{
    const unsigned turn = (unsigned)(at_ns / PHASE_NS) + domain * 3 + vcpu * 5;

    return turn % 4 < 2 ? 6 + domain % 3 : 20 + (turn * 7 + vcpu * 11) % 15;
}

void stage_load(virDomainPtr domain, virVcpuInfoPtr infos, int count)
{
    const uint64_t now = now_ns();
    unsigned char uuid[VIR_UUID_BUFLEN];
    unsigned d;

    if (!connection || virDomainGetUUID(domain, uuid))
        return;
    d = uuid[0] - 1u;
    pthread_mutex_lock(&lock);
    for (int v = 0; v < count; v++) {
        const unsigned vcpu = infos[v].number;

        spent_ns[d][vcpu] += (now - since_ns[d]) * demand(d, vcpu, now) / 100;
        infos[v].cpuTime = UINT64_C(1000000000) + spent_ns[d][vcpu];
        infos[v].cpu = (int)(vcpu % 3) * 2;
    }
    since_ns[d] = now;
    pthread_mutex_unlock(&lock);
}
