/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots become usage, demand and flags; one host, period by period. */
#include "support/fake_host.h"

#include "actuator/give_back.h"
#include "log/log.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)

static void close_to(double got, double want, double within)
{
    if (!(fabs(got - want) <= within))
        fail_msg("%.6f is not %.6f ± %g", got, want, within);
}

/* A host with pCPUs and vCPUs of one domain, all on pCPU 0. */
static struct host *crowd(uint32_t pcpus, uint32_t vcpus, double demand)
{
    struct host *host = fake_new(pcpus, 400);
    const uint32_t domain = fake_domain(host, "guest");

    for (uint32_t v = 0; v < vcpus; v++)
        fake_vcpu(host, domain, 0, demand);
    return host;
}

static double usage(const struct rig *rig, uint32_t vcpu)
{
    return rig_vcpu(rig, vcpu)->usage;
}

static void flags_are(const struct rig *rig, uint32_t vcpu, unsigned flags)
{
    assert_int_equal(rig_vcpu(rig, vcpu)->blocked_by, flags);
}

static const struct view_pool *pcpu(const struct rig *rig, uint32_t p)
{
    assert_true(p < rig->plan->view.pcpu_count);
    return &rig->plan->view.pools[p];
}

/* ---- usage ---- */

static void usage_is_over_the_time_that_passed(void **state)
{
    struct host *host = crowd(4, 1, 40);
    struct rig *rig = rig_new(host, "3 --policy none");

    (void)state;
    fake_set_affinity(host, fake_vcpu(host, fake_domain(host, "late"), 1, 60), "1");
    assert_int_equal(rig_period(rig, 3)->decision.reason, REASON_FIRST);
    flags_are(rig, 0, VCPU_NEW);
    assert_int_equal(rig->plan->view.fresh, 2);
    for (uint64_t late = 0; late < 5; late++) {
        const double seconds = late % 2 ? 2 : 5.5; /* whatever the nominal period is */

        host->domains[1].late_ns = late * 300 * MS; /* stragglers are read ever later */
        rig_period(rig, seconds);
        close_to(usage(rig, 0), 40, 1e-6);
        close_to(usage(rig, 1), 60, 1e-6);
        close_to(rig->plan->view.span_s, seconds + (late ? 0.3 : 0), 1e-9);
        close_to(rig->plan->view.domains[1].usage, 60, 1e-6);
        assert_int_equal(rig->plan->view.period, late + 1);
        assert_int_equal(rig->plan->view.fresh, 0);
    }
    rig_free(rig);
}

/* The cgroup's figure is used if there is one, else the hypervisor's. */
static void the_finer_source_is_preferred(void **state)
{
    struct host *host = crowd(2, 2, 30);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    host->vcpus[1].has &= ~(unsigned)VCPU_HAS_CGROUP;
    rig_period(rig, 3);
    for (int period = 0; period < 4; period++) {
        host->vcpus[0].time_ns += period % 2 ? 10 * MS : 0;
        host->vcpus[1].time_ns += 30 * MS;
        rig_period(rig, 3);
        close_to(usage(rig, 0), 30, 1e-6);
        close_to(usage(rig, 1), 31, 1e-6);
        flags_are(rig, 0, 0);
        flags_are(rig, 1, 0);
        assert_int_equal(rig->plan->view.unchecked, 1);
        host->vcpus[0].time_ns -= period % 2 ? 10 * MS : 0;
    }
    rig_free(rig);
}

static void usage_never_leaves_0_to_100(void **state)
{
    struct host *host = crowd(2, 1, 50);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    rig_period(rig, 1);
    host->vcpus[0].time_ns += 900 * MS;
    host->vcpus[0].cgroup_ns += 900 * MS;
    rig_period(rig, 1);
    close_to(usage(rig, 0), 100, 0);
    host->vcpus[0].time_ns /= 2;
    rig_period(rig, 1);
    close_to(usage(rig, 0), 0, 0);
    rig_free(rig);
}

/* ---- not yet measured for a full period ---- */

static void newcomers_wait_for_a_full_period(void **state)
{
    struct host *host = crowd(3, 2, 45);
    struct rig *rig = rig_new(host, "--dwell 0");
    uint32_t plugged;

    (void)state;
    fake_set_affinity(host, 1, "1");
    fake_set_wanted(host, 0, "0");
    rig_period(rig, 3);
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.reason, REASON_BELOW);
    plugged = fake_vcpu(host, 0, 0, 40);
    host->vcpus[plugged].time_ns = host->vcpus[plugged].cgroup_ns = 77777 * MS;
    rig_period(rig, 3);
    flags_are(rig, plugged, VCPU_NEW);
    close_to(usage(rig, plugged), 0, 0);
    assert_null(rig_pin(rig, plugged));
    rig_period(rig, 3);
    flags_are(rig, plugged, rig_pin(rig, plugged) ? VCPU_DWELLS : 0);
    close_to(usage(rig, plugged), 40, 1e-6);
    assert_int_equal(rig->plan->decision.pin_count, 1);
    rig_free(rig);
}

static void unplugged_and_plugged_again_is_another(void **state)
{
    struct host *host = crowd(3, 3, 30);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    host->vcpus[2].number = 7; /* numbers may have gaps */
    rig_period(rig, 3);
    host->vcpus[1].gone = true;
    rig_period(rig, 3);
    assert_int_equal(rig->plan->view.vcpu_count, 2);
    close_to(usage(rig, 2), 30, 1e-6);
    assert_int_equal(rig_vcpu(rig, 2)->name.number, 7);
    /* The same number and slot, counters far ahead: not a gain of that much. */
    host->vcpus[1].gone = false;
    host->vcpus[1].serial = ++host->serial;
    host->vcpus[1].time_ns = host->vcpus[1].cgroup_ns = 999999 * MS;
    rig_period(rig, 3);
    flags_are(rig, 1, VCPU_NEW);
    close_to(usage(rig, 1), 0, 0);
    rig_period(rig, 3);
    flags_are(rig, 1, 0);
    close_to(usage(rig, 1), 30, 1e-6);
    rig_free(rig);
}

static void a_slot_given_to_another_keeps_nothing(void **state)
{
    struct host *host = crowd(2, 2, 60);
    struct rig *rig = rig_new(host, "--dwell 100");
    uint32_t heir, domain;

    (void)state;
    rig_period(rig, 3);
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.pin_count, 1);
    rig_period(rig, 3);
    flags_are(rig, 0, VCPU_DWELLS);
    host->vcpus[0].gone = true;
    domain = fake_domain(host, "heir");
    heir = fake_vcpu(host, domain, 0, 20);
    host->vcpus[heir].slot = 0;
    rig_period(rig, 3);
    flags_are(rig, heir, VCPU_NEW);
    rig_period(rig, 3);
    flags_are(rig, heir, 0); /* it has not moved */
    close_to(usage(rig, heir), 20, 1e-6);
    rig_free(rig);
}

static void a_restarted_domain_begins_anew(void **state)
{
    struct host *host = crowd(2, 2, 30);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    rig_period(rig, 3);
    rig_period(rig, 3);
    fake_restart(host, 0);
    rig_period(rig, 3);
    flags_are(rig, 0, VCPU_NEW); /* and not suspect, though its counters are lower */
    assert_int_equal(rig->plan->totals.suspects, 0);
    rig_period(rig, 3);
    close_to(usage(rig, 0), 30, 1e-6);
    rig_free(rig);
}

