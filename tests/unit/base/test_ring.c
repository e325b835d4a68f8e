/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* A sanitizer's own map does not fit in a limited address space. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif

#define MS_NS UINT64_C(1000000)

/* Long enough that nothing here takes it, short enough that a lost wake-up ends the test. */
#define LONG_NS (10000 * MS_NS)

static uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static bool readable(const struct wakeup *wakeup)
{
    struct pollfd pending = {.fd = wakeup->fd, .events = POLLIN};

    return poll(&pending, 1, 0) == 1;
}

static void refuses_capacities(void **state)
{
    static const uint32_t wrong[] = {0,         3, 5, 6, 7, 1000, (1U << 31) - 1, (1U << 31) + 1,
                                     UINT32_MAX};
    struct ring ring = {0};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(ring_init(&ring, wrong[i], NULL), -EINVAL);
    ring_finish(&ring);
}

#ifndef SANITIZED
static void says_when_memory_is_short(void **state)
{
    struct rlimit before, tight;
    struct ring ring = {0};

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    tight = before;
    tight.rlim_cur = 1 << 30;
    assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
    int error = ring_init(&ring, 1U << 31, NULL);

    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_int_equal(error, -ENOMEM);
    ring_finish(&ring);
}
#endif

static void keeps_to_its_capacity(void **state)
{
    (void)state;
    for (uint32_t capacity = 1; capacity <= 64; capacity *= 2) {
        struct ring ring;
        int items[65];

        assert_int_equal(ring_init(&ring, capacity, NULL), 0);
        assert_null(ring_try_pop(&ring));
        for (uint32_t i = 0; i < capacity; i++) {
            assert_int_equal(ring_count(&ring), i);
            assert_true(ring_try_push(&ring, &items[i]));
        }
        assert_false(ring_try_push(&ring, &items[64]));
        assert_false(ring_push(&ring, &items[64]));
        assert_int_equal(ring_count(&ring), capacity);
        for (uint32_t i = 0; i < capacity; i++)
            assert_ptr_equal(ring_try_pop(&ring), &items[i]);
        assert_null(ring_try_pop(&ring));
        assert_int_equal(ring_count(&ring), 0);
        ring_finish(&ring);
    }
}

/* Counters begin shortly before 2^32, so that they wrap in every state that the ring can be in. */
static void counters_wrap(void **state)
{
    (void)state;
    for (uint32_t capacity = 1; capacity <= 8; capacity *= 2) {
        for (uint32_t fill = 0; fill <= capacity; fill++) {
            struct ring ring;
            int items[8];
            uint32_t pushed = 0, popped = 0;
            const uint32_t begin = UINT32_MAX - 20;

            assert_int_equal(ring_init(&ring, capacity, NULL), 0);
            atomic_store(&ring.head, begin);
            atomic_store(&ring.tail, begin);
            while (popped < 50) {
                while (pushed - popped < fill)
                    assert_true(ring_try_push(&ring, &items[pushed++ % 8]));
                assert_int_equal(ring_count(&ring), fill);
                assert_int_equal(ring_try_push(&ring, &items[pushed % 8]), fill < capacity);
                pushed += fill < capacity;
                assert_ptr_equal(ring_try_pop(&ring), &items[popped++ % 8]);
            }
            assert_true(atomic_load(&ring.tail) < begin);
            while (popped < pushed)
                assert_ptr_equal(ring_try_pop(&ring), &items[popped++ % 8]);
            assert_null(ring_try_pop(&ring));
            ring_finish(&ring);
        }
    }
}

static void finishes_what_was_zeroed(void **state)
{
    struct ring ring;

    (void)state;
    memset(&ring, 0, sizeof ring);
    ring_finish(&ring);
    assert_int_equal(ring_init(&ring, 4, NULL), 0);
    ring_finish(&ring);
    ring_finish(&ring);
}

static void lines_are_apart(void **state)
{
    struct ring ring;

    (void)state;
    assert_int_equal(offsetof(struct ring, head) / CACHE_LINE, 0);
    assert_int_equal(offsetof(struct ring, tail) / CACHE_LINE, 1);
    assert_int_equal(offsetof(struct ring, mask) / CACHE_LINE, 2);
    assert_int_equal(ring_init(&ring, 2, NULL), 0);
    assert_int_equal((uintptr_t)ring.slots % CACHE_LINE, 0);
    ring_finish(&ring);
}

