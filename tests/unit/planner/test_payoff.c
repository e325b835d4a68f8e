/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expected and measured gain, and what follows for vCPUs whose pins did not pay. */
#include "support/fake_host.h"
#include "support/view_maker.h"

#include "log/log.h"
#include "planner/payoff.h"
#include "policy/effect.h"
#include "policy/internal.h"
#include "report/report.h"
#include "report/summary.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void close_to(double got, double want)
{
    if (!(fabs(got - want) <= 1e-4))
        fail_msg("%.6f is not %.6f", got, want);
}

/* ---- by hand ---- */

/* 50 + 30 | 10 | 70 | 0. */
static struct plan *four_pcpus(void)
{
    struct plan *plan = view_make(4, 8);

    view_add(plan, 0, 50);
    view_add(plan, 0, 30);
    view_add(plan, 1, 10);
    view_add(plan, 2, 70);
    view_close(plan);
    return plan;
}

static double gain_of(struct plan *plan)
{
    effect_of_plan(plan);
    return effect_relief(&plan->decision.effect);
}

static void a_move(void **state)
{
    struct plan *plan = four_pcpus();

    (void)state;
    close_to(gain_of(plan), 0);
    plan_add(plan, 1, 1, 0);
    close_to(gain_of(plan), 30); /* 80 | 10 become 50 | 40; the 70 has no part in it */
    plan_add(plan, 3, 3, 1);
    close_to(gain_of(plan), 10); /* 80 | 10 | 70 | 0 become 50 | 40 | 0 | 70 */
    plan_free(plan);
}

static void a_swap(void **state)
{
    struct plan *plan = four_pcpus();

    (void)state;
    plan_add(plan, 0, 1, 0);
    plan_add(plan, 2, 0, 0);
    close_to(gain_of(plan), 30); /* 80 | 10 become 40 | 50 */
    plan_free(plan);
}

static void a_change_for_the_worse(void **state)
{
    struct plan *plan = four_pcpus();

    (void)state;
    plan_add(plan, 1, 2, 0);
    close_to(gain_of(plan), -20); /* 80 | 70 become 50 | 100 */
    plan_free(plan);
}

static void a_placement_is_no_gain(void **state)
{
    struct payoff payoff = {0};
    struct plan *plan = four_pcpus();
    const uint32_t floating = view_add(plan, -1, 40);

    (void)state;
    view_close(plan);
    plan_add(plan, floating, 3, 0);
    close_to(gain_of(plan), 0);
    payoff_open(&payoff, plan);
    assert_false(payoff.open);
    plan_free(plan);
}

static void judged_by_the_touched_pcpus(void **state)
{
    static const struct {
        double after[4], gained;
    } cases[] = {
        {{50, 40, 70, 0}, 30},  /* as expected */
        {{45, 60, 70, 0}, 20},  /* what went over grew */
        {{95, 40, 70, 0}, -15}, /* what stayed grew */
        {{80, 10, 70, 0}, 0},   /* in vain */
        {{0, 0, 100, 100}, 80}, /* the others have no part in it */
    };

    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        struct payoff payoff = {0};
        struct plan *plan = four_pcpus(), *later = four_pcpus();

        plan_add(plan, 1, 1, 0);
        plan->decision.gain = gain_of(plan);
        payoff_open(&payoff, plan);
        assert_true(payoff.open);
        close_to(payoff.expected, 30);
        for (uint32_t p = 0; p < 4; p++)
            later->view.pools[p].planned_demand = cases[n].after[p];
        close_to(payoff_judge(&payoff, &later->view), cases[n].gained);
        assert_false(payoff.open);
        plan_free(later);
        plan_free(plan);
    }
}

static void a_touched_pcpu_may_be_gone(void **state)
{
    struct payoff payoff = {0};
    struct plan *plan = four_pcpus(), *later = four_pcpus();

    (void)state;
    plan_add(plan, 1, 3, 0);
    plan->decision.gain = gain_of(plan);
    payoff_open(&payoff, plan);
    later->view.pcpu_count = 2;
    later->view.pools[0].planned_demand = 50;
    close_to(payoff_judge(&payoff, &later->view), 30);
    plan_free(later);
    plan_free(plan);
}

/* ---- the planner ---- */

