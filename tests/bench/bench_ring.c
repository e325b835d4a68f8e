/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_ring.c - the ring compared with ck_ring and liburcu's wait-free queue, and the wakeup with
 * a bare eventfd. Two threads are pinned to CPUs 0 and 1. The contestants take turns within a
 * round, so that other load of the machine disturbs all alike. Prints medians over the rounds. Exit
 * status 1: a budget is missed; 77: there are no two CPUs.
 */
#include "config.h"

#include "ring.h"

#ifdef HAVE_CK
#include <ck_ring.h>
#endif
#ifdef HAVE_URCU
#define _LGPL_SOURCE /* inline, as ck_ring is */
#include <urcu/wfcqueue.h>
#endif

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS      301
#define HAND_OVERS  (1U << 15)
#define ROUND_TRIPS 100
#define WAKE_BUDGET 1.5 /* times a bare eventfd */

struct node {
#ifdef HAVE_URCU
    struct cds_wfcq_node link;
#endif
    uint64_t value;
};

/* What the two threads share. */
struct table {
    alignas(CACHE_LINE) atomic_uint ready;
    struct ring ring, back;
    struct wakeup wakeups[2];
    int fds[2];
#ifdef HAVE_CK
    ck_ring_t ck;
    ck_ring_buffer_t *ck_slots;
#endif
#ifdef HAVE_URCU
    struct cds_wfcq_head wfcq_head;
    struct cds_wfcq_tail wfcq_tail;
#endif
    struct node *nodes;
    uint64_t took_ns;
};

struct contest {
    const char *name;
    void *(*first)(void *table);
    void *(*second)(void *table); /* sets took_ns */
};

static uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_ring: %s\n", what);
    exit(EXIT_FAILURE);
}

/* Waits until both threads are there. Returns the time. */
static uint64_t meet(struct table *table)
{
    atomic_fetch_add(&table->ready, 1);
    while (atomic_load(&table->ready) < 2)
        ;
    return now_ns();
}

/* The two loops of a contestant: PUSH(table, node) is false while the queue is full, POP(table) is
 * NULL while it is empty. */
