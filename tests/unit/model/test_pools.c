/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_pools.c - how hosts of many shapes are cut into pools. */
#include "pools.h"
#include "support/random.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct pool_choice cpu = {.level = POOL_CPU}, core = {.level = POOL_CORE},
                                llc = {.level = POOL_LLC}, node = {.level = POOL_NODE},
                                all = {.level = POOL_ALL};

/* A host, and its cut. */
struct bench {
    struct topology topology;
    struct pools pools;
    struct cpuset managed;
    uint32_t pcpus;
};

static struct pool_choice sized(uint32_t size)
{
    return (struct pool_choice){.level = POOL_SIZED, .size = size};
}

static struct cpuset set_of(const char *list)
{
    struct cpuset set;

    assert_int_equal(cpuset_parse(&set, list), 0);
    return set;
}

/* A host without topology, all of whose pCPUs are managed. */
static void begin(struct bench *bench, uint32_t pcpus)
{
    *bench = (struct bench){.pcpus = pcpus};
    for (uint32_t p = 0; p < pcpus; p++)
        cpuset_add(&bench->managed, p);
}

static void shape(struct bench *bench, uint32_t sockets, uint32_t llcs, uint32_t cores,
                  uint32_t threads)
{
    assert_int_equal(topology_regular(&bench->topology, sockets, llcs, cores, threads), 0);
}

static void begin_shaped(struct bench *bench, uint32_t sockets, uint32_t llcs, uint32_t cores,
                         uint32_t threads)
{
    begin(bench, sockets * llcs * cores * threads);
    shape(bench, sockets, llcs, cores, threads);
}

static void finish(struct bench *bench)
{
    pools_finish(&bench->pools);
    topology_finish(&bench->topology);
}

static void update(struct bench *bench, struct pool_choice choice)
{
    assert_int_equal(
        pools_update(&bench->pools, &choice, &bench->topology, bench->pcpus, &bench->managed), 0);
}

/* The managed pCPUs of each pool: "0-3 4-7". */
static void cut_is(const struct bench *bench, const char *expected)
{
    char text[1000] = "";
    size_t length = 0;

    for (uint32_t pool = 0; pool < bench->pools.count; pool++) {
        struct cpuset members;

        cpuset_clear(&members);
        for (uint32_t p = 0; p < bench->pcpus; p++) {
            if (bench->pools.of[p] == (int32_t)pool && cpuset_has(&bench->managed, p))
                cpuset_add(&members, p);
        }
        length += (size_t)snprintf(text + length, sizeof text - length, "%s", pool ? " " : "");
        length += cpuset_format(&members, text + length, sizeof text - length);
        assert_true(length < sizeof text);
    }
    assert_string_equal(text, expected);
}

static void cuts_to(struct bench *bench, struct pool_choice choice, enum pool_level level,
                    const char *expected)
{
    update(bench, choice);
    assert_int_equal(bench->pools.level, level);
    assert_int_equal(bench->pools.choice.level, choice.level);
    assert_int_equal(bench->pools.choice.size, choice.size);
    cut_is(bench, expected);
}

/* Siblings are p and p + n/2, as on most machines of one socket. */
static void interleave(struct bench *bench)
{
    const uint32_t half = bench->pcpus / 2;

    assert_int_equal(topology_reserve(&bench->topology, bench->pcpus, 1), 0);
    for (uint32_t p = 0; p < bench->pcpus; p++) {
        struct topology_pcpu *at = &bench->topology.pcpus[p];

        at->core = (int32_t)(p % half);
        at->llc = at->die = at->socket = at->node = 0;
        at->sibling = (int32_t)((p + half) % bench->pcpus);
    }
    bench->topology.core_count = half;
    bench->topology.version++;
}

/* What topology readings tell of a pCPU without known LLC. */
static void forget_llcs(struct bench *bench)
{
    for (uint32_t p = 0; p < bench->topology.pcpu_count; p++)
        bench->topology.pcpus[p].llc = -1;
    bench->topology.version++;
}

/* Takes a pCPU offline: the next reading of the topology does not know it. */
static void go_offline(struct bench *bench, uint32_t pcpu)
{
    struct topology_pcpu *pcpus = bench->topology.pcpus;
    int32_t before = (int32_t)pcpu;

    cpuset_remove(&bench->managed, pcpu);
    if (pcpu >= bench->topology.pcpu_count)
        return;
    while (pcpus[before].sibling != (int32_t)pcpu)
        before = pcpus[before].sibling;
    pcpus[before].sibling = pcpus[pcpu].sibling;
    pcpus[pcpu] = (struct topology_pcpu){
        .core = -1, .llc = -1, .die = -1, .socket = -1, .node = -1, .sibling = (int32_t)pcpu};
    bench->topology.version++;
}

