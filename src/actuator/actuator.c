/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "actuator/internal.h"

#include "actuator/give_back.h"
#include "base/clock.h"
#include "base/text.h"
#include "log/log.h"
#include "model/names.h"
#include "wakeup.h"

#include <errno.h>

/* True if the affinity is still in the pool, or in none, for which the plan was made. */
static bool as_planned(const struct view *view, const struct pin *pin, const struct cpuset *now)
{
    return cpuset_next(now, 0) >= 0 && view_holding(view, now) == pin->from;
}

/* The name of a vCPU's domain. */
static const char *domain_of(const struct view *view, const struct view_vcpu *v)
{
    return view->domains[v->domain].name;
}

void actuator_changed(const struct vcpu_name *vcpu, const char *domain, struct failure *why)
{
    char words[VCPU_WORDS];

    fail(why, -EAGAIN, "domain %s %s: its affinity was changed meanwhile", domain,
         vcpu_words(vcpu->number, words, sizeof words));
}

/* Finds the vCPU's affinity before the pin. Asks the host only where plan and ledger don't tell it,
 * since make_pin() looks again. Returns PIN_PLANNED, or why it must not be pinned. */
static enum pin_result find_before(struct actuator *actuator, const struct view *view,
                                   const struct pin *pin, struct cpuset *before,
                                   struct failure *why)
{
    const struct view_vcpu *v = &view->vcpus[pin->vcpu];
    const struct vcpu_name *vcpu = &v->name;
    struct ledger_entry entry;
    const bool known = ledger_find(actuator->ledger, vcpu, &entry);
    struct affinity now;
    int error;

    if (pin->from >= 0 && (known || view->level == POOL_CPU)) {
        *before = known ? entry.pinned : cpuset_only(pin->from);
        if (!known || (cpuset_next(&entry.was, 0) < 0 && view_holding(view, before) == pin->from))
            return PIN_PLANNED;
    }
    error = actuator_get(actuator, vcpu, &now, why);
    if (error)
        return actuator_result(error);
    *before = *affinity_set(&now);
    if (as_planned(view, pin, before))
        return PIN_PLANNED;
    actuator_changed(vcpu, domain_of(view, v), why);
    return known && actuator_holder(&entry, &now) == HOLDER_DAEMON ? PIN_SKIPPED : PIN_YIELDED;
}

int actuator_note(struct actuator *actuator, const struct vcpu_name *vcpu, const char *domain,
                  const struct cpuset *before, const struct cpuset *to, struct failure *why)
{
    char words[VCPU_WORDS];

    if (ledger_note(actuator->ledger, vcpu, domain, before, to) == 0)
        return 0;
    return fail(why, -ENOMEM, "no memory to note the affinity of domain %s %s", domain,
                vcpu_words(vcpu->number, words, sizeof words));
}

/* Notes a planned pin in the ledger. */
static void note_pin(struct actuator *actuator, struct plan *plan, struct pin *pin)
{
    const struct view_vcpu *v = &plan->view.vcpus[pin->vcpu];
    const struct cpuset to = view_affinity(&plan->view, pin->vcpu, pin->to);
    struct failure why = {.text = ""};
    struct cpuset before;

    pin->result = find_before(actuator, &plan->view, pin, &before, &why);
    if (pin->result == PIN_PLANNED &&
        actuator_note(actuator, &v->name, domain_of(&plan->view, v), &before, &to, &why))
        pin->result = PIN_FAILED;
    if (pin->result != PIN_PLANNED && pin->result != PIN_GONE)
        plan->outcome.failure = why;
}

/* Reads an accepted pin back, from the hypervisor and the kernel. */
static enum pin_result confirm(struct actuator *actuator, const struct vcpu_name *vcpu,
                               const char *domain, const struct cpuset *target, struct failure *why)
{
    struct affinity after;
    char list[128], words[VCPU_WORDS];
    const int error = actuator_get(actuator, vcpu, &after, why);

    if (error)
        return error == -ENOENT ? PIN_GONE : PIN_UNCONFIRMED;
    if (cpuset_equal(&after.told, target) && cpuset_equal(&after.kernel, target))
        return PIN_DONE;
    cpuset_format(target, list, sizeof list);
    fail(why, -EIO, "domain %s %s was pinned to pCPU%s %s, but reads back otherwise", domain,
         vcpu_words(vcpu->number, words, sizeof words), text_plural(cpuset_count(target)), list);
    return PIN_UNCONFIRMED;
}

