/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every policy does on thousands of random hosts. The seeds are fixed. */
#include "policy/effect.h"
#include "policy/internal.h"
#include "policy/locality.h"
#include "support/random.h"
#include "support/view_maker.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Moves whose gains differ by less than this are near-equals (src/policy/move.c). */
#define NEAR_EQUAL 2.0
#define ROUNDING   1e-9

static void close_to(double got, double want)
{
    if (fabs(got - want) > ROUNDING)
        fail_msg("%.12f is not %.12f", got, want);
}

enum { HOSTS = 4000, MOST_PCPUS = 12, MOST_VCPUS = 36 };

static double random_demand(uint64_t *seed)
{
    switch (below(seed, 4)) {
    case 0:
        return 0;
    case 1:
        return 10.0 * below(seed, 11); /* ties */
    case 2:
        return below(seed, 1000) / 10.0;
    default:
        return below(seed, 20);
    }
}

static void random_allowed(uint64_t *seed, struct plan *plan, uint32_t vcpu)
{
    char list[128] = "0";
    struct view_set *set;
    size_t length = 1;

    for (uint32_t p = 1; p < plan->view.pcpu_count; p++) {
        if (one_in(seed, 2))
            length += (size_t)snprintf(list + length, sizeof list - length, ",%u", p);
    }
    view_allow(plan, vcpu, list);
    /* As in the planner, an allowed set is within the managed pCPUs. */
    set = &plan->view.sets[plan->view.vcpus[vcpu].allowed];
    cpuset_and(&set->pcpus, &plan->view.managed);
    set->pools = set->pcpus;
}

static struct plan *random_plan(uint64_t *seed, bool floating)
{
    const uint32_t pcpus = 1 + below(seed, MOST_PCPUS), vcpus = below(seed, MOST_VCPUS + 1);
    struct plan *plan = view_make(pcpus, MOST_VCPUS);
    struct view *view = &plan->view;
    const bool plain = one_in(seed, 2);

    for (uint32_t p = 0; p < pcpus; p++) {
        view->pools[p].managed = plain || !one_in(seed, 8);
        view->pools[p].speed = 1;
        view->pools[p].certain = plain || !one_in(seed, 8);
        view->pools[p].other = one_in(seed, 3) ? below(seed, 60) : 0;
        if (!view->pools[p].managed)
            cpuset_remove(&view->managed, p);
    }
    view->sets[0] = (struct view_set){view->managed, view->managed};
    for (uint32_t i = 0; i < vcpus; i++) {
        const uint32_t v = view_add(plan, (int32_t)below(seed, pcpus), random_demand(seed));

        if (!plain && one_in(seed, 4))
            random_allowed(seed, plan, v);
        if (floating && one_in(seed, 2)) {
            view->vcpus[v].blocked_by |= VCPU_FLOATING;
            view->vcpus[v].pin = -1;
        }
        if (!plain && one_in(seed, 5))
            view->vcpus[v].blocked_by |= (uint16_t)(1U << below(seed, 7));
    }
    view_close(plan);
    return plan;
}

static struct policy_settings random_settings(uint64_t *seed)
{
    return (struct policy_settings){
        .threshold = one_in(seed, 4) ? 1 + below(seed, 100) : 50,
        .min_gain = one_in(seed, 2) ? below(seed, 20) : 5,
        .stddev = below(seed, 30),
        .max_pins = below(seed, 7),
        .dwell = 5,
    };
}

/* Where the vCPUs are between two pins, and the demand on the pCPUs. */
struct model {
    const struct view *view;
    int32_t pcpu[MOST_VCPUS];
    double load[MOST_PCPUS];
};

static struct model model_of(const struct view *view)
{
    struct model model = {.view = view};

    for (uint32_t p = 0; p < view->pcpu_count; p++)
        model.load[p] = view->pools[p].other;
    for (uint32_t v = 0; v < view->vcpu_count; v++) {
        model.pcpu[v] = view->vcpus[v].pool;
        model.load[model.pcpu[v]] += view->vcpus[v].demand;
    }
    return model;
}

static void model_pin(struct model *model, const struct pin *pin)
{
    const double demand = model->view->vcpus[pin->vcpu].demand;

    model->load[model->pcpu[pin->vcpu]] -= demand;
    model->pcpu[pin->vcpu] = pin->to;
    model->load[pin->to] += demand;
}

