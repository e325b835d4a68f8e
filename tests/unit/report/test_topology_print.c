/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_topology_print.c - drawings of many machines. */
#include "report/topology_print.h"

#include "host/libvirt/xml.h"
#include "host/topology_draft.h"
#include "support/shape_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An idle host of a topology. */
static struct snapshot *host_of(const char *name)
{
    struct shape *shape = shape_named(name);
    struct snapshot *snapshot = snapshot_new();
    struct failure why;
    char *xml;

    assert_non_null(shape);
    assert_non_null(snapshot);
    xml = shape_capabilities(shape);
    assert_int_equal(topology_read_capabilities(&snapshot->topology, xml, &why), 0);
    for (uint32_t p = 0; p < snapshot->topology.pcpu_count; p++)
        snapshot->topology.pcpus[p].capacity = shape->places[p].capacity;
    assert_int_equal(topology_number(&snapshot->topology, &shape->online), 0);
    snapshot->online = shape->online;
    snapshot->size.pcpus = shape->pcpu_count;
    free(xml);
    shape_free(shape);
    return snapshot;
}

/* Adds a vCPU with an affinity. */
static void pin(struct snapshot *snapshot, const char *list)
{
    struct snapshot_size need = snapshot->size;

    need.domains = 1;
    need.vcpus++;
    need.sets++;
    assert_int_equal(snapshot_reserve(snapshot, &need), 0);
    assert_int_equal(cpuset_parse(&snapshot->sets[snapshot->size.sets], list), 0);
    snapshot->domains[0] = (struct domain_sample){.vcpu_count = need.vcpus};
    snapshot->vcpus[snapshot->size.vcpus] =
        (struct vcpu_sample){.affinity = snapshot->size.sets, .wanted = snapshot->size.sets};
    snapshot->size = need;
}

/* --pool */
static struct pool_choice asked;

static char *draw(const struct snapshot *snapshot, const char *cpus)
{
    struct options options = {.planner.has_cpus = cpus != NULL, .planner.pool = asked};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (cpus)
        assert_int_equal(cpuset_parse(&options.planner.cpus, cpus), 0);
    assert_non_null(out);
    assert_int_equal(topology_print(out, snapshot, &options), 0);
    fclose(out);
    return text;
}

static void expect(struct snapshot *snapshot, const char *cpus, const char *picture)
{
    char *text = draw(snapshot, cpus);

    assert_string_equal(text, picture);
    free(text);
    snapshot_free(snapshot);
}

static void threads_stand_in_cores(void **state)
{
    (void)state;
    expect(host_of("two sockets"), NULL,
           "online pCPUs: 16; 2 sockets, 2 dies, 2 nodes, 2 last-level caches, 8 cores\n"
           "managed: 0-15\n"
           "\n"
           "socket 0\n"
           "  node 0, 1.0 GiB\n"
           "    LLC 0: [0 8] .. [3 11] (4 cores)\n"
           "socket 1\n"
           "  node 1, 1.9 GiB\n"
           "    LLC 1: [4 12] .. [7 15] (4 cores)\n"
           "\n"
           "distance to node:   0   1\n"
           "  from node    0:  10  21\n"
           "  from node    1:  21  10\n"
           "\n"
           "[ ] a core and its threads\n");
}

static void marks_and_pins_are_shown(void **state)
{
    struct snapshot *snapshot = host_of("two sockets");

    (void)state;
    cpuset_parse(&snapshot->isolated, "7,15");
    cpuset_parse(&snapshot->nohz_full, "1-2");
    pin(snapshot, "8");
    pin(snapshot, "8");
    pin(snapshot, "4");
    pin(snapshot, "0-15");
    expect(snapshot, "0-6,8-14",
           "online pCPUs: 16; 2 sockets, 2 dies, 2 nodes, 2 last-level caches, 8 cores\n"
           "managed: 0-6, 8-14\n"
           "isolated: 7, 15\n"
           "nohz_full: 1-2\n"
           "\n"
           "socket 0\n"
           "  node 0, 1.0 GiB\n"
           "    LLC 0: [0 8:2] [1n 9] [2n 10] [3 11]\n"
           "socket 1\n"
           "  node 1, 1.9 GiB\n"
           "    LLC 1: [4:1 12] [5 13] [6 14] [7ix 15ix]\n"
           "\n"
           "distance to node:   0   1\n"
           "  from node    0:  10  21\n"
           "  from node    1:  21  10\n"
           "\n"
           "[ ] a core and its threads  i isolated  n nohz_full  x not managed\n"
           "                            :N so many vCPUs pinned there\n");
}

