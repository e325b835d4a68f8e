/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each policy decides: cases worked out by hand. */
#include "support/view_maker.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDING 1e-9

static const struct policy_settings usual = {
    .threshold = 50, .min_gain = 5, .stddev = 10, .dwell = 5};

static void close_to(double got, double want)
{
    if (fabs(got - want) > ROUNDING)
        fail_msg("%.12f is not %.12f", got, want);
}

static void says(const struct plan *plan, enum reason reason, const char *words)
{
    if (plan->decision.reason != reason || !strstr(plan->decision.why, words))
        fail_msg("reason %d, \"%s\" instead of %d, \"…%s…\"", (int)plan->decision.reason,
                 plan->decision.why, (int)reason, words);
}

static void has_pin(const struct plan *plan, uint32_t at, uint32_t vcpu, int32_t from, int32_t to)
{
    const struct pin *pin = &plan->decision.pins[at];

    assert_true(at < plan->decision.pin_count);
    assert_int_equal(pin->vcpu, vcpu);
    assert_int_equal(pin->from, from);
    assert_int_equal(pin->to, to);
    assert_int_equal(pin->result, PIN_PLANNED);
}

/* ---- swap ---- */

static void swap_moves_what_halves_the_distance(void **state)
{
    struct plan *plan = view_make(2, 4);

    (void)state;
    view_add(plan, 0, 56);
    view_add(plan, 0, 40);
    view_add(plan, 0, 4);
    plan->view.pools[1].other = 10;
    view_close(plan);
    policy_swap.decide(&usual, NULL, plan);
    assert_int_equal(plan->decision.pin_count, 1);
    has_pin(plan, 0, 1, 0,
            1); /* 100 and 10 become 60 and 50; with the 56 they would be 44 and 66 */
    close_to(plan->decision.gain, 40);
    says(plan, REASON_ACT,
         "busiest pCPU 0 at 100.0 % is above the threshold of 50 %, freest pCPU 1 at 10.0 %: 1 pin "
         "to gain 40.0 points");
    close_to(plan->view.pools[0].planned_demand, 60);
    close_to(plan->view.pools[1].planned_demand, 50);
    plan_free(plan);
}

/* 120 and 40: a move makes 100 of it at best, a swap 80. */
static void swap_swaps_where_it_gains_more(void **state)
{
    struct policy_settings settings = usual;
    struct plan *plan = view_make(2, 4), *single;

    (void)state;
    view_add(plan, 0, 60);
    view_add(plan, 0, 60);
    view_add(plan, 1, 20);
    view_add(plan, 1, 20);
    view_close(plan);
    single = view_copy(plan);
    policy_swap.decide(&settings, NULL, plan);
    assert_int_equal(plan->decision.pin_count, 2);
    assert_int_equal(plan->decision.pins[0].group, plan->decision.pins[1].group);
    close_to(plan->decision.gain, 40);
    /* 40 + 60 = 100 on the way rather than 120 + 20. */
    has_pin(plan, 0, 0, 0, 1);
    has_pin(plan, 1, 2, 1, 0);
    settings.max_pins = 1;
    policy_swap.decide(&settings, NULL, single);
    assert_int_equal(single->decision.pin_count, 1);
    close_to(single->decision.gain, 20);
    plan_free(plan);
    plan_free(single);
}