static double greater(double a, double b)
{
    return a > b ? a : b;
}

static double greatest_load(const struct model *model)
{
    double most = 0;

    for (uint32_t p = 0; p < model->view->pcpu_count; p++)
        most = greater(most, model->load[p]);
    return most;
}

/* Every pin is allowed, of a movable vCPU, and the only one of that vCPU. */
static void check_pins(const struct plan *before, const struct plan *plan, unsigned ignored)
{
    bool seen[MOST_VCPUS] = {false};

    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        const struct pin *pin = &plan->decision.pins[i];
        const struct view_vcpu *v = &before->view.vcpus[pin->vcpu];
        const bool floats = (v->blocked_by & VCPU_FLOATING) != 0;

        assert_false(seen[pin->vcpu]);
        seen[pin->vcpu] = true;
        assert_int_equal(v->blocked_by & ~ignored, 0);
        assert_in_range(pin->to, 0, before->view.pool_count - 1);
        assert_true(cpuset_has(&before->view.sets[v->allowed].pools, (uint32_t)pin->to));
        assert_true(before->view.pools[pin->to].managed);
        assert_true(before->view.pools[pin->to].certain);
        assert_int_equal(pin->from, floats ? -1 : v->pool);
        assert_int_not_equal(pin->from, pin->to);
        assert_int_equal(pin->result, PIN_PLANNED);
    }
}

/* Of a swap, the pin with the lower peak is first. */
static void check_order(const struct model *model, const struct pin *pins)
{
    const struct view_vcpu *vcpus = model->view->vcpus;
    const double first = model->load[pins[0].to] + vcpus[pins[0].vcpu].demand;
    const double other = model->load[pins[1].to] + vcpus[pins[1].vcpu].demand;

    assert_int_equal(pins[0].from, pins[1].to);
    assert_int_equal(pins[0].to, pins[1].from);
    assert_true(first <= other + ROUNDING);
}

/* By how much the highest demand of the pCPUs that the pins touch falls. */
static double touched_fall(const struct plan *before, const struct plan *plan,
                           const struct model *after)
{
    const struct model model = model_of(&before->view);
    double high = 0, low = 0;

    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        const struct pin *pin = &plan->decision.pins[i];

        high = greater(high, greater(model.load[pin->from], model.load[pin->to]));
        low = greater(low, greater(after->load[pin->from], after->load[pin->to]));
    }
    return high - low;
}

/* The highest demand of the pCPUs that some pins touch. */
static double touched_most(const struct model *model, const struct pin *pins, uint32_t count)
{
    double most = 0;

    for (uint32_t i = 0; i < count; i++)
        most = greater(most, greater(model->load[pins[i].from], model->load[pins[i].to]));
    return most;
}

/* True if the plan is two or three pins over three pCPUs. */
static void check_rotation(const struct plan *plan, const struct pin *pins, uint32_t count)
{
    struct cpuset touched = {0};

    assert_int_equal(plan->decision.pin_count, count);
    assert_in_range(count, 2, 3);
    for (uint32_t i = 0; i < count; i++) {
        cpuset_add(&touched, (uint32_t)pins[i].from);
        cpuset_add(&touched, (uint32_t)pins[i].to);
    }
    assert_int_equal(cpuset_count(&touched), 3);
}

/* Each move or rotation lowers the highest of its pCPUs by the expected gain, and by enough. */
static void check_gains(const struct plan *before, const struct plan *plan,
                        const struct policy_settings *settings)
{
    struct model model = model_of(&before->view);
    const double most = greatest_load(&model);

    for (uint32_t i = 0, pins; i < plan->decision.pin_count; i += pins) {
        const struct pin *group = &plan->decision.pins[i];
        double high, gain;

        for (pins = 1; i + pins < plan->decision.pin_count; pins++) {
            if (group[pins].group != group->group)
                break;
        }
        if (pins == 2 && group[0].from == group[1].to && group[0].to == group[1].from)
            check_order(&model, group);
        else if (pins > 1)
            check_rotation(plan, group, pins);
        high = touched_most(&model, group, pins);
        for (uint32_t pin = 0; pin < pins; pin++)
            model_pin(&model, &group[pin]);
        gain = high - touched_most(&model, group, pins);
        if (gain < settings->min_gain - ROUNDING || gain < ROUNDING)
            fail_msg("gains %f of %f", gain, settings->min_gain);
    }
    close_to(plan->decision.gain, touched_fall(before, plan, &model));
    assert_true(greatest_load(&model) <= most + ROUNDING);
    for (uint32_t p = 0; p < plan->view.pcpu_count; p++)
        close_to(plan->view.pools[p].planned_demand, model.load[p]);
}