/* ---- levels ---- */

static void a_cpu_is_a_pool_of_its_number(void **state)
{
    struct bench bench;
    uint64_t version;

    (void)state;
    begin(&bench, 4);
    cuts_to(&bench, cpu, POOL_CPU, "0 1 2 3");
    version = bench.pools.version;
    assert_true(version > 0);
    /* Managed or not, and whatever is known of the host. */
    bench.managed = set_of("1,3");
    cuts_to(&bench, cpu, POOL_CPU, " 1  3");
    for (int32_t p = 0; p < 4; p++)
        assert_int_equal(bench.pools.of[p], p);
    bench.managed = set_of("");
    update(&bench, cpu);
    bench.managed = set_of("0-3");
    shape(&bench, 1, 1, 2, 2);
    cuts_to(&bench, cpu, POOL_CPU, "0 1 2 3");
    assert_int_equal(bench.pools.version, version);
    bench.pcpus = 6;
    bench.managed = set_of("0-5");
    cuts_to(&bench, cpu, POOL_CPU, "0 1 2 3 4 5");
    assert_int_equal(bench.pools.version, version);
    finish(&bench);
}

static void a_core(void **state)
{
    struct bench bench;

    (void)state;
    begin_shaped(&bench, 2, 1, 2, 2);
    cuts_to(&bench, core, POOL_CORE, "0-1 2-3 4-5 6-7");
    finish(&bench);
    begin_shaped(&bench, 1, 1, 2, 4);
    cuts_to(&bench, core, POOL_CORE, "0-3 4-7");
    finish(&bench);
    begin(&bench, 8);
    interleave(&bench);
    cuts_to(&bench, core, POOL_CORE, "0,4 1,5 2,6 3,7");
    finish(&bench);
    /* A core with one managed thread is a pool too. */
    begin_shaped(&bench, 1, 1, 4, 2);
    bench.managed = set_of("0-1,3,6-7");
    cuts_to(&bench, core, POOL_CORE, "0-1 3 6-7");
    assert_int_equal(bench.pools.of[2], -1);
    finish(&bench);
}

static void cores_of_one_thread_are_cpus(void **state)
{
    struct bench bench;

    (void)state;
    begin_shaped(&bench, 1, 2, 2, 1);
    cuts_to(&bench, core, POOL_CPU, "0 1 2 3");
    finish(&bench);
    begin(&bench, 4); /* no topology */
    cuts_to(&bench, core, POOL_CPU, "0 1 2 3");
    finish(&bench);
    /* The other threads are not managed. */
    begin_shaped(&bench, 1, 1, 4, 2);
    bench.managed = set_of("0,2,4,6");
    update(&bench, core);
    assert_int_equal(bench.pools.level, POOL_CPU);
    for (int32_t p = 0; p < 8; p++)
        assert_int_equal(bench.pools.of[p], p);
    finish(&bench);
}

/* No reading of the topology tells of it: a limit of a domain is gone, or --cpus is another. */
static void siblings_that_are_managed_later_make_cores(void **state)
{
    struct bench bench;

    (void)state;
    begin_shaped(&bench, 1, 1, 2, 2);
    bench.managed = set_of("0,2");
    update(&bench, core);
    assert_int_equal(bench.pools.level, POOL_CPU);
    bench.managed = set_of("0-3");
    cuts_to(&bench, core, POOL_CORE, "0-1 2-3");
    finish(&bench);
}

static void a_last_level_cache(void **state)
{
    struct bench bench;

    (void)state;
    begin_shaped(&bench, 2, 2, 2, 2);
    cuts_to(&bench, llc, POOL_LLC, "0-3 4-7 8-11 12-15");
    forget_llcs(&bench);
    cuts_to(&bench, llc, POOL_NODE, "0-7 8-15");
    finish(&bench);
    begin(&bench, 8);
    cuts_to(&bench, llc, POOL_ALL, "0-7");
    finish(&bench);
    /* A cache without managed pCPUs is none. */
    begin_shaped(&bench, 1, 3, 2, 2);
    bench.managed = set_of("1-2,9-11");
    cuts_to(&bench, llc, POOL_LLC, "1-2 9-11");
    finish(&bench);
}