static void paused_and_resumed(void **state)
{
    struct host *host = crowd(2, 2, 40);
    struct rig *rig = rig_new(host, "--dwell 0");

    (void)state;
    rig_period(rig, 3);
    host->domains[0].sample.state = DOMAIN_PAUSED;
    for (int period = 0; period < 3; period++) {
        rig_period(rig, 3);
        flags_are(rig, 0, VCPU_PAUSED);
        close_to(pcpu(rig, 0)->usage, 0, 1e-6);
        assert_int_equal(rig->plan->decision.pin_count, 0);
        assert_int_equal(rig->plan->decision.reason, REASON_BELOW);
        assert_int_equal(rig->plan->view.domains[0].state, DOMAIN_PAUSED);
    }
    host->domains[0].sample.state = DOMAIN_RUNNING;
    rig_period(rig, 3);
    flags_are(rig, 0, VCPU_NEW);
    close_to(usage(rig, 0), 0, 0);
    assert_int_equal(rig->plan->decision.pin_count, 0);
    rig_period(rig, 3);
    close_to(usage(rig, 1), 40, 1e-6);
    assert_int_equal(rig->plan->decision.pin_count, 1);
    rig_free(rig);
}

static void a_reading_that_failed_once_is_no_usage(void **state)
{
    struct host *host = crowd(2, 1, 40);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    rig_period(rig, 3);
    rig_period(rig, 3);
    host->vcpus[0].has = 0;
    rig_period(rig, 3);
    flags_are(rig, 0, VCPU_NEW);
    host->vcpus[0].has = VCPU_HAS_TIME | VCPU_HAS_CGROUP | VCPU_HAS_DELAY;
    rig_period(rig, 3);
    flags_are(rig, 0, VCPU_NEW);
    rig_period(rig, 3);
    flags_are(rig, 0, 0);
    close_to(usage(rig, 0), 40, 1e-6);
    rig_free(rig);
}

/* Snapshots that were passed over only make the period longer. */
static void passing_over_snapshots(void **state)
{
    struct host *host = crowd(2, 1, 40);
    struct rig *rig = rig_new(host, "--policy none");
    struct failure why;

    (void)state;
    rig_period(rig, 3);
    for (int passed = 0; passed < 3; passed++) {
        fake_play(host, 3);
        assert_int_equal(sampler_step(&rig->sampler, rig->snapshot, &why), 0);
    }
    rig_period(rig, 3);
    flags_are(rig, 0, 0);
    close_to(usage(rig, 0), 40, 1e-6);
    close_to(rig->plan->view.span_s, 12, 1e-9);
    assert_int_equal(rig->plan->view.period, 1);
    rig_free(rig);
}

/* ---- the cross-check ---- */

/* 45 % three times on pCPU 0; vCPU 0's cgroup counts half of it. */
static struct rig *lying(const char *options)
{
    struct host *host = crowd(3, 3, 30);
    struct rig *rig = rig_new(host, options);

    rig_period(rig, 3);
    rig_period(rig, 3);
    host->vcpus[0].witness = 0.5;
    return rig;
}

static void suspect_is_left_and_so_is_its_pcpu(void **state)
{
    static const char *const modes[] = {"--threshold 95 --crosscheck warn",
                                        "--threshold 95 --crosscheck require"};

    (void)state;
    for (size_t m = 0; m < 2; m++) {
        struct rig *rig = lying(modes[m]);
        struct host *host = rig->host;

        rig_period(rig, 3);
        flags_are(rig, 0, VCPU_SUSPECT);
        flags_are(rig, 1, 0);
        close_to(usage(rig, 0), 30, 1e-6); /* shown, by the hypervisor */
        assert_int_equal(rig->plan->view.suspect, 1);
        assert_false(pcpu(rig, 0)->certain);
        assert_true(pcpu(rig, 1)->certain);
        assert_int_equal(rig->plan->view.busiest, 1);
        rig->options.planner.decision.threshold = 50;
        rig_period(rig, 3);
        assert_int_equal(rig->plan->decision.pin_count, 0);
        assert_int_equal(rig->plan->totals.suspects, 1);
        host->vcpus[0].witness = 1;
        rig_period(rig, 3);
        flags_are(rig, 0, rig_pin(rig, 0) ? VCPU_DWELLS : 0);
        assert_int_equal(rig->plan->view.suspect, 0);
        assert_true(rig->plan->decision.pin_count > 0);
        rig_free(rig);
    }
}

static void without_a_second_source(void **state)
{
    static const char *const modes[] = {"--crosscheck warn", "--crosscheck require",
                                        "--crosscheck off"};

    (void)state;
    for (size_t m = 0; m < 3; m++) {
        struct host *host = crowd(3, 3, 30);
        struct rig *rig = rig_new(host, modes[m]);

        for (int v = 0; v < 3; v++)
            host->vcpus[v].has &= ~(unsigned)VCPU_HAS_CGROUP;
        rig_period(rig, 3);
        rig_period(rig, 3);
        assert_int_equal(rig->plan->decision.pin_count, m == 1 ? 0 : 2);
        for (uint32_t v = 0; v < 3 && m == 1; v++)
            flags_are(rig, v, VCPU_UNCHECKED);
        rig_free(rig);
    }
}

/* A second source that has just appeared has nothing to compare with. */
static void require_wants_both_readings_at_both_ends(void **state)
{
    struct host *host = crowd(2, 1, 30);
    struct rig *rig = rig_new(host, "--crosscheck require --policy none");

    (void)state;
    host->vcpus[0].has &= ~(unsigned)VCPU_HAS_CGROUP;
    rig_period(rig, 3);
    host->vcpus[0].has |= VCPU_HAS_CGROUP;
    rig_period(rig, 3);
    flags_are(rig, 0, VCPU_UNCHECKED);
    rig_period(rig, 3);
    flags_are(rig, 0, 0);
    rig_free(rig);
}

static void falling_counters_are_suspect_in_every_mode(void **state)
{
    static const char *const modes[] = {"--crosscheck warn", "--crosscheck require",
                                        "--crosscheck off"};

    (void)state;
    for (size_t m = 0; m < 3; m++) {
        struct host *host = crowd(2, 2, 40);
        struct rig *rig = rig_new(host, modes[m]);

        if (m == 2)
            host->vcpus[0].has = VCPU_HAS_TIME;
        rig_period(rig, 30);
        host->vcpus[0].time_ns = 0;
        rig_period(rig, 3);
        assert_true(rig_vcpu(rig, 0)->blocked_by & VCPU_SUSPECT);
        close_to(usage(rig, 0), 0, 0);
        assert_int_equal(rig->plan->decision.pin_count, 0);
        rig_free(rig);
    }
}

/* ---- other load ---- */

static void the_hosts_other_load_counts(void **state)
{
    static const double periods[] = {3, 1, 0.3, 0.01};

    (void)state;
    for (size_t n = 0; n < sizeof periods / sizeof *periods; n++) {
        struct host *host = crowd(2, 1, 30);
        struct rig *rig = rig_new(host, "--policy none");

        host->other[0] = 25;
        host->other[1] = 55;
        host->busy_ns[1] = 123456789012; /* from before */
        for (double t = 0; t < 3.5 * (periods[n] > 1 ? periods[n] : 1); t += periods[n]) {
            rig_period(rig, periods[n]);
            if (rig->plan->view.period == 0)
                continue;
            close_to(pcpu(rig, 0)->other, 25, 0.01);
            close_to(pcpu(rig, 1)->other, 55, 0.01);
            close_to(pcpu(rig, 0)->usage, 55, 0.01);
            close_to(pcpu(rig, 0)->planned_demand, 55, 0.01);
        }
        rig_free(rig);
    }
}

/* The kernel counts busy time by 10 ms; at short periods that must not make other load jump. */
static void coarse_counters_do_not_blur_short_periods(void **state)
{
    struct host *host = crowd(2, 1, 30);
    struct rig *rig = rig_new(host, "--policy none");
    uint64_t exact[2] = {0, 0};

    (void)state;
    host->other[0] = 20;
    for (int period = 0; period < 400; period++) {
        host->busy_ns[0] = exact[0];
        rig_period(rig, 0);
        fake_play(host, 0.01);
        exact[0] = host->busy_ns[0];
        host->busy_ns[0] = exact[0] / (10 * MS) * (10 * MS);
        rig_period(rig, 0);
        host->busy_ns[0] = exact[0];
        if (period > 110)
            close_to(pcpu(rig, 0)->other, 20, 1.1);
    }
    rig_free(rig);
}