/* The lists hold every vCPU once, where it counts. */
static void check_lists(const struct view *view)
{
    uint32_t found = 0, no_allowed_pcpu = 0;

    for (uint32_t p = 0; p < view->pool_count; p++) {
        for (uint32_t v = view->pools[p].first_vcpu; v != VIEW_END; v = view->vcpus[v].next) {
            assert_int_equal(view->vcpus[v].pool, p);
            assert_true(++found <= view->vcpu_count);
        }
    }
    for (uint32_t v = 0; v < view->vcpu_count; v++)
        no_allowed_pcpu += view->vcpus[v].pool < 0;
    assert_int_equal(found + no_allowed_pcpu, view->vcpu_count);
}

/* The same view gives the same plan to the byte. */
static void check_repeatable(const struct plan *before, const struct policy *policy,
                             const struct policy_settings *settings, const struct plan *plan)
{
    struct plan *again = view_copy(before);

    policy->decide(settings, NULL, again);
    assert_int_equal(again->decision.reason, plan->decision.reason);
    assert_int_equal(again->decision.pin_count, plan->decision.pin_count);
    for (uint32_t i = 0; i < plan->decision.pin_count; i++)
        assert_memory_equal(&again->decision.pins[i], &plan->decision.pins[i],
                            sizeof *plan->decision.pins);
    assert_string_equal(again->decision.why, plan->decision.why);
    assert_memory_equal(&again->decision.gain, &plan->decision.gain, sizeof plan->decision.gain);
    plan_free(again);
}

/* What the company of its VM subtracts from a move's gain. */
static double company(const struct view *view, uint32_t vcpu, int32_t pcpu)
{
    double count = 0;

    for (uint32_t v = 0; v < view->vcpu_count; v++)
        count += v != vcpu && view->vcpus[v].pool == pcpu &&
                 view->vcpus[v].domain == view->vcpus[vcpu].domain;
    return count;
}

/* True if the move is sound. */
static bool is_sound(const struct view *view, uint32_t vcpu, uint32_t other, int32_t to)
{
    const struct move one = {.vcpu = vcpu, .other = other, .to = to};
    const struct effect effect = effect_of(view, &one);

    return effect_is_sound(&effect, 0);
}

/* The best net gain of all sound moves between two pCPUs; 0: none. */
static double best_gain(const struct view *view, int32_t busy, int32_t free, uint32_t pins)
{
    const double distance = view->pools[busy].planned_demand - view->pools[free].planned_demand;
    double best = 0;

    for (uint32_t v = 0; v < view->vcpu_count; v++) {
        if (view->vcpus[v].pool != busy || !policy_can_move(view, v, free))
            continue;
        if (is_sound(view, v, VIEW_END, free))
            best = greater(best, fmin(view->vcpus[v].demand, distance - view->vcpus[v].demand) -
                                     company(view, v, free));
        for (uint32_t w = 0; pins > 1 && w < view->vcpu_count; w++) {
            const double shift = view->vcpus[v].demand - view->vcpus[w].demand;

            if (view->vcpus[w].pool == free && policy_can_move(view, w, busy) &&
                is_sound(view, v, w, free))
                best = greater(best, fmin(shift, distance - shift) - company(view, v, free));
        }
    }
    return best;
}

