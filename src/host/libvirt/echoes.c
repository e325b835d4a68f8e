/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/libvirt/echoes.h"

#include "base/array.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct echo {
    unsigned char uuid[DOMAIN_UUID_LEN];
    uint32_t vcpu;
    int32_t expected;         /* own pins started, minus events */
    uint64_t since_ns;        /* the last of either, or a new connection */
    bool foreign, unreported; /* for echoes_foreign() and echoes_take() */
};

struct echoes {
    pthread_mutex_t lock; /* never held across a call to libvirt */
    struct echo *list;
    uint32_t count, capacity;
    bool deaf; /* without memory to note an own pin: events are ignored from then on */
};

struct echoes *echoes_new(void)
{
    struct echoes *echoes = calloc(1, sizeof *echoes);

    if (echoes)
        pthread_mutex_init(&echoes->lock, NULL);
    return echoes;
}

void echoes_free(struct echoes *echoes)
{
    if (!echoes)
        return;
    pthread_mutex_destroy(&echoes->lock);
    free(echoes->list);
    free(echoes);
}

/* ---- under the lock ---- */

static struct echo *find(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu)
{
    for (uint32_t i = 0; i < echoes->count; i++) {
        struct echo *echo = &echoes->list[i];

        if (echo->vcpu == vcpu && memcmp(echo->uuid, uuid, sizeof echo->uuid) == 0)
            return echo;
    }
    return NULL;
}

/* Removes entries that are too old to matter. */
static void tidy(struct echoes *echoes, uint64_t now_ns)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < echoes->count; i++) {
        if (now_ns - echoes->list[i].since_ns < 2 * ECHO_NS)
            echoes->list[kept++] = echoes->list[i];
    }
    echoes->count = kept;
}

/* The vCPU's entry, which is added if there is none; NULL without memory. */
static struct echo *note(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu,
                         uint64_t now_ns)
{
    struct echo *echo = find(echoes, uuid, vcpu);

    if (echo)
        return echo;
    if (echoes->count == echoes->capacity)
        tidy(echoes, now_ns);
    if (!ARRAY_GROW(echoes->list, echoes->capacity, echoes->count + 1)) {
        echoes->deaf = true;
        return NULL;
    }
    echo = &echoes->list[echoes->count++];
    *echo = (struct echo){.vcpu = vcpu, .since_ns = now_ns};
    memcpy(echo->uuid, uuid, sizeof echo->uuid);
    return echo;
}

/* Counts an event. If no echo was expected, it was somebody else's pin. */
static void count_event(struct echo *echo, uint64_t now_ns)
{
    if (echo->expected > 0 && now_ns - echo->since_ns >= ECHO_NS)
        echo->expected = 0;
    if (--echo->expected >= 0)
        return;
    echo->expected = 0;
    echo->foreign = echo->unreported = true;
    echo->since_ns = now_ns;
}

/* ---- taking the lock ---- */

void echoes_expect(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu, uint64_t now_ns)
{
    struct echo *echo;

    pthread_mutex_lock(&echoes->lock);
    echo = note(echoes, uuid, vcpu, now_ns);
    if (echo) {
        if (now_ns - echo->since_ns >= ECHO_NS)
            echo->expected = 0;
        echo->expected++;
        echo->since_ns = now_ns;
        echo->foreign = false;
    }
    pthread_mutex_unlock(&echoes->lock);
}

void echoes_expect_late(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu,
                        uint64_t now_ns)
{
    struct echo *echo;

    pthread_mutex_lock(&echoes->lock);
    echo = find(echoes, uuid, vcpu) ? NULL : note(echoes, uuid, vcpu, now_ns);
    if (echo)
        echo->expected = 1;
    pthread_mutex_unlock(&echoes->lock);
}

void echoes_called(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu, bool failed,
                   uint64_t now_ns)
{
    struct echo *echo;

    pthread_mutex_lock(&echoes->lock);
    echo = find(echoes, uuid, vcpu);
    if (echo)
        echo->since_ns = now_ns;
    if (echo && failed)
        count_event(echo, now_ns);
    pthread_mutex_unlock(&echoes->lock);
}

void echoes_hear(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu, uint64_t now_ns)
{
    struct echo *echo;

    pthread_mutex_lock(&echoes->lock);
    echo = echoes->deaf ? NULL : note(echoes, uuid, vcpu, now_ns);
    if (echo)
        count_event(echo, now_ns);
    pthread_mutex_unlock(&echoes->lock);
}

void echoes_reconnected(struct echoes *echoes, uint64_t now_ns)
{
    pthread_mutex_lock(&echoes->lock);
    for (uint32_t i = 0; i < echoes->count; i++)
        echoes->list[i].since_ns = now_ns;
    pthread_mutex_unlock(&echoes->lock);
}

bool echoes_foreign(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu)
{
    const struct echo *echo;
    bool foreign;

    pthread_mutex_lock(&echoes->lock);
    echo = find(echoes, uuid, vcpu);
    foreign = echo && echo->foreign;
    pthread_mutex_unlock(&echoes->lock);
    return foreign;
}

bool echoes_take(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu)
{
    struct echo *echo;
    bool unreported;

    pthread_mutex_lock(&echoes->lock);
    echo = find(echoes, uuid, vcpu);
    unreported = echo && echo->unreported;
    if (unreported)
        echo->unreported = false;
    pthread_mutex_unlock(&echoes->lock);
    return unreported;
}
