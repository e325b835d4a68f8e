/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pools of several pCPUs through all stages: who is placed where, what is taken for somebody else's
 * doing, and what is given back. */
#include "support/fake_host.h"

#include "actuator/give_back.h"
#include "log/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char all[] = "0-7";

/* Eight pCPUs, and vCPUs of one domain that float over all of them. */
static struct host *floating(uint32_t vcpus, double demand)
{
    struct host *host = fake_new(8, 40);
    const uint32_t domain = fake_domain(host, "guest");

    for (uint32_t v = 0; v < vcpus; v++) {
        fake_vcpu(host, domain, (int32_t)(v % 8), demand);
        fake_set_affinity(host, v, all);
    }
    return host;
}

static void periods(struct rig *rig, int count)
{
    while (count-- > 0)
        rig_period(rig, 3);
}

static void is_on(const struct rig *rig, uint32_t vcpu, const char *list)
{
    assert_string_equal(fake_affinity(rig->host, vcpu), list);
}

static void counts(const struct rig *rig, const char *list, uint32_t expected)
{
    uint32_t count = 0;

    for (uint32_t v = 0; v < rig->host->vcpu_count; v++)
        count += strcmp(fake_affinity(rig->host, v), list) == 0;
    assert_int_equal(count, expected);
}

static bool blocked(const struct rig *rig, uint32_t vcpu, unsigned flags)
{
    return (rig_vcpu(rig, vcpu)->blocked_by & flags) != 0;
}

static void nobody_yielded(const struct rig *rig)
{
    for (uint32_t v = 0; v < rig->host->vcpu_count; v++)
        assert_false(blocked(rig, v, VCPU_YIELDED));
}

/* All affinities are as the owner had them; the ledger is empty. */
static void gives_back(struct rig *rig, const char *const *originals)
{
    cpuset_clear(&rig->host->online);
    for (uint32_t p = 0; p < rig->host->pcpus; p++)
        cpuset_add(&rig->host->online, p);
    assert_int_equal(actuator_give_back(&rig->actuator), 0);
    assert_int_equal(ledger_count(rig->ledger), 0);
    for (uint32_t v = 0; v < rig->host->vcpu_count; v++)
        is_on(rig, v, originals ? originals[v] : all);
}

static void offline(struct rig *rig, uint32_t pcpu)
{
    cpuset_remove(&rig->host->online, pcpu);
    for (uint32_t v = 0; v < rig->host->vcpu_count; v++) {
        struct fake_vcpu *one = &rig->host->vcpus[v];
        struct cpuset left = one->affinity;

        cpuset_and(&left, &rig->host->online);
        if (one->last_pcpu == (int32_t)pcpu)
            one->last_pcpu = cpuset_next(cpuset_count(&left) ? &left : &rig->host->online, 0);
    }
}

/* The settings of a changed configuration. */
static void reload(struct rig *rig, struct options *options, const char *words)
{
    static char text[256], name[] = "fake";
    char *argv[16] = {name};
    int argc = 1;

    assert_true(strlen(words) < sizeof text);
    strcpy(text, words);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    assert_int_equal(options_parse(options, argc, argv, stdout, stderr), OPTIONS_RUN);
    planner_set_settings(rig->planner, &options->planner);
}

/* ---- placing ---- */

static void floating_vcpus_get_whole_pools(void **state)
{
    struct rig *rig = rig_new(floating(8, 20), "--pool 4");

    (void)state;
    periods(rig, 2);
    assert_int_equal(rig->plan->decision.reason, REASON_PLACE);
    assert_int_equal(rig->plan->decision.pin_count, 8);
    counts(rig, "0-3", 4);
    counts(rig, "4-7", 4);
    periods(rig, 3);
    assert_int_equal(rig->plan->decision.pin_count, 0);
    nobody_yielded(rig);
    gives_back(rig, NULL);
    rig_free(rig);
}

static void one_pool_pins_nothing(void **state)
{
    static const char *const pools[] = {"--pool 8", "--pool 8192", "--pool node"};

    (void)state;
    for (size_t p = 0; p < sizeof pools / sizeof *pools; p++) {
        struct rig *rig = rig_new(floating(6, 60), pools[p]);

        fake_set_affinity(rig->host, 5, "2-3");
        periods(rig, 6);
        assert_int_equal(rig->host->pin_count, 0);
        is_on(rig, 5, "2-3");
        nobody_yielded(rig);
        rig_free(rig);
    }
}