#define HAND_OVER(name, PUSH, POP)                                                                 \
    static void *name##_produce(void *argument)                                                    \
    {                                                                                              \
        struct table *table = argument;                                                            \
                                                                                                   \
        meet(table);                                                                               \
        for (uint32_t i = 0; i < HAND_OVERS; i++) {                                                \
            while (!PUSH(table, &table->nodes[i]))                                                 \
                ;                                                                                  \
        }                                                                                          \
        return NULL;                                                                               \
    }                                                                                              \
                                                                                                   \
    static void *name##_consume(void *argument)                                                    \
    {                                                                                              \
        struct table *table = argument;                                                            \
        uint64_t begin_ns = meet(table);                                                           \
                                                                                                   \
        for (uint32_t i = 0; i < HAND_OVERS; i++) {                                                \
            struct node *node;                                                                     \
                                                                                                   \
            while (!(node = POP(table)))                                                           \
                ;                                                                                  \
            if (node != &table->nodes[i])                                                          \
                die(#name " lost the order");                                                      \
        }                                                                                          \
        table->took_ns = now_ns() - begin_ns;                                                      \
        return NULL;                                                                               \
    }

#define RING_PUSH(table, node) ring_try_push(&(table)->ring, node)
#define RING_POP(table)        ring_try_pop(&(table)->ring)
HAND_OVER(ring, RING_PUSH, RING_POP)

#ifdef HAVE_CK
static inline struct node *ck_pop(struct table *table)
{
    struct node *node;

    return ck_ring_dequeue_spsc(&table->ck, table->ck_slots, &node) ? node : NULL;
}

#define CK_PUSH(table, node) ck_ring_enqueue_spsc(&(table)->ck, (table)->ck_slots, node)
HAND_OVER(ck_ring, CK_PUSH, ck_pop)
#endif

#ifdef HAVE_URCU
static inline bool wfcq_push(struct table *table, struct node *node)
{
    cds_wfcq_node_init(&node->link);
    cds_wfcq_enqueue(&table->wfcq_head, &table->wfcq_tail, &node->link);
    return true;
}

/* One consumer: no lock is needed. */
static inline struct node *wfcq_pop(struct table *table)
{
    struct cds_wfcq_node *link =
        __cds_wfcq_dequeue_nonblocking(&table->wfcq_head, &table->wfcq_tail);

    return link == CDS_WFCQ_WOULDBLOCK ? NULL : (struct node *)link;
}

HAND_OVER(wfcqueue, wfcq_push, wfcq_pop)
#endif

/* Pops, and sleeps while the ring is empty, as the loop of every stage does. */
static void take(struct ring *ring, struct wakeup *wakeup)
{
    while (!ring_try_pop(ring)) {
        wakeup_prepare(wakeup);
        if (ring_try_pop(ring)) {
            wakeup_cancel(wakeup);
            return;
        }
        wakeup_wait(wakeup, UINT64_MAX);
    }
}

static void *bell_answer(void *argument)
{
    struct table *table = argument;

    meet(table);
    for (uint32_t i = 0; i < ROUND_TRIPS; i++) {
        take(&table->ring, &table->wakeups[0]);
        ring_push(&table->back, table);
    }
    return NULL;
}

static void *bell_ask(void *argument)
{
    struct table *table = argument;
    uint64_t begin_ns = meet(table);

    for (uint32_t i = 0; i < ROUND_TRIPS; i++) {
        ring_push(&table->ring, table);
        take(&table->back, &table->wakeups[1]);
    }
    table->took_ns = now_ns() - begin_ns;
    return NULL;
}

static void *eventfd_answer(void *argument)
{
    struct table *table = argument;
    eventfd_t value;

    meet(table);
    for (uint32_t i = 0; i < ROUND_TRIPS; i++) {
        eventfd_read(table->fds[0], &value);
        eventfd_write(table->fds[1], 1);
    }
    return NULL;
}

static void *eventfd_ask(void *argument)
{
    struct table *table = argument;
    uint64_t begin_ns = meet(table);
    eventfd_t value;

    for (uint32_t i = 0; i < ROUND_TRIPS; i++) {
        eventfd_write(table->fds[0], 1);
        eventfd_read(table->fds[1], &value);
    }
    table->took_ns = now_ns() - begin_ns;
    return NULL;
}

static const struct contest hand_over[] = {
    {"ring", ring_produce, ring_consume},
#ifdef HAVE_CK
    {"ck_ring", ck_ring_produce, ck_ring_consume},
#endif
#ifdef HAVE_URCU
    {"wfcqueue", wfcqueue_produce, wfcqueue_consume},
#endif
};

static const struct contest wake_up[] = {
    {"bell", bell_answer, bell_ask},
    {"eventfd", eventfd_answer, eventfd_ask},
};

#define HAND_OVER_COUNT (sizeof hand_over / sizeof *hand_over)
#define WAKE_UP_COUNT   (sizeof wake_up / sizeof *wake_up)
#define MAX_CONTESTS    3

static void table_init(struct table *table, uint32_t capacity)
{
    *table = (struct table){.nodes = calloc(HAND_OVERS, sizeof(struct node))};
    if (!table->nodes)
        die("no memory");
    for (int i = 0; i < 2; i++) {
        table->fds[i] = eventfd(0, 0);
        if (table->fds[i] < 0 || wakeup_init(&table->wakeups[i]) < 0)
            die("no eventfd");
    }
    if (ring_init(&table->ring, capacity, &table->wakeups[0]) < 0 ||
        ring_init(&table->back, capacity, &table->wakeups[1]) < 0)
        die("no memory");
#ifdef HAVE_CK
    /* As many slots as the ring has; ck_ring keeps one of them free. */
    table->ck_slots = calloc(capacity, sizeof(ck_ring_buffer_t));
    if (!table->ck_slots)
        die("no memory");
    ck_ring_init(&table->ck, capacity);
#endif
#ifdef HAVE_URCU
    cds_wfcq_init(&table->wfcq_head, &table->wfcq_tail);
#endif
}

static void table_finish(struct table *table)
{
#ifdef HAVE_CK
    free(table->ck_slots);
#endif
    ring_finish(&table->back);
    ring_finish(&table->ring);
    for (int i = 0; i < 2; i++) {
        wakeup_finish(&table->wakeups[i]);
        close(table->fds[i]);
    }
    free(table->nodes);
}

static pthread_t start_on(int cpu, void *(*body)(void *), struct table *table)
{
    pthread_attr_t attributes;
    pthread_t thread = 0;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setaffinity_np(&attributes, sizeof set, &set) != 0 ||
        pthread_create(&thread, &attributes, body, table) != 0)
        die("no thread on its CPU");
    pthread_attr_destroy(&attributes);
    return thread;
}