static void a_host_that_does_not_tell_has_no_other_load(void **state)
{
    struct host *host = crowd(2, 1, 30);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    host->other[0] = 20;
    host->tells_busy = false;
    for (int period = 0; period < 3; period++)
        rig_period(rig, 3);
    close_to(pcpu(rig, 0)->usage, 30, 1e-6);
    host->tells_busy = true; /* from now on it does */
    rig_period(rig, 3);
    rig_period(rig, 3);
    close_to(pcpu(rig, 0)->usage, 50, 1e-6);
    rig_free(rig);
}

/* What the counter of a pCPU says when it comes online is no load of this period. */
static void a_pcpu_that_comes_online(void **state)
{
    struct host *host = crowd(4, 1, 30);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    host->pcpus = 3;
    cpuset_remove(&host->online, 3);
    for (int period = 0; period < 3; period++)
        rig_period(rig, 3);
    assert_int_equal(rig->plan->view.pcpu_count, 3);
    host->pcpus = 4;
    host->busy_ns[3] = 999999 * MS;
    cpuset_add(&host->online, 3);
    for (int period = 0; period < 3; period++) {
        rig_period(rig, 3);
        close_to(pcpu(rig, 3)->usage, 0, 1e-6);
        assert_true(pcpu(rig, 3)->managed);
    }
    rig_free(rig);
}

static void an_offline_pcpu_is_not_managed(void **state)
{
    struct host *host = crowd(4, 3, 30);
    struct rig *rig = rig_new(host, "");

    (void)state;
    cpuset_remove(&host->online, 1);
    cpuset_remove(&host->online, 2);
    for (int period = 0; period < 4; period++) {
        rig_period(rig, 3);
        assert_false(pcpu(rig, 1)->managed);
        for (uint32_t i = 0; i < rig->plan->decision.pin_count; i++)
            assert_int_equal(rig->plan->decision.pins[i].to, 3);
    }
    assert_int_equal(host->pin_count, 1);
    rig_free(rig);
}

/* ---- demand ---- */

static void demand_under_saturation(void **state)
{
    struct host *host = crowd(2, 5, 60);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    for (int period = 0; period < 6; period++) {
        rig_period(rig, 3);
        for (uint32_t v = 0; v < 5 && period > 0; v++) {
            close_to(usage(rig, v), 20, 1e-6);
            close_to(rig_vcpu(rig, v)->delay, 40, 1e-6);
            close_to(rig_vcpu(rig, v)->demand, period == 1 ? 40 : 60, 1e-6);
        }
    }
    close_to(pcpu(rig, 0)->usage, 100, 1e-6);
    close_to(pcpu(rig, 0)->planned_demand, 300, 1e-6);
    assert_int_equal(rig->plan->view.busiest, 0);
    rig_free(rig);
}

/* Delay overstates demand while vCPUs queue, so demand at most doubles a period. */
static void demand_grows_slowly_and_ends_at_100(void **state)
{
    static const double want[] = {20, 40, 80, 100, 100};
    struct host *host = crowd(2, 10, 10);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    rig_period(rig, 3);
    for (size_t period = 0; period < sizeof want / sizeof *want; period++) {
        host->vcpus[3].delay_ns += 3000 * MS;
        rig_period(rig, 3);
        close_to(rig_vcpu(rig, 3)->demand, want[period], 1e-5);
        close_to(rig_vcpu(rig, 4)->demand, 10, 1e-5);
    }
    rig_free(rig);
}

/* Steal on a host that is a guest itself: the pCPU's usage is 60 %, yet a vCPU waits whenever it
 * does not run. Then all vCPUs there may want more. */
static void stolen_time_is_no_room(void **state)
{
    struct host *host = crowd(2, 3, 20);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    rig_period(rig, 3);
    for (int period = 0; period < 4; period++) {
        host->vcpus[0].delay_ns += 2400 * MS;
        host->vcpus[1].delay_ns += 1500 * MS;
        rig_period(rig, 3);
    }
    close_to(pcpu(rig, 0)->usage, 60, 1e-6);
    close_to(rig_vcpu(rig, 0)->demand, 100, 1e-6);
    close_to(rig_vcpu(rig, 1)->demand, 70, 1e-6);
    close_to(rig_vcpu(rig, 2)->demand, 20, 1e-6);
    rig_free(rig);
}

static void demand_is_usage_where_there_is_room(void **state)
{
    struct host *host = crowd(2, 2, 47);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    rig_period(rig, 3);
    host->vcpus[0].delay_ns += 1350 * MS; /* it idles for 8 % */
    rig_period(rig, 3);
    close_to(rig_vcpu(rig, 0)->delay, 45, 1e-6);
    close_to(rig_vcpu(rig, 0)->demand, 47, 1e-6);
    rig_free(rig);
}

/* Time held back by a quota is no demand: by the cgroup, the vCPU's quota, or the domain's. */
static void throttled_time_is_no_demand(void **state)
{
    struct host *host = crowd(2, 6, 15);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    host->other[0] = 8; /* saturated */
    rig_period(rig, 3);
    for (int period = 0; period < 4; period++) {
        host->vcpus[0].delay_ns += 2550 * MS; /* spins against its quota */
        host->vcpus[0].throttled_ns += 2550 * MS;
        host->vcpus[1].delay_ns += 2550 * MS; /* likewise, but some of it is by others */
        host->vcpus[1].throttled_ns += 2400 * MS;
        host->vcpus[2].throttled_ns += 2550 * MS; /* a kernel that doesn't count it as delay */
        rig_period(rig, 3);
    }
    close_to(rig_vcpu(rig, 0)->delay, 0, 1e-6);
    close_to(rig_vcpu(rig, 0)->throttled, 85, 1e-6);
    close_to(rig_vcpu(rig, 0)->demand, 15, 1e-6);
    close_to(rig_vcpu(rig, 1)->delay, 5, 1e-6);
    close_to(rig_vcpu(rig, 1)->demand, 20, 1e-6);
    close_to(rig_vcpu(rig, 2)->delay, 0, 1e-6);
    close_to(rig_vcpu(rig, 3)->demand, 15, 1e-6);
    rig_free(rig);
}

static void demand_ends_at_the_quota(void **state)
{
    struct host *host = crowd(2, 6, 15);
    struct rig *rig = rig_new(host, "--policy none");
    double domain = 0;

    (void)state;
    host->other[0] = 8;
    host->vcpus[0].cap = 150; /* thousandths: 15 % */
    host->vcpus[1].cap = 400;
    host->vcpus[2].cap = 100; /* it was set just now: it has used more */
    rig_period(rig, 3);
    for (int period = 0; period < 4; period++) {
        for (uint32_t v = 0; v < 3; v++)
            host->vcpus[v].delay_ns += 2550 * MS;
        rig_period(rig, 3);
    }
    close_to(rig_vcpu(rig, 0)->delay, 0, 1e-6);
    close_to(rig_vcpu(rig, 0)->demand, 15, 1e-6);
    close_to(rig_vcpu(rig, 1)->demand, 40, 1e-6);
    close_to(rig_vcpu(rig, 2)->demand, 15, 1e-6);
    host->domains[0].sample.cap = 1000; /* all six together: 90 % are used */
    host->vcpus[0].cap = host->vcpus[1].cap = 0;
    for (int period = 0; period < 4; period++) {
        host->vcpus[0].delay_ns += 1500 * MS;
        host->vcpus[1].delay_ns += 750 * MS;
        rig_period(rig, 3);
    }
    for (uint32_t v = 0; v < 6; v++)
        domain += rig_vcpu(rig, v)->demand;
    close_to(domain, 100, 1e-6);
    close_to(rig_vcpu(rig, 0)->delay, 2 * rig_vcpu(rig, 1)->delay, 1e-6);
    rig_free(rig);
}