static void swap_takes_the_fewer_pins_among_near_equals(void **state)
{
    struct plan *plan = view_make(2, 3);

    (void)state;
    /* 100.5 and 1: the move of 49 gains 49, the swap of 51.5 for 1 gains 49 as well, 50.5 for 1
     * more. */
    view_add(plan, 0, 50.5);
    view_add(plan, 0, 48);
    view_add(plan, 1, 1);
    view_close(plan);
    policy_swap.decide(&usual, NULL, plan); /* D = 97.5: move 48 → 48, swap 50.5 - 1 → 48 */
    assert_int_equal(plan->decision.pin_count, 1);
    has_pin(plan, 0, 1, 0, 1);
    plan_free(plan);

    plan = view_make(2, 4);
    /* D = 90. Move 40: 40. Swap 50 for 6: 44, four points more, worth its second pin. */
    view_add(plan, 0, 56);
    view_add(plan, 0, 40);
    view_add(plan, 1, 6);
    view_close(plan);
    policy_swap.decide(&usual, NULL, plan); /* move 56 → 34, 40 → 40; swap 56 - 6 = 50 → 40: near */
    assert_int_equal(plan->decision.pin_count, 1);
    has_pin(plan, 0, 1, 0, 1);
    plan_free(plan);

    plan = view_make(2, 4);
    view_add(plan, 0, 60);
    view_add(plan, 0, 35);
    view_add(plan, 1, 10);
    view_add(plan, 1, 5);
    view_close(plan);
    policy_swap.decide(&usual, NULL, plan); /* D = 80: moves 20 and 35; 60 - 10 → 30, 60 - 5 → 25 */
    assert_int_equal(plan->decision.pin_count, 1);
    close_to(plan->decision.gain, 35);
    plan_free(plan);
}

static void swap_keeps_to_the_threshold(void **state)
{
    struct policy_settings settings = usual;
    struct plan *plan = view_make(3, 3);

    (void)state;
    view_add(plan, 1, 25);
    view_add(plan, 1, 25);
    view_close(plan);
    policy_swap.decide(&settings, NULL, plan);
    says(plan, REASON_BELOW, "busiest pCPU 1 at 50.0 % is at the threshold of 50 %");
    assert_int_equal(plan->decision.pin_count, 0);
    close_to(plan->decision.gain, 0);
    settings.threshold = 60;
    policy_swap.decide(&settings, NULL, plan);
    says(plan, REASON_BELOW, "busiest pCPU 1 at 50.0 % is below the threshold of 60 %");
    assert_int_equal(plan->decision.pin_count, 0);
    settings.threshold = 49.9;
    policy_swap.decide(&settings, NULL, plan);
    assert_int_equal(plan->decision.pin_count, 1);
    plan_free(plan);
}

/* Two pCPUs of 20 and 10 %; then the first has so much, for a period. */
static uint32_t pins_at(double busy)
{
    struct policy_state *learnt = policy_swap.begin();
    uint32_t pins = 0;

    for (int period = 0; period <= 20; period++) {
        const double each = period == 20 ? busy / 2 : 20;
        struct plan *plan = view_make(2, 4);

        view_add(plan, 0, each);
        view_add(plan, 0, each);
        view_add(plan, 1, 10);
        view_close(plan);
        assert_int_equal(policy_swap.learn(learnt, &plan->view), 0);
        policy_swap.decide(&usual, learnt, plan);
        assert_true(period == 20 || plan->decision.pin_count == 0);
        pins = plan->decision.pin_count;
        plan_free(plan);
    }
    policy_swap.finish(learnt);
    return pins;
}

static void swap_leaves_what_is_busy_for_a_moment(void **state)
{
    (void)state;
    assert_int_equal(pins_at(70), 0);
    assert_int_equal(pins_at(98), 0);
    assert_int_equal(pins_at(120), 1); /* vCPUs wait */
}

static void swap_finds_no_room(void **state)
{
    struct plan *plan = view_make(2, 4);

    (void)state;
    view_add(plan, 0, 45);
    view_add(plan, 0, 45);
    view_add(plan, 1, 50.5);
    view_close(plan);
    policy_swap.decide(&usual, NULL, plan);
    assert_int_equal(plan->decision.pin_count, 0);
    says(plan, REASON_ALL_ABOVE, "all 2 managed pCPUs are above the threshold of 50 %");
    says(plan, REASON_ALL_ABOVE, "freest pCPU 1 at 50.5 %");
    plan_free(plan);

    plan = view_make(2, 4);
    view_add(plan, 0, 45);
    view_add(plan, 0, 45);
    view_add(plan, 1, 50); /* at the threshold is not above it */
    view_close(plan);
    policy_swap.decide(&usual, NULL,
                       plan); /* the only swap is 45 for 50, the wrong way; a plain move: 45 → -5 */
    says(plan, REASON_NO_GAIN, "no move or swap gains 5 points");
    plan_free(plan);
}