static void a_node(void **state)
{
    struct bench bench;

    (void)state;
    begin_shaped(&bench, 2, 2, 2, 2);
    cuts_to(&bench, node, POOL_NODE, "0-7 8-15");
    forget_llcs(&bench);
    cuts_to(&bench, node, POOL_NODE, "0-7 8-15");
    finish(&bench);
    begin(&bench, 8);
    cuts_to(&bench, node, POOL_ALL, "0-7");
    finish(&bench);
}

static void the_whole_host(void **state)
{
    struct bench bench;

    (void)state;
    begin_shaped(&bench, 2, 2, 2, 2);
    cuts_to(&bench, all, POOL_ALL, "0-15");
    bench.managed = set_of("2,9");
    cuts_to(&bench, all, POOL_ALL, "2,9");
    finish(&bench);
}

/* If one pCPU's cache is not known, no cut goes by caches. */
static void what_is_known_of_all_counts(void **state)
{
    struct bench bench;

    (void)state;
    begin_shaped(&bench, 2, 2, 1, 2);
    bench.topology.pcpus[5].llc = -1;
    bench.topology.version++;
    cuts_to(&bench, llc, POOL_NODE, "0-3 4-7");
    bench.managed = set_of("0-4,6-7"); /* nor where it is not managed any more */
    bench.topology.version++;
    cuts_to(&bench, llc, POOL_LLC, "0-1 2-3 4 6-7");
    finish(&bench);
    begin_shaped(&bench, 1, 1, 2, 2); /* of four of six pCPUs */
    bench.pcpus = 6;
    bench.managed = set_of("0-5");
    cuts_to(&bench, node, POOL_ALL, "0-5");
    finish(&bench);
}

/* ---- sizes ---- */

static void a_size_without_topology(void **state)
{
    static const struct {
        uint32_t pcpus, size;
        const char *cut;
    } cases[] = {
        {8, 2, "0-1 2-3 4-5 6-7"},
        {8, 3, "0-2 3-5 6-7"},
        {8, 4, "0-3 4-7"},
        {8, 5, "0-3 4-7"},
        {8, 6, "0-3 4-7"},
        {8, 7, "0-3 4-7"},
        {8, 8, "0-7"},
        {8, 9, "0-7"},
        {7, 2, "0-1 2-3 4-5 6"},
        {7, 3, "0-2 3-4 5-6"},
        {10, 4, "0-3 4-6 7-9"},
        {11, 4, "0-3 4-7 8-10"},
        {3, 2, "0-1 2"},
        {2, 2, "0-1"},
        {1, 2, "0"},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct bench bench;

        begin(&bench, cases[c].pcpus);
        cuts_to(&bench, sized(cases[c].size), POOL_SIZED, cases[c].cut);
        finish(&bench);
    }
}

static void a_size_of_whole_cores(void **state)
{
    static const struct {
        uint32_t sockets, llcs, cores, threads, size;
        const char *cut;
    } cases[] = {
        /* without SMT */
        {1, 1, 6, 1, 4, "0-2 3-5"},
        {1, 2, 3, 1, 2, "0-1 2 3-4 5"},
        {2, 1, 4, 1, 3, "0-1 2-3 4-5 6-7"},
        {2, 1, 4, 1, 4, "0-3 4-7"},
        {2, 1, 4, 1, 8, "0-3 4-7"}, /* no pool over two caches */
        /* two threads */
        {1, 1, 4, 2, 2, "0-1 2-3 4-5 6-7"},
        {1, 1, 4, 2, 3, "0-3 4-5 6-7"},
        {1, 1, 4, 2, 4, "0-3 4-7"},
        {1, 1, 4, 2, 5, "0-3 4-7"},
        {1, 1, 4, 2, 6, "0-3 4-7"},
        {1, 1, 4, 2, 7, "0-3 4-7"},
        {1, 1, 4, 2, 8, "0-7"},
        {1, 1, 4, 2, 9, "0-7"},
        {1, 1, 5, 2, 4, "0-3 4-7 8-9"},
        {1, 1, 5, 2, 5, "0-5 6-9"},
        {1, 1, 5, 2, 6, "0-5 6-9"},
        {1, 1, 5, 2, 9, "0-5 6-9"},
        {1, 2, 3, 2, 4, "0-3 4-5 6-9 10-11"},
        {2, 2, 2, 2, 4, "0-3 4-7 8-11 12-15"},
        {2, 2, 2, 2, 16, "0-3 4-7 8-11 12-15"},
        /* four threads: a core is never cut, whatever the size */
        {1, 1, 2, 4, 2, "0-3 4-7"},
        {1, 1, 4, 4, 6, "0-7 8-11 12-15"},
        {1, 1, 4, 4, 9, "0-7 8-15"},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct bench bench;

        begin_shaped(&bench, cases[c].sockets, cases[c].llcs, cases[c].cores, cases[c].threads);
        cuts_to(&bench, sized(cases[c].size), POOL_SIZED, cases[c].cut);
        finish(&bench);
    }
}

