/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emulator.c - pins emulators to the pCPUs of their domains' vCPUs, the way that vCPUs are pinned,
 * and lets them go. */
#include "actuator/internal.h"

#include "wakeup.h"

static const char *domain_of(const struct plan *plan, const struct emulator_pin *pin)
{
    return plan->view.domains[pin->domain].name;
}

/* True if the ledger holds a vCPU of the emulator's domain. */
static bool has_pinned_vcpu(struct actuator *actuator, const struct vcpu_name *emulator)
{
    struct ledger_entry entry;
    uint64_t number = 0;

    return ledger_next_of(actuator->ledger, emulator, &number, &entry) &&
           entry.vcpu.number != VCPU_EMULATOR;
}

/* Notes a pin in the ledger. Returns PIN_PLANNED, or why it must not be made. */
static enum pin_result note(struct actuator *actuator, const struct emulator_pin *pin,
                            const char *domain, struct failure *why)
{
    struct ledger_entry entry;
    struct cpuset before;
    struct affinity now;
    int error;

    if (!has_pinned_vcpu(actuator, &pin->name))
        return PIN_SKIPPED;
    error = actuator_get(actuator, &pin->name, &now, why);
    if (error)
        return actuator_result(error);
    before = *affinity_set(&now);
    if (!cpuset_equal(&before, &pin->from)) {
        actuator_changed(&pin->name, domain, why);
        return ledger_find(actuator->ledger, &pin->name, &entry) &&
                       actuator_holder(&entry, &now) == HOLDER_DAEMON
                   ? PIN_SKIPPED
                   : PIN_YIELDED;
    }
    return actuator_note(actuator, &pin->name, domain, &before, &pin->to, why) ? PIN_FAILED
                                                                               : PIN_PLANNED;
}

/* Keeps the words of a failure. That a domain is gone is none. */
static void take_failure(struct plan *plan, enum pin_result result, const struct failure *why)
{
    if (result != PIN_PLANNED && result != PIN_DONE && result != PIN_GONE && why->text[0] != '\0')
        plan->outcome.failure = *why;
}

/* Notes the pins, or lets go what is not to be pinned. Returns true if any was noted. */
static bool note_all(struct actuator *actuator, struct plan *plan)
{
    bool any = false;

    for (uint32_t i = 0; i < plan->decision.emulator_count; i++) {
        struct emulator_pin *pin = &plan->decision.emulators[i];
        const char *domain = domain_of(plan, pin);
        struct failure why = {.text = ""};

        pin->result = pin->verb == EMULATOR_PIN
                          ? note(actuator, pin, domain, &why)
                          : actuator_let_go(actuator, &pin->name, domain,
                                            pin->verb == EMULATOR_GIVE_BACK, &why);
        take_failure(plan, pin->result, &why);
        any |= pin->result == PIN_PLANNED;
    }
    return any;
}

/* Makes a noted pin. */
static enum pin_result make(struct actuator *actuator, struct plan *plan,
                            const struct emulator_pin *pin)
{
    struct failure why = {.text = ""};
    enum pin_result result;
    uint64_t latency_ns;

    if (actuator->stop && wakeup_stopped(actuator->stop))
        return PIN_SKIPPED;
    result = actuator_make(actuator, &pin->name, domain_of(plan, pin), &pin->to, &latency_ns, &why);
    take_failure(plan, result, &why);
    return result;
}

bool actuator_follow(struct actuator *actuator, struct plan *plan)
{
    const bool writable =
        !note_all(actuator, plan) || !actuator->file ||
        !ledger_file_write(actuator->file, actuator->ledger, &plan->outcome.failure);

    for (uint32_t i = 0; i < plan->decision.emulator_count; i++) {
        struct emulator_pin *pin = &plan->decision.emulators[i];

        if (pin->verb != EMULATOR_PIN)
            continue;
        if (pin->result == PIN_PLANNED)
            pin->result = writable ? make(actuator, plan, pin) : PIN_FAILED;
        actuator_settle(actuator, &pin->name, domain_of(plan, pin), pin->result);
    }
    return writable;
}
