/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Emulators that follow their domains' vCPUs, period by period, and are given back. */
#include "support/fake_host.h"

#include "actuator/give_back.h"
#include "log/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Two pools of 4 pCPUs; a domain whose vCPUs float, and its emulator. */
struct bench {
    struct rig *rig;
    struct host *host;
    uint32_t emulator;
};

#define FOLLOW "--pool 4 --emulator follow"

static struct bench bench_new(uint32_t vcpus, const char *options)
{
    struct bench bench = {.host = fake_new(8, 64)};
    const uint32_t domain = fake_domain(bench.host, "guest");

    for (uint32_t v = 0; v < vcpus; v++)
        fake_set_affinity(bench.host, fake_vcpu(bench.host, domain, 0, 30), "0-7");
    bench.emulator = fake_emulator(bench.host, domain);
    bench.rig = rig_new(bench.host, options);
    return bench;
}

static void bench_free(struct bench *bench)
{
    rig_free(bench->rig);
}

static void play(struct bench *bench, int periods)
{
    while (periods-- > 0)
        rig_period(bench->rig, 3);
}

static uint32_t calls(const struct bench *bench, enum fake_verb verb)
{
    uint32_t count = 0;

    for (uint32_t c = 0; c < bench->host->call_count; c++)
        count +=
            bench->host->calls[c].vcpu == bench->emulator && bench->host->calls[c].verb == verb;
    return count;
}

/* Is the emulator where the vCPU is? */
static void is_with(const struct bench *bench, uint32_t vcpu)
{
    const struct fake_vcpu *v = &bench->host->vcpus[vcpu];

    assert_true(cpuset_equal(&bench->host->vcpus[bench->emulator].affinity, &v->affinity));
}

static void is_free(const struct bench *bench)
{
    assert_string_equal(fake_affinity(bench->host, bench->emulator), "0-8191");
}

static bool is_held(const struct bench *bench)
{
    const struct domain_sample *domain = &bench->host->domains[0].sample;
    struct vcpu_name name = {.id = domain->id, .number = VCPU_EMULATOR};
    struct ledger_entry entry;

    memcpy(name.uuid, domain->uuid, sizeof name.uuid);
    return ledger_find(bench->rig->ledger, &name, &entry);
}

static void follows_and_is_given_back(void **state)
{
    struct bench bench = bench_new(1, FOLLOW);

    (void)state;
    play(&bench, 2); /* the vCPU is placed */
    assert_int_equal(bench.rig->plan->decision.pin_count, 1);
    assert_int_equal(bench.rig->plan->decision.emulator_count, 0);
    is_free(&bench);
    play(&bench, 1); /* the emulator follows */
    is_with(&bench, 0);
    assert_true(is_held(&bench));
    assert_int_equal(bench.rig->plan->totals.pins[PIN_DONE], 1);
    assert_int_equal(bench.rig->plan->totals.emulator_pins[PIN_DONE], 1);
    fake_quiet(bench.host);
    play(&bench, 10); /* and stays: no call at all */
    assert_int_equal(bench.host->call_count, 0);
    assert_int_equal(actuator_give_back(&bench.rig->actuator), 0);
    is_free(&bench);
    assert_string_equal(fake_affinity(bench.host, 0), "0-7");
    assert_int_equal(ledger_size(bench.rig->ledger), 0);
    bench_free(&bench);
}

/* The pool of a vCPU gets crowded: it moves, and the emulator after it. */
static void follows_a_move(void **state)
{
    struct bench bench = bench_new(1, FOLLOW " --dwell 0");
    struct cpuset before;

    (void)state;
    play(&bench, 3);
    is_with(&bench, 0);
    before = bench.host->vcpus[0].affinity;
    for (uint32_t p = 0; p < 8; p++)
        bench.host->other[p] = cpuset_has(&before, p) ? 95 : 0;
    for (int p = 0; p < 30 && cpuset_equal(&bench.host->vcpus[0].affinity, &before); p++)
        play(&bench, 1);
    assert_false(cpuset_equal(&bench.host->vcpus[0].affinity, &before));
    play(&bench, 1);
    is_with(&bench, 0);
    assert_int_equal(calls(&bench, FAKE_PIN), 2);
    assert_int_equal(actuator_give_back(&bench.rig->actuator), 0);
    is_free(&bench);
    bench_free(&bench);
}