/* A vCPU gets what it may use of its pool, and no more. */
static void allowed_sets_cut_pools(void **state)
{
    static const char *const allowed[] = {"1,5", "2-5", "0,2,4,6", "3,7", "1-3", "0-7"};
    struct host *host = floating(6, 30);
    struct rig *rig = rig_new(host, "--pool 4 --dwell 0");

    (void)state;
    for (uint32_t v = 0; v < 6; v++) {
        fake_set_wanted(host, v, allowed[v]);
        fake_set_affinity(host, v, allowed[v]);
    }
    for (int period = 0; period < 12; period++) {
        host->vcpus[period % 6].demand = 90;
        host->vcpus[(period + 3) % 6].demand = 5;
        periods(rig, 1);
        nobody_yielded(rig);
        for (uint32_t v = 0; v < 6; v++) {
            const struct view_vcpu *one = rig_vcpu(rig, v);
            struct cpuset wanted, pool;

            cpuset_parse(&wanted, allowed[v]);
            assert_true(cpuset_within(&host->vcpus[v].affinity, &wanted));
            if (v == 4 || period == 0) /* within one pool: left as it is */
                continue;
            cpuset_parse(&pool, cpuset_has(&host->vcpus[v].affinity, 0) ||
                                        cpuset_next(&host->vcpus[v].affinity, 0) < 4
                                    ? "0-3"
                                    : "4-7");
            cpuset_and(&pool, &wanted);
            assert_true(cpuset_equal(&host->vcpus[v].affinity, &pool));
            assert_false(one->blocked_by & VCPU_FIXED);
        }
        assert_true(blocked(rig, 4, VCPU_FIXED));
        is_on(rig, 4, "1-3");
    }
    gives_back(rig, allowed);
    rig_free(rig);
}

/* No pool is whole for this domain, and it may use one pCPU of each. */
static void a_domain_whose_set_cuts_every_pool(void **state)
{
    struct host *host = floating(4, 50);
    struct rig *rig = rig_new(host, "--pool 2 --dwell 0");
    static const char *const originals[] = {"0,2,4,6", "0,2,4,6", "0,2,4,6", "0,2,4,6"};

    (void)state;
    for (uint32_t v = 0; v < 4; v++) {
        fake_set_wanted(host, v, originals[v]);
        fake_set_affinity(host, v, originals[v]);
    }
    periods(rig, 4);
    counts(rig, "0", 1);
    counts(rig, "2", 1);
    counts(rig, "4", 1);
    counts(rig, "6", 1);
    nobody_yielded(rig);
    gives_back(rig, originals);
    rig_free(rig);
}

/* Of 20 vCPUs of one VM, each pool of four gets ten: there is nowhere else. */
static void a_vm_of_more_vcpus_than_pcpus(void **state)
{
    struct rig *rig = rig_new(floating(20, 10), "--pool 4");

    (void)state;
    periods(rig, 4);
    counts(rig, "0-3", 10);
    counts(rig, "4-7", 10);
    nobody_yielded(rig);
    gives_back(rig, NULL);
    rig_free(rig);
}

static void adopted_pins_are_widened(void **state)
{
    static const char *const narrow[] = {"1", "2-3", "5", "4-7", "3-4", "0-3"};
    struct host *host = floating(6, 20);
    struct rig *rig = rig_new(host, "--pool 4 --adopt-pins --threshold 100");

    (void)state;
    for (uint32_t v = 0; v < 6; v++) {
        fake_set_wanted(host, v, narrow[v]);
        fake_set_affinity(host, v, narrow[v]);
    }
    periods(rig, 2);
    assert_int_equal(rig->plan->decision.reason, REASON_PLACE);
    is_on(rig, 0, "0-3");
    is_on(rig, 1, "0-3");
    is_on(rig, 2, "4-7");
    is_on(rig, 3, "4-7");
    assert_string_equal(fake_affinity(host, 4) + 1, fake_affinity(host, 4)[0] == '0' ? "-3" : "-7");
    is_on(rig, 5, "0-3");
    assert_int_equal(host->pin_count, 4); /* two had what they were to have */
    periods(rig, 3);
    nobody_yielded(rig);
    assert_int_equal(host->pin_count, 4);
    gives_back(rig, narrow);
    rig_free(rig);
}