/* A policy by today's demand alone: the best move between the busiest and the freest. */
static void decide_now(const struct policy_settings *settings, struct policy_state *state,
                       struct plan *plan)
{
    struct move best;
    bool restricted = false;

    (void)state;
    if (move_find(&plan->view, plan->view.busiest, plan->view.freest, 2, settings->min_gain, &best,
                  &restricted))
        move_add(plan, &best);
    plan_because(plan, settings, plan->decision.pin_count ? REASON_ACT : REASON_NO_GAIN);
}

static const struct policy policy_now = {.name = "now", .decide = decide_now};

/*
 * One vCPU that goes to and fro between two pCPUs, with one on each that stays: 40 beside 50, and
 * an idle pCPU. If a move is to be in vain, the vCPU that it joins then demands 53: 93 is worse
 * than 90.
 */
struct shuttle {
    struct rig *rig;
    uint64_t period, moved;
};

enum { MOVER, STAYS_ON_0, STAYS_ON_1 };

static struct shuttle shuttle_new(const char *options)
{
    struct host *host = fake_new(2, 8);
    const uint32_t domain = fake_domain(host, "guest");

    fake_vcpu(host, domain, 0, 40);
    fake_vcpu(host, domain, 0, 50);
    fake_vcpu(host, domain, 1, 0);
    fake_set_wanted(host, STAYS_ON_0, "0");
    fake_set_wanted(host, STAYS_ON_1, "1");
    return (struct shuttle){.rig = rig_with_policy(host, options, &policy_now)};
}

static const struct plan *shuttle_period(struct shuttle *shuttle, bool vain)
{
    struct host *host = shuttle->rig->host;
    const bool just_moved = shuttle->moved > 0 && shuttle->moved == shuttle->period;
    const double beside = !just_moved ? 50 : vain ? 53 : 0;
    const bool on_0 = host->vcpus[MOVER].last_pcpu == 0;

    shuttle->period++;
    host->vcpus[STAYS_ON_0].demand = on_0 ? beside : 0;
    host->vcpus[STAYS_ON_1].demand = on_0 ? 0 : beside;
    rig_period(shuttle->rig, 3);
    if (shuttle->rig->plan->decision.pin_count)
        shuttle->moved = shuttle->period;
    return shuttle->rig->plan;
}

/* Periods from one move to the next. */
static uint64_t next_move(struct shuttle *shuttle, bool vain)
{
    const uint64_t before = shuttle->moved;

    do
        shuttle_period(shuttle, vain);
    while (shuttle->moved == before && shuttle->period < before + 1000);
    return shuttle->moved - before;
}

static void moves_in_vain_double_the_dwell(void **state)
{
    (void)state;
    for (uint64_t dwell = 1; dwell <= 3; dwell += 2) {
        struct shuttle shuttle = shuttle_new(dwell == 1 ? "--dwell 1" : "--dwell 3");

        assert_int_equal(next_move(&shuttle, true),
                         2); /* the second period is the first measured */
        for (uint64_t times = 2; times <= 64; times *= 2)
            assert_int_equal(next_move(&shuttle, true), times * dwell + 1);
        assert_int_equal(next_move(&shuttle, true), 64 * dwell + 1); /* no further */
        assert_int_equal(next_move(&shuttle, true), 64 * dwell + 1);
        /* The last one pays, and all is as at first. */
        assert_int_equal(next_move(&shuttle, false), dwell + 1);
        assert_int_equal(next_move(&shuttle, false), dwell + 1);
        assert_int_equal(next_move(&shuttle, true), 2 * dwell + 1);
        rig_free(shuttle.rig);
    }
}

/* Only the vCPU that moved dwells longer. */
static void the_others_are_free_to_move(void **state)
{
    struct shuttle shuttle = shuttle_new("--dwell 3");
    const uint32_t other = fake_vcpu(shuttle.rig->host, 0, 1, 0);

    (void)state;
    next_move(&shuttle, true);
    for (int period = 0; period < 6; period++) {
        shuttle_period(&shuttle, true);
        assert_int_equal(rig_vcpu(shuttle.rig, MOVER)->blocked_by, VCPU_DWELLS);
        assert_int_equal(rig_vcpu(shuttle.rig, other)->blocked_by, 0);
    }
    rig_free(shuttle.rig);
}

