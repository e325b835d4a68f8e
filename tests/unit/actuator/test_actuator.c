/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pins that are made, refused, undone and given back, on a host where each call can be made to
 * fail. All tests run with pools of one pCPU, and with pools of several: lists are of pools. */
#include "support/fake_host.h"

#include "actuator/give_back.h"
#include "ledger/file.h"
#include "log/log.h"
#include "ring.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/each_size.h"

enum { VCPUS = 4, POOLS = 6 };

/* Four vCPUs, number n pinned to pool n, and plans made by hand. */
struct bench {
    struct rig *rig;
    struct host *host;
    struct plan *plan;
};

/* A list of pools as one of their pCPUs, in a static buffer. */
static const char *pcpus(const char *pools)
{
    static char text[256];

    fake_scale(pools, size, text, sizeof text);
    return text;
}

static void set_affinity(struct bench *bench, uint32_t vcpu, const char *pools)
{
    fake_set_affinity(bench->host, vcpu, pcpus(pools));
}

static void limit(struct bench *bench, const char *pools)
{
    fake_limit(bench->host, 0, pcpus(pools));
}

/* Where the ledger knows nothing yet, an affinity is read before the vCPU is noted, and again
 * before it is pinned; that of a vCPU on a pool of one pCPU is known by the pool. */
static uint32_t reads_before_pin(void)
{
    return size == 1 ? 1 : 2;
}

static struct bench bench_new(void)
{
    struct host *host = fake_new(POOLS * size, VCPUS);
    const uint32_t domain = fake_domain(host, "guest");
    struct bench bench = {.host = host};
    char options[64], pool[8];

    for (int32_t v = 0; v < VCPUS; v++) {
        fake_vcpu(host, domain, v * (int32_t)size, 10);
        snprintf(pool, sizeof pool, "%d", v);
        set_affinity(&bench, (uint32_t)v, pool);
    }
    strcpy(options, "--policy none --floating leave");
    if (size > 1)
        snprintf(options + strlen(options), 24, " --pool %u", size);
    bench.rig = rig_new(host, options);
    bench.plan = bench.rig->plan;
    rig_period(bench.rig, 3);
    return bench;
}

static void bench_free(struct bench *bench)
{
    rig_free(bench->rig);
}

/* The next plan, of the host as it is now. */
static void begin(struct bench *bench)
{
    rig_period(bench->rig, 3);
    fake_quiet(bench->host);
}

static void add(struct bench *bench, uint32_t vcpu, int32_t to, uint32_t group)
{
    plan_add(bench->plan, vcpu, to, group);
}

static void step(struct bench *bench)
{
    actuator_step(&bench->rig->actuator, bench->plan);
}

static uint32_t give_back(struct bench *bench)
{
    return actuator_give_back(&bench->rig->actuator);
}

static void result_is(const struct bench *bench, uint32_t pin, enum pin_result result)
{
    assert_int_equal(bench->plan->decision.pins[pin].result, result);
}

static void is_on(const struct bench *bench, uint32_t vcpu, const char *list)
{
    assert_string_equal(fake_affinity(bench->host, vcpu), pcpus(list));
}

static uint32_t held(const struct bench *bench)
{
    struct ledger_entry entry;
    uint32_t cursor = 0, count = 0;

    while (ledger_next(bench->rig->ledger, &cursor, &entry))
        count++;
    return count;
}

/* A swap of vCPU 0 and 1 between their pCPUs. */
static void plan_swap(struct bench *bench)
{
    begin(bench);
    add(bench, 0, 1, 0);
    add(bench, 1, 0, 0);
}

static void made_in_order_and_confirmed(void **state)
{
    static const uint32_t order[] = {2, 0, 1, 3};
    struct bench bench = bench_new();
    uint32_t pins = 0;

    (void)state;
    begin(&bench);
    add(&bench, 2, 4, 0);
    add(&bench, 0, 1, 1);
    add(&bench, 1, 0, 1);
    add(&bench, 3, 5, 2);
    step(&bench);
    for (uint32_t c = 0; c < bench.host->call_count; c++) {
        const struct fake_call *call = &bench.host->calls[c];

        if (call->verb != FAKE_PIN)
            continue;
        assert_int_equal(call->vcpu, order[pins]);
        assert_int_equal(call->to, size == 1 ? bench.plan->decision.pins[pins].to : -1);
        assert_true(c + 1 < bench.host->call_count); /* and read back before the next */
        assert_int_equal(call[1].verb, FAKE_AFFINITY);
        assert_int_equal(call[1].vcpu, order[pins]);
        result_is(&bench, pins, PIN_DONE);
        assert_true(bench.plan->decision.pins[pins].latency_ns > 0);
        pins++;
    }
    assert_int_equal(pins, 4);
    assert_true(progress_since(&bench.rig->actuator.mark) > 0);
    is_on(&bench, 0, "1");
    is_on(&bench, 1, "0");
    is_on(&bench, 2, "4");
    assert_string_equal(bench.plan->outcome.failure.text, "");
    assert_int_equal(held(&bench), 4);
    bench_free(&bench);
}

