/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stages.c - what the sampler, the planner and the actuator do with what their rings bring. */
#include "pipeline/internal.h"

#include "actuator/give_back.h"
#include "base/clock.h"

#include <errno.h>

/* Sleeps until a ring has something, which it may have by now. Returns false if the wakeup is
 * stopped and there is nothing. */
static bool wait_for_work(struct wakeup *wakeup, struct progress *mark, const struct ring *one,
                          const struct ring *other)
{
    progress_rest(mark);
    wakeup_prepare(wakeup);
    if (!ring_count(one) && !ring_count(other))
        return wakeup_wait(wakeup, UINT64_MAX);
    wakeup_cancel(wakeup);
    return true;
}

/* ---- the sampler's thread ---- */

/* Tells main whether the host can be reached. */
static void set_disconnected(struct pipeline *pipeline, bool disconnected)
{
    if (atomic_exchange(&pipeline->disconnected, disconnected) != disconnected)
        wakeup_signal(&pipeline->main_wakeup);
}

bool sample_once(struct pipeline *pipeline)
{
    struct snapshot *snapshot = pipeline->unfilled;
    struct failure why;
    int error;

    if (!sampler_wait(&pipeline->sampler, &pipeline->sampler_wakeup))
        return false;
    if (!snapshot)
        snapshot = ring_try_pop(&pipeline->free_snapshots);
    if (!snapshot) {
        sampler_skip(&pipeline->sampler);
        return true;
    }
    error = sampler_step(&pipeline->sampler, snapshot, &why);
    pipeline->unfilled = error ? snapshot : NULL;
    set_disconnected(pipeline, error == -EAGAIN);
    if (error == -EAGAIN)
        return true; /* the next period tries again */
    if (error) {
        pipeline_fail(pipeline, &why);
        return false;
    }
    snapshot->pushed_ns = clock_now();
    progress_expect(&pipeline->planner_mark, snapshot->pushed_ns);
    ring_push(&pipeline->snapshots, snapshot);
    return true;
}

void *run_sampler(void *opaque)
{
    struct pipeline *pipeline = opaque;

    while (sample_once(pipeline))
        ;
    pipeline_set(pipeline, FLAG_SAMPLER_OUT);
    return NULL;
}

/* ---- the actuator's thread ---- */

bool act_once(struct pipeline *pipeline)
{
    struct plan *plan = ring_try_pop(&pipeline->plans);

    if (!plan)
        return false;
    plan->timing.popped_ns = clock_now();
    progress_begin(&pipeline->actuator.mark, plan->timing.popped_ns);
    actuator_step(&pipeline->actuator, plan);
    plan->timing.done_ns = clock_now();
    progress_expect(&pipeline->planner_mark, plan->timing.done_ns);
    ring_push(&pipeline->outcomes, plan);
    return true;
}

void *run_actuator(void *opaque)
{
    struct pipeline *pipeline = opaque;

    while (act_once(pipeline) || wait_for_work(&pipeline->actuator_wakeup, &pipeline->actuator.mark,
                                               &pipeline->plans, &pipeline->plans))
        ;
    if (pipeline->options->restore)
        pipeline->not_given_back = actuator_give_back(&pipeline->actuator);
    pipeline_set(pipeline, FLAG_ACTUATOR_OUT);
    return NULL;
}

/* ---- the planner's thread ---- */

/* Adds the period's durations to the histograms. */
static void time_plan(struct pipeline *pipeline, struct plan *plan)
{
    struct histogram *stages = pipeline->stages;

    histogram_add(&stages[STAGE_SAMPLE], plan->timing.sweep_ns - plan->timing.crosscheck_ns);
    histogram_add(&stages[STAGE_CROSSCHECK], plan->timing.crosscheck_ns);
    histogram_add(&stages[STAGE_WAIT_PLANNER], plan->timing.wait_ns);
    histogram_add(&stages[STAGE_PLAN], plan->timing.plan_ns);
    if (plan->decision.pin_count) {
        histogram_add(&stages[STAGE_WAIT_ACTUATOR],
                      plan->timing.popped_ns - plan->timing.pushed_ns);
        histogram_add(&stages[STAGE_WHOLE], plan->timing.done_ns - plan->timing.sweep_begin_ns);
    }
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        if (plan->decision.pins[i].latency_ns)
            histogram_add(&stages[STAGE_PIN], plan->decision.pins[i].latency_ns);
    }
    for (int stage = 0; !pipeline->sink->changes_only && stage < STAGE_COUNT; stage++)
        plan->stages[stage] = histogram_row(&stages[stage]);
}

/* True if main must see the plan. To wake main costs a tenth of a cycle, so a period without news
 * does not. */