/* Elsewhere, a vCPU that the kernel runs before all others would starve them. */
static void a_realtime_vcpu_stays(void **state)
{
    struct host *host = crowd(2, 3, 30);
    struct rig *rig = rig_new(host, "--policy swap --adopt-pins --dwell 0");

    (void)state;
    host->vcpus[0].realtime = host->vcpus[1].realtime = true;
    for (int period = 0; period < 6; period++) {
        rig_period(rig, 3);
        assert_int_equal(rig_vcpu(rig, 0)->pool, 0);
        assert_int_equal(rig_vcpu(rig, 1)->pool, 0);
        assert_true(rig_vcpu(rig, 0)->blocked_by & VCPU_REALTIME);
    }
    assert_int_equal(rig_vcpu(rig, 2)->pool, 1); /* it gives way */
    rig_free(rig);
}

/* If delay was not read once, the next reading does not count the delay of a lifetime. */
static void a_delay_that_comes_late_is_no_delay(void **state)
{
    struct host *host = crowd(2, 10, 10);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    host->vcpus[0].delay_ns = 500000 * MS;
    rig_period(rig, 3);
    rig_period(rig, 3);
    close_to(rig_vcpu(rig, 0)->delay, 0, 1e-6);
    host->vcpus[0].has &= ~(unsigned)VCPU_HAS_DELAY;
    rig_period(rig, 3);
    close_to(rig_vcpu(rig, 0)->delay, 0, 1e-6);
    host->vcpus[0].has |= VCPU_HAS_DELAY;
    rig_period(rig, 3);
    close_to(rig_vcpu(rig, 0)->delay, 0, 1e-6);
    rig_free(rig);
}

/* ---- who may be moved ---- */

static void excluded_counts_but_stays(void **state)
{
    struct host *host = crowd(3, 2, 20);
    struct rig *rig;
    uint32_t other;

    (void)state;
    other = fake_vcpu(host, fake_domain(host, "db-1"), 0, 40);
    rig = rig_new(host, "--exclude db-*");
    rig_period(rig, 3);
    rig_period(rig, 3);
    flags_are(rig, other, VCPU_EXCLUDED);
    assert_true(rig->plan->view.domains[1].excluded);
    close_to(pcpu(rig, 0)->usage, 80, 1e-6);
    assert_true(rig->plan->decision.pin_count > 0);
    assert_null(rig_pin(rig, other));
    rig_free(rig);
}

static void fixed_counts_but_stays(void **state)
{
    struct host *host = crowd(3, 3, 20);
    struct rig *rig = rig_new(host, "");

    (void)state;
    fake_set_wanted(host, 1, "0");
    fake_set_wanted(host, 2, "9"); /* no such pCPU */
    rig_period(rig, 3);
    rig_period(rig, 3);
    flags_are(rig, 1, VCPU_FIXED);
    flags_are(rig, 2, VCPU_FIXED);
    close_to(pcpu(rig, 0)->usage, 60, 1e-6);
    assert_int_equal(rig->plan->decision.pin_count, 1);
    assert_non_null(rig_pin(rig, 0));
    rig_free(rig);
}

static void adopted_pins_are_no_wish(void **state)
{
    (void)state;
    for (int adopt = 0; adopt < 2; adopt++) {
        struct host *host = crowd(2, 2, 40);
        struct rig *rig = rig_new(host, adopt ? "--adopt-pins" : "");

        fake_set_wanted(host, 0, "0");
        fake_set_wanted(host, 1, "0");
        rig_period(rig, 3);
        rig_period(rig, 3);
        assert_int_equal(rig->plan->decision.pin_count, adopt);
        rig_free(rig);
    }
}

static void cpus_bounds_what_is_managed(void **state)
{
    struct host *host = crowd(4, 4, 20);
    struct rig *rig = rig_new(host, "--cpus 0,2 --max-pins 4");

    (void)state;
    rig_period(rig, 3);
    rig_period(rig, 3);
    assert_true(rig->plan->decision.pin_count > 0);
    for (uint32_t i = 0; i < rig->plan->decision.pin_count; i++)
        assert_int_equal(rig->plan->decision.pins[i].to, 2);
    assert_false(pcpu(rig, 1)->managed);
    rig_free(rig);
}

static void dwell_is_kept(void **state)
{
    struct host *host = crowd(2, 2, 60);
    struct rig *rig = rig_new(host, "--dwell 3");

    (void)state;
    rig_period(rig, 3);
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.pin_count, 1);
    assert_non_null(rig_pin(rig, 0));
    for (int period = 0; period < 5; period++) {
        rig_period(rig, 3);
        flags_are(rig, 0, period < 3 ? VCPU_DWELLS : 0);
        flags_are(rig, 1, 0);
    }
    rig_free(rig);
}

/* A vCPU whose domain had a job is tried again soon, one that was refused after --dwell and on
 * another pCPU. */
static void after_a_pin_that_was_not_made(void **state)
{
    static const int errors[] = {-EBUSY, -EIO};

    (void)state;
    for (size_t e = 0; e < 2; e++) {
        struct host *host = crowd(e ? 3 : 2, 2, 60);
        struct rig *rig = rig_new(host, "--dwell 3");

        fake_set_wanted(host, 1, "0");
        fake_fail(host, 0, FAKE_PIN, 0, errors[e]);
        rig_period(rig, 3);
        rig_period(rig, 3);
        assert_int_equal(rig->plan->decision.pins[0].result, e ? PIN_FAILED : PIN_BUSY);
        assert_int_equal(rig->plan->decision.pins[0].to, 1);
        for (int period = 0; period < (e ? 3 : 5); period++) {
            rig_period(rig, 3);
            assert_int_equal(rig->plan->decision.pin_count, 0);
        }
        rig_period(rig, 3);
        assert_int_equal(rig->plan->decision.pin_count, 1);
        assert_int_equal(rig->plan->decision.pins[0].to, e ? 2 : 1);
        rig_free(rig);
    }
}

/* A vCPU that is refused each time is tried ever more seldom, by placement, too. */
static void what_is_refused_is_asked_for_more_seldom(void **state)
{
    (void)state;
    for (int floating = 0; floating < 2; floating++) {
        struct host *host = crowd(2, 2, 60);
        struct rig *rig = rig_new(host, "--dwell 2");
        uint32_t tries = 0;

        if (floating)
            fake_set_affinity(host, 0, "0-1");
        fake_set_wanted(host, 1, "0");
        fake_fail(host, 0, FAKE_PIN, FAKE_ALWAYS, -EIO);
        for (int period = 0; period < 1000; period++) {
            rig_period(rig, 3);
            tries += rig->plan->decision.pin_count;
        }
        assert_in_range(tries, 3, floating ? 24 : 12);
        rig_free(rig);
    }
}

/* ---- limits ---- */

static void allowed_is(const struct rig *rig, uint32_t vcpu, const char *list)
{
    char text[64];

    cpuset_format(&rig->plan->view.sets[rig_vcpu(rig, vcpu)->allowed].pcpus, text, sizeof text);
    assert_string_equal(text, list);
}