static void a_size_of_a_node_where_no_cache_is_known(void **state)
{
    struct bench bench;

    (void)state;
    begin_shaped(&bench, 2, 2, 2, 2);
    forget_llcs(&bench);
    cuts_to(&bench, sized(6), POOL_SIZED, "0-3 4-7 8-11 12-15");
    cuts_to(&bench, sized(8), POOL_SIZED, "0-7 8-15");
    cuts_to(&bench, sized(16), POOL_SIZED, "0-7 8-15");
    finish(&bench);
}

static void threads_may_be_numbered_last(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, 12);
    interleave(&bench);
    cuts_to(&bench, sized(4), POOL_SIZED, "0-1,6-7 2-3,8-9 4-5,10-11");
    cuts_to(&bench, sized(5), POOL_SIZED, "0-1,6-7 2-3,8-9 4-5,10-11");
    cuts_to(&bench, sized(8), POOL_SIZED, "0-2,6-8 3-5,9-11");
    cuts_to(&bench, sized(2), POOL_SIZED, "0,6 1,7 2,8 3,9 4,10 5,11");
    cuts_to(&bench, llc, POOL_LLC, "0-11");
    finish(&bench);
}

static void one_pcpu_is_one_pool(void **state)
{
    static const enum pool_level levels[] = {POOL_CPU, POOL_LLC, POOL_NODE, POOL_SIZED, POOL_ALL};

    (void)state;
    for (int shaped = 0; shaped < 2; shaped++) {
        for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
            struct bench bench;

            begin(&bench, 1);
            if (shaped)
                shape(&bench, 1, 1, 1, 1);
            update(&bench, (struct pool_choice){.level = levels[l], .size = 4});
            cut_is(&bench, "0");
            update(&bench, core);
            assert_int_equal(bench.pools.level, POOL_CPU);
            cut_is(&bench, "0");
            finish(&bench);
        }
    }
}

static void more_than_the_host_has_is_all_of_it(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, 6);
    cuts_to(&bench, sized(CPUSET_MAX), POOL_SIZED, "0-5");
    shape(&bench, 1, 1, 3, 2);
    cuts_to(&bench, sized(CPUSET_MAX), POOL_SIZED, "0-5");
    finish(&bench);
}

/* ---- what changes later ---- */

static void who_goes_offline_comes_back(void **state)
{
    struct bench bench;
    struct topology before = {0};
    uint64_t version;

    (void)state;
    begin_shaped(&bench, 1, 2, 4, 2);
    cuts_to(&bench, sized(4), POOL_SIZED, "0-3 4-7 8-11 12-15");
    version = bench.pools.version;
    assert_int_equal(topology_copy(&before, &bench.topology), 0);
    go_offline(&bench, 5);
    cuts_to(&bench, sized(4), POOL_SIZED, "0-3 4,6-7 8-11 12-15");
    go_offline(&bench, 0);
    go_offline(&bench, 1);
    go_offline(&bench, 2);
    go_offline(&bench, 3); /* nobody is left of the first */
    cuts_to(&bench, sized(4), POOL_SIZED, " 4,6-7 8-11 12-15");
    assert_int_equal(bench.pools.of[5], 1);
    assert_int_equal(bench.pools.version, version);
    before.version = bench.topology.version + 1;
    assert_int_equal(topology_copy(&bench.topology, &before), 0);
    bench.managed = set_of("0-15");
    cuts_to(&bench, sized(4), POOL_SIZED, "0-3 4-7 8-11 12-15");
    assert_int_equal(bench.pools.version, version);
    topology_finish(&before);
    finish(&bench);
}