static uint64_t play(const struct contest *contest, struct table *table)
{
    atomic_store(&table->ready, 0);
    pthread_t first = start_on(0, contest->first, table);
    pthread_t second = start_on(1, contest->second, table);

    pthread_join(first, NULL);
    pthread_join(second, NULL);
    return table->took_ns;
}

static int by_value(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

/* Lets the contests take turns; median[i]: nanoseconds per hand-over of contest i. */
static void compare(const struct contest *contests, size_t count, uint32_t capacity,
                    uint32_t hand_overs, double *median)
{
    static uint64_t took_ns[MAX_CONTESTS][ROUNDS];
    struct table table;

    table_init(&table, capacity);
    for (size_t i = 0; i < count; i++)
        play(&contests[i], &table);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < count; i++)
            took_ns[i][round] = play(&contests[i], &table);
    }
    for (size_t i = 0; i < count; i++) {
        qsort(took_ns[i], ROUNDS, sizeof *took_ns[i], by_value);
        median[i] = (double)took_ns[i][ROUNDS / 2] / hand_overs;
    }
    table_finish(&table);
}

/* Returns true if the ring hands over at least as fast as each peer. */
static bool compare_hand_over(uint32_t capacity)
{
    double median[MAX_CONTESTS];
    bool good = true;

    compare(hand_over, HAND_OVER_COUNT, capacity, HAND_OVERS, median);
    printf("hand-over, capacity %u: ring %.1f ns", capacity, median[0]);
    for (size_t i = 1; i < HAND_OVER_COUNT; i++) {
        printf("; %s %.1f ns, %.2f times the ring's", hand_over[i].name, median[i],
               median[i] / median[0]);
        good = good && median[0] <= median[i];
    }
    printf(" (budget: 1 or more): %s\n", good ? "kept" : "MISSED");
    return good;
}

static bool compare_wake_up(void)
{
    double median[MAX_CONTESTS];

    compare(wake_up, WAKE_UP_COUNT, 1, 2 * ROUND_TRIPS, median);
    bool good = median[0] <= WAKE_BUDGET * median[1];

    printf("sleep to wake: bell and ring %.0f ns; eventfd %.0f ns; ratio %.2f (budget: %.1f): %s\n",
           median[0], median[1], median[0] / median[1], WAKE_BUDGET, good ? "kept" : "MISSED");
    return good;
}

int main(void)
{
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof allowed, &allowed) < 0 || !CPU_ISSET(0, &allowed) ||
        !CPU_ISSET(1, &allowed)) {
        puts("bench_ring: skipped: needs CPUs 0 and 1");
        return 77;
    }
#ifndef HAVE_CK
    puts("bench_ring: no ck_ring: its header was not found by configure");
#endif
#ifndef HAVE_URCU
    puts("bench_ring: no wfcqueue: liburcu was not found by configure");
#endif
    bool good = compare_hand_over(8);

    good = compare_hand_over(1024) && good;
    good = compare_wake_up() && good;
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