static void half_a_swap_is_undone(void **state)
{
    static const int errors[] = {-EBUSY, -EIO, -EINVAL};

    (void)state;
    for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
        struct bench bench = bench_new();

        plan_swap(&bench);
        add(&bench, 3, 5, 1);
        fake_fail(bench.host, 1, FAKE_PIN, 0, errors[e]);
        step(&bench);
        result_is(&bench, 0, PIN_UNDONE);
        result_is(&bench, 1, errors[e] == -EBUSY ? PIN_BUSY : PIN_FAILED);
        result_is(&bench, 2, PIN_DONE); /* another group is not affected */
        is_on(&bench, 0, "0");
        is_on(&bench, 1, "1");
        assert_int_equal(held(&bench), 1);
        assert_non_null(strstr(bench.plan->outcome.failure.text, "told to fail"));
        bench_free(&bench);
    }
}

static void the_first_that_fails_spares_the_second(void **state)
{
    static const int errors[] = {-EBUSY, -EIO, -ENOENT};
    static const enum pin_result results[] = {PIN_BUSY, PIN_FAILED, PIN_GONE};

    (void)state;
    for (size_t e = 0; e < 3; e++) {
        struct bench bench = bench_new();

        plan_swap(&bench);
        fake_fail(bench.host, 0, FAKE_PIN, 0, errors[e]);
        step(&bench);
        result_is(&bench, 0, results[e]);
        result_is(&bench, 1, PIN_SKIPPED);
        is_on(&bench, 0, "0");
        is_on(&bench, 1, "1");
        assert_int_equal(held(&bench), 0);
        assert_int_equal(bench.host->pin_count, 0);
        bench_free(&bench);
    }
}

static void a_swap_that_can_not_be_undone_stays_known(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    plan_swap(&bench);
    fake_fail(bench.host, 1, FAKE_PIN, 0, -EIO);
    fake_fail(bench.host, 0, FAKE_PIN, 1, -EBUSY);
    step(&bench);
    result_is(&bench, 0, PIN_DONE); /* it is there now */
    result_is(&bench, 1, PIN_FAILED);
    is_on(&bench, 0, "1");
    assert_int_equal(held(&bench), 1);
    fake_quiet(bench.host);
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "0");
    bench_free(&bench);
}

static void gone_is_no_failure(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    plan_swap(&bench);
    bench.host->vcpus[1].gone = true;
    step(&bench);
    result_is(&bench, 0, PIN_DONE); /* nobody is crowded by it */
    result_is(&bench, 1, PIN_GONE);
    assert_string_equal(bench.plan->outcome.failure.text, "");
    bench_free(&bench);

    bench = bench_new();
    plan_swap(&bench);
    bench.host->domains[0].sample.id++; /* restarted meanwhile */
    step(&bench);
    result_is(&bench, 0, PIN_GONE);
    result_is(&bench, 1, size == 1 ? PIN_SKIPPED : PIN_GONE);
    assert_string_equal(bench.plan->outcome.failure.text, "");
    assert_int_equal(bench.host->pin_count, 0);
    bench_free(&bench);
}

/* Accepted, but it reads back otherwise, or not at all: half a swap must not stay. */
static void an_unconfirmed_half_is_undone(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 2; half++) {
        for (int ignored = 0; ignored < 2; ignored++) {
            struct bench bench = bench_new();

            plan_swap(&bench);
            if (ignored)
                fake_fail(bench.host, half, FAKE_PIN, 0, FAKE_IGNORED);
            else
                fake_fail(bench.host, half, FAKE_AFFINITY, reads_before_pin(), -EIO);
            step(&bench);
            result_is(&bench, half, PIN_UNCONFIRMED);
            result_is(&bench, 1 - half, half ? PIN_UNDONE : PIN_SKIPPED);
            is_on(&bench, 0, "0");
            is_on(&bench, 1, "1");
            assert_string_not_equal(bench.plan->outcome.failure.text, "");
            fake_quiet(bench.host);
            assert_int_equal(give_back(&bench), 0);
            is_on(&bench, 0, "0");
            is_on(&bench, 1, "1");
            bench_free(&bench);
        }
    }
}