/* The gain is measured over a whole period, not one in which pins were still being made. */
static void late_pins_are_judged_a_period_later(void **state)
{
    struct shuttle shuttle = shuttle_new("--dwell 100");

    (void)state;
    shuttle.rig->late_pins_s = 2;
    next_move(&shuttle, false);
    assert_int_equal(shuttle_period(&shuttle, false)->decision.reason, REASON_SETTLING);
    assert_false(shuttle.rig->plan->outcome.judged);
    assert_true(shuttle_period(&shuttle, false)->outcome.judged);
    assert_false(shuttle_period(&shuttle, false)->outcome.judged);
    assert_int_equal(shuttle.rig->plan->totals.judged_plans, 1);
    rig_free(shuttle.rig);
}

static void a_pin_that_was_not_made_is_not_judged(void **state)
{
    struct shuttle shuttle = shuttle_new("--dwell 100");

    (void)state;
    fake_fail(shuttle.rig->host, MOVER, FAKE_PIN, 0, -5);
    next_move(&shuttle, false);
    assert_int_equal(shuttle.rig->plan->decision.pins[0].result, PIN_FAILED);
    for (int period = 0; period < 3; period++)
        assert_false(shuttle_period(&shuttle, false)->outcome.judged);
    assert_int_equal(shuttle.rig->plan->totals.judged_plans, 0);
    rig_free(shuttle.rig);
}

/* ---- both figures are shown ---- */

static void holds(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("no \"%s\" in: %s", words, text);
}

/* The text of a run of `periods`, by turns in vain: with --verbose, then the summary. */
static char *told(int periods, enum summary_form form)
{
    struct shuttle shuttle = shuttle_new("--dwell 1 --verbose");
    struct summary *summary = summary_new(50, false);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct report *report = report_new(out, &shuttle.rig->options, false, 80);

    assert_non_null(out);
    assert_non_null(report);
    assert_non_null(summary);
    for (int period = 0; period < periods; period++) {
        shuttle_period(&shuttle, true);
        assert_int_equal(report_period(report, shuttle.rig->plan), 0);
        assert_int_equal(summary_add(summary, shuttle.rig->plan), 0);
    }
    summary_print(summary, form, false, out);
    report_free(report);
    summary_free(summary);
    fclose(out);
    rig_free(shuttle.rig);
    return text;
}

/* Pins in periods 2 (90 | 0 become 50 | 40), 5 (50 | 40 once more) and 10, judged in 3, 6, 11. */
static void shown_in_full(void **state)
{
    char *text = told(6, SUMMARY_TEXT);

    (void)state;
    holds(text, "Decision: 1 pin, expected gain 40.0 points\n");
    holds(text, "Last pins: gained -3.0 points; all plans so far -3.0, expected +40.0\n");
    holds(text, "Last pins: gained -3.0 points; all plans so far -6.0, expected +80.0\n");
    holds(text, "gain of a plan with pins          40.0 points expected, -3.0 measured");
    free(text);
}

static void summed_up(void **state)
{
    char *text = told(6, SUMMARY_JSON);

    (void)state;
    holds(text, "\"gain_expected\": 40.000000, \"gain_measured\": -3.000000");
    free(text);
    text = told(2, SUMMARY_JSON); /* not judged yet */
    holds(text, "\"gain_expected\": null, \"gain_measured\": null");
    free(text);
    text = told(2, SUMMARY_TEXT);
    assert_null(strstr(text, "gain of a plan"));
    assert_null(strstr(text, "Last pins"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_move),
        cmocka_unit_test(a_swap),
        cmocka_unit_test(a_change_for_the_worse),
        cmocka_unit_test(a_placement_is_no_gain),
        cmocka_unit_test(judged_by_the_touched_pcpus),
        cmocka_unit_test(a_touched_pcpu_may_be_gone),
        cmocka_unit_test(moves_in_vain_double_the_dwell),
        cmocka_unit_test(the_others_are_free_to_move),
        cmocka_unit_test(late_pins_are_judged_a_period_later),
        cmocka_unit_test(a_pin_that_was_not_made_is_not_judged),
        cmocka_unit_test(shown_in_full),
        cmocka_unit_test(summed_up),
    };

    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
