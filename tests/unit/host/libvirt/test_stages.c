/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The three stages, one after another, on libvirt's test driver. */
#include "actuator/actuator.h"
#include "actuator/give_back.h"
#include "config/options.h"
#include "planner/planner.h"
#include "sampler/sampler.h"
#include "support/rig_libvirt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PERIODS 20

struct stages {
    struct options options;
    struct sampler sampler;
    struct planner *planner;
    struct actuator actuator;
    struct plan *plan;
    uint32_t placed[64]; /* by slot: how often a vCPU was pinned */
};

static void set_up(struct stages *stages, struct rig *rig, bool pools)
{
    static char program[] = "test", floating[] = "--floating", place[] = "place", period[] = "1",
                pool[] = "--pool", cpu[] = "cpu", two[] = "2";
    char *argv[] = {program, floating, place, pool, pools ? two : cpu, period, NULL};
    const struct crosscheck_ticks steps = crosscheck_ticks();

    assert_int_equal(options_parse(&stages->options, 6, argv, stderr, stderr), OPTIONS_RUN);
    stages->sampler = (struct sampler){.ops = &host_libvirt, .host = rig->host};
    stages->planner = planner_new(&stages->options.planner, &steps);
    stages->actuator.ops = &host_libvirt;
    stages->actuator.host = rig->host;
    stages->actuator.ledger = ledger_new();
    stages->plan = plan_new();
    assert_true(stages->planner && stages->actuator.ledger && stages->plan);
}

static void tear_down(struct stages *stages)
{
    plan_free(stages->plan);
    ledger_free(stages->actuator.ledger);
    planner_free(stages->planner);
    options_finish(&stages->options);
}

static void one_period(struct stages *stages, struct rig *rig)
{
    struct plan *plan = stages->plan;
    struct failure why = {""};

    assert_int_equal(sampler_step(&stages->sampler, rig->snapshot, &why), 0);
    rig_check(rig->snapshot);
    assert_int_equal(planner_step(stages->planner, rig->snapshot, plan), 0);
    actuator_step(&stages->actuator, plan);
    plan->timing.done_ns = rig->snapshot->end_ns;
    planner_book(stages->planner, plan);
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        const struct pin *one = &plan->decision.pins[i];
        const struct view_vcpu *vcpu = &plan->view.vcpus[one->vcpu];

        assert_int_equal(one->result, PIN_DONE);
        assert_int_equal(one->from, -1);
        assert_true(plan->view.pools[one->to].managed);
        assert_true(cpuset_has(&plan->view.sets[vcpu->allowed].pools, (uint32_t)one->to));
        stages->placed[vcpu->name.slot]++;
    }
}

/* The affinities of every vCPU as libvirt reports them, as text. */
static void look(struct rig *rig, char *text, size_t size)
{
    virDomainPtr *domains;
    const int count = virConnectListAllDomains(rig->own, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    text[0] = '\0';
    for (int d = 0; d < count; d++) {
        unsigned char maps[16][2] = {{0}};
        const int vcpus = virDomainGetVcpuPinInfo(domains[d], 16, maps[0], 2, 0);

        for (int v = 0; v < vcpus; v++) {
            const size_t length = strlen(text);
            struct cpuset set;
            char list[32];

            cpuset_from_map(&set, maps[v], 2);
            cpuset_format(&set, list, sizeof list);
            snprintf(text + length, size - length, "%s/%d:%s ", virDomainGetName(domains[d]), v,
                     list);
        }
        virDomainFree(domains[d]);
    }
    free(domains);
}

/* The part of a set in one pool: of pCPU 0 and 2, of pCPU 4, or of one pCPU. */
static struct cpuset part_of(const struct cpuset *set, uint32_t pcpu, bool pools)
{
    struct cpuset part;

    cpuset_clear(&part);
    for (uint32_t p = 0; p < 8; p++) {
        if (cpuset_has(set, p) && (pools ? p / 4 == pcpu / 4 : p == pcpu))
            cpuset_add(&part, p);
    }
    return part;
}

/* pCPUs 0, 2 and 4 are online. Domain a floats within an allowed set, b is fixed, c has no managed
 * pCPU. */
static void place_and_give_back(struct rig *rig, bool pools)
{
    char before[1024], during[1024], after[1024];
    struct stages stages = {.plan = NULL};
    const struct snapshot *s;
    uint32_t floating = 0;

    rig_empty(rig);
    virDomainPtr a = rig_create(
                     rig, "a", 12, 12,
                     "<vcpupin vcpu='3' cpuset='4-5'/><vcpupin vcpu='11' cpuset='0,2'/>"),
                 b = rig_create(rig, "b", 2, 2,
                                "<vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='4'/>"),
                 c = rig_create(rig, "c", 1, 1, "<vcpupin vcpu='0' cpuset='3,5'/>");
    look(rig, before, sizeof before);
    set_up(&stages, rig, pools);
    for (int period = 0; period < PERIODS; period++) {
        one_period(&stages, rig);
        assert_int_equal(stages.plan->view.period, period);
    }
    look(rig, during, sizeof during);
    assert_string_not_equal(during, before);
    s = rig_sample(rig);
    for (uint32_t v = 0; v < s->size.vcpus; v++) {
        const struct vcpu_sample *vcpu = &s->vcpus[v];
        struct cpuset allowed = s->sets[vcpu->wanted];
        bool placed;

        cpuset_and(&allowed, &s->online);
        /* Within one pool it is fixed: counted there, never moved. */
        if (cpuset_count(&allowed)) {
            const struct cpuset first =
                part_of(&allowed, (uint32_t)cpuset_next(&allowed, 0), pools);

            placed = !cpuset_equal(&allowed, &first);
        } else {
            placed = false;
        }
        floating += placed;
        assert_int_equal(stages.placed[vcpu->slot], placed);
        if (placed) {
            const struct cpuset *set = &s->sets[vcpu->affinity];
            const struct cpuset part = part_of(&allowed, (uint32_t)cpuset_next(set, 0), pools);

            assert_true(cpuset_equal(set, &part));
        } else {
            assert_int_equal(vcpu->affinity, vcpu->wanted);
        }
    }
    assert_int_equal(floating, pools ? 10 : 11);
    assert_int_equal(actuator_give_back(&stages.actuator), 0);
    look(rig, after, sizeof after);
    assert_string_equal(after, before);
    tear_down(&stages);
    rig_destroy(a);
    rig_destroy(b);
    rig_destroy(c);
}

static void floating_is_placed_and_given_back(void **state)
{
    place_and_give_back(*state, false);
}

static void in_pools_too(void **state)
{
    place_and_give_back(*state, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floating_is_placed_and_given_back),
        cmocka_unit_test(in_pools_too),
    };

    return RIG_RUN(tests);
}
