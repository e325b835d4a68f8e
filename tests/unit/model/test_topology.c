/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_topology.c - the machine's shape. */
#include "topology.h"

#include "cpuset.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void regular_numbers_threads_first(void **state)
{
    struct topology shape = {0};

    (void)state;
    assert_int_equal(topology_regular(&shape, 2, 2, 3, 2), 0);
    assert_int_equal(shape.pcpu_count, 24);
    assert_int_equal(shape.core_count, 12);
    assert_int_equal(shape.llc_count, 4);
    assert_int_equal(shape.die_count, 2);
    assert_int_equal(shape.socket_count, 2);
    assert_int_equal(shape.node_count, 2);
    for (int32_t p = 0; p < 24; p++) {
        assert_int_equal(shape.pcpus[p].core, p / 2);
        assert_int_equal(shape.pcpus[p].llc, p / 6);
        assert_int_equal(shape.pcpus[p].socket, p / 12);
        assert_int_equal(shape.pcpus[p].node, p / 12);
        assert_int_equal(shape.pcpus[p].sibling, p ^ 1);
        assert_int_equal(shape.pcpus[p].capacity, TOPOLOGY_CAPACITY);
    }
    assert_int_equal(topology_distance(&shape, 0, 1), TOPOLOGY_FAR);
    assert_int_equal(topology_distance(&shape, 1, 1), TOPOLOGY_NEAR);
    assert_int_equal(topology_distance(&shape, -1, 1), TOPOLOGY_NEAR);
    topology_finish(&shape);
}

static void regular_rings_go_round_a_core(void **state)
{
    struct topology shape = {0};

    (void)state;
    assert_int_equal(topology_regular(&shape, 1, 1, 2, 4), 0);
    assert_int_equal(shape.pcpus[4].sibling, 5);
    assert_int_equal(shape.pcpus[7].sibling, 4);
    assert_int_equal(topology_regular(&shape, 1, 1, 4, 1), 0);
    assert_int_equal(shape.pcpus[3].sibling, 3);
    assert_int_equal(shape.version, 2);
    topology_finish(&shape);
}

static void regular_refuses_what_is_no_machine(void **state)
{
    struct topology shape = {0};

    (void)state;
    assert_int_equal(topology_regular(&shape, 0, 1, 1, 1), -EINVAL);
    assert_int_equal(topology_regular(&shape, 1, 1, 1, CPUSET_MAX + 1), -EINVAL);
    assert_int_equal(topology_regular(&shape, TOPOLOGY_NODES_MAX + 1, 1, 1, 1), -EINVAL);
    assert_int_equal(topology_regular(&shape, UINT32_MAX, UINT32_MAX, 2, 2), -EINVAL);
    assert_int_equal(shape.version, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regular_numbers_threads_first),
        cmocka_unit_test(regular_rings_go_round_a_core),
        cmocka_unit_test(regular_refuses_what_is_no_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
