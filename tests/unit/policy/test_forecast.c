/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is learnt from the demand of vCPUs. */
#include "support/view_maker.h"

#include "policy/forecast.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { VCPUS = 20 };

static void close_to(double got, double want, double within)
{
    if (!(fabs(got - want) <= within))
        fail_msg("%.6f is not %.6f ± %g", got, want, within);
}

static uint32_t random_percent(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 33) % 101;
}

/* A view of idle vCPUs and an empty forecast. */
struct lesson {
    struct plan *plan;
    struct forecast *forecast;
};

static struct lesson begin(uint32_t vcpus)
{
    struct lesson lesson = {view_make(4, vcpus), forecast_new()};

    assert_non_null(lesson.forecast);
    for (uint32_t v = 0; v < vcpus; v++)
        view_add(lesson.plan, (int32_t)v % 4, 0);
    view_close(lesson.plan);
    return lesson;
}

static void end(struct lesson *lesson)
{
    forecast_free(lesson->forecast);
    plan_free(lesson->plan);
}

static void learn(struct lesson *lesson)
{
    assert_int_equal(forecast_learn(lesson->forecast, &lesson->plan->view), 0);
}

static void want(struct lesson *lesson, uint32_t vcpu, double demand)
{
    lesson->plan->view.vcpus[vcpu].demand = demand;
}

/* Sets the demand of a vCPU in the next period. */
static void wants(struct lesson *lesson, double demand)
{
    want(lesson, 0, demand);
    learn(lesson);
}

static struct outlook outlook_of(const struct lesson *lesson, uint32_t vcpu)
{
    return forecast_vcpu(lesson->forecast, &lesson->plan->view.vcpus[vcpu]);
}

static double retention(const struct lesson *lesson, enum forecast_span span)
{
    const double part = forecast_retention(lesson->forecast, span);

    assert_true(part >= 0 && part <= 1);
    return part;
}

/* ---- one vCPU ---- */

static void what_never_changes_is_known_at_once(void **state)
{
    struct lesson lesson = begin(1);

    (void)state;
    for (int period = 0; period < 300; period++) {
        struct outlook outlook;

        wants(&lesson, 37.5);
        outlook = outlook_of(&lesson, 0);
        close_to((double)outlook.mean, 37.5, 0);
        close_to((double)outlook.deviation, 0, 0);
        close_to((double)outlook.sd, 0, 0);
        for (int span = 0; span < FORECAST_SPANS; span++)
            close_to(retention(&lesson, (enum forecast_span)span), 0, 0);
    }
    end(&lesson);
}

static void the_first_periods_count_alike(void **state)
{
    struct lesson lesson = begin(1);

    (void)state;
    wants(&lesson, 10);
    wants(&lesson, 20);
    wants(&lesson, 60);
    close_to((double)outlook_of(&lesson, 0).mean, 30, 1e-4);
    close_to((double)outlook_of(&lesson, 0).deviation, 30, 1e-4);
    assert_true(outlook_of(&lesson, 0).sd > 10 && outlook_of(&lesson, 0).sd < 50);
    end(&lesson);
}

static void what_is_long_past_is_forgotten(void **state)
{
    struct lesson lesson = begin(1);

    (void)state;
    for (int period = 0; period < 300; period++)
        wants(&lesson, 10);
    wants(&lesson, 90);
    assert_true(outlook_of(&lesson, 0).mean < 15); /* a burst changes the mean little */
    close_to((double)outlook_of(&lesson, 0).deviation, 90 - (double)outlook_of(&lesson, 0).mean,
             1e-4);
    for (int period = 0; period < 300; period++)
        wants(&lesson, 90);
    close_to((double)outlook_of(&lesson, 0).mean, 90, 1);
    assert_true(outlook_of(&lesson, 0).sd < 5);
    end(&lesson);
}

static void noise_has_its_mean_and_deviation(void **state)
{
    struct lesson lesson = begin(VCPUS);
    uint64_t seed = 1;
    double mean = 0, sd = 0;

    (void)state;
    for (int period = 0; period < 400; period++) {
        for (uint32_t v = 0; v < VCPUS; v++)
            want(&lesson, v, random_percent(&seed));
        learn(&lesson);
    }
    for (uint32_t v = 0; v < VCPUS; v++) {
        mean += (double)outlook_of(&lesson, v).mean / VCPUS;
        sd += (double)outlook_of(&lesson, v).sd / VCPUS;
        close_to((double)outlook_of(&lesson, v).mean, 50, 15);
    }
    close_to(mean, 50, 3);
    close_to(sd, 29.2, 3); /* of the numbers from 0 to 100 */
    end(&lesson);
}

