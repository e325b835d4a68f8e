/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planner/planner.h"

#include "base/array.h"
#include "planner/headroom.h"
#include "planner/internal.h"
#include "policy/effect.h"

#include <stdlib.h>

/* After so many plans in a row that placed floating vCPUs, the policy comes first. */
#define PLACINGS_MOST 3
/* Each pin in a row that did not pay doubles --dwell for its vCPU, up to so many times. */
#define BACKOFF_MOST 6
/* Pins made after the first quarter of a period leave too little of it to measure. */
#define SETTLE_PART 4

struct planner *planner_new(const struct planner_settings *settings,
                            const struct crosscheck_ticks *ticks)
{
    struct planner *planner = calloc(1, sizeof *planner);

    if (!planner)
        return NULL;
    planner->settings = settings;
    planner->ticks = *ticks;
    if (settings->policy->begin) {
        planner->policy_state = settings->policy->begin();
        if (!planner->policy_state) {
            free(planner);
            return NULL;
        }
    }
    return planner;
}

void planner_set_settings(struct planner *planner, const struct planner_settings *settings)
{
    planner->settings = settings;
}

void planner_free(struct planner *planner)
{
    if (!planner)
        return;
    if (planner->policy_state)
        planner->settings->policy->finish(planner->policy_state);
    managed_finish(&planner->managed);
    free(planner->vcpus);
    free(planner->domains);
    free(planner->pcpus);
    free(planner->pools);
    free(planner->votes);
    free(planner);
}

/* Reserves capacity for every slot, pCPU and node of the snapshot. */
static bool reserve(struct planner *planner, const struct snapshot *snapshot)
{
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++) {
        if (!ARRAY_GROW(planner->vcpus, planner->vcpu_capacity, snapshot->vcpus[v].slot + 1))
            return false;
    }
    for (uint32_t d = 0; d < snapshot->size.domains; d++) {
        if (!ARRAY_GROW(planner->domains, planner->domain_capacity, snapshot->domains[d].slot + 1))
            return false;
    }
    return ARRAY_GROW(planner->pcpus, planner->pcpu_capacity, snapshot->size.pcpus) &&
           ARRAY_GROW(planner->pools, planner->pool_capacity, snapshot->size.pcpus) &&
           ARRAY_GROW(planner->votes, planner->vote_capacity, snapshot->topology.node_count);
}

/* Reserves capacity in the plan for the snapshot, and for the sets within limits. */
static int reserve_plan(const struct planner *planner, const struct snapshot *snapshot,
                        struct plan *plan)
{
    struct snapshot_size need = snapshot->size;

    need.sets = planner->managed.set_count + planner->managed.limited_count;
    return plan_reserve(plan, &need);
}

/* True if pins were still being made well into the period that this snapshot ends. */
static bool settling(const struct planner *planner, const struct snapshot *snapshot)
{
    return planner->pinned_ns > planner->last_ns &&
           planner->pinned_ns - planner->last_ns >
               (snapshot->begin_ns - planner->last_ns) / SETTLE_PART;
}

/* Measures what the last plan gained. vCPUs whose pins did not pay dwell longer. */
static void judge_payoff(struct planner *planner, struct plan *plan)
{
    plan->outcome.judged = planner->payoff.open;
    if (plan->outcome.judged) {
        plan->outcome.gained = payoff_judge(&planner->payoff, &plan->view);
        planner->totals.judged_plans++;
        planner->totals.gain_sum += planner->payoff.expected;
        planner->totals.gained_sum += plan->outcome.gained;
        for (uint32_t i = 0; i < plan->view.vcpu_count; i++) {
            struct vcpu_memory *state = &planner->vcpus[plan->view.vcpus[i].name.slot];

            if (state->moved_step != planner->payoff_step)
                continue;
            if (plan->outcome.gained > 0)
                state->backoff = 0;
            else if (state->backoff < BACKOFF_MOST)
                state->backoff++;
        }
    }
}

/* The host was away: counters from before can't be compared with. */
static void begin_epoch(struct planner *planner, const struct snapshot *snapshot)
{
    planner->epoch = snapshot->epoch;
    planner->window_ns = 0;
    planner->payoff.open = false;
    for (uint32_t slot = 0; slot < planner->vcpu_capacity; slot++)
        planner->vcpus[slot].check = (struct crosscheck){0};
}