static bool is_news(struct pipeline *pipeline, const struct plan *plan)
{
    const struct view *view = &plan->view;
    const bool status_is_old =
        pipeline->notify.wanted && plan->timing.pushed_ns - pipeline->shown_ns >= NOTIFY_STATUS_NS;
    const bool news = !pipeline->sink->changes_only || plan_acts(plan) || view->period == 0 ||
                      plan->decision.reason != pipeline->shown_reason ||
                      view->domain_count != pipeline->shown_domains ||
                      view->vcpu_count != pipeline->shown_vcpus || status_is_old;

    if (news)
        pipeline->shown_ns = plan->timing.pushed_ns;
    pipeline->shown_reason = plan->decision.reason;
    pipeline->shown_domains = view->domain_count;
    pipeline->shown_vcpus = view->vcpu_count;
    return news;
}

/* Ends a period: books its outcome and passes the plan to main. */
static void finish_plan(struct pipeline *pipeline, struct plan *plan)
{
    const struct options *options = pipeline->options;
    const enum reason reason = plan->decision.reason;

    if (pipeline->ops->owns_clock)
        plan->timing.done_ns = 0; /* the real time: the planner compares it with the host's */
    else
        time_plan(pipeline, plan);
    planner_book(pipeline->planner, plan);
    summary_add(pipeline->summary, plan);
    pipeline->decisions += plan->view.period > 0;
    if (!is_news(pipeline, plan) || !ring_push(&pipeline->reports, plan))
        pipeline->spare[pipeline->spares++] = plan;
    if (reason == REASON_NO_DOMAIN && !options->wait) {
        pipeline->over = true;
        pipeline_set(pipeline, FLAG_NO_DOMAIN);
    } else if (options->cycles && pipeline->decisions >= options->cycles) {
        pipeline->over = true;
        pipeline_set(pipeline, FLAG_DONE);
    }
}

/* Decides on the newest snapshot. */
static void plan_period(struct pipeline *pipeline)
{
    struct snapshot *snapshot = pipeline->newest;
    struct plan *plan = pipeline->spare[--pipeline->spares];
    const uint64_t begin_ns = clock_now();

    planner_set_settings(pipeline->planner,
                         &atomic_load_explicit(&pipeline->current, memory_order_acquire)->planner);
    progress_begin(&pipeline->planner_mark, begin_ns);
    if (planner_step(pipeline->planner, snapshot, plan)) {
        pipeline->spare[pipeline->spares++] = plan;
        pipeline->over = true;
        pipeline_fail(pipeline, &plan->outcome.failure);
        return;
    }
    plan->timing.pushed_ns = clock_now();
    plan->timing.popped_ns = plan->timing.done_ns = 0;
    plan->timing.sweep_begin_ns = snapshot->begin_ns;
    plan->timing.sweep_ns = snapshot->end_ns - snapshot->begin_ns;
    plan->timing.crosscheck_ns = snapshot->crosscheck_ns;
    plan->timing.wait_ns = snapshot->popped_ns - snapshot->pushed_ns;
    plan->timing.plan_ns = plan->timing.pushed_ns - begin_ns;
    pipeline->newest = NULL;
    ring_push(&pipeline->free_snapshots, snapshot);
    if (plan_acts(plan)) {
        pipeline->in_flight = true;
        progress_expect(&pipeline->actuator.mark, plan->timing.pushed_ns);
        ring_push(&pipeline->plans, plan);
    } else {
        finish_plan(pipeline, plan);
    }
}

/* Takes what the rings bring. Returns false if there was nothing. */
static bool collect(struct pipeline *pipeline)
{
    bool any = false;
    struct snapshot *snapshot;
    struct plan *plan;

    while ((plan = ring_try_pop(&pipeline->free_plans))) {
        pipeline->spare[pipeline->spares++] = plan;
        any = true;
    }
    while ((plan = ring_try_pop(&pipeline->outcomes))) {
        pipeline->in_flight = false;
        finish_plan(pipeline, plan);
        any = true;
    }
    while ((snapshot = ring_try_pop(&pipeline->snapshots))) {
        snapshot->popped_ns = clock_now();
        if (pipeline->newest) {
            planner_pass_over(pipeline->planner);
            ring_push(&pipeline->free_snapshots, pipeline->newest);
        }
        pipeline->newest = snapshot;
        any = true;
    }
    return any;
}

bool plan_once(struct pipeline *pipeline)
{
    const bool any = collect(pipeline);

    /* Once the actuator is told to end, a snapshot may show what it has just given back. */
    if (!pipeline->newest || pipeline->in_flight || pipeline->over || !pipeline->spares ||
        wakeup_stopped(&pipeline->actuator_wakeup))
        return any;
    plan_period(pipeline);
    return true;
}

void *run_planner(void *opaque)
{
    struct pipeline *pipeline = opaque;

    while (plan_once(pipeline) || wait_for_work(&pipeline->planner_wakeup, &pipeline->planner_mark,
                                                &pipeline->outcomes, &pipeline->snapshots))
        ;
    /* The last outcome may have come together with the stop. */
    collect(pipeline);
    return NULL;
}