/* A change of a cgroup's cpuset is followed at once, and makes no vCPU yield. */
static void a_limit_is_followed(void **state)
{
    struct host *host = crowd(8, 4, 20);
    struct rig *rig = rig_new(host, "");
    uint32_t period = 0;

    (void)state;
    for (uint32_t v = 0; v < 4; v++)
        fake_set_affinity(host, v, "0-7");
    fake_limit(host, 0, "0-1,6-7");
    for (; period < 3; period++)
        rig_period(rig, 3);
    allowed_is(rig, 0, "0-1,6-7");
    assert_true(rig->plan->view.domains[0].limited);
    assert_int_equal(cpuset_count(&rig->plan->view.managed), 4);
    fake_limit(host, 0, "2-5");
    for (; period < 6; period++)
        rig_period(rig, 3);
    allowed_is(rig, 0, "2-5");
    for (uint32_t v = 0; v < 4; v++) {
        assert_in_range(rig_vcpu(rig, v)->pin, 2, 5);
        flags_are(rig, v, rig_vcpu(rig, v)->blocked_by & VCPU_DWELLS);
    }
    fake_limit(host, 0, "0-7");
    rig_period(rig, 3);
    allowed_is(rig, 0, "0-7");
    assert_false(rig->plan->view.domains[0].limited);
    assert_int_equal(cpuset_count(&rig->plan->view.managed), 8);
    assert_int_equal(actuator_give_back(&rig->actuator), 0);
    for (uint32_t v = 0; v < 4; v++)
        assert_string_equal(fake_affinity(host, v), "0-7");
    rig_free(rig);
}

/* A vCPU whose pCPU left its cpuset floats within the rest: it counts where it ran. */
static void outside_of_its_limit_it_floats(void **state)
{
    struct host *host = crowd(4, 2, 20);
    struct rig *rig = rig_new(host, "--floating leave");

    (void)state;
    fake_set_affinity(host, 0, "3");
    fake_set_wanted(host, 0, "3");
    fake_limit(host, 0, "0-1");
    rig_period(rig, 3);
    rig_period(rig, 3);
    allowed_is(rig, 0, "");
    flags_are(rig, 0, VCPU_FIXED | VCPU_FLOATING);
    assert_int_equal(rig_vcpu(rig, 0)->pool, 0);
    fake_limit(host, 0, "0-3");
    rig_period(rig, 3);
    flags_are(rig, 0, VCPU_FIXED);
    assert_int_equal(rig_vcpu(rig, 0)->pool, 3);
    rig_free(rig);
}

/* Domains may have different limits, or none. */
static void each_domain_has_its_limit(void **state)
{
    struct host *host = fake_new(8, 3);
    struct rig *rig;

    (void)state;
    for (int32_t d = 0; d < 3; d++)
        fake_vcpu(host, fake_domain(host, "guest"), d, 20);
    fake_limit(host, 0, "0-3");
    fake_limit(host, 1, "2-5");
    rig = rig_new(host, "--cpus 1-7");
    rig_period(rig, 3);
    allowed_is(rig, 0, "1-3");
    allowed_is(rig, 1, "2-5");
    allowed_is(rig, 2, "1-7");
    assert_int_equal(cpuset_count(&rig->plan->view.managed), 7);
    fake_limit(host, 2, "0-3");
    rig_period(rig, 3);
    allowed_is(rig, 2, "1-3");
    assert_int_equal(cpuset_count(&rig->plan->view.managed), 5);
    rig_free(rig);
}

/* ---- floating ---- */

static void floating_is_placed_after_the_first_period(void **state)
{
    struct host *host = crowd(4, 4, 20);
    struct rig *rig = rig_new(host, "--max-pins 1"); /* not for a placement */

    (void)state;
    for (uint32_t v = 0; v < 4; v++)
        fake_set_affinity(host, v, "0-3");
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.reason, REASON_FIRST);
    flags_are(rig, 0, VCPU_NEW | VCPU_FLOATING);
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.reason, REASON_PLACE);
    assert_int_equal(rig->plan->decision.pin_count, 4);
    for (uint32_t v = 0; v < 4; v++)
        assert_int_equal(host->vcpus[v].last_pcpu, v);
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.reason, REASON_BELOW);
    assert_int_equal(actuator_give_back(&rig->actuator), 0);
    assert_string_equal(fake_affinity(host, 2), "0-3");
    rig_free(rig);
}

static void floating_is_left(void **state)
{
    static const char *const options[] = {"--floating leave", "--policy none"};

    (void)state;
    for (size_t o = 0; o < 2; o++) {
        struct host *host = crowd(3, 3, 20);
        struct rig *rig = rig_new(host, options[o]);

        fake_set_affinity(host, 0, "0-2");
        host->vcpus[0].last_pcpu = 2;
        for (int period = 0; period < 3; period++)
            rig_period(rig, 3);
        flags_are(rig, 0, VCPU_FLOATING);
        close_to(pcpu(rig, 2)->usage, 20, 1e-6);
        close_to(pcpu(rig, 0)->usage, 40, 1e-6);
        assert_int_equal(host->pin_count, 0);
        rig_free(rig);
    }
}

/* ---- dry run ---- */

static void a_dry_run_goes_on_from_what_it_would_have_done(void **state)
{
    struct host *host = crowd(3, 3, 30);
    struct rig *rig = rig_new(host, "--dry-run --dwell 0 --floating place");
    int32_t where[2];

    (void)state;
    fake_set_affinity(host, 2, "0-2");
    rig_period(rig, 3);
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.reason, REASON_PLACE);
    rig_period(rig, 3);
    for (uint32_t v = 0; v < 2; v++)
        where[v] = rig_vcpu(rig, v)->pool;
    assert_true(rig->plan->decision.pin_count == 1);
    for (int period = 0; period < 5; period++) {
        rig_period(rig, 3);
        assert_int_equal(rig->plan->decision.pin_count, 0); /* not once more */
        assert_int_equal(rig->plan->decision.reason, REASON_BELOW);
        for (uint32_t v = 0; v < 2; v++)
            assert_int_equal(rig_vcpu(rig, v)->pool, where[v]);
        assert_int_not_equal(where[0], where[1]);
        close_to(pcpu(rig, (uint32_t)where[0])->planned_demand, 30, 1e-6);
    }
    assert_int_equal(host->call_count, 0);
    rig_free(rig);
}

/* ---- pins that come late ---- */

static void settling_after_late_pins(void **state)
{
    static const double late_s[] = {0, 0.7, 0.8, 2.9, 3.5};
    static const bool settles[] = {false, false, true, true, true};

    (void)state;
    for (size_t n = 0; n < sizeof late_s / sizeof *late_s; n++) {
        struct host *host = crowd(3, 4, 40);
        struct rig *rig = rig_new(host, "--max-pins 1 --dwell 0");

        rig_period(rig, 3);
        rig->late_pins_s = late_s[n];
        rig_period(rig, 3);
        assert_int_equal(rig->plan->decision.pin_count, 1);
        rig_period(rig, 3);
        assert_int_equal(rig->plan->decision.reason == REASON_SETTLING, settles[n]);
        assert_int_equal(rig->plan->decision.pin_count, settles[n] ? 0 : 1);
        rig_free(rig);
    }
}

/* ---- extremes and ends ---- */

static void busiest_and_freest(void **state)
{
    struct host *host = crowd(6, 0, 0);
    struct rig *rig = rig_new(host, "--policy none");
    const uint32_t domain = 0;

    (void)state;
    fake_vcpu(host, domain, 1, 70);
    fake_vcpu(host, domain, 4, 70);
    fake_vcpu(host, domain, 0, 10);
    fake_vcpu(host, domain, 2, 5);
    fake_vcpu(host, domain, 3, 5);
    fake_vcpu(host, domain, 5, 5);
    for (int period = 0; period < 3; period++)
        rig_period(rig, 3);
    assert_int_equal(rig->plan->view.busiest, 1);
    assert_int_equal(rig->plan->view.freest, 2);
    rig_free(rig);
}