static void unequal_cores_stand_apart(void **state)
{
    (void)state;
    expect(host_of("hybrid by CPPC"), NULL,
           "online pCPUs: 8; 1 socket, 1 die, 1 node, 1 last-level cache, 6 cores\n"
           "managed: 0-7\n"
           "\n"
           "socket 0\n"
           "  node 0, 1.0 GiB\n"
           "    LLC 0: [0 1] [2 3]\n"
           "    LLC 0, capacity 608: [4] .. [7] (4 cores)\n"
           "\n"
           "[ ] a core and its threads\n");
}

static void what_is_missing_is_said(void **state)
{
    (void)state;
    expect(host_of("offline siblings"), NULL,
           "online pCPUs: 13; 2 sockets, 2 dies, 2 nodes, 2 last-level caches, 8 cores\n"
           "managed: 0-3, 5-8, 10-14\n"
           "offline or absent: 4, 9, 15\n"
           "\n"
           "socket 0\n"
           "  node 0, 1.0 GiB\n"
           "    LLC 0: [0 8] [1] [2 10] [3 11]\n"
           "socket 1\n"
           "  node 1, 1.9 GiB\n"
           "    LLC 1: [5 13] [6 14] [7] [12]\n"
           "\n"
           "distance to node:   0   1\n"
           "  from node    0:  10  21\n"
           "  from node    1:  21  10\n"
           "\n"
           "[ ] a core and its threads\n");
}

static void memory_and_dies_have_their_place(void **state)
{
    char *text;
    struct snapshot *snapshot = host_of("memory only");

    (void)state;
    text = draw(snapshot, NULL);
    assert_non_null(strstr(text, "socket 0\n  node 5, 2.9 GiB\n    LLC 0: [0 1] [2 3]\n"));
    assert_non_null(strstr(text, "\nnode 1, 1.9 GiB, no pCPUs\n"));
    free(text);
    snapshot_free(snapshot);
    snapshot = host_of("dies");
    text = draw(snapshot, NULL);
    assert_non_null(strstr(text, "socket 1\n"
                                 "  die 2\n"
                                 "    node 1, 1.9 GiB\n"
                                 "      LLC 2: [8 9] [10 11]\n"
                                 "  die 3\n"
                                 "    node 1, 1.9 GiB\n"
                                 "      LLC 3: [12 13] [14 15]\n"));
    free(text);
    snapshot_free(snapshot);
}

static void without_a_shape_the_sets_remain(void **state)
{
    struct snapshot *snapshot = snapshot_new();

    (void)state;
    assert_non_null(snapshot);
    cpuset_parse(&snapshot->online, "0-2");
    snapshot->size.pcpus = 4;
    expect(snapshot, "1",
           "online pCPUs: 3; the host tells nothing of their shape\n"
           "managed: 1\n"
           "offline or absent: 3\n");
}

static unsigned lines_of(const char *text)
{
    unsigned lines = 0;

    while (*text) {
        const size_t length = strcspn(text, "\n");

        assert_true(length <= 80);
        text += length + (text[length] == '\n');
        lines++;
    }
    return lines;
}

static void any_shape_fits_a_page(void **state)
{
    struct shape *shape;

    (void)state;
    for (unsigned n = 0; (shape = shape_make(n)); n++) {
        struct snapshot *snapshot = host_of(shape->name);
        char *text = draw(snapshot, NULL);

        assert_in_range(lines_of(text), 5, 70);
        free(text);
        snapshot_free(snapshot);
        shape_free(shape);
    }
}

/*
 * With no two cores alike and every other pCPU not managed, all are drawn and no line is too long.
 */