/* The first move of `swap` is the pair's best, or a near-equal one with fewer pins. */
static void check_best(const struct plan *before, const struct plan *plan,
                       const struct policy_settings *settings)
{
    const struct view *view = &before->view;
    const uint32_t pins = policy_max_pins(settings, &policy_swap);
    const double best = best_gain(view, view->busiest, view->freest, pins);
    const double move = best_gain(view, view->busiest, view->freest, 1);
    const bool swaps = plan->decision.pin_count > 1 &&
                       plan->decision.pins[0].group == plan->decision.pins[1].group;
    const struct pin *pin = plan->decision.pins;
    double taken;

    if (plan->decision.pin_count == 0 ||
        !((pin->from == view->busiest && pin->to == view->freest) ||
          (swaps && pin->to == view->busiest && pin->from == view->freest))) {
        /* If vCPUs wait, so may the other load. */
        const struct view_pool *freest = &view->pools[view->freest];

        if (best >= settings->min_gain +
                        (freest->planned_demand > 100 ? relief_unseen(view, view->freest) : 0) +
                        ROUNDING)
            fail_msg("%f is to be gained by %u pins, but: %s", best, pins, plan->decision.why);
        return;
    }
    taken = view->vcpus[pin->vcpu].demand - (swaps ? view->vcpus[pin[1].vcpu].demand : 0);
    if (pin->from != view->busiest)
        taken = -taken;
    taken = fmin(taken, view->pools[view->busiest].planned_demand -
                            view->pools[view->freest].planned_demand - taken);
    taken -= company(view, pin[swaps && pin->from != view->busiest].vcpu, view->freest);
    assert_true(taken >= best - (swaps ? 0 : NEAR_EQUAL) - ROUNDING);
    if (swaps && move >= settings->min_gain)
        assert_true(taken >= move + NEAR_EQUAL - ROUNDING);
}

static void check_words(const struct plan *plan, const struct policy_settings *settings)
{
    const struct view *view = &plan->view;

    assert_true(plan->decision.why[0] != '\0');
    assert_int_equal(plan->decision.reason == REASON_ACT, plan->decision.pin_count > 0);
    if (plan->decision.reason != REASON_ACT)
        assert_true(fabs(plan->decision.gain) < ROUNDING);
    if (plan->decision.reason == REASON_BELOW)
        assert_true(view->pools[view->busiest].planned_demand <= settings->threshold);
    if (plan->decision.reason == REASON_ALL_ABOVE)
        assert_true(view->pools[view->freest].planned_demand > settings->threshold);
}

static uint32_t try_hosts(const struct policy *policy, uint64_t seed)
{
    uint32_t acted = 0;

    for (int n = 0; n < HOSTS; n++) {
        struct plan *before = random_plan(&seed, false);
        const struct policy_settings settings = random_settings(&seed);
        struct plan *plan = view_copy(before);

        policy->decide(&settings, NULL, plan);
        check_words(plan, &settings);
        check_lists(&plan->view);
        check_repeatable(before, policy, &settings, plan);
        check_pins(before, plan, policy == &policy_exchange ? VCPU_DWELLS : 0);
        if (policy != &policy_exchange) {
            assert_true(plan->decision.pin_count <= policy_max_pins(&settings, policy));
            check_gains(before, plan, &settings);
        }
        if (policy == &policy_swap && policy_may_act(&settings, before))
            check_best(before, plan, &settings);
        acted += plan->decision.pin_count > 0;
        plan_free(plan);
        plan_free(before);
    }
    return acted;
}

static void any_host_swap(void **state)
{
    (void)state;
    assert_true(try_hosts(&policy_swap, 1) > HOSTS / 5);
}

static void any_host_stddev(void **state)
{
    (void)state;
    assert_true(try_hosts(&policy_stddev, 2) > HOSTS / 5);
}

static void any_host_exchange(void **state)
{
    (void)state;
    assert_true(try_hosts(&policy_exchange, 3) > HOSTS / 5);
}

static void any_host_none(void **state)
{
    (void)state;
    assert_int_equal(try_hosts(&policy_none, 4), 0);
}

/* Decides by the policy after it has learnt one period. */
static struct plan *decide_on(const struct plan *before, const struct policy *policy,
                              const struct policy_settings *settings)
{
    struct plan *plan = view_copy(before);
    struct policy_state *learnt = policy->begin ? policy->begin() : NULL;

    plan->view.shaped = locality_matters(&plan->view);
    if (learnt)
        assert_int_equal(policy->learn(learnt, &plan->view), 0);
    policy->decide(settings, learnt, plan);
    if (learnt)
        policy->finish(learnt);
    return plan;
}

static void random_shape(uint64_t *seed, struct plan *plan)
{
    struct view *view = &plan->view;

    view_shape(plan, 1 + below(seed, 3), 1 + below(seed, 2), 1 + below(seed, 3),
               1 + below(seed, 3));
    for (uint32_t v = 0; v < view->vcpu_count; v++)
        view->vcpus[v].numa_home = (int32_t)below(seed, view->topology.node_count + 1) - 1;
}