static void without_adoption_a_pin_is_a_wish(void **state)
{
    struct host *host = floating(2, 20);
    struct rig *rig = rig_new(host, "--pool 4");

    (void)state;
    fake_set_wanted(host, 0, "1");
    fake_set_affinity(host, 0, "1");
    fake_set_wanted(host, 1, "2-3");
    fake_set_affinity(host, 1, "2-3");
    periods(rig, 4);
    assert_int_equal(host->pin_count, 0);
    assert_true(blocked(rig, 0, VCPU_FIXED));
    assert_true(blocked(rig, 1, VCPU_FIXED));
    rig_free(rig);
}

static void a_dry_run_goes_on_from_its_pools(void **state)
{
    struct rig *rig = rig_new(floating(8, 20), "--pool 4 --dry-run");

    (void)state;
    periods(rig, 2);
    assert_int_equal(rig->plan->decision.pin_count, 8);
    periods(rig, 3);
    assert_int_equal(rig->plan->decision.pin_count, 0);
    for (uint32_t v = 0; v < 8; v++) {
        assert_false(blocked(rig, v, VCPU_FLOATING | VCPU_YIELDED));
        is_on(rig, v, all);
    }
    assert_int_equal(rig->host->call_count, 0);
    rig_free(rig);
}

/* ---- pCPUs that come and go ---- */

/* A pool that loses a pCPU keeps its vCPUs, and has it again when it comes back. */
static void a_pcpu_of_a_pool_goes_and_comes(void **state)
{
    struct rig *rig = rig_new(floating(8, 20), "--pool 4");
    uint32_t pins;

    (void)state;
    periods(rig, 3);
    pins = rig->host->pin_count;
    offline(rig, 2);
    periods(rig, 4);
    nobody_yielded(rig);
    assert_int_equal(rig->host->pin_count, pins); /* the kernel does it within the pool */
    counts(rig, "0-3", 4);
    assert_int_equal(rig->plan->view.pools[0].pcpu_count, 3);
    cpuset_add(&rig->host->online, 2);
    periods(rig, 4);
    nobody_yielded(rig);
    assert_int_equal(rig->host->pin_count, pins);
    assert_int_equal(rig->plan->view.pools[0].pcpu_count, 4);
    gives_back(rig, NULL);
    rig_free(rig);
}

/* Who comes to a pool that lacks a pCPU gets this, too, once it is back. */
static void who_was_pinned_meanwhile_is_widened(void **state)
{
    struct host *host = floating(8, 20);
    struct rig *rig = rig_new(host, "--pool 4");

    (void)state;
    periods(rig, 1);
    offline(rig, 2);
    periods(rig, 2);
    counts(rig, "0-1,3", 3); /* of three pCPUs and four, eight get */
    counts(rig, "4-7", 5);
    cpuset_add(&host->online, 2);
    periods(rig, 4);
    nobody_yielded(rig);
    counts(rig, "0-3", 3);
    counts(rig, "4-7", 5);
    gives_back(rig, NULL);
    rig_free(rig);
}

/* The domain's cgroup takes a part of each pool, and gives it back. */
static void a_limit_cuts_pools(void **state)
{
    struct host *host = floating(8, 20);
    struct rig *rig = rig_new(host, "--pool 4 --dwell 0");

    (void)state;
    periods(rig, 3);
    fake_limit(host, 0, "0-1,5-7");
    periods(rig, 3);
    nobody_yielded(rig);
    counts(rig, "0-1", 4); /* the kernel's word */
    counts(rig, "5-7", 4);
    for (uint32_t v = 0; v < 8; v++)
        host->vcpus[v].demand = strcmp(fake_affinity(host, v), "0-1") == 0 ? 80 : 5;
    periods(rig, 6); /* some move within the limit */
    nobody_yielded(rig);
    for (uint32_t v = 0; v < 8; v++)
        assert_true(strcmp(fake_affinity(host, v), "0-1") == 0 ||
                    strcmp(fake_affinity(host, v), "5-7") == 0);
    fake_limit(host, 0, all);
    periods(rig, 6);
    nobody_yielded(rig);
    for (uint32_t v = 0; v < 8; v++)
        assert_true(strcmp(fake_affinity(host, v), "0-3") == 0 ||
                    strcmp(fake_affinity(host, v), "4-7") == 0);
    gives_back(rig, NULL);
    rig_free(rig);
}