static void an_affinity_that_changed_meanwhile_is_left(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    plan_swap(&bench);
    set_affinity(&bench, 1, "3");
    step(&bench);
    result_is(&bench, 0, size == 1 ? PIN_UNDONE : PIN_SKIPPED);
    result_is(&bench, 1, PIN_YIELDED);
    is_on(&bench, 0, "0");
    is_on(&bench, 1, "3");
    assert_non_null(strstr(bench.plan->outcome.failure.text, "changed meanwhile"));
    plan_swap(&bench);
    set_affinity(&bench, 0, "0,4");
    step(&bench);
    result_is(&bench, 0, PIN_YIELDED);
    result_is(&bench, 1, PIN_SKIPPED);
    is_on(&bench, 0, "0,4");
    assert_int_equal(bench.host->pin_count, 0);
    assert_int_equal(held(&bench), 0);
    bench_free(&bench);
}

static void a_floating_vcpu_that_was_pinned_meanwhile_is_left(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    set_affinity(&bench, 0, "0-5");
    begin(&bench);
    add(&bench, 0, 4, 0);
    assert_int_equal(bench.plan->decision.pins[0].from, -1);
    set_affinity(&bench, 0, "3");
    step(&bench);
    result_is(&bench, 0, PIN_YIELDED);
    is_on(&bench, 0, "3");
    assert_int_equal(held(&bench), 0);
    bench_free(&bench);
}

static void move(struct bench *bench, uint32_t vcpu, int32_t to, enum pin_result result)
{
    begin(bench);
    add(bench, vcpu, to, 0);
    step(bench);
    result_is(bench, 0, result);
}

static void the_first_original_is_given_back(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    set_affinity(&bench, 0, "0-1,4");
    move(&bench, 0, 1, PIN_DONE);
    move(&bench, 0, 2, PIN_DONE);
    move(&bench, 0, 3, PIN_DONE);
    move(&bench, 1, 5, PIN_DONE);
    move(&bench, 1, 1, PIN_DONE); /* back at its original */
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "0-1,4");
    is_on(&bench, 1, "1");
    assert_int_equal(held(&bench), 0);
    fake_quiet(bench.host);
    assert_int_equal(give_back(&bench), 0);
    assert_int_equal(bench.host->call_count, 0);
    bench_free(&bench);
}

/* Pinned from {0,1} to 0; the next pin, to 1, fails: {0,1} is still what is to be given back. */
static void the_original_survives_a_failure(void **state)
{
    static const int errors[] = {-EIO, -EBUSY};

    (void)state;
    for (size_t e = 0; e < 2; e++) {
        struct bench bench = bench_new();

        set_affinity(&bench, 0, "0-1");
        move(&bench, 0, 0, PIN_DONE);
        begin(&bench);
        add(&bench, 0, 1, 0);
        fake_fail(bench.host, 0, FAKE_PIN, 0, errors[e]);
        step(&bench);
        is_on(&bench, 0, "0");
        assert_int_equal(held(&bench), 1);
        assert_int_equal(give_back(&bench), 0);
        is_on(&bench, 0, "0-1");
        bench_free(&bench);
    }
}

static void the_original_survives_an_undone_swap(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    set_affinity(&bench, 0, "0-1");
    move(&bench, 0, 0, PIN_DONE);
    plan_swap(&bench);
    fake_fail(bench.host, 1, FAKE_PIN, 0, -EIO);
    step(&bench);
    result_is(&bench, 0, PIN_UNDONE);
    assert_int_equal(held(&bench), 1);
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "0-1");
    bench_free(&bench);
}

static void what_others_changed_is_not_given_back(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    move(&bench, 0, 4, PIN_DONE);
    move(&bench, 1, 5, PIN_DONE);
    set_affinity(&bench, 0, "2-3");
    fake_quiet(bench.host);
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "2-3");
    is_on(&bench, 1, "1");
    assert_int_equal(bench.host->pin_count, 1);
    bench_free(&bench);
}