/* Counts the periods in a row that the host was full. */
static void count_full(struct planner *planner, const struct view *view)
{
    if (room_is_full(view, planner->settings->decision.threshold))
        planner->full_periods++;
    else
        planner->full_periods = 0;
}

/* Lists for release the vCPUs that have yielded, whose domains are excluded, or that are stranded.
 */
static void let_go(struct planner *planner, struct plan *plan)
{
    for (uint32_t i = 0; i < plan->view.vcpu_count; i++) {
        const struct view_vcpu *v = &plan->view.vcpus[i];
        const struct vcpu_memory *state = &planner->vcpus[v->name.slot];

        if ((state->stranded || (v->blocked_by & (VCPU_YIELDED | VCPU_EXCLUDED))) &&
            !state->ownership.released && !planner_is_busy(planner, state->busy_step))
            plan->decision.releases[plan->decision.release_count++] = (struct release){
                .vcpu = i, .give_back = !(v->blocked_by & VCPU_YIELDED), .result = PIN_PLANNED};
    }
}

/* Drops a plan that would do harm, whatever policy made it. */
static void drop_harm(struct planner *planner, struct plan *plan)
{
    const struct planner_settings *settings = planner->settings;

    if (plan->decision.reason != REASON_ACT || settings->policy->literal ||
        effect_is_sound(&plan->decision.effect,
                        effect_limit(&plan->view, settings->decision.threshold)))
        return;
    plan_because(plan, &settings->decision, REASON_HARM);
    plan_drop(plan);
}

/* Places floating vCPUs, or if there are none asks the policy. After PLACINGS_MOST placings in a
 * row it asks the policy first. */
static void decide(struct planner *planner, struct plan *plan)
{
    const struct planner_settings *settings = planner->settings;
    const bool places = settings->floating == FLOATING_PLACE && !settings->policy->observes;
    const bool policy_first = planner->placings >= PLACINGS_MOST;
    bool placed = false;

    if (policy_first)
        settings->policy->decide(&settings->decision, planner->policy_state, plan);
    if (places && plan->decision.pin_count == 0) {
        policy_place(&settings->decision, plan);
        placed = plan->decision.pin_count > 0;
    }
    planner->placings = placed ? planner->placings + 1 : 0;
    if (!placed && !policy_first)
        settings->policy->decide(&settings->decision, planner->policy_state, plan);
    drop_harm(planner, plan);
}

int planner_step(struct planner *planner, struct snapshot *snapshot, struct plan *plan)
{
    const struct policy_settings *settings = &planner->settings->decision;
    bool gap;

    if (!reserve(planner, snapshot))
        return fail(&plan->outcome.failure, -ENOMEM, "planning: no memory");
    planner_owners(planner, snapshot);
    if (managed_update(&planner->managed, planner->settings, snapshot) ||
        reserve_plan(planner, snapshot, plan) ||
        topology_copy(&plan->view.topology, &snapshot->topology))
        return fail(&plan->outcome.failure, -ENOMEM, "planning: no memory");
    if (planner->step == 0 && planner->settings->has_cpus &&
        cpuset_count(&planner->managed.all) == 0)
        return fail(&plan->outcome.failure, -EINVAL,
                    "--cpus: none of these pCPUs is online on this host");
    if (planner->pools_version != planner->managed.pools.version)
        planner_recut(planner);
    gap = planner->step > 0 && snapshot->epoch != planner->epoch;
    if (gap)
        begin_epoch(planner, snapshot);
    planner->epoch = snapshot->epoch;
    planner->step++;
    planner_say_pools(planner, snapshot);
    plan->decision.pin_count = plan->decision.release_count = plan->decision.emulator_count = 0;
    plan->decision.gain = 0;
    plan->decision.effect = (struct effect){0};
    plan->outcome.judged = false;
    plan->outcome.failure.text[0] = '\0';
    planner_view(planner, snapshot, &plan->view);
    if (planner->lets_go && !planner->settings->dry_run && !planner->settings->policy->observes)
        let_go(planner, plan);
    if (planner->policy_state && plan->view.period > 0 && !gap &&
        planner->settings->policy->learn(planner->policy_state, &plan->view))
        return fail(&plan->outcome.failure, -ENOMEM, "planning: no memory");
    if (snapshot->size.domains == 0) {
        planner->full_periods = 0;
        plan_because(plan, settings, REASON_NO_DOMAIN);
    } else if (plan->view.period == 0) {
        plan_because(plan, settings, REASON_FIRST);
    } else if (gap) {
        plan_because(plan, settings, REASON_GAP);
    } else if (settling(planner, snapshot)) {
        plan_because(plan, settings, REASON_SETTLING);
    } else {
        judge_payoff(planner, plan);
        count_full(planner, &plan->view);
        decide(planner, plan);
    }
    planner_follow(planner, snapshot, plan);
    plan->decision.no_room = planner->full_periods >= FULL_PERIODS;
    planner->totals.skipped = snapshot->skipped;
    planner->last_ns = snapshot->end_ns;
    return 0;
}