/* The same loads, summed in another order, still are equal. */
static void ties_do_not_depend_on_the_order(void **state)
{
    static const double demands[] = {10.1, 20.2, 30.3, 7.7};
    struct host *host = crowd(2, 0, 0);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    for (int v = 0; v < 4; v++) {
        fake_vcpu(host, 0, 0, demands[v]);
        fake_vcpu(host, 0, 1, demands[3 - v]);
    }
    rig_period(rig, 3);
    rig_period(rig, 3);
    assert_int_equal(rig->plan->view.busiest, 0);
    assert_int_equal(rig->plan->view.freest, 0);
    rig_free(rig);
}

/* ---- who owns an affinity ---- */

static void a_change_by_somebody_else_is_left_alone(void **state)
{
    for (int pinned = 0; pinned <= 1; pinned++) {
        struct host *host = crowd(4, 3, 30);
        struct rig *rig = rig_new(host, "--dwell 0 --max-pins 1");
        uint32_t moved = 0;

        (void)state;
        rig_period(rig, 3);
        rig_period(rig, 3);
        assert_int_equal(rig->plan->decision.pin_count, 1);
        moved = rig->plan->decision.pins[0].vcpu;
        if (!pinned)
            moved = moved == 0 ? 1 : 0;
        rig_period(rig, 3);
        fake_set_affinity(host, moved, "3");
        rig_period(rig, 3);
        flags_are(rig, moved, VCPU_YIELDED);
        assert_int_equal(rig->plan->decision.release_count, 1);
        assert_int_equal(rig->plan->decision.releases[0].vcpu, moved);
        assert_false(rig->plan->decision.releases[0].give_back);
        fake_set_affinity(host, moved, "0"); /* for good, wherever it goes */
        for (int period = 0; period < 3; period++) {
            rig_period(rig, 3);
            flags_are(rig, moved, VCPU_YIELDED);
            assert_null(rig_pin(rig, moved));
        }
        rig_free(rig);
    }
}

/* Even if it is the pCPU that the daemon has chosen. */
static void a_pin_by_somebody_else_to_the_same_pcpu_is_left_alone(void **state)
{
    struct host *host = crowd(4, 3, 30);
    struct rig *rig = rig_new(host, "--dwell 0 --max-pins 1");
    uint32_t moved;
    char there[16];

    (void)state;
    rig_period(rig, 3);
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.pin_count, 1);
    moved = rig->plan->decision.pins[0].vcpu;
    rig_period(rig, 3);
    snprintf(there, sizeof there, "%s", fake_affinity(host, moved));
    fake_touch(host, moved, there);
    rig_period(rig, 3);
    flags_are(rig, moved, VCPU_YIELDED);
    assert_int_equal(rig->plan->decision.release_count, 1);
    assert_false(rig->plan->decision.releases[0].give_back);
    assert_true(ledger_yielded(rig->ledger, &rig_vcpu(rig, moved)->name) > 0);
    host->vcpus[moved].demand = 90;
    for (int period = 0; period < 3; period++) {
        rig_period(rig, 3);
        flags_are(rig, moved, VCPU_YIELDED);
    }
    assert_int_equal(actuator_give_back(&rig->actuator), 0);
    assert_string_equal(fake_affinity(host, moved), there);
    rig_free(rig);
}

/* The actuator notices a change between a snapshot and its pins, or after the last one. */
static void a_pin_to_the_same_pcpu_is_seen_when_it_is_given_back(void **state)
{
    struct host *host = crowd(4, 3, 30);
    struct rig *rig = rig_new(host, "--dwell 0 --max-pins 1");
    uint32_t moved;
    char there[16];

    (void)state;
    rig_period(rig, 3);
    rig_period(rig, 3);
    moved = rig->plan->decision.pins[0].vcpu;
    snprintf(there, sizeof there, "%s", fake_affinity(host, moved));
    fake_touch(host, moved, there);
    assert_int_equal(actuator_give_back(&rig->actuator), 0);
    assert_string_equal(fake_affinity(host, moved), there);
    rig_free(rig);
}

/* An affinity by taskset, which libvirt does not know: the vCPU is moved, and gets the kernel's
 * affinity back. */
static void an_affinity_of_the_kernel_alone_is_given_back(void **state)
{
    struct host *host = crowd(4, 3, 30);
    struct rig *rig = rig_new(host, "--dwell 0 --adopt-pins");
    uint32_t moved = 0;

    (void)state;
    for (uint32_t v = 0; v < 3; v++) {
        assert_int_equal(cpuset_parse(&host->vcpus[v].told, "0-3"), 0);
        host->vcpus[v].cgroup = host->vcpus[v].told;
    }
    rig_period(rig, 3);
    rig_period(rig, 3);
    for (uint32_t v = 0; v < 3; v++) {
        assert_false(rig_vcpu(rig, v)->blocked_by & (VCPU_YIELDED | VCPU_FIXED));
        moved += strcmp(fake_affinity(host, v), "0") != 0;
    }
    assert_true(moved > 0);
    assert_int_equal(actuator_give_back(&rig->actuator), 0);
    for (uint32_t v = 0; v < 3; v++)
        assert_string_equal(fake_affinity(host, v), "0");
    rig_free(rig);
}

/* Somebody else sets a pool of pCPUs: after --yield-for the vCPU is managed again, within it. */
static void a_pool_returns_after_a_while(void **state)
{
    struct host *host = crowd(4, 4, 30);
    struct rig *rig = rig_new(host, "--dwell 0 --yield-for 10");

    (void)state;
    rig_period(rig, 3);
    fake_set_affinity(host, 0, "2-3");
    fake_set_affinity(host, 1, "1");
    rig_period(rig, 3);
    flags_are(rig, 0, VCPU_YIELDED | VCPU_FLOATING);
    flags_are(rig, 1, VCPU_YIELDED);
    rig_period(rig, 3);
    rig_period(rig, 3);
    flags_are(rig, 0, VCPU_YIELDED | VCPU_FLOATING);
    fake_set_affinity(host, 0, "1-3"); /* that does not begin anew: it is theirs already */
    rig_period(rig, 3);
    rig_period(rig, 3);
    assert_false(rig_vcpu(rig, 0)->blocked_by & VCPU_YIELDED);
    assert_int_equal(cpuset_count(&rig->plan->view.sets[rig_vcpu(rig, 0)->allowed].pcpus), 3);
    assert_false(cpuset_has(&rig->plan->view.sets[rig_vcpu(rig, 0)->allowed].pcpus, 0));
    assert_int_equal(rig->plan->decision.reason, REASON_PLACE);
    assert_int_equal(rig_pin(rig, 0)->result, PIN_DONE);
    flags_are(rig, 1, VCPU_YIELDED); /* a single pCPU is theirs for good */
    rig_period(rig, 3);
    assert_false(rig_vcpu(rig, 0)->blocked_by & VCPU_YIELDED);
    assert_int_equal(ledger_yielded(rig->ledger, &rig_vcpu(rig, 0)->name), 0);
    fake_set_affinity(host, 0, "2-3");
    rig_period(rig, 3);
    flags_are(rig, 0, VCPU_YIELDED | VCPU_FLOATING);
    assert_true(ledger_yielded(rig->ledger, &rig_vcpu(rig, 0)->name) > 0);
    rig_free(rig);
}

static void forever_is_for_good(void **state)
{
    struct host *host = crowd(4, 4, 30);
    struct rig *rig = rig_new(host, "--yield-for forever");

    (void)state;
    rig_period(rig, 3);
    fake_set_affinity(host, 0, "2-3");
    for (int period = 0; period < 4; period++) {
        rig_period(rig, 40000000);
        flags_are(rig, 0, VCPU_YIELDED | VCPU_FLOATING);
    }
    rig_free(rig);
}