/* The operator moved it after the daemon: from then on, that is the original. */
static void the_newest_will_is_given_back(void **state)
{
    static const char *const wills[] = {"2", "2-3"};

    (void)state;
    for (size_t w = 0; w < 2; w++) {
        struct bench bench = bench_new();

        move(&bench, 0, 4, PIN_DONE);
        set_affinity(&bench, 0, wills[w]);
        move(&bench, 0, 5, PIN_DONE);
        assert_int_equal(give_back(&bench), 0);
        is_on(&bench, 0, wills[w]);
        bench_free(&bench);
    }
}

static void what_can_not_be_given_back_is_counted(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    for (uint32_t v = 0; v < VCPUS; v++)
        move(&bench, v, 5, PIN_DONE);
    fake_quiet(bench.host);
    fake_fail(bench.host, 0, FAKE_PIN, FAKE_ALWAYS, -EBUSY);
    fake_fail(bench.host, 1, FAKE_AFFINITY, FAKE_ALWAYS, -EIO);
    fake_fail(bench.host, 3, FAKE_PIN, FAKE_ALWAYS, FAKE_IGNORED);
    assert_int_equal(give_back(&bench), 3);
    is_on(&bench, 2, "2");
    assert_int_equal(held(&bench), 3); /* and stays known for another try */
    fake_quiet(bench.host);
    bench.host->vcpus[1].gone = true;
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "0");
    is_on(&bench, 3, "3");
    bench_free(&bench);
}

/* A query for statistics holds the domain's job for a moment. */
static void a_job_of_a_moment_is_waited_for(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    move(&bench, 0, 5, PIN_DONE);
    fake_quiet(bench.host);
    fake_fail(bench.host, 0, FAKE_PIN, 0, -EBUSY);
    fake_fail(bench.host, 0, FAKE_PIN, 0, -EBUSY);
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "0");
    bench_free(&bench);
}

/* A pin that was made although its call failed, as when the reply is lost. */
static void a_failure_that_pinned_is_put_back(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    begin(&bench);
    add(&bench, 0, 5, 0);
    fake_fail(bench.host, 0, FAKE_PIN, 0, FAKE_DONE_AND_FAILED);
    step(&bench);
    result_is(&bench, 0, PIN_FAILED);
    is_on(&bench, 0, "0");
    assert_int_equal(held(&bench), 0);
    bench_free(&bench);
}

/* The same, where putting it back fails, too. */
static void a_failure_that_pinned_is_remembered(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    begin(&bench);
    add(&bench, 0, 5, 0);
    fake_fail(bench.host, 0, FAKE_PIN, 0, FAKE_DONE_AND_FAILED);
    fake_fail(bench.host, 0, FAKE_PIN, 0, -EIO);
    step(&bench);
    result_is(&bench, 0, PIN_UNCONFIRMED);
    is_on(&bench, 0, "5");
    fake_quiet(bench.host);
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "0");
    bench_free(&bench);
}

/* Only the kernel shows that a refused pin changed something: the cgroup is written by then, and
 * the hypervisor still reports the old affinity. */
static void a_refused_pin_is_put_back_in_the_kernel(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    begin(&bench);
    add(&bench, 0, 5, 0);
    fake_fail(bench.host, 0, FAKE_PIN, 0, FAKE_REFUSED);
    step(&bench);
    result_is(&bench, 0, PIN_FAILED);
    is_on(&bench, 0, "0");
    assert_true(cpuset_equal(&bench.host->vcpus[0].cgroup, &bench.host->vcpus[0].told));
    bench_free(&bench);
}

static void a_refused_swap_leaves_both(void **state)
{
    (void)state;
    for (uint32_t refused = 0; refused < 2; refused++) {
        struct bench bench = bench_new();

        plan_swap(&bench);
        fake_fail(bench.host, refused, FAKE_PIN, 0, FAKE_REFUSED);
        step(&bench);
        is_on(&bench, 0, "0");
        is_on(&bench, 1, "1");
        assert_int_equal(give_back(&bench), 0);
        assert_int_equal(held(&bench), 0);
        bench_free(&bench);
    }
}

