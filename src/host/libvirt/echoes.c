/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/libvirt/echoes.h"

#include "base/array.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct echo {
    unsigned char uuid[DOMAIN_UUID_LEN];
    uint32_t vcpu;
    int32_t expected;     /* own pins begun, less events heard */
    uint64_t since_ns;    /* of the last of either, or of a new connection */
    bool foreign, untold; /* as echoes_foreign() and echoes_take() tell */
};

struct echoes {
    pthread_mutex_t lock; /* never held across a call to libvirt */
    struct echo *list;
    uint32_t count, capacity;
    bool deaf; /* there was no memory to note an own pin: no event is judged any more */
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

/* Forgets those that nobody asks for any more. */
static void tidy(struct echoes *echoes, uint64_t now_ns)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < echoes->count; i++) {
        if (now_ns - echoes->list[i].since_ns < 2 * ECHO_NS)
            echoes->list[kept++] = echoes->list[i];
    }
    echoes->count = kept;
}

/* That vCPU's, made new where there is none; NULL without memory. */
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

/* One pin less is waited for; one less than none was somebody else's. */
static void count_one(struct echo *echo, uint64_t now_ns)
{
    if (echo->expected > 0 && now_ns - echo->since_ns >= ECHO_NS)
        echo->expected = 0;
    if (--echo->expected >= 0)
        return;
    echo->expected = 0;
    echo->foreign = echo->untold = true;
    echo->since_ns = now_ns;
}

/* ---- from outside ---- */

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
        count_one(echo, now_ns);
    pthread_mutex_unlock(&echoes->lock);
}

void echoes_hear(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu, uint64_t now_ns)
{
    struct echo *echo;

    pthread_mutex_lock(&echoes->lock);
    echo = echoes->deaf ? NULL : note(echoes, uuid, vcpu, now_ns);
    if (echo)
        count_one(echo, now_ns);
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
    bool untold;

    pthread_mutex_lock(&echoes->lock);
    echo = find(echoes, uuid, vcpu);
    untold = echo && echo->untold;
    if (untold)
        echo->untold = false;
    pthread_mutex_unlock(&echoes->lock);
    return untold;
}