/* A vCPU that yielded in an earlier run stays so for the rest of --yield-for. */
static void a_yield_outlives_the_daemon(void **state)
{
    struct host *host = crowd(4, 4, 30);
    struct rig *rig = rig_new(host, "--dwell 0 --yield-for 10");

    (void)state;
    fake_set_affinity(host, 0, "2-3");
    host->vcpus[0].yielded_ns = host->vcpus[1].yielded_ns = 1;
    for (int period = 0; period < 3; period++) {
        rig_period(rig, 3);
        assert_true(rig_vcpu(rig, 0)->blocked_by & VCPU_YIELDED);
        assert_true(rig_vcpu(rig, 1)->blocked_by & VCPU_YIELDED);
        assert_int_equal(rig->plan->decision.release_count, 0);
    }
    rig_period(rig, 3);
    assert_false(rig_vcpu(rig, 0)->blocked_by & VCPU_YIELDED);
    assert_true(rig_vcpu(rig, 1)->blocked_by & VCPU_YIELDED);
    rig_free(rig);
}

static void ones_own_pins_are_no_change(void **state)
{
    struct host *host = crowd(4, 6, 30);
    struct rig *rig = rig_new(host, "--dwell 0 --max-pins 8");
    uint32_t pins = 0;

    (void)state;
    rig->late_pins_s = 1;
    for (int period = 0; period < 12; period++) {
        host->vcpus[period % 6].demand = 10 + 13 * (period % 5);
        pins += rig_period(rig, 3)->decision.pin_count;
        for (uint32_t v = 0; v < 6; v++)
            assert_false(rig_vcpu(rig, v)->blocked_by & VCPU_YIELDED);
        assert_int_equal(rig->plan->decision.release_count, 0);
    }
    assert_true(pins >= 3);
    rig_free(rig);
}

/* An affinity that was read before a pin says nothing about it. */
static void a_stale_affinity_is_not_judged(void **state)
{
    struct host *host = crowd(3, 3, 30);
    struct rig *rig = rig_new(host, "--policy none");

    (void)state;
    rig_period(rig, 3);
    host->vcpus[1].stale = true;
    fake_set_affinity(host, 1, "2");
    rig_period(rig, 3);
    flags_are(rig, 1, 0);
    host->vcpus[1].stale = false;
    rig_period(rig, 3);
    flags_are(rig, 1, VCPU_YIELDED);
    rig_free(rig);
}

static void who_opts_out_is_given_back(void **state)
{
    struct host *host = crowd(3, 3, 30);
    struct rig *rig = rig_new(host, "--dwell 0 --max-pins 1");
    uint32_t moved;

    (void)state;
    rig_period(rig, 3);
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.pin_count, 1);
    moved = rig->plan->decision.pins[0].vcpu;
    host->domains[0].sample.opted_out = true;
    rig_period(rig, 3);
    for (uint32_t v = 0; v < 3; v++)
        assert_true(rig_vcpu(rig, v)->blocked_by & VCPU_EXCLUDED);
    assert_int_equal(rig->plan->decision.pin_count, 0);
    assert_true(rig->plan->decision.release_count >= 1);
    for (uint32_t i = 0; i < rig->plan->decision.release_count; i++)
        assert_true(rig->plan->decision.releases[i].give_back);
    host->domains[0].sample.opted_out = false;
    rig_period(rig, 3);
    rig_period(rig, 3);
    assert_false(rig_vcpu(rig, moved)->blocked_by & (VCPU_EXCLUDED | VCPU_YIELDED));
    rig_free(rig);
}

/* ---- gaps ---- */

static void nothing_is_decided_across_a_gap(void **state)
{
    struct host *host = crowd(3, 3, 30);
    struct rig *rig = rig_new(host, "");

    (void)state;
    rig_period(rig, 3);
    host->epoch++;
    host->vcpus[0].time_ns += 1000 * MS; /* counted while nobody looked */
    assert_int_equal(rig_period(rig, 30)->decision.reason, REASON_GAP);
    assert_int_equal(rig->plan->decision.pin_count, 0);
    for (uint32_t v = 0; v < 3; v++)
        flags_are(rig, v, VCPU_NEW);
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.reason, REASON_ACT);
    for (uint32_t v = 0; v < 3; v++)
        close_to(usage(rig, v), 30, 1e-6);
    rig_free(rig);
}

/* ---- pCPUs that come and go ---- */

static void who_loses_its_pcpu_is_placed_anew(void **state)
{
    struct host *host = crowd(3, 1, 30);
    const uint32_t loser = fake_vcpu(host, 0, 2, 40);
    struct rig *rig = rig_new(host, "");

    (void)state;
    rig_period(rig, 3);
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.pin_count, 0);
    cpuset_remove(&host->online, 2);
    host->vcpus[loser].last_pcpu = 0; /* where the kernel takes it */
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.reason, REASON_PLACE);
    assert_int_equal(rig->plan->decision.pin_count, 1);
    assert_int_equal(rig->plan->decision.pins[0].vcpu, loser);
    assert_int_equal(rig->plan->decision.pins[0].from, 2);
    assert_int_equal(rig->plan->decision.pins[0].to, 1);
    assert_int_equal(rig->plan->decision.pins[0].result, PIN_DONE);
    assert_string_equal(fake_affinity(host, loser), "1");
    rig_free(rig);
}

/* A vCPU that has lost its pCPU need not dwell. */
static void who_loses_its_pcpu_soon_is_placed_anew(void **state)
{
    struct host *host = crowd(3, 1, 30);
    const uint32_t loser = fake_vcpu(host, 0, 2, 40);
    struct rig *rig = rig_new(host, "--dwell 50");

    (void)state;
    fake_set_affinity(host, loser, "0-2");
    rig_period(rig, 3);
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.reason, REASON_PLACE);
    assert_string_equal(fake_affinity(host, loser), "2");
    cpuset_remove(&host->online, 2);
    host->vcpus[loser].last_pcpu = 0;
    rig_period(rig, 3);
    assert_int_equal(rig->plan->decision.reason, REASON_PLACE);
    assert_string_equal(fake_affinity(host, loser), "1");
    rig_free(rig);
}

/* If its owner allows no other, the kernel decides until the pCPU returns. */
static void who_is_fixed_to_a_lost_pcpu_stays(void **state)
{
    struct host *host = crowd(3, 1, 30);
    const uint32_t loser = fake_vcpu(host, 0, 2, 15);
    struct rig *rig = rig_new(host, "");

    (void)state;
    fake_set_wanted(host, loser, "2");
    rig_period(rig, 3);
    cpuset_remove(&host->online, 2);
    host->vcpus[loser].last_pcpu = 0;
    rig_period(rig, 3);
    flags_are(rig, loser, VCPU_FIXED | VCPU_FLOATING);
    assert_int_equal(rig->plan->decision.pin_count, 0);
    assert_int_equal(rig_vcpu(rig, loser)->pool, 0);
    cpuset_add(&host->online, 2);
    host->vcpus[loser].last_pcpu = 2;
    rig_period(rig, 3);
    flags_are(rig, loser, VCPU_FIXED);
    assert_int_equal(rig_vcpu(rig, loser)->pool, 2);
    rig_free(rig);
}

static void no_domain(void **state)
{
    struct host *host = fake_new(2, 4);
    struct rig *rig = rig_new(host, "");

    (void)state;
    assert_int_equal(rig_period(rig, 3)->decision.reason, REASON_NO_DOMAIN);
    fake_vcpu(host, fake_domain(host, "guest"), 0, 60);
    rig_period(rig, 3);
    flags_are(rig, 0, VCPU_NEW);
    host->domains[0].gone = true;
    assert_int_equal(rig_period(rig, 3)->decision.reason, REASON_NO_DOMAIN);
    rig_free(rig);
}