/* The pin is refused, and its own pCPU has been forbidden meanwhile. */
static void what_the_limit_forbids_is_put_back_when_it_opens(void **state)
{
    struct bench bench = bench_new();
    int plans = 0;

    (void)state;
    begin(&bench);
    limit(&bench, "1-3");
    add(&bench, 0, 5, 0);
    fake_fail(bench.host, 0, FAKE_PIN, 0, FAKE_REFUSED);
    step(&bench);
    result_is(&bench, 0, PIN_UNCONFIRMED);
    is_on(&bench, 0, "1-3");
    assert_int_equal(held(&bench), 1);
    limit(&bench, "0-5");
    for (; held(&bench) && plans < 10; plans++) {
        begin(&bench);
        step(&bench);
    }
    assert_int_equal(held(&bench), 0);
    is_on(&bench, 0, "0");
    assert_true(cpuset_equal(&bench.host->vcpus[0].cgroup, &bench.host->vcpus[0].told));
    bench_free(&bench);
}

/* A limit that takes the vCPU's pCPU is not taken for a change by somebody else: the vCPU is pinned
 * elsewhere and given back. */
static void a_limit_is_not_somebody_else(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    move(&bench, 0, 5, PIN_DONE);
    limit(&bench, "0-3");
    is_on(&bench, 0, "0-3");
    move(&bench, 0, 2, PIN_DONE);
    is_on(&bench, 0, "2");
    limit(&bench, "0-2");
    move(&bench, 3, 1, PIN_DONE); /* the limit lacks its original pCPU; it was not moved before */
    limit(&bench, "0-5");
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "0");
    is_on(&bench, 3, "3");
    bench_free(&bench);
}

static void taskset_is_somebody_else(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    move(&bench, 0, 5, PIN_DONE);
    fake_taskset(bench.host, 0, pcpus("4"));
    move(&bench, 0, 3, PIN_YIELDED);
    is_on(&bench, 0, "4");
    move(&bench, 1, 5, PIN_DONE);
    fake_taskset(bench.host, 1, pcpus("2-3"));
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 1, "2-3");
    bench_free(&bench);
}

/* At the end the original pCPU is forbidden: that is logged, and the entry stays. */
static void what_the_limit_forbids_stays_in_the_ledger(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    move(&bench, 0, 5, PIN_DONE);
    limit(&bench, "4-5");
    assert_int_equal(give_back(&bench), 1);
    is_on(&bench, 0, "5");
    assert_int_equal(held(&bench), 1);
    limit(&bench, "0-5");
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "0");
    bench_free(&bench);
}

/* The daemon died between the refusal and putting back. */
static void a_refused_pin_of_an_earlier_run_is_known(void **state)
{
    (void)state;
    for (int opened = 0; opened < 2; opened++) {
        struct bench bench = bench_new();
        struct leftover found;

        begin(&bench);
        limit(&bench, "0-3"); /* after the plan, which keeps within limits */
        add(&bench, 0, 5, 0);
        fake_fail(bench.host, 0, FAKE_PIN, 0, FAKE_REFUSED);
        fake_fail(bench.host, 0, FAKE_PIN, 0, -EIO);
        step(&bench);
        is_on(&bench, 0, "0-3");
        if (opened)
            limit(&bench, "0-5"); /* the refused pin is in force now */
        found = actuator_review(&bench.rig->actuator);
        assert_int_equal(found.ours, 1);
        assert_int_equal(held(&bench), 1);
        assert_int_equal(give_back(&bench), 0);
        is_on(&bench, 0, "0");
        bench_free(&bench);
    }
}

/* Another run of the domain has another original. */
static void a_restarted_domain_is_left(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    move(&bench, 0, 4, PIN_DONE);
    fake_restart(bench.host, 0);
    fake_quiet(bench.host);
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "4");
    assert_int_equal(bench.host->pin_count, 0);
    bench_free(&bench);

    /* The new run's affinity is its original, even where the old run was pinned. */
    bench = bench_new();
    move(&bench, 0, 4, PIN_DONE);
    fake_restart(bench.host, 0);
    move(&bench, 0, 5, PIN_DONE);
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "4");
    bench_free(&bench);
}

static void a_dry_run_calls_nobody(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    bench.rig->actuator.dry_run = true;
    plan_swap(&bench);
    add(&bench, 2, 5, 1);
    step(&bench);
    for (uint32_t i = 0; i < 3; i++)
        result_is(&bench, i, PIN_DRY);
    assert_int_equal(bench.host->call_count, 0);
    assert_int_equal(held(&bench), 0);
    bench_free(&bench);
}

static struct wakeup *stop_wakeup;