/* ---- how long a deviation lasts ---- */

/* Each vCPU takes a new demand with probability 1/`hold` a period. */
static void learn_steps(struct lesson *lesson, uint32_t hold, int periods)
{
    uint64_t seed = hold;

    for (int period = 0; period < periods; period++) {
        for (uint32_t v = 0; v < VCPUS; v++) {
            if (random_percent(&seed) * hold < 101)
                want(lesson, v, random_percent(&seed));
        }
        learn(lesson);
    }
}

static void of_noise_nothing_is_left(void **state)
{
    struct lesson lesson = begin(VCPUS);

    (void)state;
    learn_steps(&lesson, 1, 400);
    for (int span = 0; span < FORECAST_SPANS; span++)
        assert_true(retention(&lesson, (enum forecast_span)span) < 0.2);
    end(&lesson);
}

static void of_long_jobs_most_is_left(void **state)
{
    struct lesson lesson = begin(VCPUS);

    (void)state;
    learn_steps(&lesson, 50, 400);
    assert_true(retention(&lesson, FORECAST_NEXT) > 0.9);
    assert_true(retention(&lesson, FORECAST_NEXT) > retention(&lesson, FORECAST_SOON));
    assert_true(retention(&lesson, FORECAST_SOON) > retention(&lesson, FORECAST_LATER));
    assert_true(retention(&lesson, FORECAST_LATER) > 0.4);
    end(&lesson);
}

/* Demand that alternates predicts its opposite, which counts as no retention. */
static void never_less_than_nothing(void **state)
{
    struct lesson lesson = begin(1);

    (void)state;
    for (int period = 0; period < 200; period++)
        wants(&lesson, period % 2 ? 80 : 20);
    close_to(retention(&lesson, FORECAST_NEXT), 0, 0);
    end(&lesson);
}

static void a_host_may_change_its_ways(void **state)
{
    struct lesson lesson = begin(VCPUS);

    (void)state;
    learn_steps(&lesson, 50, 400);
    learn_steps(&lesson, 1, 600);
    assert_true(retention(&lesson, FORECAST_NEXT) < 0.2);
    end(&lesson);
}

/* ---- who is learnt from ---- */

static void what_is_not_measured_is_left_out(void **state)
{
    static const uint16_t flags[] = {VCPU_NEW, VCPU_PAUSED, VCPU_SUSPECT};

    (void)state;
    for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
        struct lesson lesson = begin(1);

        for (int period = 0; period < 20; period++)
            wants(&lesson, 30);
        lesson.plan->view.vcpus[0].blocked_by = flags[f];
        for (int period = 0; period < 20; period++)
            wants(&lesson, 100);
        close_to((double)outlook_of(&lesson, 0).mean, 30, 0);
        close_to((double)outlook_of(&lesson, 0).sd, 0, 0);
        lesson.plan->view.vcpus[0].blocked_by = VCPU_FIXED | VCPU_DWELLS | VCPU_EXCLUDED;
        for (int period = 0; period < 20; period++)
            wants(&lesson, 100);
        assert_true(outlook_of(&lesson, 0).mean > 40);
        end(&lesson);
    }
}

static void a_newcomer_is_what_it_wants_now(void **state)
{
    struct lesson lesson = begin(1);

    (void)state;
    lesson.plan->view.vcpus[0].blocked_by = VCPU_NEW;
    wants(&lesson, 70);
    close_to((double)outlook_of(&lesson, 0).mean, 70, 0);
    close_to((double)outlook_of(&lesson, 0).deviation, 0, 0);
    close_to((double)outlook_of(&lesson, 0).sd, 0, 0);
    end(&lesson);
}

static void an_heir_of_a_slot_begins_anew(void **state)
{
    struct lesson lesson = begin(1);

    (void)state;
    for (int period = 0; period < 50; period++)
        wants(&lesson, period % 2 ? 90 : 10);
    lesson.plan->view.vcpus[0].serial = 99;
    wants(&lesson, 20);
    close_to((double)outlook_of(&lesson, 0).mean, 20, 0);
    close_to((double)outlook_of(&lesson, 0).sd, 0, 0);
    end(&lesson);
}