static void offline_at_every_level(void **state)
{
    static const struct pool_choice choices[] = {
        {.level = POOL_CORE}, {.level = POOL_LLC}, {.level = POOL_NODE}, {.level = POOL_ALL}};
    static const char *const cuts[] = {"0 2-3 4-5 6-7", "0,2-3 4-7", "0,2-7", "0,2-7"};

    (void)state;
    for (int shaped = 0; shaped < 2; shaped++) {
        for (size_t c = shaped ? 0 : 3; c < 4; c++) {
            struct bench bench;
            uint64_t version;

            begin(&bench, 8);
            if (shaped)
                shape(&bench, 1, 2, 2, 2);
            update(&bench, choices[c]);
            version = bench.pools.version;
            go_offline(&bench, 1);
            update(&bench, choices[c]);
            cut_is(&bench, cuts[c]);
            assert_int_equal(bench.pools.version, version);
            finish(&bench);
        }
    }
}

static void who_was_not_in_the_cut_cuts_anew(void **state)
{
    struct bench bench;
    uint64_t version;

    (void)state;
    begin(&bench, 8);
    bench.managed = set_of("0-5");
    cuts_to(&bench, sized(4), POOL_SIZED, "0-2 3-5");
    assert_int_equal(bench.pools.of[6], -1);
    version = bench.pools.version;
    bench.managed = set_of("0-4,6");
    cuts_to(&bench, sized(4), POOL_SIZED, "0-2 3-4,6");
    assert_int_not_equal(bench.pools.version, version);
    assert_int_equal(bench.pools.of[5], -1); /* not in this cut */
    version = bench.pools.version;
    bench.managed = set_of("0-4");
    cuts_to(&bench, sized(4), POOL_SIZED, "0-2 3-4");
    assert_int_equal(bench.pools.version, version);
    bench.pcpus = 9; /* more pCPUs are possible */
    bench.managed = set_of("0-8");
    cuts_to(&bench, sized(4), POOL_SIZED, "0-2 3-5 6-8");
    assert_int_not_equal(bench.pools.version, version);
    finish(&bench);
}

static void another_choice_cuts_anew(void **state)
{
    struct bench bench;
    uint64_t last = 0;
    const struct pool_choice choices[] = {cpu, core, sized(4), sized(8), llc, node, all, cpu};
    static const char *const cuts[] = {
        "0 1 2 3 4 5 6 7", "0-1 2-3 4-5 6-7", "0-3 4-7", "0-7", "0-7", "0-7", "0-7",
        "0 1 2 3 4 5 6 7"};

    (void)state;
    begin_shaped(&bench, 1, 1, 4, 2);
    for (size_t c = 0; c < sizeof choices / sizeof *choices; c++) {
        update(&bench, choices[c]);
        cut_is(&bench, cuts[c]);
        assert_true(bench.pools.version > last);
        last = bench.pools.version;
        update(&bench, choices[c]);
        assert_int_equal(bench.pools.version, last);
    }
    finish(&bench);
}

static void a_topology_may_come_later(void **state)
{
    struct bench bench;
    uint64_t version;

    (void)state;
    begin(&bench, 8);
    cuts_to(&bench, llc, POOL_ALL, "0-7");
    version = bench.pools.version;
    shape(&bench, 1, 2, 2, 2);
    cuts_to(&bench, llc, POOL_LLC, "0-3 4-7");
    assert_int_not_equal(bench.pools.version, version);
    finish(&bench);

    begin(&bench, 8);
    cuts_to(&bench, core, POOL_CPU, "0 1 2 3 4 5 6 7");
    version = bench.pools.version;
    shape(&bench, 1, 2, 2, 2);
    cuts_to(&bench, core, POOL_CORE, "0-1 2-3 4-5 6-7");
    assert_int_not_equal(bench.pools.version, version);
    finish(&bench);

    begin(&bench, 8);
    cuts_to(&bench, sized(4), POOL_SIZED, "0-3 4-7");
    version = bench.pools.version;
    interleave(&bench); /* the pools are not of whole cores */
    cuts_to(&bench, sized(4), POOL_SIZED, "0-1,4-5 2-3,6-7");
    assert_int_not_equal(bench.pools.version, version);
    finish(&bench);

    begin(&bench, 12);
    cuts_to(&bench, sized(4), POOL_SIZED, "0-3 4-7 8-11");
    version = bench.pools.version;
    shape(&bench, 1, 2, 3, 2); /* the second is over two caches */
    cuts_to(&bench, sized(4), POOL_SIZED, "0-3 4-5 6-9 10-11");
    assert_int_not_equal(bench.pools.version, version);
    finish(&bench);

    begin(&bench, 8); /* one that fits changes nothing */
    cuts_to(&bench, sized(4), POOL_SIZED, "0-3 4-7");
    version = bench.pools.version;
    shape(&bench, 1, 2, 2, 2);
    cuts_to(&bench, sized(4), POOL_SIZED, "0-3 4-7");
    shape(&bench, 1, 1, 4, 2);
    cuts_to(&bench, sized(4), POOL_SIZED, "0-3 4-7");
    assert_int_equal(bench.pools.version, version);
    finish(&bench);
}