static int wakeup_setup(void **state)
{
    struct wakeup *wakeup = aligned_alloc(CACHE_LINE, sizeof *wakeup);

    if (!wakeup || wakeup_init(wakeup) < 0)
        return -1;
    *state = wakeup;
    return 0;
}

static int wakeup_teardown(void **state)
{
    wakeup_finish(*state);
    free(*state);
    return 0;
}

static void says_when_descriptors_are_short(void **state)
{
    struct rlimit before, tight;
    struct wakeup wakeup;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    tight = before;
    tight.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    int error = wakeup_init(&wakeup);

    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(error, -EMFILE);
}

static void is_not_passed_on_by_exec(void **state)
{
    const struct wakeup *wakeup = *state;

    assert_true(fcntl(wakeup->fd, F_GETFD) & FD_CLOEXEC);
}

static void rings_only_who_sleeps(void **state)
{
    struct wakeup *wakeup = *state;

    wakeup_signal(wakeup);
    assert_false(readable(wakeup));
    wakeup_prepare(wakeup);
    assert_false(readable(wakeup));
    wakeup_signal(wakeup);
    assert_true(readable(wakeup));
    assert_true(wakeup_wait(wakeup, UINT64_MAX));
    assert_false(readable(wakeup));
    wakeup_signal(wakeup);
    assert_false(readable(wakeup));
}

static void rings_once_for_many(void **state)
{
    struct wakeup *wakeup = *state;
    eventfd_t wakeups;

    wakeup_prepare(wakeup);
    for (int i = 0; i < 5; i++)
        wakeup_signal(wakeup);
    assert_int_equal(eventfd_read(wakeup->fd, &wakeups), 0);
    assert_int_equal(wakeups, 1);
}

static void takes_back_an_announcement(void **state)
{
    struct wakeup *wakeup = *state;

    wakeup_prepare(wakeup);
    wakeup_cancel(wakeup);
    wakeup_signal(wakeup);
    assert_false(readable(wakeup));
    assert_int_equal(atomic_load(&wakeup->state), 0);
}

static void waits_for_the_deadline(void **state)
{
    struct wakeup *wakeup = *state;
    uint64_t deadline_ns = now_ns() + 30 * MS_NS;

    wakeup_prepare(wakeup);
    while (now_ns() < deadline_ns)
        assert_true(wakeup_wait(wakeup, deadline_ns));
    assert_true(now_ns() - deadline_ns < LONG_NS);
    wakeup_signal(wakeup);
    assert_false(readable(wakeup));
}

static void does_not_return_before_the_deadline(void **state)
{
    struct wakeup *wakeup = *state;

    for (int i = 0; i < 20; i++) {
        uint64_t deadline_ns = now_ns() + MS_NS / 2;

        wakeup_prepare(wakeup);
        assert_true(wakeup_wait(wakeup, deadline_ns));
        assert_true(now_ns() >= deadline_ns);
    }
}

static void returns_at_once_when_the_deadline_is_past(void **state)
{
    static const uint64_t past[] = {0, 1};
    struct wakeup *wakeup = *state;

    for (size_t i = 0; i < sizeof past / sizeof past[0]; i++) {
        wakeup_prepare(wakeup);
        assert_true(wakeup_wait(wakeup, past[i]));
        assert_int_equal(atomic_load(&wakeup->state), 0);
    }
    wakeup_prepare(wakeup);
    assert_true(wakeup_wait(wakeup, now_ns()));
}

static void bears_the_farthest_deadline(void **state)
{
    struct wakeup *wakeup = *state;

    wakeup_prepare(wakeup);
    wakeup_signal(wakeup);
    assert_true(wakeup_wait(wakeup, UINT64_MAX - 1));
    assert_false(readable(wakeup));
}