static void slots_may_come_and_go(void **state)
{
    struct lesson lesson = begin(VCPUS);
    uint64_t seed = 3;

    (void)state;
    for (uint32_t period = 0; period < 500; period++) {
        lesson.plan->view.vcpu_count = period % VCPUS + 1;
        for (uint32_t v = 0; v < VCPUS; v++) {
            want(&lesson, v, random_percent(&seed));
            lesson.plan->view.vcpus[v].name.slot = v + period / 50 * 100;
            lesson.plan->view.vcpus[v].serial = v + 1 + period / 50 * 100;
        }
        learn(&lesson);
        for (uint32_t v = 0; v < lesson.plan->view.vcpu_count; v++) {
            const struct outlook outlook = outlook_of(&lesson, v);

            assert_true(outlook.mean >= 0 && outlook.mean <= 100);
            assert_true(outlook.sd >= 0 && outlook.sd <= 100);
            close_to((double)(outlook.mean + outlook.deviation), lesson.plan->view.vcpus[v].demand,
                     1e-3);
        }
        for (int span = 0; span < FORECAST_SPANS; span++)
            retention(&lesson, (enum forecast_span)span);
    }
    end(&lesson);
}

static void an_empty_host_teaches_nothing(void **state)
{
    struct lesson lesson = begin(1);

    (void)state;
    lesson.plan->view.vcpu_count = 0;
    for (int period = 0; period < 30; period++)
        learn(&lesson);
    for (int span = 0; span < FORECAST_SPANS; span++)
        close_to(retention(&lesson, (enum forecast_span)span), 0, 0);
    end(&lesson);
}

/* One pCPU's other load in the next period. */
static void other_is(struct lesson *lesson, double other)
{
    lesson->plan->view.pools[1].other = other;
    learn(lesson);
}

static void other_usually(const struct lesson *lesson, double mean, double within)
{
    const struct view *view = &lesson->plan->view;
    const struct outlook outlook = forecast_other(lesson->forecast, view, 1);

    close_to((double)outlook.mean, mean, within);
    close_to((double)(outlook.mean + outlook.deviation), view->pools[1].other, 1e-4);
}

static void what_else_runs_is_known_by_what_is_usual(void **state)
{
    struct lesson lesson = begin(1);

    (void)state;
    other_is(&lesson, 10);
    other_usually(&lesson, 10, 1e-4);
    other_is(&lesson, 20);
    other_usually(&lesson, 15, 1e-4);
    for (int period = 0; period < 50; period++)
        other_is(&lesson, 10);
    other_usually(&lesson, 10, 0.1);
    other_is(&lesson, 40); /* for a moment */
    other_usually(&lesson, 15, 1);
    for (int period = 0; period < 10; period++)
        other_is(&lesson, 40); /* it stays */
    other_usually(&lesson, 35, 2);
    end(&lesson);
}

static void what_else_runs_is_not_learnt_where_it_is_not_known(void **state)
{
    struct lesson lesson = begin(1);
    struct view_pool *pcpu = &lesson.plan->view.pools[1];

    (void)state;
    other_is(&lesson, 10);
    pcpu->certain = false;
    other_is(&lesson, 90);
    other_usually(&lesson, 10, 1e-4);
    pcpu->certain = true;
    pcpu->managed = false;
    other_is(&lesson, 0);
    pcpu->managed = true;
    other_is(&lesson, 30);
    other_usually(&lesson, 30, 1e-4); /* another pCPU, maybe */
    end(&lesson);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_never_changes_is_known_at_once),
        cmocka_unit_test(the_first_periods_count_alike),
        cmocka_unit_test(what_is_long_past_is_forgotten),
        cmocka_unit_test(noise_has_its_mean_and_deviation),
        cmocka_unit_test(of_noise_nothing_is_left),
        cmocka_unit_test(of_long_jobs_most_is_left),
        cmocka_unit_test(never_less_than_nothing),
        cmocka_unit_test(a_host_may_change_its_ways),
        cmocka_unit_test(what_is_not_measured_is_left_out),
        cmocka_unit_test(a_newcomer_is_what_it_wants_now),
        cmocka_unit_test(an_heir_of_a_slot_begins_anew),
        cmocka_unit_test(slots_may_come_and_go),
        cmocka_unit_test(an_empty_host_teaches_nothing),
        cmocka_unit_test(what_else_runs_is_known_by_what_is_usual),
        cmocka_unit_test(what_else_runs_is_not_learnt_where_it_is_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