/* ---- what holds for all ---- */

static void a_set_is_held_by_one_pool_or_none(void **state)
{
    static const struct {
        const char *set;
        int32_t pool;
    } cases[] = {
        {"", -1},  {"0", 0},    {"0-3", 0}, {"1,3", 0},  {"4-7", 1},   {"3-4", -1},
        {"8", -1}, {"0,8", -1}, {"9", -1},  {"0-7", -1}, {"8191", -1},
    };
    struct bench bench;

    (void)state;
    begin(&bench, 9);
    bench.managed = set_of("0-7");
    cuts_to(&bench, sized(4), POOL_SIZED, "0-3 4-7");
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const struct cpuset set = set_of(cases[c].set);

        assert_int_equal(pools_holding(&bench.pools, &set), cases[c].pool);
    }
    /* An offline pCPU is still of its pool. */
    go_offline(&bench, 4);
    update(&bench, sized(4));
    assert_int_equal(pools_holding(&bench.pools, &(struct cpuset){.words = {1 << 4}}), 1);
    finish(&bench);
}

static void words_are_those_of_the_option(void **state)
{
    const struct pool_choice seven = sized(7), most = sized(CPUSET_MAX);
    char text[16];

    (void)state;
    assert_string_equal(pool_choice_words(&cpu, text), "cpu");
    assert_string_equal(pool_choice_words(&core, text), "core");
    assert_string_equal(pool_choice_words(&llc, text), "llc");
    assert_string_equal(pool_choice_words(&node, text), "node");
    assert_string_equal(pool_choice_words(&all, text), "all");
    assert_string_equal(pool_choice_words(&seven, text), "7");
    assert_string_equal(pool_choice_words(&most, text), "8192");
}

static bool shares(const struct topology *topology, uint32_t p, uint32_t q, enum pool_level level)
{
    const struct topology_pcpu *a = &topology->pcpus[p], *b = &topology->pcpus[q];

    if (topology->version == 0)
        return level != POOL_CORE || p == q;
    return level == POOL_CORE ? a->core == b->core : a->llc == b->llc;
}

/* True if no managed pCPU of the same core has a lower number. */
static bool is_first_thread(const struct bench *bench, uint32_t pcpu)
{
    for (uint32_t q = 0; q < pcpu; q++) {
        if (cpuset_has(&bench->managed, q) && shares(&bench->topology, q, pcpu, POOL_CORE))
            return false;
    }
    return true;
}

/* Every managed pCPU is in one pool, numbered by its lowest; pools are of whole cores, within a
 * cache, and of no more cores than pCPUs were asked for. A recut also leaves no pool empty. */
static void check_cut(const struct bench *bench, uint32_t size, bool recut)
{
    const struct pools *pools = &bench->pools;
    int32_t next = 0;

    for (uint32_t p = 0; p < bench->pcpus; p++) {
        const int32_t pool = pools->of[p];
        uint32_t cores = 0; /* of the pool, counted by their lowest managed pCPU */

        if (!cpuset_has(&bench->managed, p)) {
            assert_true(pool == -1 || !recut);
            continue;
        }
        assert_in_range(pool, 0, pools->count - 1);
        if (recut)
            assert_true(pool <= next);
        next += pool == next;
        for (uint32_t q = 0; q < bench->pcpus; q++) {
            if (!cpuset_has(&bench->managed, q))
                continue;
            if (pools->of[q] != pool) {
                assert_false(shares(&bench->topology, p, q, POOL_CORE));
                continue;
            }
            assert_true(shares(&bench->topology, p, q, POOL_LLC));
            cores += is_first_thread(bench, q);
        }
        if (cores > size)
            fail_msg("a pool of %u cores, of %u pCPUs at the most", cores, size);
    }
    if (recut)
        assert_int_equal(next, pools->count);
}