static void stop_is_for_good(void **state)
{
    struct wakeup *wakeup = *state;

    assert_false(wakeup_stopped(wakeup));
    wakeup_stop(wakeup);
    wakeup_stop(wakeup);
    assert_true(wakeup_stopped(wakeup));
    for (int i = 0; i < 3; i++) {
        wakeup_prepare(wakeup);
        assert_false(wakeup_wait(wakeup, UINT64_MAX));
        assert_false(wakeup_wait(wakeup, now_ns() + LONG_NS));
        assert_false(wakeup_wait(wakeup, 0));
        assert_int_equal(atomic_load(&wakeup->state), WAKEUP_STOPPED);
    }
    wakeup_signal(wakeup);
    wakeup_cancel(wakeup);
    assert_true(wakeup_stopped(wakeup));
}

static void stop_wakes_who_announced(void **state)
{
    struct wakeup *wakeup = *state;

    wakeup_prepare(wakeup);
    wakeup_stop(wakeup);
    assert_true(readable(wakeup));
    assert_false(wakeup_wait(wakeup, UINT64_MAX));
}

/* The owner finds something at its second look while a waker runs: the wake-up stays pending. */
static void stale_wakeup_wakes_once(void **state)
{
    struct wakeup *wakeup = *state;
    uint64_t begin_ns = now_ns();

    wakeup_prepare(wakeup);
    wakeup_signal(wakeup);
    wakeup_cancel(wakeup);
    assert_true(readable(wakeup));

    wakeup_prepare(wakeup);
    assert_true(wakeup_wait(wakeup, begin_ns + LONG_NS));
    assert_true(now_ns() - begin_ns < LONG_NS);
    assert_false(readable(wakeup));
    assert_int_equal(atomic_load(&wakeup->state), 0);

    uint64_t deadline_ns = now_ns() + 5 * MS_NS;

    wakeup_prepare(wakeup);
    assert_true(wakeup_wait(wakeup, deadline_ns));
    assert_true(now_ns() >= deadline_ns);
}

static void stale_wakeup_swallows_none(void **state)
{
    struct wakeup *wakeup = *state;
    uint64_t begin_ns = now_ns();

    wakeup_prepare(wakeup);
    wakeup_signal(wakeup);
    wakeup_cancel(wakeup);
    wakeup_prepare(wakeup);
    wakeup_signal(wakeup);
    assert_true(wakeup_wait(wakeup, begin_ns + LONG_NS));
    assert_true(now_ns() - begin_ns < LONG_NS);
    assert_int_equal(atomic_load(&wakeup->state), 0);
    assert_false(readable(wakeup));
}

/* An owner that polls wakeup.fd beside other descriptors, as main does. */
static void wait_of_no_length_drains(void **state)
{
    struct wakeup *wakeup = *state;

    wakeup_prepare(wakeup);
    wakeup_signal(wakeup);
    assert_true(readable(wakeup));
    assert_true(wakeup_wait(wakeup, 0));
    assert_false(readable(wakeup));

    wakeup_prepare(wakeup);
    assert_false(readable(wakeup));
    assert_true(wakeup_wait(wakeup, 0));
    assert_int_equal(atomic_load(&wakeup->state), 0);
}

static void two_rings_one_wakeup(void **state)
{
    struct wakeup *wakeup = *state;
    struct ring first, second;
    int a, b;

    assert_int_equal(ring_init(&first, 2, wakeup), 0);
    assert_int_equal(ring_init(&second, 2, wakeup), 0);

    wakeup_prepare(wakeup);
    assert_true(ring_try_push(&first, &a));
    assert_false(readable(wakeup));
    assert_true(ring_push(&second, &b));
    assert_true(readable(wakeup));
    assert_true(ring_push(&first, &b));
    assert_true(wakeup_wait(wakeup, UINT64_MAX));
    assert_ptr_equal(ring_try_pop(&first), &a);
    assert_ptr_equal(ring_try_pop(&first), &b);
    assert_ptr_equal(ring_try_pop(&second), &b);

    wakeup_prepare(wakeup);
    assert_true(ring_push(&first, &a));
    assert_true(wakeup_wait(wakeup, UINT64_MAX));
    assert_ptr_equal(ring_try_pop(&first), &a);
    assert_null(ring_try_pop(&second));
    ring_finish(&first);
    ring_finish(&second);
}