/* The pCPU of one great vCPU is always the busiest. The vCPU must not wander, even with a minimal
 * gain of 0. */
static void swap_never_only_swaps_the_roles(void **state)
{
    struct policy_settings settings = usual;

    (void)state;
    for (int gain = 0; gain <= 5; gain += 5) {
        struct plan *plan = view_make(2, 3);

        settings.min_gain = gain;
        view_add(plan, 0, 80);
        view_close(plan);
        policy_swap.decide(&settings, NULL, plan);
        assert_int_equal(plan->decision.pin_count, 0);
        says(plan, REASON_NO_GAIN, "busiest pCPU 0 at 80.0 %");
        plan_free(plan);

        plan = view_make(2, 3);
        view_add(plan, 0, 80);
        view_add(plan, 1, 30); /* 80 for 30: the two only change roles */
        view_close(plan);
        policy_swap.decide(&settings, NULL, plan);
        assert_int_equal(plan->decision.pin_count, 0);
        plan_free(plan);

        plan = view_make(2, 3);
        view_add(plan, 0, 80);
        view_add(plan, 0, 0); /* may move for nothing */
        view_close(plan);
        policy_swap.decide(&settings, NULL, plan);
        assert_int_equal(plan->decision.pin_count, 0);
        plan_free(plan);
    }
}

static void swap_wants_the_minimal_gain(void **state)
{
    struct policy_settings settings = usual;

    (void)state;
    for (int over = 0; over <= 1; over++) {
        struct plan *plan = view_make(2, 2);

        settings.min_gain = over ? 15.1 : 15;
        view_add(plan, 0, 60);
        view_add(plan, 0, 15);
        view_close(plan);
        policy_swap.decide(&settings, NULL, plan); /* 15 gains 15, 60 gains 15 */
        assert_int_equal(plan->decision.pin_count, over ? 0 : 1);
        plan_free(plan);
    }
}

static void swap_leaves_who_may_not_be_moved(void **state)
{
    static const unsigned flags[] = {VCPU_FIXED, VCPU_EXCLUDED, VCPU_SUSPECT, VCPU_UNCHECKED,
                                     VCPU_NEW,   VCPU_PAUSED,   VCPU_DWELLS,  VCPU_FLOATING};

    (void)state;
    for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
        struct plan *plan = view_make(2, 4);
        uint32_t flagged;

        flagged = view_add(plan, 0, 40);
        view_add(plan, 0, 30);
        view_close(plan);
        plan->view.vcpus[flagged].blocked_by = (uint16_t)flags[f];
        policy_swap.decide(&usual, NULL, plan);
        assert_int_equal(plan->decision.pin_count, 1);
        has_pin(plan, 0, 1, 0, 1);
        plan_free(plan);

        plan = view_make(2, 4);
        flagged = view_add(plan, 0, 40);
        view_close(plan);
        plan->view.pools[0].other = 30;
        view_close(plan);
        plan->view.vcpus[flagged].blocked_by = (uint16_t)flags[f];
        policy_swap.decide(&usual, NULL, plan);
        says(plan, REASON_NONE_MOVABLE, "busiest pCPU 0 at 70.0 %");
        assert_int_equal(plan->decision.pin_count, 0);
        plan_free(plan);
    }
}

static void swap_asks_the_next_freest_where_the_first_is_forbidden(void **state)
{
    struct plan *plan = view_make(4, 4);

    (void)state;
    view_allow(plan, view_add(plan, 0, 40), "0,3");
    view_allow(plan, view_add(plan, 0, 40), "0,2");
    view_add(plan, 2, 30);
    view_add(plan, 3, 10);
    view_close(plan);
    policy_swap.decide(&usual, NULL, plan);
    assert_int_equal(plan->decision.pin_count, 1);
    has_pin(plan, 0, 0, 0, 3);
    plan_free(plan);
}

