/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pools floating vCPUs get: a small VM stays together, a large one is spread. */
#include "support/fake_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Adds a domain of floating vCPUs, each of so much demand. */
static void add_vm(struct host *host, const char *name, uint32_t vcpus, double demand)
{
    const uint32_t domain = fake_domain(host, name);
    char all[16];

    snprintf(all, sizeof all, "0-%u", host->pcpus - 1);
    for (uint32_t v = 0; v < vcpus; v++)
        fake_set_affinity(host, fake_vcpu(host, domain, (int32_t)v, demand), all);
}

/* Two periods: the first is measured, and its end is when vCPUs get their pools. */
static struct rig *place(struct host *host, const char *options)
{
    struct rig *rig = rig_new(host, options);

    rig_period(rig, 3);
    rig_period(rig, 3);
    return rig;
}

static uint32_t count_with(const struct host *host, uint32_t first, uint32_t end, const char *list)
{
    uint32_t count = 0;

    for (uint32_t v = first; v < end; v++)
        count += strcmp(fake_affinity(host, v), list) == 0;
    return count;
}

static void small_vms_stay_together(void **state)
{
    struct host *host = fake_new(4, 4);
    struct rig *rig;

    (void)state;
    add_vm(host, "a", 2, 20);
    add_vm(host, "b", 2, 30);
    rig = place(host, "--pool 2");
    assert_int_equal(rig->plan->decision.reason, REASON_PLACE);
    assert_int_equal(rig->plan->decision.pin_count, 4);
    assert_int_equal(count_with(host, 0, 2, "2-3"), 2);
    assert_int_equal(count_with(host, 2, 4, "0-1"), 2); /* the greater demand comes first */
    rig_free(rig);
}

/* Together they would fill a pool: then even pools are worth more. */
static void busy_vms_are_spread(void **state)
{
    struct host *host = fake_new(4, 4);
    struct rig *rig;

    (void)state;
    add_vm(host, "a", 2, 95);
    rig = place(host, "--pool 2");
    assert_int_equal(count_with(host, 0, 2, "0-1"), 1);
    assert_int_equal(count_with(host, 0, 2, "2-3"), 1);
    rig_free(rig);
}

static void a_pool_holds_no_more_of_a_vm_than_it_has_pcpus(void **state)
{
    struct host *host = fake_new(4, 8);
    struct rig *rig;

    (void)state;
    fake_vcpu(host, fake_domain(host, "busy"), 0, 90);
    fake_set_wanted(host, 0, "0");
    add_vm(host, "large", 4, 10);
    rig = place(host, "--pool 2");
    assert_int_equal(count_with(host, 1, 5, "0-1"), 2); /* however busy it is */
    assert_int_equal(count_with(host, 1, 5, "2-3"), 2);
    assert_string_equal(fake_affinity(host, 0), "0"); /* its owner's */
    rig_free(rig);
}

static void a_vm_larger_than_all_pools_is_spread(void **state)
{
    struct host *host = fake_new(4, 8);
    struct rig *rig;

    (void)state;
    add_vm(host, "huge", 6, 10);
    rig = place(host, "--pool 2");
    assert_int_equal(count_with(host, 0, 6, "0-1"), 3);
    assert_int_equal(count_with(host, 0, 6, "2-3"), 3);
    rig_free(rig);
}

static void an_adopted_pin_is_widened_where_it_is(void **state)
{
    struct host *host = fake_new(4, 4);
    struct rig *rig;

    (void)state;
    fake_vcpu(host, fake_domain(host, "pinned"), 3, 60);
    fake_set_wanted(host, 0, "3");
    add_vm(host, "floating", 1, 10);
    rig = place(host, "--pool 2 --adopt-pins");
    assert_string_equal(fake_affinity(host, 0), "2-3");
    assert_string_equal(fake_affinity(host, 1), "0-1");
    rig_free(rig);
}

static void what_an_owner_allows_is_cut_out_of_the_pool(void **state)
{
    struct host *host = fake_new(4, 4);
    struct rig *rig;

    (void)state;
    add_vm(host, "a", 2, 20);
    for (uint32_t v = 0; v < 2; v++) {
        fake_set_affinity(host, v, "1-2");
        fake_set_wanted(host, v, "1-2");
    }
    rig = place(host, "--pool 2");
    assert_int_equal(rig->plan->decision.pin_count, 2);
    assert_int_equal(count_with(host, 0, 2, "1") + count_with(host, 0, 2, "2"), 2);
    rig_free(rig);
}

static void one_pool_pins_nothing(void **state)
{
    struct host *host = fake_new(2, 4);
    struct rig *rig;

    (void)state;
    add_vm(host, "a", 4, 70);
    rig = place(host, "--pool 2");
    assert_int_equal(rig->plan->decision.pin_count, 0);
    assert_int_equal(rig->plan->decision.reason, REASON_ONE_PCPU);
    assert_int_equal(host->pin_count, 0);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_vms_stay_together),
        cmocka_unit_test(busy_vms_are_spread),
        cmocka_unit_test(a_pool_holds_no_more_of_a_vm_than_it_has_pcpus),
        cmocka_unit_test(a_vm_larger_than_all_pools_is_spread),
        cmocka_unit_test(an_adopted_pin_is_widened_where_it_is),
        cmocka_unit_test(what_an_owner_allows_is_cut_out_of_the_pool),
        cmocka_unit_test(one_pool_pins_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