static void check_same(const struct plan *one, const struct plan *other)
{
    assert_int_equal(one->decision.reason, other->decision.reason);
    assert_int_equal(one->decision.pin_count, other->decision.pin_count);
    for (uint32_t i = 0; i < one->decision.pin_count; i++)
        assert_memory_equal(&one->decision.pins[i], &other->decision.pins[i],
                            sizeof *one->decision.pins);
}

/* The pins of a group stand together, three at most. */
static void check_groups(const struct plan *plan)
{
    for (uint32_t i = 0, pins; i < plan->decision.pin_count; i += pins) {
        for (pins = 1; i + pins < plan->decision.pin_count; pins++) {
            if (plan->decision.pins[i + pins].group != plan->decision.pins[i].group)
                break;
        }
        assert_in_range(pins, 1, 3);
    }
}

/* No shape makes a plan break the rules, and with --flat the shape changes nothing. */
static void try_shapes(const struct policy *policy, uint64_t seed)
{
    uint32_t differ = 0;

    for (int n = 0; n < HOSTS / 2; n++) {
        struct plan *before = random_plan(&seed, false), *unknown, *flat, *shaped;
        struct policy_settings settings = random_settings(&seed);

        settings.pin_price = below(&seed, 30);
        unknown = decide_on(before, policy, &settings);
        random_shape(&seed, before);
        before->view.flat = true;
        flat = decide_on(before, policy, &settings);
        check_same(unknown, flat);
        before->view.flat = false;
        shaped = decide_on(before, policy, &settings);
        check_pins(before, shaped, 0);
        check_lists(&shaped->view);
        check_groups(shaped);
        assert_true(shaped->decision.pin_count <= policy_max_pins(&settings, policy));
        differ += shaped->decision.pin_count != flat->decision.pin_count;
        plan_free(unknown);
        plan_free(flat);
        plan_free(shaped);
        plan_free(before);
    }
    assert_true(differ > 0);
}

static void any_shape_swap(void **state)
{
    (void)state;
    try_shapes(&policy_swap, 5);
}

static void any_shape_balance(void **state)
{
    (void)state;
    try_shapes(&policy_balance, 6);
}

/* The greatest vCPU first, each to the pCPU with the least demand at that moment. */
static void check_places(const struct plan *before, const struct plan *plan)
{
    struct model model = model_of(&before->view);
    const struct view *view = &before->view;

    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        const uint32_t v = plan->decision.pins[i].vcpu;

        model.load[model.pcpu[v]] -= view->vcpus[v].demand;
    }
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        const struct pin *pin = &plan->decision.pins[i];
        const struct view_vcpu *v = &view->vcpus[pin->vcpu];

        assert_true(i == 0 || v->demand <= view->vcpus[pin[-1].vcpu].demand);
        for (uint32_t p = 0; p < view->pcpu_count; p++) {
            if (view->pools[p].certain && cpuset_has(&view->sets[v->allowed].pools, p))
                assert_true(model.load[pin->to] <= model.load[p] + ROUNDING);
        }
        model.load[pin->to] += v->demand;
    }
}

static void any_host_placement(void **state)
{
    const struct policy_settings settings = {.threshold = 100, .max_pins = 1};
    uint64_t seed = 5;
    uint32_t placed = 0;

    (void)state;
    for (int n = 0; n < HOSTS; n++) {
        struct plan *before = random_plan(&seed, true);
        struct plan *plan = view_copy(before);

        policy_place(&settings, plan);
        check_lists(&plan->view);
        check_pins(before, plan, VCPU_FLOATING);
        check_places(before, plan);
        if (plan->decision.pin_count)
            assert_int_equal(plan->decision.reason, REASON_PLACE);
        placed += plan->decision.pin_count > 0;
        plan_free(plan);
        plan_free(before);
    }
    assert_true(placed > HOSTS / 2);
}

/* ---- no plan does harm ---- */

/* The part of a pool's work that threads of the same core take from each other within it: nothing
 * up to a thread per core, 1 - smt_factor with all threads busy. */