/* A pCPU above the threshold takes no vCPU, even if no other is allowed. */
static void swap_fills_nobody_above_the_threshold(void **state)
{
    (void)state;
    for (int over = 0; over <= 1; over++) {
        struct plan *plan = view_make(3, 4);

        view_allow(plan, view_add(plan, 0, 80), "0");
        view_allow(plan, view_add(plan, 0, 20), "0,2");
        view_add(plan, 2, over ? 50.5 : 50);
        view_close(plan);
        policy_swap.decide(&usual, NULL, plan);
        if (over)
            says(plan, REASON_NO_GAIN, "no move or swap gains 5 points");
        else
            has_pin(plan, 0, 1, 0, 2);
        plan_free(plan);
    }
}

static void swap_goes_on_to_the_next_busiest(void **state)
{
    struct plan *plan = view_make(3, 6);

    (void)state;
    view_add(plan, 0, 95); /* no move helps */
    view_add(plan, 1, 45);
    view_add(plan, 1, 35);
    view_close(plan);
    policy_swap.decide(&usual, NULL, plan);
    assert_int_equal(plan->decision.pin_count, 1);
    has_pin(plan, 0, 1, 1, 2); /* 80 and 0 become 45 and 35 either way: the first of the view */
    plan_free(plan);
}

static void swap_spends_its_pins_and_no_more(void **state)
{
    (void)state;
    for (uint32_t pins = 0; pins <= 5; pins++) {
        struct policy_settings settings = usual;
        struct plan *plan = view_make(6, 30);

        settings.max_pins = pins;
        for (int v = 0; v < 10; v++)
            view_add(plan, 0, 20);
        view_close(plan);
        policy_swap.decide(&settings, NULL, plan);
        assert_int_equal(plan->decision.pin_count, pins ? pins : 2); /* a third is for rotations */
        for (uint32_t i = 1; i < plan->decision.pin_count; i++)
            assert_int_not_equal(plan->decision.pins[i].group, plan->decision.pins[i - 1].group);
        plan_free(plan);
    }
}

/* Sixteen full pCPUs that can't be relieved do not delay the next one. */
static void swap_is_not_blind_behind_many(void **state)
{
    (void)state;
    for (int alone = 0; alone <= 1; alone++) {
        struct plan *plan = view_make(42, 60);

        for (int p = 0; p < 40; p++) {
            const uint32_t v = view_add(plan, p, 100);

            if (!alone)
                plan->view.vcpus[v].blocked_by = VCPU_FIXED;
        }
        for (int v = 0; v < 3; v++)
            view_add(plan, 40, 30);
        view_close(plan);
        policy_swap.decide(&usual, NULL, plan);
        assert_int_equal(plan->decision.pin_count, 1);
        has_pin(plan, 0, 40, 40, 41);
        plan_free(plan);
    }
}

/* A pCPU of speed 0.4 needs 112.5 % of itself for what is 45 % of the strongest. */
static void a_slow_pcpu_is_no_relief(void **state)
{
    static const struct policy *const made[] = {&policy_swap, &policy_stddev};

    (void)state;
    for (size_t p = 0; p < sizeof made / sizeof *made; p++) {
        struct plan *plan = view_make(2, 4);

        plan->view.pools[1].speed = 0.4;
        view_add(plan, 0, 45);
        view_add(plan, 0, 45);
        view_close(plan);
        made[p]->decide(&usual, NULL, plan);
        assert_int_equal(plan->decision.pin_count, 0);
        plan_free(plan);
    }
}

/* 70 % of the strongest is 175 % there: it is the busiest, and is relieved. */
static void a_slow_pcpu_is_relieved(void **state)
{
    static const struct policy *const made[] = {&policy_swap, &policy_stddev};

    (void)state;
    for (size_t p = 0; p < sizeof made / sizeof *made; p++) {
        struct policy_state *learnt = made[p]->begin();
        struct plan *plan = view_make(2, 4);

        plan->view.pools[1].speed = 0.4;
        view_add(plan, 0, 60);
        view_add(plan, 1, 40);
        view_add(plan, 1, 30);
        view_close(plan);
        for (int period = 0; period < 2; period++)
            assert_int_equal(made[p]->learn(learnt, &plan->view), 0);
        made[p]->decide(&usual, learnt, plan);
        assert_true(plan->decision.pin_count > 0);
        assert_true(plan->view.pools[1].planned_demand < 101);
        assert_true(plan->decision.gain > 60);
        made[p]->finish(learnt);
        plan_free(plan);
    }
}