enum pin_result actuator_make(struct actuator *actuator, const struct vcpu_name *vcpu,
                              const char *domain, const struct cpuset *target, uint64_t *latency_ns,
                              struct failure *why)
{
    struct ledger_entry entry;
    struct affinity now;
    struct cpuset before;
    uint64_t begin_ns;
    int error = actuator_get(actuator, vcpu, &now, why);

    if (error)
        return actuator_result(error);
    ledger_find(actuator->ledger, vcpu, &entry);
    before = ledger_before(&entry);
    if (!cpuset_equal(affinity_set(&now), &before) ||
        (!cpuset_equal(&before, &entry.original) && actuator_touched(actuator, vcpu))) {
        actuator_changed(vcpu, domain, why);
        return PIN_YIELDED;
    }
    begin_ns = clock_now();
    error = actuator_set(actuator, vcpu, target, why);
    *latency_ns = clock_now() - begin_ns;
    if (error)
        return actuator_refused(actuator, vcpu, &before, error, why);
    return confirm(actuator, vcpu, domain, target, why);
}

/* Takes back a pin whose partner failed. */
static void undo(struct actuator *actuator, const struct view *view, struct pin *pin,
                 const struct failure *cause)
{
    const struct view_vcpu *v = &view->vcpus[pin->vcpu];
    struct ledger_entry entry;
    struct failure why;
    struct affinity now;
    struct cpuset back;
    char words[VIEW_POOL_WORDS];
    int error;

    ledger_find(actuator->ledger, &v->name, &entry);
    back = ledger_before(&entry);
    error = actuator_set(actuator, &v->name, &back, &why);

    if (error == -ENOENT) {
        pin->result = PIN_GONE;
        return;
    }
    if (error == 0) {
        const int unread = actuator_get(actuator, &v->name, &now, &why);

        pin->result = unread == -ENOENT                     ? PIN_GONE
                      : !unread && affinity_is(&now, &back) ? PIN_UNDONE
                                                            : PIN_UNCONFIRMED;
        return;
    }
    log_event(LOG_ERROR, log_vcpu(EVENT_KEPT, view->domains[v->domain].name, v->name.number),
              "domain %s vCPU %u stays on %s: half a swap could not be undone: %s (the other half: "
              "%s)",
              view->domains[v->domain].name, v->name.number,
              view_pool_words(view, pin->to, words, sizeof words), why.text, cause->text);
}

static void skip(struct plan *plan, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        if (plan->decision.pins[i].result == PIN_PLANNED)
            plan->decision.pins[i].result = PIN_SKIPPED;
    }
}

/* Makes one noted pin of a vCPU. */
static enum pin_result make_pin(struct actuator *actuator, const struct view *view, struct pin *pin,
                                struct failure *why)
{
    const struct view_vcpu *v = &view->vcpus[pin->vcpu];
    const struct cpuset target = view_affinity(view, pin->vcpu, pin->to);

    return actuator_make(actuator, &v->name, domain_of(view, v), &target, &pin->latency_ns, why);
}

void actuator_settle(struct actuator *actuator, const struct vcpu_name *vcpu, const char *domain,
                     enum pin_result result)
{
    switch (result) {
    case PIN_DONE:
        ledger_settle(actuator->ledger, vcpu, LEDGER_PINNED);
        break;
    case PIN_BUSY:
    case PIN_FAILED:
    case PIN_UNDONE:
    case PIN_SKIPPED:
        ledger_settle(actuator->ledger, vcpu, LEDGER_KEPT);
        break;
    case PIN_UNCONFIRMED:
        ledger_settle(actuator->ledger, vcpu, LEDGER_UNKNOWN);
        actuator->unsure = true;
        break;
    case PIN_GONE:
        ledger_forget(actuator->ledger, vcpu);
        break;
    case PIN_YIELDED:
        actuator_yield(actuator, vcpu, domain);
        break;
    case PIN_PLANNED:
    case PIN_DRY:
        break;
    }
    actuator_tidy(actuator, vcpu);
}