/* The wakeup is stopped while the first pin is being made. */
static int pin_and_stop(struct host *host, const struct vcpu_name *vcpu, const struct cpuset *set,
                        struct failure *why)
{
    wakeup_stop(stop_wakeup);
    return fake_ops.pin(host, vcpu, set, why);
}

static void stopped_between_groups_only(void **state)
{
    struct host_ops ops = fake_ops;
    struct bench bench = bench_new();
    struct wakeup wakeup;

    (void)state;
    assert_int_equal(wakeup_init(&wakeup), 0);
    stop_wakeup = &wakeup;
    ops.pin = pin_and_stop;
    plan_swap(&bench);
    add(&bench, 2, 4, 1);
    add(&bench, 3, 5, 2);
    bench.rig->actuator.ops = &ops;
    bench.rig->actuator.stop = &wakeup;
    step(&bench);
    result_is(&bench, 0, PIN_DONE);
    result_is(&bench, 1, PIN_DONE); /* rather late than half a swap */
    result_is(&bench, 2, PIN_SKIPPED);
    result_is(&bench, 3, PIN_SKIPPED);
    assert_int_equal(give_back(&bench), 0); /* giving back still works */
    is_on(&bench, 0, "0");
    is_on(&bench, 1, "1");
    wakeup_finish(&wakeup);
    bench_free(&bench);
}

/* A pin that may have been made or not: either affinity counts as the daemon's. */
static void what_is_ours_is_not_taken_for_a_wish(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    set_affinity(&bench, 0, "0-1");
    move(&bench, 0, 0, PIN_DONE);
    begin(&bench);
    add(&bench, 0, 4, 0);
    fake_fail(bench.host, 0, FAKE_PIN, 0, FAKE_DONE_AND_FAILED);
    fake_fail(bench.host, 0, FAKE_PIN, 0, -EIO);
    step(&bench);
    result_is(&bench, 0, PIN_UNCONFIRMED);
    set_affinity(&bench, 0, "0"); /* the host still shows where it was */
    begin(&bench);
    add(&bench, 0, 5, 0);
    set_affinity(&bench, 0, "4");
    step(&bench);
    result_is(&bench, 0, PIN_SKIPPED);
    is_on(&bench, 0, "4");
    assert_int_equal(held(&bench), 1);
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "0-1");
    bench_free(&bench);
}

static void what_can_not_be_read_is_not_pinned(void **state)
{
    static const int errors[] = {-EIO, -ENOENT};

    (void)state;
    for (size_t e = 0; e < 2; e++) {
        struct bench bench = bench_new();

        set_affinity(&bench, 0, "0-1");
        begin(&bench);
        add(&bench, 0, 4, 0);
        fake_fail(bench.host, 0, FAKE_AFFINITY, 0, errors[e]);
        step(&bench);
        result_is(&bench, 0, errors[e] == -EIO ? PIN_FAILED : PIN_GONE);
        is_on(&bench, 0, "0-1");
        assert_int_equal(bench.host->pin_count, 0);
        assert_int_equal(held(&bench), 0);
        bench_free(&bench);
    }
}

/* ---- releases ---- */

static enum pin_result release(struct bench *bench, uint32_t vcpu, bool gives_back)
{
    struct plan *plan = bench->plan;

    plan->decision.releases[plan->decision.release_count++] =
        (struct release){.vcpu = vcpu, .give_back = gives_back};
    step(bench);
    return plan->decision.releases[plan->decision.release_count - 1].result;
}

static void a_release_gives_back_or_forgets(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    for (uint32_t v = 0; v < 3; v++)
        move(&bench, v, 5, PIN_DONE);
    begin(&bench);
    assert_int_equal(release(&bench, 0, true), PIN_DONE);
    is_on(&bench, 0, "0");
    assert_int_equal(release(&bench, 1, false), PIN_DONE);
    is_on(&bench, 1, "5");
    set_affinity(&bench, 2, "1-2"); /* changed by somebody else */
    assert_int_equal(release(&bench, 2, true), PIN_DONE);
    is_on(&bench, 2, "1-2");
    assert_int_equal(release(&bench, 3, true), PIN_DONE); /* nothing to give back */
    is_on(&bench, 3, "3");
    assert_int_equal(held(&bench), 0);
    bench_free(&bench);
}