static void ties_go_to_the_lower_number(void **state)
{
    struct plan *plan = view_make(5, 8);

    (void)state;
    for (int32_t pcpu = 3; pcpu >= 2; pcpu--) {
        view_add(plan, pcpu, 40);
        view_add(plan, pcpu, 40);
    }
    view_close(plan);
    policy_swap.decide(&usual, NULL, plan);
    assert_int_equal(plan->decision.pin_count, 2);
    assert_int_equal(plan->decision.pins[0].from, 2);
    assert_int_equal(plan->decision.pins[0].to, 0);
    assert_int_equal(plan->decision.pins[0].vcpu, 2);
    assert_int_equal(plan->decision.pins[1].from, 3);
    assert_int_equal(plan->decision.pins[1].to, 1);
    assert_int_equal(plan->decision.pins[1].vcpu, 0);
    plan_free(plan);
}

/* ---- all policies: the first checks ---- */

static const struct policy *const acting[] = {&policy_swap, &policy_exchange, &policy_stddev};

/* If all pCPUs are equally busy, there is nothing to do, but they can be compared. */
static void equal_loads_are_no_lack_of_pcpus(void **state)
{
    (void)state;
    for (size_t p = 0; p < sizeof acting / sizeof *acting; p++) {
        for (double load = 0; load <= 80; load += 40) {
            struct plan *plan = view_make(3, 3);

            for (int32_t pcpu = 0; load > 0 && pcpu < 3; pcpu++)
                view_add(plan, pcpu, load);
            view_close(plan);
            acting[p]->decide(&usual, NULL, plan);
            assert_int_equal(plan->decision.pin_count, 0);
            if (acting[p] == &policy_stddev)
                says(plan, REASON_BALANCED, "standard deviation");
            else if (load > 50)
                says(plan, REASON_ALL_ABOVE, "all 3 managed pCPUs");
            else
                says(plan, REASON_BELOW, "is below the threshold of 50 %");
            plan_free(plan);
        }
    }
}

static void one_pcpu_is_not_enough(void **state)
{
    (void)state;
    for (size_t p = 0; p < sizeof acting / sizeof *acting; p++) {
        for (int32_t certain = 0; certain <= 1; certain++) {
            struct plan *plan = view_make(3, 4);

            view_add(plan, 0, 60);
            view_add(plan, 0, 40);
            plan->view.pools[0].certain = certain;
            plan->view.pools[1].certain = false;
            plan->view.pools[2].managed = false;
            cpuset_remove(&plan->view.managed, 2);
            view_close(plan);
            acting[p]->decide(&usual, NULL, plan);
            assert_int_equal(plan->decision.pin_count, 0);
            says(plan, REASON_ONE_PCPU, "2 managed pCPUs, fewer than two");
            plan_free(plan);
        }
    }
}

static void uncertain_and_unmanaged_pcpus_take_no_part(void **state)
{
    (void)state;
    for (size_t p = 0; p < sizeof acting / sizeof *acting; p++) {
        struct plan *plan = view_make(6, 12);

        for (int v = 0; v < 3; v++) {
            view_add(plan, 1, 35); /* uncertain, and the busiest */
            view_add(plan, 4, 30);
        }
        plan->view.pools[0].managed = false;
        plan->view.pools[1].certain = plan->view.pools[2].certain = false;
        view_close(plan);
        acting[p]->decide(&usual, NULL, plan);
        assert_true(plan->decision.pin_count > 0);
        for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
            assert_int_equal(plan->decision.pins[i].from, 4);
            assert_true(plan->decision.pins[i].to == 3 || plan->decision.pins[i].to == 5);
        }
        plan_free(plan);
    }
}