/* Makes the pins [first, end) of a group: all or none. */
static void make_pins(struct actuator *actuator, struct plan *plan, uint32_t first, uint32_t end)
{
    struct failure why;
    uint32_t i = first;

    for (; i < end && plan->decision.pins[i].result == PIN_PLANNED; i++) {
        const enum pin_result result =
            make_pin(actuator, &plan->view, &plan->decision.pins[i], &why);

        plan->decision.pins[i].result = result;
        if (result == PIN_DONE)
            continue;
        if (result != PIN_GONE)
            plan->outcome.failure = why;
        break;
    }
    if (i == end)
        return;
    if (plan->decision.pins[i].result == PIN_UNCONFIRMED && end - first > 1) {
        undo(actuator, &plan->view, &plan->decision.pins[i], &plan->outcome.failure);
        plan->decision.pins[i].result = PIN_UNCONFIRMED;
    }
    /* Where a vCPU is gone, the pins before it do no harm and stay. */
    for (uint32_t done = i; done-- > first && plan->decision.pins[i].result != PIN_GONE;)
        undo(actuator, &plan->view, &plan->decision.pins[done], &plan->outcome.failure);
    skip(plan, i, end);
}

/* make_pins(), unless one of them can't be made; then records the outcomes. */
static void make_group(struct actuator *actuator, struct plan *plan, uint32_t first, uint32_t end)
{
    bool possible = !(actuator->stop && wakeup_stopped(actuator->stop));

    for (uint32_t i = first; i < end; i++) {
        const enum pin_result result = plan->decision.pins[i].result;

        possible &= result == PIN_PLANNED || result == PIN_GONE;
    }
    if (possible)
        make_pins(actuator, plan, first, end);
    else
        skip(plan, first, end);
    for (uint32_t i = first; i < end; i++) {
        const struct view_vcpu *v = &plan->view.vcpus[plan->decision.pins[i].vcpu];

        actuator_settle(actuator, &v->name, domain_of(&plan->view, v),
                        plan->decision.pins[i].result);
    }
}

/* Notes all pins, on disk too, so that a process that dies loses no original. Returns false if they
 * can't be written: then none may be made. */
static bool note_pins(struct actuator *actuator, struct plan *plan)
{
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        if (actuator->stop && wakeup_stopped(actuator->stop))
            plan->decision.pins[i].result = PIN_SKIPPED;
        else
            note_pin(actuator, plan, &plan->decision.pins[i]);
    }
    if (!actuator->file ||
        !ledger_file_write(actuator->file, actuator->ledger, &plan->outcome.failure))
        return true;
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        if (plan->decision.pins[i].result == PIN_PLANNED)
            plan->decision.pins[i].result = PIN_FAILED;
    }
    return false;
}

/* Vanished vCPUs stay in the ledger until a review: at a quarter more entries than vCPUs and
 * emulators. */
static uint32_t most_entries(const struct plan *plan)
{
    const uint32_t all = plan->view.vcpu_count + plan->view.domain_count;

    return all + all / 4 + 16;
}

void actuator_step(struct actuator *actuator, struct plan *plan)
{
    bool writable = true;

    if (actuator->dry_run) {
        for (uint32_t i = 0; i < plan->decision.pin_count; i++)
            plan->decision.pins[i].result = PIN_DRY;
        for (uint32_t i = 0; i < plan->decision.emulator_count; i++)
            plan->decision.emulators[i].result = PIN_DRY;
        return;
    }
    actuator_release(actuator, plan);
    actuator_mend(actuator);
    if (ledger_size(actuator->ledger) > most_entries(plan))
        actuator_review(actuator);
    if (plan->decision.pin_count) {
        ledger_reserve(actuator->ledger, plan->view.vcpu_count + plan->view.domain_count);
        writable = note_pins(actuator, plan);
    }
    for (uint32_t first = 0, end; first < plan->decision.pin_count; first = end) {
        end = first + 1;
        while (end < plan->decision.pin_count &&
               plan->decision.pins[end].group == plan->decision.pins[first].group)
            end++;
        make_group(actuator, plan, first, end);
    }
    if (writable)
        writable = actuator_follow(actuator, plan);
    if (writable)
        actuator_write_down(actuator);
}
