/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * emulator.c - emulators that follow their domains' vCPUs (--emulator follow).
 *
 * They follow what was read of the vCPUs' affinities, a period after the pins: then it is known
 * which of them were made.
 */
#include "planner/internal.h"

#include "model/mask.h"

#include <string.h>

/* The pCPUs that the vCPUs of a domain may use, in a dry run those that they would be pinned to.
 * Returns false if that is not known now: a vCPU's affinity has not been read since the last pin,
 * or is about to change. */
static bool find_pcpus(const struct planner *planner, const struct snapshot *snapshot,
                       const struct plan *plan, uint32_t domain, struct cpuset *pcpus)
{
    const struct domain_sample *sample = &snapshot->domains[domain];

    cpuset_clear(pcpus);
    for (uint32_t i = 0; i < sample->vcpu_count; i++) {
        const uint32_t index = sample->first_vcpu + i;
        const struct vcpu_sample *vcpu = &snapshot->vcpus[index];
        const int32_t dry_pool = planner->vcpus[vcpu->slot].dry_pool;
        const struct cpuset own = dry_pool < 0 ? snapshot->sets[vcpu->affinity]
                                               : view_affinity(&plan->view, index, dry_pool);

        if (!(vcpu->has & VCPU_HAS_AFFINITY))
            return false;
        cpuset_or(pcpus, &own);
    }
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        if (plan->view.vcpus[plan->decision.pins[i].vcpu].domain == domain)
            return false;
    }
    return true;
}

/* True if the daemon has pinned a vCPU of the domain, as far as the planner knows: the actuator
 * asks the ledger. */
static bool has_pinned_vcpu(const struct planner *planner, const struct snapshot *snapshot,
                            const struct domain_sample *domain)
{
    for (uint32_t i = 0; i < domain->vcpu_count; i++) {
        const struct vcpu_sample *vcpu = &snapshot->vcpus[domain->first_vcpu + i];
        const struct vcpu_memory *state = &planner->vcpus[vcpu->slot];
        const struct ownership *ownership = &state->ownership;

        if (!ownership->yielded && !ownership->released &&
            (ownership->pinned || state->dry_pool >= 0 || vcpu->affinity != vcpu->wanted))
            return true;
    }
    return false;
}

/* Takes in what earlier runs have done. */
static void meet(struct emulator_memory *state, const struct emulator_sample *sample)
{
    state->seen = true;
    state->ownership.released = !sample->held;
    if (sample->yielded_ns)
        ownership_yield(&state->ownership, sample->yielded_ns);
}

/* Looks whether somebody else has changed the affinity. */
static void look(struct emulator_memory *state, const struct snapshot *snapshot,
                 const struct domain_sample *domain, const struct cpuset *now)
{
    const struct emulator_sample *sample = &domain->emulator;
    const int32_t pool = cpuset_equal(now, &state->pinned)   ? 1
                         : cpuset_equal(now, &state->before) ? 0
                                                             : -1;

    if (ownership_look(&state->ownership, sample->affinity, pool, true, sample->touches,
                       snapshot->begin_ns))
        planner_say_yielded(domain->name, VCPU_EMULATOR);
}

/* True if the emulator of a domain may follow its vCPUs. */
static bool may_follow(const struct planner *planner, const struct snapshot *snapshot,
                       const struct domain_sample *domain, const struct view_domain *view,
                       const struct emulator_memory *state)
{
    const struct planner_settings *settings = planner->settings;

    return settings->emulator == EMULATOR_FOLLOW && !view->excluded && !state->ownership.yielded &&
           (settings->adopt_pins || mask_is_everything(&snapshot->sets[domain->emulator.wanted])) &&
           has_pinned_vcpu(planner, snapshot, domain);
}

/* True if refusals of late keep the emulator where it is. */
static bool rests(const struct planner *planner, const struct emulator_memory *state)
{
    return state->refused_step &&
           planner->step - state->refused_step <= planner_rest(planner, state->refusals);
}

/* The pCPUs that the emulator of a domain could use at all. */
static struct cpuset usable_pcpus(const struct snapshot *snapshot,
                                  const struct domain_sample *domain)
{
    struct cpuset usable = snapshot->online;

    if (domain->limit)
        cpuset_and(&usable, &snapshot->sets[domain->limit - 1]);
    return usable;
}

/* Finds out what is to be done with the emulator of a domain: fills in the verb and the pCPUs. It
 * is given back where there is nothing to follow, or where its vCPUs may together use all that it
 * could use at all. Returns false if there is nothing to do now. */