/* ---- the other policies ---- */

static void none_only_looks(void **state)
{
    struct plan *plan = view_make(2, 4);

    (void)state;
    view_add(plan, 0, 60);
    view_add(plan, 0, 40);
    view_close(plan);
    policy_none.decide(&usual, NULL, plan);
    assert_int_equal(plan->decision.pin_count, 0);
    says(plan, REASON_OBSERVE, "busiest pCPU 0 at 100.0 %, freest pCPU 1 at 0.0 %");
    plan_free(plan);
}

static void exchange_takes_all_for_all(void **state)
{
    struct policy_settings settings = usual;
    struct plan *plan = view_make(3, 8);
    struct view *view = &plan->view;

    (void)state;
    settings.max_pins = 1;   /* ignored */
    settings.min_gain = 100; /* ignored */
    for (int v = 0; v < 3; v++)
        view_add(plan, 2, 30);
    view_add(plan, 0, 20);
    view_add(plan, 0, 10);
    view_add(plan, 1, 40);
    view_close(plan);
    view->vcpus[1].blocked_by = VCPU_DWELLS; /* ignored */
    policy_exchange.decide(&settings, NULL, plan);
    says(plan, REASON_ACT, "busiest pCPU 2");
    assert_int_equal(plan->decision.pin_count, 5);
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        const struct pin *pin = &plan->decision.pins[i];

        assert_int_equal(pin->from, pin->vcpu < 3 ? 2 : 0);
        assert_int_equal(pin->to, 2 - pin->from);
    }
    close_to(view->pools[0].planned_demand, 90);
    close_to(view->pools[2].planned_demand, 30);
    plan_free(plan);
}

static void exchange_keeps_to_allowed_sets_and_threshold(void **state)
{
    struct plan *plan = view_make(2, 8);

    (void)state;
    view_add(plan, 0, 30);
    view_allow(plan, view_add(plan, 0, 30), "0");
    view_add(plan, 1, 20);
    view_close(plan);
    plan->view.vcpus[2].blocked_by = VCPU_SUSPECT;
    policy_exchange.decide(&usual, NULL, plan);
    assert_int_equal(plan->decision.pin_count, 1);
    has_pin(plan, 0, 0, 0, 1);
    plan_free(plan);

    plan = view_make(2, 8);
    view_add(plan, 0, 25);
    view_add(plan, 0, 25);
    view_close(plan);
    policy_exchange.decide(&usual, NULL, plan);
    says(plan, REASON_BELOW, "is at the threshold");
    assert_int_equal(plan->decision.pin_count, 0);
    plan_free(plan);
}

static void stddev_minds_the_deviation_alone(void **state)
{
    struct policy_settings settings = usual;
    struct plan *plan = view_make(2, 4);

    (void)state;
    view_add(plan, 0, 12);
    view_add(plan, 0, 12);
    view_close(plan); /* 24 and 0: deviation 12, far below the threshold */
    policy_stddev.decide(&settings, NULL, plan);
    assert_int_equal(plan->decision.pin_count, 1);
    close_to(plan->decision.gain, 12);
    assert_int_equal(plan->decision.reason, REASON_ACT);
    /* The words name no threshold: 24 % is not above 50 %. */
    if (strstr(plan->decision.why, "threshold"))
        fail_msg("\"%s\"", plan->decision.why);
    plan_free(plan);

    plan = view_make(2, 4);
    view_add(plan, 0, 80);
    view_add(plan, 1, 60);
    view_close(plan); /* exactly 10 */
    policy_stddev.decide(&settings, NULL, plan);
    says(plan, REASON_BALANCED, "at or below 10 points");
    settings.stddev = 9.9;
    policy_stddev.decide(&settings, NULL, plan);
    assert_int_equal(plan->decision.reason, REASON_NO_GAIN);
    if (strstr(plan->decision.why, "threshold"))
        fail_msg("\"%s\"", plan->decision.why);
    assert_int_equal(plan->decision.pin_count, 0);
    plan_free(plan);
}