/* All of a pool's pCPUs go: its vCPUs are placed elsewhere. */
static void a_whole_pool_goes_and_comes(void **state)
{
    struct rig *rig = rig_new(floating(4, 20), "--pool 2 --dwell 0");

    (void)state;
    periods(rig, 3);
    counts(rig, "2-3", 1);
    offline(rig, 2);
    offline(rig, 3);
    periods(rig, 3);
    nobody_yielded(rig);
    counts(rig, "2-3", 0);
    for (uint32_t v = 0; v < 4; v++)
        assert_false(blocked(rig, v, VCPU_FLOATING));
    cpuset_add(&rig->host->online, 2);
    cpuset_add(&rig->host->online, 3);
    periods(rig, 3);
    nobody_yielded(rig);
    gives_back(rig, NULL);
    rig_free(rig);
}

/* A pCPU that was not there when the pools were cut: all is cut anew, and the vCPUs follow. */
static void a_new_pcpu_cuts_anew(void **state)
{
    struct host *host = floating(8, 20);
    struct rig *rig;

    (void)state;
    cpuset_remove(&host->online, 6);
    cpuset_remove(&host->online, 7);
    for (uint32_t v = 6; v < 8; v++)
        host->vcpus[v].last_pcpu = 0;
    rig = rig_new(host, "--pool 4");
    periods(rig, 3);
    counts(rig, "0-2", 4);
    counts(rig, "3-5", 4);
    cpuset_add(&host->online, 6);
    cpuset_add(&host->online, 7);
    periods(rig, 4);
    nobody_yielded(rig);
    counts(rig, "0-3", 4);
    counts(rig, "4-7", 4);
    gives_back(rig, NULL);
    rig_free(rig);
}

/* ---- another cut by a changed configuration ---- */

/* Pinned vCPUs follow pools of every kind, from every kind; none is taken for somebody else's. */
static void pinned_vcpus_follow_another_cut(void **state)
{
    static const char *const words[] = {
        "--pool 4",
        "--pool 4 --cpus 0-5",
        "--pool 2",
        "--cpus 2-7",
        "--pool 3",
        "--pool 8",
        "--pool 2 --cpus 0-3,6",
        "--pool 4 --cpus 0-6",
    };
    enum { COUNT = sizeof words / sizeof *words };

    (void)state;
    for (size_t from = 0; from < COUNT; from++) {
        for (size_t to = 0; to < COUNT; to++) {
            for (int late = 0; late < 2; late++) {
                struct rig *rig = rig_new(floating(8, 20), words[from]);
                struct options options;

                rig->late_pins_s = late ? 0.1 : 0;
                periods(rig, 2 + late); /* just placed, or at rest */
                reload(rig, &options, words[to]);
                for (int period = 0; period < 6; period++) {
                    periods(rig, 1);
                    nobody_yielded(rig);
                }
                if (options.planner.pool.size == 8) /* one pool: all is left to the kernel */
                    counts(rig, all, 8);
                for (uint32_t v = 0; v < 8; v++) {
                    const struct view_vcpu *one = rig_vcpu(rig, v);

                    if (options.planner.pool.size == 8)
                        continue;
                    assert_false(one->blocked_by & VCPU_FLOATING);
                    assert_true(one->pin >= 0 && one->pool == one->pin);
                }
                gives_back(rig, NULL);
                rig_free(rig);
                options_finish(&options);
            }
        }
    }
}

/* A sweep that began before the last pins were done, and by then the host is cut anew: what it saw
 * is older than the pins, and no proof of anything. */
static void a_sweep_of_before_the_pins_proves_nothing(void **state)
{
    struct host *host = floating(8, 20);
    struct rig *rig = rig_new(host, "--pool 4");
    const uint32_t before = host->vcpus[0].affinity_set;
    struct options options;
    uint32_t after[8];

    (void)state;
    rig->late_pins_s = 4; /* longer than a period */
    periods(rig, 2);
    assert_int_equal(rig->plan->decision.pin_count, 8);
    for (uint32_t v = 0; v < 8; v++) {
        after[v] = host->vcpus[v].affinity_set;
        host->vcpus[v].affinity_set = before;
    }
    reload(rig, &options, "--pool 2");
    periods(rig, 1);
    for (uint32_t v = 0; v < 8; v++)
        host->vcpus[v].affinity_set = after[v];
    for (int period = 0; period < 4; period++) {
        periods(rig, 1);
        nobody_yielded(rig);
    }
    gives_back(rig, NULL);
    rig_free(rig);
    options_finish(&options);
}