static void full_ring_signals_nobody(void **state)
{
    struct wakeup *wakeup = *state;
    struct ring ring;
    int item;

    assert_int_equal(ring_init(&ring, 1, wakeup), 0);
    assert_true(ring_try_push(&ring, &item));
    wakeup_prepare(wakeup);
    assert_false(ring_push(&ring, &item));
    assert_false(readable(wakeup));
    wakeup_cancel(wakeup);
    ring_finish(&ring);
}

/* Waits until the owner announces its sleep. Returns false if it never does. */
static bool announced(struct wakeup *wakeup)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    uint64_t begin_ns = now_ns();

    while (!(atomic_load(&wakeup->state) & WAKEUP_ASLEEP)) {
        if (now_ns() - begin_ns > LONG_NS)
            return false;
        nanosleep(&pause, NULL);
    }
    nanosleep(&pause, NULL);
    return true;
}

static void *stop_later(void *argument)
{
    if (announced(argument))
        wakeup_stop(argument);
    return NULL;
}

static void *ring_later(void *argument)
{
    if (announced(argument))
        wakeup_signal(argument);
    return NULL;
}

/* Sleeps until another thread wakes it. Returns what wakeup_wait() did. */
static bool sleep_until(struct wakeup *wakeup, void *(*other)(void *), uint64_t deadline_ns)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, other, wakeup), 0);
    wakeup_prepare(wakeup);
    bool goes_on = wakeup_wait(wakeup, deadline_ns);

    assert_int_equal(pthread_join(thread, NULL), 0);
    return goes_on;
}

static void sleeps_until_rung(void **state)
{
    struct wakeup *wakeup = *state;
    uint64_t deadline_ns = now_ns() + LONG_NS;

    assert_true(sleep_until(wakeup, ring_later, UINT64_MAX));
    assert_true(sleep_until(wakeup, ring_later, deadline_ns));
    assert_true(now_ns() < deadline_ns);
    assert_false(readable(wakeup));
}

static void sleeps_until_stopped(void **state)
{
    assert_false(sleep_until(*state, stop_later, UINT64_MAX));
}

static void sleeps_until_stopped_with_a_deadline(void **state)
{
    uint64_t deadline_ns = now_ns() + LONG_NS;

    assert_false(sleep_until(*state, stop_later, deadline_ns));
    assert_true(now_ns() < deadline_ns);
}

#define WAKEUP_TEST(name) cmocka_unit_test_setup_teardown(name, wakeup_setup, wakeup_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_capacities),
#ifndef SANITIZED
        cmocka_unit_test(says_when_memory_is_short),
#endif
        cmocka_unit_test(keeps_to_its_capacity),
        cmocka_unit_test(counters_wrap),
        cmocka_unit_test(finishes_what_was_zeroed),
        cmocka_unit_test(lines_are_apart),
        cmocka_unit_test(says_when_descriptors_are_short),
        WAKEUP_TEST(is_not_passed_on_by_exec),
        WAKEUP_TEST(rings_only_who_sleeps),
        WAKEUP_TEST(rings_once_for_many),
        WAKEUP_TEST(takes_back_an_announcement),
        WAKEUP_TEST(waits_for_the_deadline),
        WAKEUP_TEST(does_not_return_before_the_deadline),
        WAKEUP_TEST(returns_at_once_when_the_deadline_is_past),
        WAKEUP_TEST(bears_the_farthest_deadline),
        WAKEUP_TEST(stop_is_for_good),
        WAKEUP_TEST(stop_wakes_who_announced),
        WAKEUP_TEST(stale_wakeup_wakes_once),
        WAKEUP_TEST(stale_wakeup_swallows_none),
        WAKEUP_TEST(wait_of_no_length_drains),
        WAKEUP_TEST(two_rings_one_wakeup),
        WAKEUP_TEST(full_ring_signals_nobody),
        WAKEUP_TEST(sleeps_until_rung),
        WAKEUP_TEST(sleeps_until_stopped),
        WAKEUP_TEST(sleeps_until_stopped_with_a_deadline),
    };

    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
