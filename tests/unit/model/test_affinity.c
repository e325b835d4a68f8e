/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Affinities as the hypervisor and the kernel report them, under a limit. */
#include "affinity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct cpuset set_of(const char *list)
{
    struct cpuset set;

    assert_int_equal(cpuset_parse(&set, list), 0);
    return set;
}

static struct affinity words(const char *told, const char *kernel, const char *limit, bool bounded)
{
    return (struct affinity){
        .told = set_of(told), .kernel = set_of(kernel), .limit = set_of(limit), .bounded = bounded};
}

static void set_is(const struct affinity *now, const char *list)
{
    const struct cpuset set = set_of(list);

    assert_true(cpuset_equal(affinity_set(now), &set));
}

static void check(const struct affinity *now, const char *list, bool is, bool can)
{
    const struct cpuset set = set_of(list);

    assert_int_equal(affinity_is(now, &set), is);
    assert_int_equal(affinity_can(now, &set), can);
}

static void both_say_the_same(void **state)
{
    const struct cpuset set = set_of("2,5");
    const struct affinity now = affinity_of(&set);

    (void)state;
    set_is(&now, "2,5");
    check(&now, "2,5", true, true);
    check(&now, "2", false, true);
}

static void what_a_limit_explains(void **state)
{
    const struct affinity part = words("2-5", "2-3", "0-3", false);
    const struct affinity none = words("5", "0-3", "0-3", false);

    (void)state;
    set_is(&part, "2-5");
    check(&part, "2-5", true, true);
    check(&part, "2-3", false, true);
    set_is(&none, "5");
    check(&none, "5", true, false);
    check(&none, "4", false, false);
    check(&none, "0-3", false, true);
}

static void what_it_does_not(void **state)
{
    const struct affinity moved = words("1", "0-3", "0-3", false);
    const struct affinity wider = words("1", "1-2", "0-7", false);

    (void)state;
    set_is(&moved, "0-3");
    check(&moved, "1", false, true);
    set_is(&wider, "1-2");
    check(&wider, "1", false, true);
}

/* cgroup v1 refuses pCPUs beyond the limit, so that only the part within it can be set. */
static void where_nothing_outside_can_be_set(void **state)
{
    const struct affinity bounded = words("0-1", "0-1", "0-1", true);
    const struct affinity not = words("0-1", "0-1", "0-1", false);

    (void)state;
    check(&bounded, "0-7", true, true);
    check(&not, "0-7", false, true);
    check(&bounded, "0", false, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_say_the_same),
        cmocka_unit_test(what_a_limit_explains),
        cmocka_unit_test(what_it_does_not),
        cmocka_unit_test(where_nothing_outside_can_be_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