/* ---- somebody else ---- */

static void somebody_else_sets_another_affinity(void **state)
{
    static const char *const wishes[] = {"0-1", "3", "4-7", "6", "2-5", "0-2", "0-7"};

    (void)state;
    for (size_t w = 0; w < sizeof wishes / sizeof *wishes; w++) {
        for (int first = 0; first < 2; first++) { /* at once after the pin, or later */
            struct rig *rig = rig_new(floating(8, 20), "--pool 4");
            uint32_t vcpu = 0;

            periods(rig, first ? 2 : 4);
            while (strcmp(fake_affinity(rig->host, vcpu), "0-3") != 0)
                vcpu++;
            fake_touch(rig->host, vcpu, wishes[w]);
            rig->host->vcpus[vcpu].demand = 99;
            periods(rig, 5);
            for (uint32_t v = 0; v < 8; v++)
                assert_int_equal(blocked(rig, v, VCPU_YIELDED), v == vcpu);
            is_on(rig, vcpu, wishes[w]);
            assert_int_equal(actuator_give_back(&rig->actuator), 0);
            is_on(rig, vcpu, wishes[w]);
            counts(rig, all, strcmp(wishes[w], all) == 0 ? 8 : 7);
            rig_free(rig);
        }
    }
}

/* Nothing tells of it but the affinity itself, as on a host whose events are lost. */
static void an_affinity_tells_by_itself(void **state)
{
    static const char *const wishes[] = {"0-1", "3", "4-7", "6", "2-5"};

    (void)state;
    for (size_t w = 0; w < sizeof wishes / sizeof *wishes; w++) {
        struct rig *rig = rig_new(floating(8, 20), "--pool 4");
        uint32_t vcpu = 0;

        periods(rig, 4);
        while (strcmp(fake_affinity(rig->host, vcpu), "0-3") != 0)
            vcpu++;
        fake_set_affinity(rig->host, vcpu, wishes[w]);
        periods(rig, 1);
        for (uint32_t v = 0; v < 8; v++)
            assert_int_equal(blocked(rig, v, VCPU_YIELDED), v == vcpu);
        is_on(rig, vcpu, wishes[w]);
        rig_free(rig);
    }
}

/* By taskset, which the hypervisor does not know. */
static void the_kernels_affinity_alone_is_somebody_elses(void **state)
{
    struct rig *rig = rig_new(floating(8, 20), "--pool 4");
    uint32_t vcpu = 0;

    (void)state;
    periods(rig, 4);
    while (strcmp(fake_affinity(rig->host, vcpu), "0-3") != 0)
        vcpu++;
    fake_taskset(rig->host, vcpu, "1");
    assert_int_equal(actuator_give_back(&rig->actuator), 0);
    is_on(rig, vcpu, "1");
    counts(rig, all, 7);
    rig_free(rig);
}

/* ---- what an earlier run has left ---- */

static void another_run_takes_over_or_gives_back(void **state)
{
    (void)state;
    for (int cut = 0; cut < 2; cut++) {
        struct host *host = floating(8, 20);
        struct rig *first = rig_new(host, "--pool 4"), *second;
        struct ledger_entry entry;
        struct leftover found;
        uint32_t cursor = 0;

        if (cut)
            fake_set_wanted(host, 3, "0-1,5-6");
        if (cut)
            fake_set_affinity(host, 3, "0-1,5-6");
        periods(first, 4);
        second = rig_new(host, cut ? "--pool 2" : "--pool 4"); /* the first is killed here */
        while (ledger_next(first->ledger, &cursor, &entry))
            assert_int_equal(ledger_add(second->ledger, &entry), 0);
        found = actuator_review(&second->actuator);
        assert_int_equal(found.ours, 8);
        assert_int_equal(found.changed + found.gone + found.unknown + found.original, 0);
        periods(second, 4);
        nobody_yielded(second);
        assert_int_equal(ledger_count(second->ledger), 8);
        assert_int_equal(actuator_give_back(&second->actuator), 0);
        for (uint32_t v = 0; v < 8; v++)
            is_on(second, v, cut && v == 3 ? "0-1,5-6" : all);
        first->host = fake_new(1, 1); /* each rig closes its own */
        rig_free(first);
        rig_free(second);
    }
}