static void single_pcpus_are_put_together(void **state)
{
    struct bench bench = bench_new(2, "--emulator follow");
    struct cpuset both;

    (void)state;
    play(&bench, 4);
    both = bench.host->vcpus[0].affinity;
    assert_int_equal(cpuset_count(&both), 1);
    cpuset_or(&both, &bench.host->vcpus[1].affinity);
    assert_int_equal(cpuset_count(&both), 2);
    assert_true(cpuset_equal(&bench.host->vcpus[bench.emulator].affinity, &both));
    bench_free(&bench);
}

static void without_the_option_nothing_is_asked(void **state)
{
    struct bench bench = bench_new(1, "--pool 4");

    (void)state;
    play(&bench, 10);
    assert_int_equal(calls(&bench, FAKE_PIN) + calls(&bench, FAKE_AFFINITY), 0);
    assert_false(is_held(&bench));
    is_free(&bench);
    bench_free(&bench);
}

/* Vacant hosts: no vCPU is the daemon's, or all pCPUs are some vCPU's. */
static void there_may_be_nothing_to_follow(void **state)
{
    struct bench bench = bench_new(2, FOLLOW " --floating leave");

    (void)state;
    play(&bench, 10);
    assert_int_equal(calls(&bench, FAKE_PIN) + calls(&bench, FAKE_AFFINITY), 0);
    bench_free(&bench);

    bench = bench_new(2, FOLLOW);
    fake_set_affinity(bench.host, 0, "0-3");
    fake_set_wanted(bench.host, 0, "0-3");
    fake_set_affinity(bench.host, 1, "4-7");
    fake_set_wanted(bench.host, 1, "4-7");
    fake_set_affinity(bench.host, fake_vcpu(bench.host, 0, 0, 30), "0-7");
    play(&bench, 10);
    assert_true(cpuset_count(&bench.host->vcpus[3].affinity) == 4);
    assert_int_equal(calls(&bench, FAKE_PIN) + calls(&bench, FAKE_AFFINITY), 0);
    bench_free(&bench);
}

static void the_owners_pin_is_left_alone(void **state)
{
    struct bench bench = bench_new(1, FOLLOW);

    (void)state;
    fake_set_affinity(bench.host, bench.emulator, "0-1");
    fake_set_wanted(bench.host, bench.emulator, "0-1");
    play(&bench, 6);
    assert_int_equal(calls(&bench, FAKE_PIN) + calls(&bench, FAKE_AFFINITY), 0);
    bench_free(&bench);

    bench = bench_new(1, FOLLOW " --adopt-pins");
    fake_set_affinity(bench.host, bench.emulator, "0-1");
    fake_set_wanted(bench.host, bench.emulator, "0-1");
    play(&bench, 6);
    is_with(&bench, 0);
    assert_int_equal(actuator_give_back(&bench.rig->actuator), 0);
    assert_string_equal(fake_affinity(bench.host, bench.emulator), "0-1");
    bench_free(&bench);
}

/* The definition is changed while it runs. */
static void the_owner_may_pin_it_later(void **state)
{
    struct bench bench = bench_new(1, FOLLOW);

    (void)state;
    play(&bench, 3);
    is_with(&bench, 0);
    fake_set_wanted(bench.host, bench.emulator, "5");
    play(&bench, 2);
    is_free(&bench);
    assert_false(is_held(&bench));
    bench_free(&bench);
}

static void yields_to_somebody_else(void **state)
{
    struct bench bench = bench_new(1, FOLLOW);
    char same[64];

    (void)state;
    play(&bench, 3);
    is_with(&bench, 0);
    strcpy(same, fake_affinity(bench.host, bench.emulator));
    fake_touch(bench.host, bench.emulator, same); /* even to the same pCPUs */
    fake_quiet(bench.host);
    play(&bench, 5);
    assert_false(is_held(&bench));
    fake_set_affinity(bench.host, 0, "6"); /* nor does it follow any more */
    play(&bench, 10);
    assert_int_equal(calls(&bench, FAKE_PIN), 0);
    assert_int_equal(actuator_give_back(&bench.rig->actuator), 0);
    assert_string_equal(fake_affinity(bench.host, bench.emulator), same);
    bench_free(&bench);

    bench = bench_new(1, FOLLOW); /* by taskset or emulatorpin */
    play(&bench, 3);
    fake_set_affinity(bench.host, bench.emulator, "6");
    play(&bench, 5);
    assert_false(is_held(&bench));
    assert_string_equal(fake_affinity(bench.host, bench.emulator), "6");
    bench_free(&bench);

    bench = bench_new(1, FOLLOW); /* before the daemon has pinned it */
    play(&bench, 1);
    fake_touch(bench.host, bench.emulator, "6");
    play(&bench, 1);
    fake_touch(bench.host, bench.emulator, "6");
    play(&bench, 5);
    assert_string_equal(fake_affinity(bench.host, bench.emulator), "6");
    bench_free(&bench);
}