static double inner_part(const struct view *view, const struct view_pool *pool, double load)
{
    const double threads = pool->pcpu_count, cores = pool->core_count;
    const double busy = threads * fmin(load, 100) / 100;

    return !view->shaped || busy <= cores || threads <= cores
               ? 0
               : (1 - view->smt_factor) * threads * (busy - cores) / (threads - cores) / busy;
}

/* The work lost on the whole host with vCPU v in pool at[v], computed as effect.h says. */
static double lost_work(const struct view *view, const int32_t *at, double *highest)
{
    double load[MOST_PCPUS] = {0}, lost = 0;

    *highest = 0;
    for (uint32_t p = 0; p < view->pool_count; p++)
        load[p] = view->pools[p].other;
    for (uint32_t v = 0; v < view->vcpu_count; v++)
        load[at[v]] += view->vcpus[v].demand / view->pools[at[v]].speed;
    for (uint32_t p = 0; p < view->pool_count; p++) {
        const struct view_pool *pcpu = &view->pools[p];
        const double wants = load[p] - pcpu->other, rest = greater(100 - pcpu->other, 0);
        const double share = wants > rest ? rest / wants : 1;
        double beside = 0;

        if (!pcpu->managed)
            continue;
        *highest = greater(*highest, load[p]);
        for (uint32_t o = 0; o < view->pool_count && view->shaped; o++) {
            if (o != p && locality_one_core(view, (int32_t)o, (int32_t)p))
                beside += greater(fmin(load[o], 100) - fmin(view->pools[o].other, 5), 0) / 100;
        }
        beside *= view->shaped ? locality_sibling_loss(view, (int32_t)p) : 0;
        if (pcpu->pcpu_count > 1)
            beside = inner_part(view, pcpu, load[p]);
        for (uint32_t v = 0; v < view->vcpu_count; v++) {
            const double far =
                locality_remote_loss(view, locality_home(&view->vcpus[v]), (int32_t)p);

            if (at[v] == (int32_t)p)
                lost += view->vcpus[v].demand *
                        (1 - share * (1 - beside) * (1 - (view->shaped ? far : 0)));
        }
    }
    return lost;
}

static void check_harmless(const struct plan *before, const struct plan *plan,
                           const struct policy_settings *settings)
{
    int32_t at[MOST_VCPUS];
    double was_lost, is_lost, was_highest, highest;

    if (plan->decision.pin_count == 0)
        return;
    if (plan->decision.gain <= 0)
        fail_msg("a plan without gain: %s", plan->decision.why);
    for (uint32_t v = 0; v < before->view.vcpu_count; v++)
        at[v] = before->view.vcpus[v].pool;
    was_lost = lost_work(&plan->view, at, &was_highest);
    for (uint32_t i = 0; i < plan->decision.pin_count; i++)
        at[plan->decision.pins[i].vcpu] = plan->decision.pins[i].to;
    is_lost = lost_work(&plan->view, at, &highest);
    if (is_lost > was_lost + 1e-5)
        fail_msg("%f points lost, %f before: %s", is_lost, was_lost, plan->decision.why);
    if (highest > greater(was_highest, settings->threshold) + 1e-5)
        fail_msg("%f is the highest load, %f was: %s", highest, was_highest, plan->decision.why);
}

static const double speeds[] = {1, 1, 0.75, 0.4, 0.1};

/* Hosts of any shape, with unequal speeds, NUMA homes, other load, fixed vCPUs and some history. */
static void no_plan_does_harm(void **state)
{
    static const struct policy *const made[] = {&policy_swap, &policy_stddev, &policy_balance};
    uint64_t seed = 77;
    uint32_t acted[3] = {0};

    (void)state;
    for (int n = 0; n < HOSTS; n++) {
        struct plan *before = random_plan(&seed, false);
        struct policy_settings settings = random_settings(&seed);
        const bool shaped = !one_in(&seed, 4), unequal = one_in(&seed, 2);

        settings.pin_price = below(&seed, 30);
        if (shaped)
            random_shape(&seed, before);
        for (uint32_t p = 0; p < before->view.pcpu_count && unequal; p++)
            before->view.pools[p].speed = speeds[below(&seed, 5)];
        view_close(before);
        for (int p = 0; p < 3; p++) {
            struct plan *plan = decide_on(before, made[p], &settings);

            check_harmless(before, plan, &settings);
            acted[p] += plan->decision.pin_count > 0;
            plan_free(plan);
        }
        plan_free(before);
    }
    for (int p = 0; p < 3; p++)
        assert_true(acted[p] > HOSTS / 8);
}