static void book_release(struct planner *planner, const struct plan *plan,
                         const struct release *release)
{
    const struct view_vcpu *v = &plan->view.vcpus[release->vcpu];
    struct vcpu_memory *state = &planner->vcpus[v->name.slot];

    if (state->serial != v->serial)
        return;
    if (release->result == PIN_DONE || release->result == PIN_GONE)
        ownership_released(&state->ownership);
    else if (release->result != PIN_PLANNED)
        state->busy_step = planner->step;
}

void planner_pass_over(struct planner *planner)
{
    planner->totals.passed_over++;
}

/* Counts how the period ended. */
static void count_plan(struct totals *totals, const struct plan *plan)
{
    totals->decisions[plan->decision.reason]++;
    totals->reconnects += plan->decision.reason == REASON_GAP;
    for (uint32_t i = 0; i < plan->decision.pin_count; i++)
        totals->pins[plan->decision.pins[i].result]++;
    for (uint32_t i = 0; i < plan->decision.emulator_count; i++)
        totals->emulator_pins[plan->decision.emulators[i].result] +=
            plan->decision.emulators[i].verb == EMULATOR_PIN;
}

void planner_book(struct planner *planner, struct plan *plan)
{
    bool made = false;

    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        const struct pin *pin = &plan->decision.pins[i];
        const struct view_vcpu *v = &plan->view.vcpus[pin->vcpu];
        struct vcpu_memory *state = &planner->vcpus[v->name.slot];

        if (state->serial != v->serial)
            continue; /* the vCPU is gone, and another has its slot */
        switch (pin->result) {
        case PIN_DRY:
            state->dry_pool = pin->to;
            state->moved_step = planner->step;
            break;
        case PIN_DONE:
            made = true;
            state->refusals = 0;
            state->moved_step = planner->step;
            planner->pinned_ns = plan->timing.done_ns;
            ownership_pinned(&state->ownership, pin->to, pin->to, plan->timing.done_ns);
            break;
        case PIN_UNCONFIRMED:
        case PIN_UNDONE:
            ownership_pinned(&state->ownership, pin->from, pin->to, plan->timing.done_ns);
            __attribute__((fallthrough));
        case PIN_FAILED:
            if (pin->result != PIN_UNDONE && pin->latency_ns)
                planner_refused(planner, state, pin->to);
            /* A pin that was refused or taken back is not tried again at once. */
            state->moved_step = planner->step;
            planner->pinned_ns = plan->timing.done_ns;
            break;
        case PIN_BUSY:
        case PIN_GONE:
            /* Other vCPUs need not wait for the end of its domain's job. */
            state->busy_step = planner->step;
            break;
        case PIN_PLANNED:
        case PIN_SKIPPED:
            break;
        case PIN_YIELDED:
            ownership_yield(&state->ownership, plan->view.now_ns);
            planner_say_yielded(plan->view.domains[v->domain].name, v->name.number);
            break;
        }
    }
    for (uint32_t i = 0; i < plan->decision.release_count; i++)
        book_release(planner, plan, &plan->decision.releases[i]);
    planner_book_emulators(planner, plan);
    if (made) {
        payoff_open(&planner->payoff, plan);
        planner->payoff_step = planner->step;
    }
    count_plan(&planner->totals, plan);
    plan->totals = planner->totals;
}