static void a_thousand_pcpus_in_use_are_all_there(void **state)
{
    struct snapshot *snapshot = host_of("1024 pCPUs");
    char every_other[8000] = "0", number[16], *text;

    (void)state;
    for (uint32_t p = 0; p < 1024; p++) {
        snprintf(number, sizeof number, "%u", p);
        for (uint32_t times = 0; times <= p % 5; times++)
            pin(snapshot, number);
    }
    for (uint32_t p = 2; p < 1024; p += 2)
        snprintf(every_other + strlen(every_other), 16, ",%u", p);
    text = draw(snapshot, every_other);
    assert_in_range(lines_of(text), 100, 400);
    for (uint32_t p = 0; p < 1024; p++) {
        snprintf(number, sizeof number, "%u%s:%u", p, p % 2 ? "x" : "", p % 5 + 1);
        assert_non_null(strstr(text, number));
    }
    free(text);
    snapshot_free(snapshot);
}

/* ---- pools ---- */

/* Draws a host with pools. */
static char *draw_pools(struct snapshot *snapshot, const char *cpus, enum pool_level level,
                        uint32_t size)
{
    char *text;

    asked = (struct pool_choice){level, size};
    text = draw(snapshot, cpus);
    asked = (struct pool_choice){POOL_CPU, 0};
    snapshot_free(snapshot);
    return text;
}

/* Frees the text, too. */
static void has(char *text, const char *part)
{
    assert_non_null(text);
    if (!strstr(text, part))
        fail_msg("no \"%s\" in:\n%s", part, text);
    free(text);
}

static void pools_stand_in_braces(void **state)
{
    struct snapshot *snapshot = host_of("two sockets");
    char *text;

    (void)state;
    cpuset_parse(&snapshot->isolated, "7,15");
    pin(snapshot, "1");
    pin(snapshot, "0-1,8-9");
    pin(snapshot, "4,12");
    pin(snapshot, "0-15");
    text = draw_pools(snapshot, "0-6,8-14", POOL_SIZED, 4);
    assert_string_equal(
        text, "online pCPUs: 16; 2 sockets, 2 dies, 2 nodes, 2 last-level caches, 8 cores\n"
              "managed: 0-6, 8-14\n"
              "isolated: 7, 15\n"
              "\n"
              "socket 0\n"
              "  node 0, 1.0 GiB\n"
              "    LLC 0: {0: [0 8] [1:1 9]} {1: [2 10] [3 11]}\n"
              "socket 1\n"
              "  node 1, 1.9 GiB\n"
              "    LLC 1: {2: [4 12] [5 13]} {3: [6 14]} [7ix 15ix]\n"
              "\n"
              "distance to node:   0   1\n"
              "  from node    0:  10  21\n"
              "  from node    1:  21  10\n"
              "\n"
              "[ ] a core and its threads  i isolated  x not managed  {N: } pool N\n"
              "                            :N so many vCPUs pinned there\n"
              "\n"
              "--pool 4: 4 pools\n"
              "  pool 0: 0-1, 8-9 (4 pCPUs, 2 cores, 2 vCPUs)\n"
              "  pool 1: 2-3, 10-11 (4 pCPUs, 2 cores, 0 vCPUs)\n"
              "  pool 2: 4-5, 12-13 (4 pCPUs, 2 cores, 1 vCPU)\n"
              "  pool 3: 6, 14 (2 pCPUs, 1 core, 0 vCPUs)\n"
              "  in no pool: 1 vCPU\n");
    free(text);
}

static void equal_cores_of_pools_are_ranges(void **state)
{
    (void)state;
    has(draw_pools(host_of("two sockets"), NULL, POOL_LLC, 0),
        "    LLC 0: {0: [0 8] .. [3 11] (4 cores)}\n");
    has(draw_pools(host_of("two sockets"), NULL, POOL_NODE, 0),
        "\n--pool node: 2 pools\n"
        "  pool 0: 0-3, 8-11 (8 pCPUs, 4 cores, 0 vCPUs)\n"
        "  pool 1: 4-7, 12-15 (8 pCPUs, 4 cores, 0 vCPUs)\n");
    has(draw_pools(host_of("two sockets"), NULL, POOL_CORE, 0),
        "    LLC 0: {0: [0 8]} .. {3: [3 11]} (4 pools)\n");
    has(draw_pools(host_of("two sockets"), "0-15,^1", POOL_CORE, 0),
        "    LLC 0: {0: [0 8]} {7: [1x 9]} {1: [2 10]} {2: [3 11]}\n");
}

