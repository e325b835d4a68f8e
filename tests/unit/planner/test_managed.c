/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pCPUs are managed, and allowed for which vCPU. */
#include "support/fake_host.h"

#include "planner/managed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { PCPUS = 8 };

/* Checks the sets of a host of eight pCPUs and one wanted set. */
static void check(const char *options, const char *online, const char *isolated,
                  const char *affinity, const char *wanted, const char *managed,
                  const char *allowed)
{
    struct host *host = fake_new(PCPUS, 1);
    const uint32_t vcpu = fake_vcpu(host, fake_domain(host, "guest"), 0, 10);
    struct rig *rig = rig_new(host, options);
    char text[64];

    cpuset_parse(&host->online, online);
    cpuset_parse(&host->isolated, isolated);
    fake_set_affinity(host, vcpu, affinity);
    fake_set_wanted(host, vcpu, wanted);
    rig_period(rig, 3);
    cpuset_format(&rig->plan->view.managed, text, sizeof text);
    assert_string_equal(text, managed);
    for (uint32_t p = 0; p < PCPUS; p++)
        assert_int_equal(rig->plan->view.pools[p].managed, cpuset_has(&rig->plan->view.managed, p));
    cpuset_format(&rig->plan->view.sets[rig_vcpu(rig, vcpu)->allowed].pcpus, text, sizeof text);
    assert_string_equal(text, allowed);
    rig_free(rig);
}

static void online_is_managed(void **state)
{
    (void)state;
    check("", "0-7", "", "0-7", "0-7", "0-7", "0-7");
    check("", "0-2,6", "", "0-7", "0-7", "0-2,6", "0-2,6");
    check("", "0-2,6", "", "0", "0-2,5", "0-2,6", "0-2");
    check("", "0-2,6", "", "0", "5", "0-2,6", "");
    check("", "0-7", "", "0", "3", "0-7", "3");
}

static void cpus_is_a_bound(void **state)
{
    (void)state;
    check("--cpus 2-3", "0-7", "", "0-7", "0-7", "2-3", "2-3");
    check("--cpus 2-3 --cpus 7", "0-6", "", "0", "0-7", "2-3", "2-3");
    check("--cpus 2-3", "0-7", "", "0", "1-2", "2-3", "2");
    check("--cpus 2-3", "0-7", "", "0", "5", "2-3", "");
}

static void isolated_is_left_unless_named(void **state)
{
    (void)state;
    check("", "0-7", "6-7", "0-7", "0-7", "0-5", "0-5"); /* a full affinity names nothing */
    check("", "0-7", "6-7", "0", "4-6", "0-6", "4-6");   /* the definition names 6 */
    check("", "0-7", "6-7", "0", "6", "0-6", "6");
    check("--cpus 5-6", "0-7", "6-7", "0-7", "0-7", "5-6", "5-6"); /* --cpus does */
    check("--cpus 5", "0-7", "6-7", "0", "5-6", "5", "5");
    check("", "0-5", "6-7", "0", "4-6", "0-5", "4-5"); /* named, but not there */
}

/* A live affinity is no definition. */
static void an_affinity_in_force_names_nothing(void **state)
{
    (void)state;
    check("", "0-7", "6-7", "6", "0-7", "0-5", "0-5");
    check("", "0-7", "6-7", "6", "0-3", "0-5", "0-3");
}

static void adopting_pins_allows_all_that_is_managed(void **state)
{
    (void)state;
    check("--adopt-pins", "0-7", "", "0", "0", "0-7", "0-7");
    check("--adopt-pins --cpus 1-3", "0-7", "", "0", "0", "1-3", "1-3");
    check("--adopt-pins", "0-7", "6-7", "0", "6", "0-5", "0-5");
}

/* Changes are followed, in a plan that has held another host. */
static void kept_up_to_date(void **state)
{
    struct host *host = fake_new(PCPUS, 2);
    const uint32_t vcpu = fake_vcpu(host, fake_domain(host, "guest"), 0, 10);
    struct rig *rig = rig_new(host, "");

    (void)state;
    rig_period(rig, 3);
    assert_int_equal(cpuset_count(&rig->plan->view.managed), 8);
    cpuset_remove(&host->online, 3);
    rig_period(rig, 3);
    assert_int_equal(cpuset_count(&rig->plan->view.managed), 7);
    assert_int_equal(cpuset_count(&rig->plan->view.sets[rig_vcpu(rig, vcpu)->allowed].pcpus), 7);
    cpuset_add(&host->isolated, 4);
    rig_period(rig, 3);
    assert_int_equal(cpuset_count(&rig->plan->view.managed), 6);
    fake_set_wanted(host, vcpu, "1-4");
    rig_period(rig, 3);
    assert_true(cpuset_has(&rig->plan->view.managed, 4));
    assert_int_equal(cpuset_count(&rig->plan->view.sets[rig_vcpu(rig, vcpu)->allowed].pcpus), 3);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(online_is_managed),
        cmocka_unit_test(cpus_is_a_bound),
        cmocka_unit_test(isolated_is_left_unless_named),
        cmocka_unit_test(an_affinity_in_force_names_nothing),
        cmocka_unit_test(adopting_pins_allows_all_that_is_managed),
        cmocka_unit_test(kept_up_to_date),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