static void many_pcpus_and_many_vcpus(void **state)
{
    struct host *host = crowd(300, 24, 10);
    struct rig *rig = rig_new(host, "--max-pins 100 --threshold 10");

    (void)state;
    for (uint32_t p = 0; p < 299; p++)
        host->other[p] = 15; /* but the last */
    for (uint32_t v = 0; v < 12; v++)
        host->vcpus[v].number = 2 * v;
    for (uint32_t v = 12; v < 24; v++)
        fake_set_affinity(host, v, "200");
    for (int period = 0; period < 2; period++)
        rig_period(rig, 3);
    close_to(pcpu(rig, 200)->usage, 100, 1e-6);
    assert_int_equal(rig->plan->view.freest, 299);
    assert_int_equal(rig_vcpu(rig, 11)->name.number, 22);
    assert_int_equal(rig->plan->decision.pins[0].to, 299);
    rig_free(rig);
}

static void the_highest_pcpu_there_can_be(void **state)
{
    struct host *host = fake_new(CPUSET_MAX, 4);
    struct rig *rig = rig_new(host, "");
    const uint32_t domain = fake_domain(host, "guest");

    (void)state;
    for (int v = 0; v < 2; v++) {
        fake_vcpu(host, domain, CPUSET_MAX - 1, 50);
        fake_set_wanted(host, (uint32_t)v, "4000,8191");
    }
    for (uint32_t p = 0; p < CPUSET_MAX - 1; p++)
        host->other[p] = p == 4000 ? 0.5 : 1;
    rig_period(rig, 3);
    rig_period(rig, 3);
    assert_int_equal(rig->plan->view.busiest, CPUSET_MAX - 1);
    assert_int_equal(rig->plan->decision.pin_count, 1);
    assert_int_equal(rig->plan->decision.pins[0].to, 4000);
    assert_int_equal(rig->plan->decision.pins[0].result, PIN_DONE);
    rig_free(rig);
}

/* ---- harm ---- */

/* Puts all vCPUs on the last pCPU. */
static void decide_harm(const struct policy_settings *settings, struct policy_state *state,
                        struct plan *plan)
{
    (void)state;
    for (uint32_t v = 0; v < plan->view.vcpu_count; v++)
        plan_add(plan, v, (int32_t)plan->view.pcpu_count - 1, v);
    plan_because(plan, settings, REASON_ACT);
}

static const struct policy policy_harm = {.name = "harm", .decide = decide_harm},
                           policy_literal = {
                               .name = "literal", .decide = decide_harm, .literal = true};

/* A plan that would do harm is dropped and counted, whatever policy made it. */
static void a_plan_that_does_harm_is_dropped(void **state)
{
    (void)state;
    for (int literal = 0; literal <= 1; literal++) {
        struct host *host = fake_new(3, 8);
        const uint32_t domain = fake_domain(host, "guest");
        struct rig *rig;

        fake_vcpu(host, domain, 0, 60);
        fake_vcpu(host, domain, 1, 60);
        rig = rig_with_policy(host, "3", literal ? &policy_literal : &policy_harm);
        rig_period(rig, 3);
        rig_period(rig, 3);
        assert_int_equal(rig->plan->decision.reason, literal ? REASON_ACT : REASON_HARM);
        assert_int_equal(rig->plan->decision.pin_count, literal ? 2 : 0);
        assert_int_equal(rig_vcpu(rig, 0)->pool, literal ? 2 : 0);
        assert_int_equal(host->vcpus[1].last_pcpu, literal ? 2 : 1);
        if (!literal) {
            assert_non_null(strstr(rig->plan->decision.why, "highest load 60.0 to 120.0 %"));
            close_to(rig->plan->decision.gain, 0, 1e-9);
            close_to(pcpu(rig, 0)->planned_demand, 60, 1e-6);
            flags_are(rig, 0, 0);
        }
        rig_free(rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usage_is_over_the_time_that_passed),
        cmocka_unit_test(the_finer_source_is_preferred),
        cmocka_unit_test(usage_never_leaves_0_to_100),
        cmocka_unit_test(newcomers_wait_for_a_full_period),
        cmocka_unit_test(unplugged_and_plugged_again_is_another),
        cmocka_unit_test(a_slot_given_to_another_keeps_nothing),
        cmocka_unit_test(a_restarted_domain_begins_anew),
        cmocka_unit_test(paused_and_resumed),
        cmocka_unit_test(a_reading_that_failed_once_is_no_usage),
        cmocka_unit_test(passing_over_snapshots),
        cmocka_unit_test(suspect_is_left_and_so_is_its_pcpu),
        cmocka_unit_test(without_a_second_source),
        cmocka_unit_test(require_wants_both_readings_at_both_ends),
        cmocka_unit_test(falling_counters_are_suspect_in_every_mode),
        cmocka_unit_test(the_hosts_other_load_counts),
        cmocka_unit_test(coarse_counters_do_not_blur_short_periods),
        cmocka_unit_test(a_host_that_does_not_tell_has_no_other_load),
        cmocka_unit_test(a_pcpu_that_comes_online),
        cmocka_unit_test(an_offline_pcpu_is_not_managed),
        cmocka_unit_test(demand_under_saturation),
        cmocka_unit_test(stolen_time_is_no_room),
        cmocka_unit_test(demand_grows_slowly_and_ends_at_100),
        cmocka_unit_test(demand_is_usage_where_there_is_room),
        cmocka_unit_test(a_delay_that_comes_late_is_no_delay),
        cmocka_unit_test(throttled_time_is_no_demand),
        cmocka_unit_test(demand_ends_at_the_quota),
        cmocka_unit_test(a_realtime_vcpu_stays),
        cmocka_unit_test(excluded_counts_but_stays),
        cmocka_unit_test(fixed_counts_but_stays),
        cmocka_unit_test(adopted_pins_are_no_wish),
        cmocka_unit_test(cpus_bounds_what_is_managed),
        cmocka_unit_test(dwell_is_kept),
        cmocka_unit_test(after_a_pin_that_was_not_made),
        cmocka_unit_test(what_is_refused_is_asked_for_more_seldom),
        cmocka_unit_test(a_limit_is_followed),
        cmocka_unit_test(outside_of_its_limit_it_floats),
        cmocka_unit_test(each_domain_has_its_limit),
        cmocka_unit_test(floating_is_placed_after_the_first_period),
        cmocka_unit_test(floating_is_left),
        cmocka_unit_test(a_dry_run_goes_on_from_what_it_would_have_done),
        cmocka_unit_test(settling_after_late_pins),
        cmocka_unit_test(busiest_and_freest),
        cmocka_unit_test(ties_do_not_depend_on_the_order),
        cmocka_unit_test(a_change_by_somebody_else_is_left_alone),
        cmocka_unit_test(a_pin_by_somebody_else_to_the_same_pcpu_is_left_alone),
        cmocka_unit_test(a_pin_to_the_same_pcpu_is_seen_when_it_is_given_back),
        cmocka_unit_test(an_affinity_of_the_kernel_alone_is_given_back),
        cmocka_unit_test(a_pool_returns_after_a_while),
        cmocka_unit_test(forever_is_for_good),
        cmocka_unit_test(a_yield_outlives_the_daemon),
        cmocka_unit_test(ones_own_pins_are_no_change),
        cmocka_unit_test(a_stale_affinity_is_not_judged),
        cmocka_unit_test(who_opts_out_is_given_back),
        cmocka_unit_test(nothing_is_decided_across_a_gap),
        cmocka_unit_test(who_loses_its_pcpu_is_placed_anew),
        cmocka_unit_test(who_loses_its_pcpu_soon_is_placed_anew),
        cmocka_unit_test(who_is_fixed_to_a_lost_pcpu_stays),
        cmocka_unit_test(a_plan_that_does_harm_is_dropped),
        cmocka_unit_test(no_domain),
        cmocka_unit_test(many_pcpus_and_many_vcpus),
        cmocka_unit_test(the_highest_pcpu_there_can_be),
    };

    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
