/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two threads hand over buffers, as often as the argument says, through rings so small that they
 * are full or empty most of the time. Each value is checked: in order, none lost, none twice.
 * Prints TAP.
 *
 * A lost wake-up shows as the alarm that ends the program before its last line.
 */
#include "config.h"

#include "ring.h"
#include "support/random.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_COUNT   1000000
#define ALARM_S         1200
#define MAX_BUFFERS     8
#define SPINS_PER_YIELD 4096

/* Powers of two: the most turns of an empty loop before a push, the most pops before falling
 * asleep. */
#define PAUSE_BITS    12
#define PATIENCE_BITS 17

/* Both counters begin here, so that they wrap in every part. */
#define FIRST_COUNTER (UINT32_MAX - 500)

enum wait_kind { WAIT_SPINNING, WAIT_COUNTING, WAIT_READING, WAIT_DEADLINE, WAIT_POLLING };

struct part {
    const char *name;
    uint32_t capacity;
    uint32_t buffers; /* how many travel; 0: bare values go one way */
    enum wait_kind kind;
    uint32_t per_mille; /* of all hand-overs */
};

static const struct part parts[] = {
    {"values, capacity 1, spinning", 1, 0, WAIT_SPINNING, 80},
    {"values, capacity 2, spinning", 2, 0, WAIT_SPINNING, 180},
    {"values, capacity 8, spinning", 8, 0, WAIT_SPINNING, 400},
    {"values, capacity 2, spinning and counting", 2, 0, WAIT_COUNTING, 80},
    {"4 buffers there and home, capacity 2, spinning", 2, 4, WAIT_SPINNING, 100},
    {"8 buffers there and home, capacity 8, spinning", 8, 8, WAIT_SPINNING, 150},
    {"values, capacity 2, asleep without deadline", 2, 0, WAIT_READING, 2},
    {"1 buffer there and home, asleep without deadline", 1, 1, WAIT_READING, 2},
    {"4 buffers there and home, asleep without deadline", 4, 4, WAIT_READING, 2},
    {"2 buffers there and home, asleep with a deadline", 2, 2, WAIT_DEADLINE, 2},
    {"4 buffers there and home, polling the wakeup", 4, 4, WAIT_POLLING, 2},
};

#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

struct buffer {
    uint64_t value;
};

/* One thread's own. */
struct end {
    struct wakeup wakeup;
    uint64_t random;
    uint64_t found_full, found_empty, second_looks, sleeps;
    uint64_t received, wrong;
};

/* One part under way. */
struct course {
    struct end sender, receiver;
    struct ring there, home;
    struct buffer buffers[MAX_BUFFERS];
    const struct part *part;
    uint64_t count;
};

/*
 * On a machine with one free core the other thread has to get its turn; where there are two, giving
 * up the core for each miss would cost a time slice of somebody else's.
 */
static void spin(uint64_t *turns)
{
    if (++*turns % SPINS_PER_YIELD == 0)
        sched_yield();
}

/* As often a few turns as many: how long waking another thread takes differs from machine to
 * machine. */
static uint64_t random_turns(uint64_t *random, uint32_t max_bits)
{
    uint64_t bits = (random_next(random) >> 8) % (max_bits + 1);

    return (random_next(random) >> 8) % (UINT64_C(1) << bits);
}

static void pause_a_while(uint64_t *random)
{
    for (volatile uint64_t turns = random_turns(random, PAUSE_BITS); turns > 0;)
        turns = turns - 1;
}

static bool sleeps(enum wait_kind kind)
{
    return kind != WAIT_SPINNING && kind != WAIT_COUNTING;
}

/* Second half of falling asleep. Returns false when stopped. */
static bool sleep_on(struct wakeup *wakeup, enum wait_kind kind)
{
    struct pollfd pending = {.fd = wakeup->fd, .events = POLLIN};

    switch (kind) {
    case WAIT_DEADLINE:
        return wakeup_wait(wakeup, UINT64_MAX - 1);
    case WAIT_POLLING:
        if (!wakeup_stopped(wakeup))
            poll(&pending, 1, -1);
        return wakeup_wait(wakeup, 0);
    case WAIT_SPINNING:
    case WAIT_COUNTING:
    case WAIT_READING:
        break;
    }
    return wakeup_wait(wakeup, UINT64_MAX);
}