/* The pools of a cache differ by one core at most, the larger first. */
static void check_even(const struct bench *bench, uint32_t pcpus_of_llc, uint32_t threads,
                       uint32_t size)
{
    const uint32_t cores = pcpus_of_llc / threads;
    const uint32_t needed = (pcpus_of_llc + size - 1) / size;
    const uint32_t count = needed < cores ? needed : cores;
    uint32_t members[256] = {0};

    for (uint32_t p = 0; p < bench->pcpus; p++)
        members[bench->pools.of[p]]++;
    assert_int_equal(bench->pools.count, count * (bench->pcpus / pcpus_of_llc));
    for (uint32_t pool = 0; pool < bench->pools.count; pool++) {
        const uint32_t in_llc = pool % count;

        assert_int_equal(members[pool], threads * (cores / count + (in_llc < cores % count)));
    }
}

static void regular_hosts_are_cut_evenly(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 4; threads *= 2) {
        for (uint32_t cores = 1; cores <= 12; cores++) {
            for (uint32_t size = 2; size <= 9; size++) {
                struct bench bench;

                begin_shaped(&bench, 2, 1 + cores % 2, cores, threads);
                update(&bench, sized(size));
                check_cut(&bench, size, true);
                check_even(&bench, cores * threads, threads, size);
                finish(&bench);
            }
        }
    }
}

static void every_pcpu_is_in_one_pool(void **state)
{
    enum { HOSTS = 2000, CHANGES = 4 };
    uint64_t seed = 11;

    (void)state;
    for (int host = 0; host < HOSTS; host++) {
        const uint32_t size = 2 + below(&seed, 8);
        struct bench bench;

        begin_shaped(&bench, 1 + below(&seed, 2), 1 + below(&seed, 3), 1 + below(&seed, 6),
                     1 + below(&seed, 3));
        if (bench.pcpus % 2 == 0 && one_in(&seed, 4))
            interleave(&bench);
        if (one_in(&seed, 4))
            topology_finish(&bench.topology);
        for (uint32_t p = 1; p < bench.pcpus; p++) {
            if (one_in(&seed, 5))
                cpuset_remove(&bench.managed, p);
        }
        update(&bench, sized(size));
        check_cut(&bench, size, true);
        for (int change = 0; change < CHANGES; change++) {
            const uint64_t version = bench.pools.version;
            const uint32_t p = below(&seed, bench.pcpus);

            if (one_in(&seed, 3))
                cpuset_add(&bench.managed, p);
            else
                cpuset_remove(&bench.managed, p);
            update(&bench, sized(size));
            check_cut(&bench, size, bench.pools.version != version);
            assert_true(cpuset_within(&bench.managed, &bench.pools.cut));
        }
        finish(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cpu_is_a_pool_of_its_number),
        cmocka_unit_test(a_core),
        cmocka_unit_test(cores_of_one_thread_are_cpus),
        cmocka_unit_test(siblings_that_are_managed_later_make_cores),
        cmocka_unit_test(a_last_level_cache),
        cmocka_unit_test(a_node),
        cmocka_unit_test(the_whole_host),
        cmocka_unit_test(what_is_known_of_all_counts),
        cmocka_unit_test(a_size_without_topology),
        cmocka_unit_test(a_size_of_whole_cores),
        cmocka_unit_test(a_size_of_a_node_where_no_cache_is_known),
        cmocka_unit_test(threads_may_be_numbered_last),
        cmocka_unit_test(one_pcpu_is_one_pool),
        cmocka_unit_test(more_than_the_host_has_is_all_of_it),
        cmocka_unit_test(who_goes_offline_comes_back),
        cmocka_unit_test(offline_at_every_level),
        cmocka_unit_test(who_was_not_in_the_cut_cuts_anew),
        cmocka_unit_test(another_choice_cuts_anew),
        cmocka_unit_test(a_topology_may_come_later),
        cmocka_unit_test(a_set_is_held_by_one_pool_or_none),
        cmocka_unit_test(words_are_those_of_the_option),
        cmocka_unit_test(regular_hosts_are_cut_evenly),
        cmocka_unit_test(every_pcpu_is_in_one_pool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