static void a_release_that_fails_is_kept(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    move(&bench, 0, 5, PIN_DONE);
    move(&bench, 1, 5, PIN_DONE);
    begin(&bench);
    fake_fail(bench.host, 0, FAKE_PIN, 0, -EBUSY);
    assert_int_equal(release(&bench, 0, true), PIN_BUSY);
    begin(&bench);
    fake_fail(bench.host, 0, FAKE_PIN, 0, -EIO);
    assert_int_equal(release(&bench, 0, true), PIN_FAILED);
    assert_non_null(strstr(bench.plan->outcome.failure.text, "told to fail"));
    is_on(&bench, 0, "5");
    assert_int_equal(held(&bench), 2);
    begin(&bench);
    bench.host->vcpus[1].gone = true;
    assert_int_equal(release(&bench, 1, true), PIN_GONE);
    assert_int_equal(held(&bench), 1);
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "0");
    bench_free(&bench);
}

/* Releases come before pins: they free a pCPU, and a new pin has a new original. */
static void releases_come_first(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    move(&bench, 0, 5, PIN_DONE);
    begin(&bench);
    add(&bench, 1, 5, 0);
    assert_int_equal(release(&bench, 0, true), PIN_DONE);
    assert_int_equal(bench.host->calls[1].vcpu, 0);
    assert_int_equal(bench.host->calls[1].verb, FAKE_PIN);
    result_is(&bench, 0, PIN_DONE);
    is_on(&bench, 1, "5");
    bench_free(&bench);
}

/* ---- what an earlier run has left ---- */

static void leftovers_are_told_apart(void **state)
{
    struct bench bench = bench_new();
    struct leftover found;

    (void)state;
    for (uint32_t v = 0; v < VCPUS; v++)
        move(&bench, v, 5, PIN_DONE);
    fake_quiet(bench.host);
    set_affinity(&bench, 1, "1");
    set_affinity(&bench, 2, "1-2");
    fake_fail(bench.host, 3, FAKE_AFFINITY, 0, -EIO);
    found = actuator_review(&bench.rig->actuator);
    assert_int_equal(found.ours, 1);
    assert_int_equal(found.original, 1);
    assert_int_equal(found.changed, 1);
    assert_int_equal(found.unknown, 1);
    assert_int_equal(found.gone, 0);
    assert_int_equal(bench.host->pin_count, 0);
    assert_int_equal(held(&bench), 2);
    fake_restart(bench.host, 0);
    found = actuator_review(&bench.rig->actuator);
    assert_int_equal(found.gone, 2);
    assert_int_equal(held(&bench), 0);
    bench_free(&bench);
}

/* Domains that come and go must not make the ledger grow for ever. */
static void the_gone_are_forgotten_in_time(void **state)
{
    struct bench bench = bench_new();
    uint32_t most = 0;

    (void)state;
    for (int run = 0; run < 60; run++) {
        move(&bench, 0, run % 2 ? 4 : 5, PIN_DONE);
        most = held(&bench) > most ? held(&bench) : most;
        fake_restart(bench.host, 0);
    }
    assert_true(most > VCPUS);
    assert_true(most < 30);
    bench_free(&bench);
}

/* ---- the disk ---- */