/* A cache of unequal cores is drawn in two lines: its pool is in both. */
static void a_pool_may_take_two_lines(void **state)
{
    (void)state;
    has(draw_pools(host_of("hybrid by CPPC"), NULL, POOL_LLC, 0),
        "    LLC 0: {0: [0 1] [2 3]}\n"
        "    LLC 0, capacity 608: {0: [4] .. [7] (4 cores)}\n");
    has(draw_pools(host_of("hybrid by CPPC"), NULL, POOL_LLC, 0),
        "\n--pool llc: 1 pool - nothing to balance\n"
        "  pool 0: 0-7 (8 pCPUs, 6 cores, 0 vCPUs)\n");
}

static void what_the_host_does_not_have_is_said(void **state)
{
    struct snapshot *snapshot = snapshot_new();

    (void)state;
    assert_non_null(snapshot);
    cpuset_parse(&snapshot->online, "0-2");
    snapshot->size.pcpus = 4;
    has(draw_pools(snapshot, NULL, POOL_LLC, 0),
        "offline or absent: 3\n"
        "\n"
        "--pool llc: 1 pool of all, for the host tells nothing of caches and nodes\n"
        "            - nothing to balance\n"
        "  pool 0: 0-2 (3 pCPUs, 0 vCPUs)\n");
    snapshot = snapshot_new();
    assert_non_null(snapshot);
    cpuset_parse(&snapshot->online, "0-4");
    snapshot->size.pcpus = 5;
    has(draw_pools(snapshot, NULL, POOL_SIZED, 2), "--pool 2: 3 pools\n"
                                                   "  pool 0: 0-1 (2 pCPUs, 0 vCPUs)\n"
                                                   "  pool 1: 2-3 (2 pCPUs, 0 vCPUs)\n"
                                                   "  pool 2: 4 (1 pCPU, 0 vCPUs)\n");
    has(draw_pools(host_of("two sockets"), "0-7", POOL_CORE, 0),
        "[ ] a core and its threads  x not managed\n"
        "\n"
        "--pool core: as cpu, for no core has two managed threads\n");
}

static void pools_of_any_shape_fit_a_page(void **state)
{
    static const struct pool_choice choices[] = {
        {POOL_CORE, 0}, {POOL_LLC, 0}, {POOL_NODE, 0}, {POOL_SIZED, 2}, {POOL_SIZED, 64}};
    struct shape *shape;

    (void)state;
    for (unsigned n = 0; (shape = shape_make(n)); n++) {
        for (size_t c = 0; c < sizeof choices / sizeof *choices; c++) {
            char *text = draw_pools(host_of(shape->name), NULL, choices[c].level, choices[c].size);

            assert_in_range(lines_of(text), 5, 300);
            free(text);
        }
        shape_free(shape);
    }
}

static void many_pools_share_lines(void **state)
{
    struct snapshot *snapshot = host_of("1024 pCPUs");

    (void)state;
    pin(snapshot, "5");
    has(draw_pools(snapshot, NULL, POOL_SIZED, 8),
        "\n--pool 8: 128 pools\n"
        "  0 (0-3,512-515) 1 (4-7,516-519):1 2 (8-11,520-523) 3 (12-15,524-527)\n"
        "  4 (16-19,528-531) 5 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_stand_in_cores),
        cmocka_unit_test(marks_and_pins_are_shown),
        cmocka_unit_test(unequal_cores_stand_apart),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(memory_and_dies_have_their_place),
        cmocka_unit_test(without_a_shape_the_sets_remain),
        cmocka_unit_test(any_shape_fits_a_page),
        cmocka_unit_test(a_thousand_pcpus_in_use_are_all_there),
        cmocka_unit_test(pools_stand_in_braces),
        cmocka_unit_test(equal_cores_of_pools_are_ranges),
        cmocka_unit_test(a_pool_may_take_two_lines),
        cmocka_unit_test(what_the_host_does_not_have_is_said),
        cmocka_unit_test(pools_of_any_shape_fit_a_page),
        cmocka_unit_test(many_pools_share_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