/* Somebody else is faster than the plan. */
static void a_change_between_plan_and_pin_is_seen(void **state)
{
    struct bench bench = bench_new(1, FOLLOW);
    struct failure why;

    (void)state;
    play(&bench, 2);
    fake_play(bench.host, 3);
    assert_int_equal(sampler_step(&bench.rig->sampler, bench.rig->snapshot, &why), 0);
    assert_int_equal(planner_step(bench.rig->planner, bench.rig->snapshot, bench.rig->plan), 0);
    assert_int_equal(bench.rig->plan->decision.emulator_count, 1);
    fake_touch(bench.host, bench.emulator, "6");
    actuator_step(&bench.rig->actuator, bench.rig->plan);
    planner_book(bench.rig->planner, bench.rig->plan);
    assert_int_equal(bench.rig->plan->decision.emulators[0].result, PIN_YIELDED);
    play(&bench, 10);
    assert_string_equal(fake_affinity(bench.host, bench.emulator), "6");
    assert_false(is_held(&bench));
    bench_free(&bench);
}

static void refused_it_stays_and_rests(void **state)
{
    static const int errors[] = {-EIO, -EINVAL, FAKE_REFUSED};

    (void)state;
    for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
        struct bench bench = bench_new(1, FOLLOW " --dwell 3");

        play(&bench, 2);
        fake_fail(bench.host, bench.emulator, FAKE_PIN, 0, errors[e]);
        play(&bench, 1);
        assert_int_equal(bench.rig->plan->decision.emulators[0].result, PIN_FAILED);
        assert_int_equal(bench.rig->plan->totals.emulator_pins[PIN_FAILED], 1);
        assert_int_equal(bench.rig->plan->totals.pins[PIN_FAILED], 0);
        assert_true(bench.rig->plan->outcome.failure.text[0] != '\0');
        is_free(&bench);
        assert_false(is_held(&bench));
        fake_quiet(bench.host);
        play(&bench, 3); /* no call while it rests */
        assert_int_equal(calls(&bench, FAKE_PIN), 0);
        play(&bench, 1);
        is_with(&bench, 0);
        assert_int_equal(actuator_give_back(&bench.rig->actuator), 0);
        is_free(&bench);
        bench_free(&bench);
    }
}

/* Each refusal in a row doubles the rest. */
static void refusals_become_few(void **state)
{
    struct bench bench = bench_new(1, FOLLOW " --dwell 1");

    (void)state;
    play(&bench, 2);
    fake_fail(bench.host, bench.emulator, FAKE_PIN, FAKE_ALWAYS, -EINVAL);
    play(&bench, 60);
    assert_in_range(calls(&bench, FAKE_PIN), 4, 6);
    is_free(&bench);
    bench_free(&bench);
}

/* Accepted, but not made: it is found out where it is, and tried again. */
static void unconfirmed_it_is_mended(void **state)
{
    struct bench bench = bench_new(1, FOLLOW " --dwell 2");

    (void)state;
    play(&bench, 2);
    fake_fail(bench.host, bench.emulator, FAKE_PIN, 0, FAKE_IGNORED);
    play(&bench, 1);
    assert_int_equal(bench.rig->plan->decision.emulators[0].result, PIN_UNCONFIRMED);
    assert_true(is_held(&bench));
    play(&bench, 12);
    is_with(&bench, 0);
    assert_int_equal(actuator_give_back(&bench.rig->actuator), 0);
    is_free(&bench);
    bench_free(&bench);
}