/*
 * Pops now and again for a random while. Without it the two threads would fall asleep in turn, one
 * long before the other wakes, and never push at the very moment when the other falls asleep.
 */
static void *take_patiently(struct ring *ring, uint64_t *random)
{
    void *item = ring_try_pop(ring);

    for (uint64_t turns = random_turns(random, PATIENCE_BITS); item == NULL && turns > 0; turns--)
        item = ring_try_pop(ring);
    return item;
}

/* Pops, sleeping until there is something. NULL when the wakeup is stopped and the ring is empty.
 */
static void *take_asleep(struct ring *ring, struct end *end, enum wait_kind kind)
{
    for (;;) {
        void *item = take_patiently(ring, &end->random);

        if (item != NULL)
            return item;
        wakeup_prepare(&end->wakeup);
        item = ring_try_pop(ring);
        if (item != NULL) {
            end->second_looks++;
            wakeup_cancel(&end->wakeup);
            return item;
        }
        end->sleeps++;
        if (!sleep_on(&end->wakeup, kind))
            return ring_try_pop(ring);
    }
}

/* ring_try_pop(); what ring_count() promised has to be there. */
static void *counted_pop(struct ring *ring, struct end *end)
{
    bool promised = ring_count(ring) > 0;
    void *item = ring_try_pop(ring);

    end->wrong += promised && item == NULL;
    return item;
}

/* ring_try_push(); where ring_count() promised room, there has to be some. */
static bool counted_push(struct ring *ring, struct end *end, void *item)
{
    bool promised = ring_count(ring) <= ring->mask;
    bool done = ring_try_push(ring, item);

    end->wrong += promised && !done;
    return done;
}

/* Pops, spinning until there is something. NULL as above. */
static void *take_spinning(struct ring *ring, struct end *end, enum wait_kind kind)
{
    for (;;) {
        void *item = kind == WAIT_COUNTING ? counted_pop(ring, end) : ring_try_pop(ring);

        if (item != NULL)
            return item;
        if (wakeup_stopped(&end->wakeup))
            return ring_try_pop(ring);
        spin(&end->found_empty);
    }
}

static void *take(struct ring *ring, struct end *end, enum wait_kind kind)
{
    return sleeps(kind) ? take_asleep(ring, end, kind) : take_spinning(ring, end, kind);
}

static bool try_give(struct ring *ring, struct end *end, enum wait_kind kind, void *item)
{
    if (kind == WAIT_COUNTING)
        return counted_push(ring, end, item);
    return sleeps(kind) ? ring_push(ring, item) : ring_try_push(ring, item);
}

static void give(struct ring *ring, struct end *end, enum wait_kind kind, void *item)
{
    if (sleeps(kind))
        pause_a_while(&end->random);
    while (!try_give(ring, end, kind, item))
        spin(&end->found_full);
}

static void *send_all(void *argument)
{
    struct course *course = argument;
    const struct part *part = course->part;
    struct end *sender = &course->sender;

    for (uint64_t i = 1; i <= course->count; i++) {
        void *item = (void *)(uintptr_t)i;

        if (part->buffers > 0) {
            struct buffer *buffer = take(&course->home, sender, part->kind);

            buffer->value = i;
            item = buffer;
        }
        give(&course->there, sender, part->kind, item);
    }
    wakeup_stop(&course->receiver.wakeup);
    return NULL;
}

static void *receive_all(void *argument)
{
    struct course *course = argument;
    const struct part *part = course->part;
    struct end *receiver = &course->receiver;
    void *item;

    while ((item = take(&course->there, receiver, part->kind))) {
        uint64_t value = part->buffers > 0 ? ((struct buffer *)item)->value : (uintptr_t)item;

        receiver->received++;
        receiver->wrong += value != receiver->received;
        if (part->buffers > 0)
            give(&course->home, receiver, part->kind, item);
    }
    receiver->wrong += receiver->found_full; /* the way home has room for all */
    return NULL;
}

static void start_counters(struct ring *ring)
{
    atomic_store(&ring->head, FIRST_COUNTER);
    atomic_store(&ring->tail, FIRST_COUNTER);
}

