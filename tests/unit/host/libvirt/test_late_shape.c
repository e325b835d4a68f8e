/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt takes long to answer, as with a cold cache of QEMU's capabilities: nothing waits for it.
 */
#include "host.h"
#include "support/rig_libvirt.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

/* virConnectGetCapabilities() waits for this. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool open_gate;
static unsigned asked;

char *__real_virConnectGetCapabilities(virConnectPtr connection);
char *__wrap_virConnectGetCapabilities(virConnectPtr connection);

char *__wrap_virConnectGetCapabilities(virConnectPtr connection)
{
    pthread_mutex_lock(&lock);
    asked++;
    pthread_cond_broadcast(&changed);
    while (!open_gate)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return __real_virConnectGetCapabilities(connection);
}

static void set_gate(bool open)
{
    pthread_mutex_lock(&lock);
    open_gate = open;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* Waits until libvirt was asked so many times. */
static void wait_until_asked(unsigned times)
{
    pthread_mutex_lock(&lock);
    while (asked < times)
        pthread_cond_wait(&changed, &lock);
    assert_int_equal(asked, times);
    pthread_mutex_unlock(&lock);
}

/* Samples until the topology is known, 10 s at most. */
static void sample_until_told(struct rig *rig)
{
    for (int i = 0; i < 1000 && rig_sample(rig)->topology.version == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_true(rig->snapshot->topology.version > 0);
    assert_true(rig->snapshot->topology.core_count > 0);
}

static void samples_come_first(void **state)
{
    struct rig rig = {.own = NULL};

    (void)state;
    set_gate(false);
    asked = 0;
    rig_open(&rig, "test:///default");
    assert_int_equal(asked, 0);
    assert_int_equal(rig_sample(&rig)->topology.version, 0);
    wait_until_asked(1);
    for (int i = 0; i < 10; i++)
        assert_int_equal(rig_sample(&rig)->topology.version, 0);
    set_gate(true);
    sample_until_told(&rig);
    rig_sample(&rig);
    assert_int_equal(asked, 1);
    rig_close(&rig);
}

static void a_look_at_the_shape_waits(void **state)
{
    const struct host_settings settings = {.uri = "test:///default", .shape = true};
    struct snapshot *snapshot = snapshot_new();
    struct host *host = NULL;
    struct failure why;

    (void)state;
    assert_non_null(snapshot);
    set_gate(true);
    assert_int_equal(host_libvirt.open(&settings, &host, &why), 0);
    assert_int_equal(host_libvirt.sample(host, snapshot, &why), 0);
    assert_true(snapshot->topology.version > 0);
    assert_true(host_libvirt.close(host));
    snapshot_free(snapshot);
}

/* close() reports a thread that is left, so the host is leaked here on purpose. */
static struct rig left;

static void the_end_does_not_wait(void **state)
{
    (void)state;
    set_gate(false);
    asked = 0;
    rig_open(&left, "test:///default");
    rig_sample(&left);
    wait_until_asked(1);
    assert_false(host_libvirt.close(left.host));
    set_gate(true);
    for (int i = 0; i < 50 && !host_libvirt.close(left.host); i++)
        ;
    snapshot_free(left.snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_first),
        cmocka_unit_test(a_look_at_the_shape_waits),
        cmocka_unit_test(the_end_does_not_wait),
    };

    return rig_possible() ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