static void a_job_makes_it_wait(void **state)
{
    struct bench bench = bench_new(1, FOLLOW);

    (void)state;
    play(&bench, 2);
    fake_fail(bench.host, bench.emulator, FAKE_PIN, 0, -EBUSY);
    play(&bench, 1);
    assert_int_equal(bench.rig->plan->decision.emulators[0].result, PIN_BUSY);
    assert_false(is_held(&bench));
    fake_quiet(bench.host);
    play(&bench, 5);
    assert_int_equal(bench.host->call_count, 0);
    play(&bench, 1);
    is_with(&bench, 0);
    bench_free(&bench);
}

static void excluded_it_is_given_back(void **state)
{
    struct bench bench = bench_new(1, FOLLOW);

    (void)state;
    play(&bench, 3);
    is_with(&bench, 0);
    bench.host->domains[0].sample.opted_out = true;
    fake_fail(bench.host, bench.emulator, FAKE_PIN, 0, -EBUSY);
    play(&bench, 1);
    assert_int_equal(cpuset_count(&bench.host->vcpus[bench.emulator].affinity), 4);
    assert_true(is_held(&bench)); /* a job was in the way: it stays known */
    play(&bench, 7);
    is_free(&bench);
    assert_int_equal(ledger_size(bench.rig->ledger), 0);
    fake_quiet(bench.host);
    play(&bench, 5);
    assert_int_equal(bench.host->call_count, 0);
    bench.host->domains[0].sample.opted_out = false;
    play(&bench, 4);
    is_with(&bench, 0);
    bench_free(&bench);
}

/* Its vCPUs are somebody else's now. */
static void with_its_last_vcpu_it_is_given_back(void **state)
{
    struct bench bench = bench_new(2, "--pool 2 --emulator follow");

    (void)state;
    play(&bench, 3);
    assert_true(is_held(&bench));
    fake_touch(bench.host, 0, "0-3");
    play(&bench, 2);
    assert_true(is_held(&bench));
    fake_touch(bench.host, 1, "4");
    play(&bench, 2);
    assert_false(is_held(&bench));
    is_free(&bench);
    assert_string_equal(fake_affinity(bench.host, 1), "4");
    bench_free(&bench);
}

static void a_dry_run_says_so_once(void **state)
{
    struct bench bench = bench_new(1, FOLLOW " --dry-run");

    (void)state;
    play(&bench, 3);
    assert_int_equal(bench.rig->plan->decision.emulator_count, 1);
    assert_int_equal(bench.rig->plan->decision.emulators[0].result, PIN_DRY);
    assert_int_equal(cpuset_count(&bench.rig->plan->decision.emulators[0].to), 4);
    play(&bench, 10);
    assert_int_equal(bench.rig->plan->totals.emulator_pins[PIN_DRY], 1);
    assert_int_equal(bench.host->call_count, 0);
    assert_int_equal(ledger_size(bench.rig->ledger), 0);
    bench_free(&bench);
}

static void it_keeps_to_the_limit_of_its_cgroup(void **state)
{
    struct bench bench = bench_new(1, FOLLOW);

    (void)state;
    fake_vcpu(bench.host, fake_domain(bench.host, "other"), 7, 1); /* may use all pCPUs */
    fake_limit(bench.host, 0, "1-2,7");
    play(&bench, 4);
    is_with(&bench, 0);
    assert_string_equal(fake_affinity(bench.host, bench.emulator), "1-2");
    assert_int_equal(actuator_give_back(&bench.rig->actuator), 0);
    assert_true(cpuset_count(&bench.host->vcpus[bench.emulator].told) == CPUSET_MAX);
    bench_free(&bench);
}

static void many_wait_their_turn(void **state)
{
    struct bench bench = bench_new(1, FOLLOW);
    uint32_t emulators[20], made = 0;

    (void)state;
    for (uint32_t n = 0; n < 20; n++) {
        const uint32_t domain = fake_domain(bench.host, "more");

        fake_set_affinity(bench.host, fake_vcpu(bench.host, domain, 0, 1), "0-7");
        emulators[n] = fake_emulator(bench.host, domain);
    }
    play(&bench, 3);
    assert_int_equal(bench.rig->plan->decision.emulator_count, EMULATOR_PINS_MOST);
    play(&bench, 8);
    for (uint32_t n = 0; n < 20; n++)
        made += cpuset_count(&bench.host->vcpus[emulators[n]].affinity) == 4;
    assert_int_equal(made, 20);
    assert_int_equal(actuator_give_back(&bench.rig->actuator), 0);
    for (uint32_t n = 0; n < 20; n++)
        assert_string_equal(fake_affinity(bench.host, emulators[n]), "0-8191");
    bench_free(&bench);
}