/* 70 30 | 60 | 10: the busiest and the freest gain 20 by a move; the middle one can't help more. */
static void stddev_takes_the_pair_that_lowers_it_most(void **state)
{
    struct policy_settings settings = usual;
    struct plan *plan = view_make(3, 8);

    (void)state;
    settings.max_pins = 1;
    view_add(plan, 0, 70);
    view_add(plan, 0, 30);
    view_add(plan, 1, 60);
    view_add(plan, 2, 10);
    view_close(plan);
    policy_stddev.decide(&settings, NULL,
                         plan); /* 30 × (90 - 30) = 1800 beats 70 × 20 and 60 × -10 */
    assert_int_equal(plan->decision.pin_count, 1);
    has_pin(plan, 0, 1, 0, 2);
    plan_free(plan);
}

/* Nobody knows yet whether the two are usually busy. */
static void stddev_moves_nothing_by_its_first_period(void **state)
{
    struct policy_state *learnt = policy_stddev.begin();
    struct plan *plan = view_make(2, 4);

    (void)state;
    view_add(plan, 0, 30);
    view_add(plan, 0, 30);
    view_close(plan);
    assert_int_equal(policy_stddev.learn(learnt, &plan->view), 0);
    policy_stddev.decide(&usual, learnt, plan);
    assert_int_equal(plan->decision.reason, REASON_NO_GAIN);
    assert_int_equal(plan->decision.pin_count, 0);
    assert_int_equal(policy_stddev.learn(learnt, &plan->view), 0);
    policy_stddev.decide(&usual, learnt, plan);
    assert_int_equal(plan->decision.pin_count, 1);
    policy_stddev.finish(learnt);
    plan_free(plan);
}

/* ---- placement ---- */

static void place_greatest_first_where_it_crowds_least(void **state)
{
    struct plan *plan = view_make(3, 8);

    (void)state;
    view_add(plan, -1, 10);
    view_add(plan, -1, 40);
    view_add(plan, -1, 30);
    view_add(plan, -1, 20);
    view_add(plan, 1, 35);
    view_close(plan);
    policy_place(&usual, plan);
    says(plan, REASON_PLACE, "4 floating vCPUs get a pCPU");
    has_pin(plan, 0, 1, -1, 0); /* 40 0: lower number */
    has_pin(plan, 1, 2, -1, 2); /* 30 */
    has_pin(plan, 2, 3, -1, 2); /* 20: 30 is less than 35 and 40 */
    has_pin(plan, 3, 0, -1, 1); /* 10: 35 */
    for (uint32_t i = 1; i < 4; i++)
        assert_int_not_equal(plan->decision.pins[i].group, plan->decision.pins[i - 1].group);
    plan_free(plan);
}

static void place_prefers_where_it_ran_among_equals(void **state)
{
    struct plan *plan = view_make(4, 8);
    uint32_t v = view_add(plan, 2, 10);

    (void)state;
    plan->view.vcpus[v].blocked_by = VCPU_FLOATING;
    plan->view.vcpus[v].pin = -1;
    view_close(plan);
    policy_place(&usual, plan);
    assert_int_equal(plan->decision.pin_count, 1);
    has_pin(plan, 0, v, -1, 2); /* its own demand there does not count */
    plan_free(plan);
}

static void place_only_who_is_measured_and_allowed(void **state)
{
    struct plan *plan = view_make(4, 8);
    struct view_vcpu *v = plan->view.vcpus;

    (void)state;
    view_add(plan, 0, 20);
    v[0].blocked_by = VCPU_FLOATING | VCPU_NEW;
    view_add(plan, 0, 20);
    v[1].blocked_by = VCPU_FLOATING | VCPU_EXCLUDED;
    view_allow(plan, view_add(plan, 0, 20), "0-2");
    v[2].blocked_by = VCPU_FLOATING;
    v[2].pin = -1;
    view_add(plan, 1, 30);
    plan->view.pools[2].certain = false;
    view_close(plan);
    policy_place(&usual, plan);
    assert_int_equal(plan->decision.pin_count, 1);
    has_pin(plan, 0, 2, -1, 1); /* 30 there, 40 on pCPU 0 */
    close_to(plan->view.pools[0].planned_demand, 40);
    plan_free(plan);
}