static bool find_verb(const struct planner *planner, const struct snapshot *snapshot,
                      const struct plan *plan, const struct emulator_memory *state,
                      struct emulator_pin *pin)
{
    const struct domain_sample *domain = &snapshot->domains[pin->domain];
    const struct cpuset usable = usable_pcpus(snapshot, domain);
    const bool dry = planner->settings->dry_run;

    pin->verb = state->ownership.yielded ? EMULATOR_FORGET : EMULATOR_GIVE_BACK;
    if (may_follow(planner, snapshot, domain, &plan->view.domains[pin->domain], state)) {
        if (!find_pcpus(planner, snapshot, plan, pin->domain, &pin->to))
            return false;
        if (!cpuset_within(&usable, &pin->to))
            pin->verb = EMULATOR_PIN;
    }
    if (pin->verb != EMULATOR_PIN)
        return !dry && !state->ownership.released;
    cpuset_and(&pin->to, &usable);
    return cpuset_next(&pin->to, 0) >= 0 && !rests(planner, state) &&
           !cpuset_equal(&pin->to, dry && state->dry ? &state->pinned : &pin->from);
}

/* Lists what is to be done with the emulator of a domain, if anything. */
static void follow(struct planner *planner, const struct snapshot *snapshot, struct plan *plan,
                   uint32_t d)
{
    const struct domain_sample *domain = &snapshot->domains[d];
    struct emulator_memory *state = &planner->domains[domain->slot].emulator;
    const struct cpuset *now = &snapshot->sets[domain->emulator.affinity];
    struct emulator_pin pin = {
        .domain = d,
        .name = {.id = domain->id, .number = VCPU_EMULATOR, .slot = domain->slot},
        .from = *now,
        .result = PIN_PLANNED,
    };

    if (snapshot->begin_ns <= state->done_ns)
        return; /* it may have been read before the actuator was done */
    if (!state->seen)
        meet(state, &domain->emulator);
    if (!plan->view.domains[d].excluded)
        look(state, snapshot, domain, now);
    if (planner_is_busy(planner, state->busy_step) ||
        !find_verb(planner, snapshot, plan, state, &pin))
        return;
    memcpy(pin.name.uuid, domain->uuid, sizeof pin.name.uuid);
    plan->decision.emulators[plan->decision.emulator_count++] = pin;
    planner->follow_at = d + 1;
}

void planner_follow(struct planner *planner, const struct snapshot *snapshot, struct plan *plan)
{
    const uint32_t count = snapshot->size.domains;
    const uint32_t first = count ? planner->follow_at % count : 0;

    if (planner->settings->policy->observes || plan->view.period == 0)
        return;
    for (uint32_t i = 0; i < count && plan->decision.emulator_count < EMULATOR_PINS_MOST; i++) {
        const uint32_t d = (first + i) % count;

        if (snapshot->domains[d].emulator.known)
            follow(planner, snapshot, plan, d);
    }
}

/* Books what became of a pin. */
static void book_pin(struct planner *planner, const struct plan *plan,
                     const struct emulator_pin *pin, struct emulator_memory *state)
{
    const uint64_t done_ns = plan->timing.done_ns;

    if (pin->result == PIN_DONE || pin->result == PIN_DRY || pin->result == PIN_UNCONFIRMED) {
        state->pinned = pin->to;
        state->before = pin->from;
    }
    switch (pin->result) {
    case PIN_DONE:
        state->refusals = 0;
        ownership_pinned(&state->ownership, 1, 1, done_ns);
        break;
    case PIN_DRY:
        state->dry = true;
        break;
    case PIN_UNCONFIRMED:
        ownership_pinned(&state->ownership, 0, 1, done_ns);
        __attribute__((fallthrough));
    case PIN_FAILED:
    case PIN_SKIPPED:
        state->refused_step = planner->step;
        planner_count_refusal(&state->refusals);
        break;
    case PIN_BUSY:
    case PIN_GONE:
        state->busy_step = planner->step;
        break;
    case PIN_YIELDED:
        ownership_yield(&state->ownership, plan->view.now_ns);
        planner_say_yielded(plan->view.domains[pin->domain].name, VCPU_EMULATOR);
        break;
    case PIN_PLANNED:
    case PIN_UNDONE:
        break;
    }
}

void planner_book_emulators(struct planner *planner, const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->decision.emulator_count; i++) {
        const struct emulator_pin *pin = &plan->decision.emulators[i];
        struct emulator_memory *state = &planner->domains[pin->name.slot].emulator;

        state->done_ns = plan->timing.done_ns;
        if (pin->verb == EMULATOR_PIN)
            book_pin(planner, plan, pin, state);
        else if (pin->result == PIN_DONE || pin->result == PIN_GONE)
            ownership_released(&state->ownership);
        else
            state->busy_step = planner->step;
    }
}