/* ---- the next run ---- */

/* The ledger of a run that was killed, with the emulator on 0-3. */
static struct bench after_a_kill(const char *options)
{
    struct bench bench = bench_new(1, options);
    const struct domain_sample *domain = &bench.host->domains[0].sample;
    struct ledger_entry entry = {.vcpu = {.id = domain->id, .number = VCPU_EMULATOR}};
    struct cpuset all = bench.host->vcpus[bench.emulator].told;

    fake_set_affinity(bench.host, 0, "0-3");
    fake_set_wanted(bench.host, 0, "0-7");
    fake_set_affinity(bench.host, bench.emulator, "0-3");
    bench.host->domains[0].held = true;
    memcpy(entry.vcpu.uuid, domain->uuid, sizeof entry.vcpu.uuid);
    entry.original = all;
    entry.pinned = bench.host->vcpus[bench.emulator].told;
    assert_int_equal(ledger_add(bench.rig->ledger, &entry), 0);
    entry.vcpu.number = 0;
    assert_int_equal(cpuset_parse(&entry.original, "0-7"), 0);
    assert_int_equal(ledger_add(bench.rig->ledger, &entry), 0);
    assert_int_equal(actuator_review(&bench.rig->actuator).ours, 2);
    return bench;
}

static void the_next_run_takes_it_over(void **state)
{
    struct bench bench = after_a_kill(FOLLOW);

    (void)state;
    fake_quiet(bench.host);
    play(&bench, 6);
    assert_true(is_held(&bench));
    assert_string_equal(fake_affinity(bench.host, bench.emulator), "0-3");
    assert_int_equal(calls(&bench, FAKE_PIN), 0);
    assert_int_equal(actuator_give_back(&bench.rig->actuator), 0);
    is_free(&bench);
    bench_free(&bench);
}

static void without_the_option_it_gives_it_back(void **state)
{
    struct bench bench = after_a_kill("--pool 4");

    (void)state;
    play(&bench, 3);
    assert_false(is_held(&bench));
    is_free(&bench);
    assert_string_equal(fake_affinity(bench.host, 0), "0-3");
    bench_free(&bench);
}

static void the_next_run_knows_whose_it_is(void **state)
{
    struct bench bench = bench_new(1, FOLLOW);

    (void)state;
    bench.host->vcpus[bench.emulator].yielded_ns = 1;
    play(&bench, 8);
    assert_int_equal(calls(&bench, FAKE_PIN), 0);
    is_free(&bench);
    bench_free(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_and_is_given_back),
        cmocka_unit_test(follows_a_move),
        cmocka_unit_test(single_pcpus_are_put_together),
        cmocka_unit_test(without_the_option_nothing_is_asked),
        cmocka_unit_test(there_may_be_nothing_to_follow),
        cmocka_unit_test(the_owners_pin_is_left_alone),
        cmocka_unit_test(the_owner_may_pin_it_later),
        cmocka_unit_test(yields_to_somebody_else),
        cmocka_unit_test(a_change_between_plan_and_pin_is_seen),
        cmocka_unit_test(refused_it_stays_and_rests),
        cmocka_unit_test(refusals_become_few),
        cmocka_unit_test(unconfirmed_it_is_mended),
        cmocka_unit_test(a_job_makes_it_wait),
        cmocka_unit_test(excluded_it_is_given_back),
        cmocka_unit_test(with_its_last_vcpu_it_is_given_back),
        cmocka_unit_test(a_dry_run_says_so_once),
        cmocka_unit_test(it_keeps_to_the_limit_of_its_cgroup),
        cmocka_unit_test(many_wait_their_turn),
        cmocka_unit_test(the_next_run_takes_it_over),
        cmocka_unit_test(without_the_option_it_gives_it_back),
        cmocka_unit_test(the_next_run_knows_whose_it_is),
    };

    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