/* Groups the vCPUs into VMs of up to so many. */
static void random_vms(uint64_t *seed, struct plan *plan, uint32_t most)
{
    const struct snapshot_size size = {.domains = MOST_VCPUS};
    struct view *view = &plan->view;

    assert_int_equal(plan_reserve(plan, &size), 0);
    view->domain_count = 0;
    for (uint32_t v = 0; v < view->vcpu_count;) {
        const uint32_t left = view->vcpu_count - v, wanted = 1 + below(seed, most);
        struct view_domain *domain = &view->domains[view->domain_count];

        *domain =
            (struct view_domain){.first_vcpu = v, .vcpu_count = wanted < left ? wanted : left};
        for (uint32_t i = 0; i < domain->vcpu_count; i++)
            view->vcpus[v++].domain = view->domain_count;
        view->domain_count++;
    }
}

/* Makes a pool of the pCPUs that pools.h gives it, as the planner does. Those that have gone
 * offline since are missing. */
static void fill_pools(uint64_t *seed, struct plan *plan, const struct pools *pools, bool unequal)
{
    struct view *view = &plan->view;
    int32_t last_core[MOST_PCPUS];

    view->level = pools->level;
    view->pool_count = pools->count;
    for (uint32_t p = 0; p < view->pool_count; p++) {
        view->pools[p] = (struct view_pool){.first_vcpu = VIEW_END,
                                            .pcpu = -1,
                                            .certain = !one_in(seed, 12),
                                            .other = one_in(seed, 3) ? below(seed, 60) : 0};
        last_core[p] = -1;
    }
    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        const int32_t in = pools->of[p], core = view->topology.pcpus[p].core;
        const bool managed = cpuset_has(&view->managed, p);

        view->pcpus[p] = (struct view_pcpu){.pool = in, .managed = managed};
        if (in < 0 || (!managed && pools->level != POOL_CPU))
            continue;
        view->pools[in].managed |= managed;
        view->pools[in].speed += unequal ? 0.25 * (1 + below(seed, 4)) : 1;
        view->pools[in].pcpu_count++;
        view->pools[in].core_count += core != last_core[in];
        last_core[in] = core;
        if (view->pools[in].pcpu < 0)
            view->pools[in].pcpu = (int32_t)p;
    }
    for (uint32_t p = 0; p < view->pool_count; p++) {
        if (view->pools[p].pcpu_count == 0)
            view->pools[p].speed = 1;
    }
}

static struct cpuset pools_of(const struct view *view, const struct cpuset *pcpus)
{
    struct cpuset set = {0};

    for (int p = cpuset_next(pcpus, 0); p >= 0; p = cpuset_next(pcpus, (uint32_t)p + 1))
        cpuset_add(&set, (uint32_t)view->pcpus[p].pool);
    return set;
}

/* A host of any shape, cut at any level, with VMs that may be larger than a pool, allowed sets that
 * cut through pools, and pCPUs that went offline after the cut. */
static struct plan *random_pools(uint64_t *seed)
{
    static const enum pool_level levels[] = {POOL_CORE, POOL_LLC, POOL_NODE, POOL_SIZED,
                                             POOL_SIZED};
    const uint32_t sockets = 1 + below(seed, 2), llcs = 1 + below(seed, 2);
    const uint32_t threads = 1 + below(seed, 2), cores = 1 + below(seed, threads > 1 ? 2 : 3);
    const uint32_t pcpus = sockets * llcs * cores * threads;
    const struct pool_choice choice = {levels[below(seed, 5)], 2 + below(seed, 5)};
    struct plan *plan = view_make(pcpus, MOST_VCPUS);
    struct view *view = &plan->view;
    struct pools pools = {0};
    const uint32_t vcpus = below(seed, MOST_VCPUS + 1);