/* A vCPU that can't be placed in this period still loads the pCPU it runs on. */
static void place_forgets_nobodys_load(void **state)
{
    struct plan *plan = view_make(3, 8);
    struct view_vcpu *v = plan->view.vcpus;

    (void)state;
    view_allow(plan, view_add(plan, 0, 60), "2,1");
    v[0].blocked_by = VCPU_FLOATING;
    v[0].pin = -1;
    plan->view.pools[1].certain = plan->view.pools[2].certain = false;
    view_close(plan);
    policy_place(&usual, plan);
    assert_int_equal(plan->decision.pin_count, 0);
    assert_int_equal(v[0].pool, 0);
    assert_int_equal(plan->view.pools[0].first_vcpu, 0);
    close_to(plan->view.pools[0].planned_demand, 60);
    plan_free(plan);
}

static void found_by_name(void **state)
{
    (void)state;
    for (uint32_t n = 0; policy_at(n); n++) {
        assert_ptr_equal(policy_find(policy_at(n)->name), policy_at(n));
        assert_true(strlen(policy_at(n)->summary) > 0);
    }
    assert_ptr_equal(policy_find("swap"), &policy_swap);
    assert_ptr_equal(policy_find("exchange"), &policy_exchange);
    assert_ptr_equal(policy_find("stddev"), &policy_stddev);
    assert_ptr_equal(policy_find("none"), &policy_none);
    assert_null(policy_find("Swap"));
    assert_null(policy_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swap_moves_what_halves_the_distance),
        cmocka_unit_test(swap_swaps_where_it_gains_more),
        cmocka_unit_test(swap_takes_the_fewer_pins_among_near_equals),
        cmocka_unit_test(swap_keeps_to_the_threshold),
        cmocka_unit_test(swap_leaves_what_is_busy_for_a_moment),
        cmocka_unit_test(swap_finds_no_room),
        cmocka_unit_test(swap_never_only_swaps_the_roles),
        cmocka_unit_test(swap_wants_the_minimal_gain),
        cmocka_unit_test(swap_leaves_who_may_not_be_moved),
        cmocka_unit_test(swap_asks_the_next_freest_where_the_first_is_forbidden),
        cmocka_unit_test(swap_fills_nobody_above_the_threshold),
        cmocka_unit_test(swap_goes_on_to_the_next_busiest),
        cmocka_unit_test(swap_spends_its_pins_and_no_more),
        cmocka_unit_test(swap_is_not_blind_behind_many),
        cmocka_unit_test(a_slow_pcpu_is_no_relief),
        cmocka_unit_test(a_slow_pcpu_is_relieved),
        cmocka_unit_test(ties_go_to_the_lower_number),
        cmocka_unit_test(equal_loads_are_no_lack_of_pcpus),
        cmocka_unit_test(one_pcpu_is_not_enough),
        cmocka_unit_test(uncertain_and_unmanaged_pcpus_take_no_part),
        cmocka_unit_test(none_only_looks),
        cmocka_unit_test(exchange_takes_all_for_all),
        cmocka_unit_test(exchange_keeps_to_allowed_sets_and_threshold),
        cmocka_unit_test(stddev_minds_the_deviation_alone),
        cmocka_unit_test(stddev_takes_the_pair_that_lowers_it_most),
        cmocka_unit_test(stddev_moves_nothing_by_its_first_period),
        cmocka_unit_test(place_greatest_first_where_it_crowds_least),
        cmocka_unit_test(place_prefers_where_it_ran_among_equals),
        cmocka_unit_test(place_only_who_is_measured_and_allowed),
        cmocka_unit_test(place_forgets_nobodys_load),
        cmocka_unit_test(found_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