/* With one pool there is nothing to pin: what an earlier run has pinned is given back. */
static void what_was_pinned_before_is_given_back_in_one_pool(void **state)
{
    static const char *const originals[] = {"0-7", "0-7", "2-5", "1,6"};
    struct host *host = floating(4, 20);
    struct rig *first = rig_new(host, "--pool 4"), *second;
    struct ledger_entry entry;
    uint32_t cursor = 0;

    (void)state;
    for (uint32_t v = 2; v < 4; v++) {
        fake_set_wanted(host, v, originals[v]);
        fake_set_affinity(host, v, originals[v]);
    }
    periods(first, 3);
    counts(first, originals[2], 0);
    second = rig_new(host, "--pool 64");
    while (ledger_next(first->ledger, &cursor, &entry))
        assert_int_equal(ledger_add(second->ledger, &entry), 0);
    actuator_review(&second->actuator);
    periods(second, 2); /* the topology may still come */
    counts(second, originals[2], 0);
    periods(second, 3);
    for (uint32_t v = 0; v < 4; v++)
        is_on(second, v, originals[v]);
    assert_int_equal(ledger_count(second->ledger), 0);
    nobody_yielded(second);
    host->pin_count = 0;
    periods(second, 5);
    assert_int_equal(host->pin_count, 0);
    first->host = fake_new(1, 1);
    rig_free(first);
    rig_free(second);
}

/* A vCPU that loses its pCPU, with one other left to it: the kernel would let it run anywhere. */
static void who_has_one_pcpu_left_is_given_back(void **state)
{
    struct host *host = floating(1, 20);
    struct rig *rig = rig_new(host, "");
    const char *const original[] = {"3,5"};
    uint32_t lost;

    (void)state;
    fake_set_wanted(host, 0, original[0]);
    fake_set_affinity(host, 0, original[0]);
    periods(rig, 2);
    lost = strcmp(fake_affinity(host, 0), "3") == 0 ? 3 : 5;
    assert_int_equal(cpuset_count(&host->vcpus[0].affinity), 1);
    offline(rig, lost);
    periods(rig, 4);
    is_on(rig, 0, original[0]);
    nobody_yielded(rig);
    cpuset_add(&host->online, lost);
    periods(rig, 3);
    assert_int_equal(cpuset_count(&host->vcpus[0].affinity), 1);
    gives_back(rig, original);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floating_vcpus_get_whole_pools),
        cmocka_unit_test(one_pool_pins_nothing),
        cmocka_unit_test(allowed_sets_cut_pools),
        cmocka_unit_test(a_domain_whose_set_cuts_every_pool),
        cmocka_unit_test(a_vm_of_more_vcpus_than_pcpus),
        cmocka_unit_test(adopted_pins_are_widened),
        cmocka_unit_test(without_adoption_a_pin_is_a_wish),
        cmocka_unit_test(a_dry_run_goes_on_from_its_pools),
        cmocka_unit_test(a_pcpu_of_a_pool_goes_and_comes),
        cmocka_unit_test(who_was_pinned_meanwhile_is_widened),
        cmocka_unit_test(a_limit_cuts_pools),
        cmocka_unit_test(a_whole_pool_goes_and_comes),
        cmocka_unit_test(a_new_pcpu_cuts_anew),
        cmocka_unit_test(pinned_vcpus_follow_another_cut),
        cmocka_unit_test(a_sweep_of_before_the_pins_proves_nothing),
        cmocka_unit_test(somebody_else_sets_another_affinity),
        cmocka_unit_test(an_affinity_tells_by_itself),
        cmocka_unit_test(the_kernels_affinity_alone_is_somebody_elses),
        cmocka_unit_test(another_run_takes_over_or_gives_back),
        cmocka_unit_test(what_was_pinned_before_is_given_back_in_one_pool),
        cmocka_unit_test(who_has_one_pcpu_left_is_given_back),
    };

    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