static void what_is_not_on_disk_is_not_pinned(void **state)
{
    char folder[] = "/tmp/test_actuator.XXXXXX", path[64];
    struct bench bench = bench_new();
    struct actuator *actuator = &bench.rig->actuator;
    struct failure why;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(ledger_file_open(bench.rig->ledger, folder, "fake", &actuator->file, &why), 0);
    move(&bench, 2, 4, PIN_DONE);
    snprintf(path, sizeof path, "%s/fake.ledger.new", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    plan_swap(&bench);
    add(&bench, 3, 5, 1);
    step(&bench);
    for (uint32_t i = 0; i < 3; i++)
        result_is(&bench, i, PIN_FAILED);
    assert_non_null(strstr(bench.plan->outcome.failure.text, "can't be written"));
    assert_int_equal(bench.host->pin_count, 0);
    assert_int_equal(held(&bench), 1);
    assert_int_equal(rmdir(path), 0);
    plan_swap(&bench);
    step(&bench);
    result_is(&bench, 0, PIN_DONE);
    result_is(&bench, 1, PIN_DONE);
    assert_int_equal(give_back(&bench), 0);
    is_on(&bench, 0, "0");
    is_on(&bench, 2, "2");
    ledger_file_close(actuator->file);
    snprintf(path, sizeof path, "%s/fake.lock", folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    bench_free(&bench);
}

/* ---- marks that travel with a domain ---- */

/* A domain's mark must not hold what the ledger has forgotten. */
static void what_is_let_go_of_travels_no_more(void **state)
{
    struct bench bench = bench_new();
    uint32_t *tidied = &bench.host->tidied_count;

    (void)state;
    move(&bench, 0, 5, PIN_DONE);
    move(&bench, 0, 4, PIN_DONE);
    assert_int_equal(*tidied, 0);
    begin(&bench);
    fake_fail(bench.host, 1, FAKE_PIN, 0, -EIO);
    add(&bench, 1, 5, 0);
    step(&bench);
    result_is(&bench, 0, PIN_FAILED);
    assert_int_equal(*tidied, 1);
    begin(&bench);
    assert_int_equal(release(&bench, 0, false), PIN_DONE);
    assert_int_equal(*tidied, 2);
    assert_int_equal(release(&bench, 3, true), PIN_DONE); /* nothing to give back */
    assert_int_equal(*tidied, 2);
    bench_free(&bench);
}

static void at_the_end_once_a_domain(void **state)
{
    struct bench bench = bench_new();

    (void)state;
    for (uint32_t v = 0; v < VCPUS; v++)
        move(&bench, v, 5, PIN_DONE);
    fake_fail(bench.host, 2, FAKE_PIN, FAKE_ALWAYS, -EBUSY);
    assert_int_equal(give_back(&bench), 1);
    assert_int_equal(bench.host->tidied_count, 1); /* three of four are not to be told of */
    fake_quiet(bench.host);
    assert_int_equal(give_back(&bench), 0);
    assert_int_equal(bench.host->tidied_count, 2);
    assert_int_equal(bench.host->tidied, 0);
    bench_free(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_in_order_and_confirmed),
        cmocka_unit_test(half_a_swap_is_undone),
        cmocka_unit_test(the_first_that_fails_spares_the_second),
        cmocka_unit_test(a_swap_that_can_not_be_undone_stays_known),
        cmocka_unit_test(gone_is_no_failure),
        cmocka_unit_test(an_unconfirmed_half_is_undone),
        cmocka_unit_test(an_affinity_that_changed_meanwhile_is_left),
        cmocka_unit_test(a_floating_vcpu_that_was_pinned_meanwhile_is_left),
        cmocka_unit_test(the_first_original_is_given_back),
        cmocka_unit_test(the_original_survives_a_failure),
        cmocka_unit_test(the_original_survives_an_undone_swap),
        cmocka_unit_test(what_others_changed_is_not_given_back),
        cmocka_unit_test(the_newest_will_is_given_back),
        cmocka_unit_test(what_can_not_be_given_back_is_counted),
        cmocka_unit_test(a_job_of_a_moment_is_waited_for),
        cmocka_unit_test(a_failure_that_pinned_is_put_back),
        cmocka_unit_test(a_failure_that_pinned_is_remembered),
        cmocka_unit_test(a_refused_pin_is_put_back_in_the_kernel),
        cmocka_unit_test(a_refused_swap_leaves_both),
        cmocka_unit_test(what_the_limit_forbids_is_put_back_when_it_opens),
        cmocka_unit_test(a_limit_is_not_somebody_else),
        cmocka_unit_test(taskset_is_somebody_else),
        cmocka_unit_test(what_the_limit_forbids_stays_in_the_ledger),
        cmocka_unit_test(a_refused_pin_of_an_earlier_run_is_known),
        cmocka_unit_test(a_restarted_domain_is_left),
        cmocka_unit_test(a_dry_run_calls_nobody),
        cmocka_unit_test(stopped_between_groups_only),
        cmocka_unit_test(what_is_ours_is_not_taken_for_a_wish),
        cmocka_unit_test(what_can_not_be_read_is_not_pinned),
        cmocka_unit_test(a_release_gives_back_or_forgets),
        cmocka_unit_test(a_release_that_fails_is_kept),
        cmocka_unit_test(releases_come_first),
        cmocka_unit_test(leftovers_are_told_apart),
        cmocka_unit_test(the_gone_are_forgotten_in_time),
        cmocka_unit_test(what_is_not_on_disk_is_not_pinned),
        cmocka_unit_test(what_is_let_go_of_travels_no_more),
        cmocka_unit_test(at_the_end_once_a_domain),
    };

    static const uint32_t sizes[] = {1, 2, 3};

    log_set_level(LOG_ERROR);
    return run_with_sizes(tests, sizeof tests / sizeof *tests, sizes, 3, NULL, NULL);
}