static int course_init(struct course *course, const struct part *part, uint64_t count)
{
    *course = (struct course){.part = part, .count = count};
    course->sender.random = 88172645463325252;
    course->receiver.random = 2463534242;
    if (wakeup_init(&course->sender.wakeup) < 0 || wakeup_init(&course->receiver.wakeup) < 0 ||
        ring_init(&course->there, part->capacity, &course->receiver.wakeup) < 0 ||
        ring_init(&course->home, MAX_BUFFERS, &course->sender.wakeup) < 0)
        return -ENOMEM;
    start_counters(&course->there);
    start_counters(&course->home);
    for (uint32_t i = 0; i < part->buffers; i++)
        ring_try_push(&course->home, &course->buffers[i]);
    return 0;
}

/* How many buffers are not at home, or more than once. */
static uint32_t count_astray(struct course *course)
{
    uint32_t times[MAX_BUFFERS] = {0}, astray = 0;
    struct buffer *buffer;

    while ((buffer = ring_try_pop(&course->home)))
        times[buffer - course->buffers]++;
    for (uint32_t i = 0; i < course->part->buffers; i++)
        astray += times[i] != 1;
    return astray;
}

/*
 * On a core each where there are two: left alone, the kernel puts a thread and the one that it
 * wakes on the same core, and the two are never at work at the same time.
 */
static void part_threads(pthread_t sender, pthread_t receiver)
{
    cpu_set_t allowed, one;
    int cpu = 0;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0 || CPU_COUNT(&allowed) < 2)
        return;
    for (int i = 0; i < 2; i++, cpu++) {
        while (!CPU_ISSET(cpu, &allowed))
            cpu++;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        pthread_setaffinity_np(i == 0 ? sender : receiver, sizeof(one), &one);
    }
}

static void show(const char *name, const struct end *end)
{
    printf("# %s: found full %" PRIu64 ", empty %" PRIu64 "; slept %" PRIu64
           ", second look found %" PRIu64 "\n",
           name, end->found_full, end->found_empty, end->sleeps, end->second_looks);
}

static bool run(struct course *course)
{
    pthread_t sender, receiver;
    struct timespec begin, end;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (pthread_create(&sender, NULL, send_all, course) != 0 ||
        pthread_create(&receiver, NULL, receive_all, course) != 0)
        exit(EXIT_FAILURE);
    part_threads(sender, receiver);
    pthread_join(sender, NULL);
    pthread_join(receiver, NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);

    printf("# %.1f s\n",
           (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec));
    show("sender", &course->sender);
    show("receiver", &course->receiver);
    uint32_t astray = count_astray(course), left = ring_count(&course->there);
    uint64_t wrong = course->sender.wrong + course->receiver.wrong;

    printf("# %" PRIu64 " received, %" PRIu64 " wrong, %u left, %u astray\n",
           course->receiver.received, wrong, left, astray);
    return course->receiver.received == course->count && wrong == 0 && left == 0 && astray == 0;
}

static void course_finish(struct course *course)
{
    ring_finish(&course->home);
    ring_finish(&course->there);
    wakeup_finish(&course->receiver.wakeup);
    wakeup_finish(&course->sender.wakeup);
}

static bool parse_count(const char *text, uint64_t *count)
{
    char *end;

    errno = 0;
    *count = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' && *count >= 1000 && *count < UINT32_MAX;
}

int main(int argc, char **argv)
{
    uint64_t count = DEFAULT_COUNT;
    bool all_good = true;

    if (argc > 2 || (argc == 2 && !parse_count(argv[1], &count))) {
        fprintf(stderr, "usage: %s [HAND-OVERS, 1000 to 4294967294]\n", argv[0]);
        return 2;
    }
    alarm(ALARM_S);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..%zu\n", PART_COUNT);
    for (size_t i = 0; i < PART_COUNT; i++) {
        struct course course;

        if (course_init(&course, &parts[i], count * parts[i].per_mille / 1000) < 0)
            return EXIT_FAILURE;
        bool good = run(&course);

        printf("%s %zu - %s\n", good ? "ok" : "not ok", i + 1, parts[i].name);
        all_good = all_good && good;
        course_finish(&course);
    }
    return all_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