    view_shape(plan, sockets, llcs, cores, threads);
    view->flat = one_in(seed, 4);
    for (uint32_t p = 0; p < pcpus; p++) {
        if (one_in(seed, 10))
            cpuset_remove(&view->managed, p);
    }
    assert_int_equal(pools_update(&pools, &choice, &view->topology, pcpus, &view->managed), 0);
    for (uint32_t p = 0; p < pcpus; p++) {
        if (one_in(seed, 10))
            cpuset_remove(&view->managed, p);
    }
    fill_pools(seed, plan, &pools, one_in(seed, 3));
    view->sets[0] = (struct view_set){view->managed, pools_of(view, &view->managed)};
    for (uint32_t i = 0; i < vcpus && view->pool_count; i++) {
        const uint32_t v =
            view_add(plan, (int32_t)below(seed, view->pool_count), random_demand(seed));
        struct view_set *set;

        view->vcpus[v].numa_home = (int32_t)below(seed, view->topology.node_count + 1) - 1;
        if (one_in(seed, 6))
            view->vcpus[v].blocked_by |= (uint16_t)(1U << below(seed, 7));
        if (!one_in(seed, 4))
            continue;
        random_allowed(seed, plan, v);
        set = &view->sets[view->vcpus[v].allowed];
        set->pools = pools_of(view, &set->pcpus);
        if (cpuset_count(&set->pools) <= 1)
            view->vcpus[v].blocked_by |= VCPU_FIXED;
    }
    random_vms(seed, plan, 1 + below(seed, 12));
    view_close(plan);
    pools_finish(&pools);
    return plan;
}

static uint32_t count_in(const struct view *view, uint32_t domain, int32_t pool)
{
    uint32_t count = 0;

    for (uint32_t v = 0; v < view->vcpu_count; v++)
        count += view->vcpus[v].domain == domain && view->vcpus[v].pool == pool;
    return count;
}

/* A pool gets no more vCPUs of a VM than it has pCPUs, unless another pool had as many of them, or
 * the VM has more than all pools have pCPUs. */
static void check_vms(const struct plan *before, const struct plan *plan)
{
    for (uint32_t d = 0; d < before->view.domain_count; d++) {
        uint32_t most = 0;

        if (before->view.domains[d].vcpu_count > cpuset_count(&before->view.managed))
            continue;
        for (int32_t p = 0; p < (int32_t)before->view.pool_count; p++) {
            const uint32_t were = count_in(&before->view, d, p);

            most = were > most ? were : most;
        }
        for (int32_t p = 0; p < (int32_t)before->view.pool_count; p++) {
            const uint32_t is = count_in(&plan->view, d, p);

            if (before->view.pools[p].pcpu_count > 1 && is > before->view.pools[p].pcpu_count &&
                is > count_in(&before->view, d, p) && is > most)
                fail_msg("%u vCPUs of a VM in a pool of %u: %s", is,
                         before->view.pools[p].pcpu_count, plan->decision.why);
        }
    }
}

/* Pools change nothing of what holds for pCPUs. */
static void no_plan_does_harm_in_pools(void **state)
{
    static const struct policy *const made[] = {&policy_swap, &policy_stddev, &policy_balance,
                                                &policy_exchange, &policy_none};
    uint64_t seed = 78;
    uint32_t acted[5] = {0};

    (void)state;
    for (int n = 0; n < HOSTS; n++) {
        struct plan *before = random_pools(&seed);
        struct policy_settings settings = random_settings(&seed);

        settings.pin_price = below(&seed, 30);
        for (int p = 0; p < 5; p++) {
            struct plan *plan = decide_on(before, made[p], &settings);

            check_pins(before, plan, made[p] == &policy_exchange ? VCPU_DWELLS : 0);
            check_lists(&plan->view);
            acted[p] += plan->decision.pin_count > 0;
            if (made[p] != &policy_exchange) {
                check_harmless(before, plan, &settings);
                check_vms(before, plan);
                assert_true(plan->decision.pin_count <= policy_max_pins(&settings, made[p]));
            }
            plan_free(plan);
        }
        plan_free(before);
    }
    for (int p = 0; p < 3; p++)
        assert_true(acted[p] > HOSTS / 50);
    assert_int_equal(acted[4], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_host_swap),
        cmocka_unit_test(any_host_stddev),
        cmocka_unit_test(any_host_exchange),
        cmocka_unit_test(any_host_none),
        cmocka_unit_test(any_host_placement),
        cmocka_unit_test(any_shape_swap),
        cmocka_unit_test(any_shape_balance),
        cmocka_unit_test(no_plan_does_harm),
        cmocka_unit_test(no_plan_does_harm_in_pools),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
