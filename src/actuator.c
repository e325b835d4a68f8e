/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "actuator.h"

#include "clock.h"
#include "log.h"
#include "ring.h"

#include <errno.h>
#include <time.h>

/* A domain that has a job for a moment (a query for statistics, say) gets its affinity back all the
 * same. */
#define ROUNDS         6
#define ROUND_PAUSE_NS 100000000

/** host_ops.pin, marked as progress. */
static int set_affinity(struct actuator *actuator, const struct vcpu_name *vcpu,
                        const struct cpuset *set, struct failure *why)
{
    const int error = actuator->ops->pin(actuator->host, vcpu, set, why);

    watch_begin(&actuator->mark, clock_now());
    return error;
}

/** host_ops.affinity, marked as progress. */
static int get_affinity(struct actuator *actuator, const struct vcpu_name *vcpu, struct cpuset *set,
                        struct failure *why)
{
    const int error = actuator->ops->affinity(actuator->host, vcpu, set, why);

    watch_begin(&actuator->mark, clock_now());
    return error;
}

static struct cpuset only(int32_t pcpu)
{
    struct cpuset set;

    cpuset_clear(&set);
    cpuset_add(&set, (uint32_t)pcpu);
    return set;
}

static enum pin_result result_of(int error)
{
    switch (error) {
    case 0:
        return PIN_DONE;
    case -ENOENT:
        return PIN_GONE;
    case -EBUSY:
        return PIN_BUSY;
    default:
        return PIN_FAILED;
    }
}

/** True if the vCPU still is where the plan found it. */
static bool as_planned(const struct pin *pin, const struct cpuset *now)
{
    const uint32_t count = cpuset_count(now);

    return pin->from < 0 ? count > 1 : count == 1 && cpuset_has(now, (uint32_t)pin->from);
}

/** The ledger, once a vCPU is back at the affinity it had before a pin. */
static void unnote(struct actuator *actuator, const struct vcpu_name *vcpu,
                   const struct cpuset *back)
{
    struct ledger_entry entry;

    if (!ledger_find(actuator->ledger, vcpu, &entry))
        return;
    if (cpuset_equal(&entry.original, back))
        ledger_forget(actuator->ledger, vcpu);
    else /* pinned by an earlier plan: that one still is to be given back */
        ledger_note(actuator->ledger, vcpu, entry.domain, &entry.original, cpuset_next(back, 0));
}

/** A pin was accepted: is it so? */
static enum pin_result confirm(struct actuator *actuator, const struct vcpu_name *vcpu,
                               const char *domain, const struct cpuset *target, struct failure *why)
{
    struct cpuset after;
    const int error = get_affinity(actuator, vcpu, &after, why);

    if (error)
        return error == -ENOENT ? PIN_GONE : PIN_UNCONFIRMED;
    if (cpuset_equal(&after, target))
        return PIN_DONE;
    fail(why, -EIO, "domain %s vCPU %u was pinned to pCPU %d, but reads back otherwise", domain,
         vcpu->number, cpuset_next(target, 0));
    return PIN_UNCONFIRMED;
}

/** After a pin that was refused: is the affinity what it was? */
static bool untouched(struct actuator *actuator, const struct vcpu_name *vcpu,
                      const struct cpuset *before, int error)
{
    struct failure why;
    struct cpuset now;

    if (error == -EBUSY || error == -ENOENT)
        return true; /* nothing was tried, or nothing is left */
    return get_affinity(actuator, vcpu, &now, &why) == 0 && cpuset_equal(&now, before);
}

/** Tries one pin. */
static enum pin_result make_pin(struct actuator *actuator, const struct view *view, struct pin *pin,
                                struct failure *why)
{
    const struct view_vcpu *v = &view->vcpus[pin->vcpu];
    const char *domain = view->domains[v->domain].name;
    const struct cpuset target = only(pin->to);
    struct ledger_entry entry;
    struct cpuset before;
    uint64_t begin_ns;
    int error = get_affinity(actuator, &v->name, &before, why);

    if (error)
        return result_of(error);
    if (!as_planned(pin, &before)) {
        fail(why, -EAGAIN, "domain %s vCPU %u: its affinity was changed meanwhile", domain,
             v->name.number);
        return PIN_SKIPPED;
    }
    /* Not where it was put: somebody else has moved it since, and that is now what was found. */
    if (ledger_find(actuator->ledger, &v->name, &entry)) {
        const struct cpuset ours = only(entry.pinned);

        if (!cpuset_equal(&before, &ours))
            ledger_forget(actuator->ledger, &v->name);
    }
    if (ledger_note(actuator->ledger, &v->name, domain, &before, pin->to)) {
        fail(why, -ENOMEM, "no memory to note the affinity of domain %s vCPU %u", domain,
             v->name.number);
        return PIN_FAILED;
    }
    begin_ns = clock_now();
    error = set_affinity(actuator, &v->name, &target, why);
    pin->latency_ns = clock_now() - begin_ns;
    if (error && !untouched(actuator, &v->name, &before, error))
        return PIN_UNCONFIRMED; /* refused, and yet changed: the ledger keeps what it was */
    if (error) {
        unnote(actuator, &v->name, &before);
        return result_of(error);
    }
    return confirm(actuator, &v->name, domain, &target, why);
}

/** Takes back a pin whose partner failed. Only pinned vCPUs have partners: `from` is the whole of
 * what was. */
static void undo(struct actuator *actuator, const struct view *view, struct pin *pin,
                 const struct failure *cause)
{
    const struct view_vcpu *v = &view->vcpus[pin->vcpu];
    const struct cpuset back = only(pin->from);
    struct failure why;
    const int error = set_affinity(actuator, &v->name, &back, &why);

    if (error == 0 || error == -ENOENT) {
        pin->result = error ? PIN_GONE : PIN_UNDONE;
        unnote(actuator, &v->name, &back);
        return;
    }
    log_error("domain %s vCPU %u stays on pCPU %d: half a swap could not be undone: %s (the other "
              "half: %s)",
              view->domains[v->domain].name, v->name.number, pin->to, why.text, cause->text);
}

/** Pins [first, end), which are one group: all, or none. */
static void make_group(struct actuator *actuator, struct plan *plan, uint32_t first, uint32_t end)
{
    struct failure why;
    uint32_t i = first;

    for (; i < end; i++) {
        plan->pins[i].result = make_pin(actuator, &plan->view, &plan->pins[i], &why);
        if (plan->pins[i].result != PIN_DONE)
            break;
    }
    if (i == end)
        return;
    if (plan->pins[i].result != PIN_GONE)
        plan->failure = why;
    if (plan->pins[i].result == PIN_UNCONFIRMED && end - first > 1) {
        undo(actuator, &plan->view, &plan->pins[i], &plan->failure);
        plan->pins[i].result = PIN_UNCONFIRMED;
    }
    /* Gone is nobody's fault, and what went before it to make room is no worse for it. */
    for (uint32_t done = i; done-- > first && plan->pins[i].result != PIN_GONE;)
        undo(actuator, &plan->view, &plan->pins[done], &plan->failure);
    for (i++; i < end; i++)
        plan->pins[i].result = PIN_SKIPPED;
}

void actuator_step(struct actuator *actuator, struct plan *plan)
{
    uint32_t first = 0, slots = 0;

    for (uint32_t v = 0; v < plan->view.vcpu_count; v++) {
        if (plan->view.vcpus[v].name.slot >= slots)
            slots = plan->view.vcpus[v].name.slot + 1;
    }
    ledger_reserve(actuator->ledger, slots);
    while (first < plan->pin_count) {
        uint32_t end = first + 1;

        while (end < plan->pin_count && plan->pins[end].group == plan->pins[first].group)
            end++;
        if (actuator->dry_run) {
            for (uint32_t i = first; i < end; i++)
                plan->pins[i].result = PIN_DRY;
        } else if (actuator->stop && bell_stopped(actuator->stop)) {
            for (uint32_t i = first; i < end; i++)
                plan->pins[i].result = PIN_SKIPPED;
        } else {
            make_group(actuator, plan, first, end);
        }
        first = end;
    }
}

/** True if the vCPU is settled: given back, gone, or not the daemon's any more. */
static bool give_back(struct actuator *actuator, const struct ledger_entry *entry,
                      struct failure *why)
{
    const struct cpuset ours = only(entry->pinned);
    struct cpuset now;
    int error = get_affinity(actuator, &entry->vcpu, &now, why);

    if (error == 0 && !cpuset_equal(&now, &ours)) {
        if (!cpuset_equal(&now, &entry->original))
            log_info("domain %s vCPU %u: its affinity was changed by somebody else: left as it is",
                     entry->domain, entry->vcpu.number);
        return true;
    }
    if (error == 0)
        error = set_affinity(actuator, &entry->vcpu, &entry->original, why);
    if (error)
        return error == -ENOENT;
    error = get_affinity(actuator, &entry->vcpu, &now, why);
    if (error == 0 && !cpuset_equal(&now, &entry->original)) {
        fail(why, -EIO, "it reads back otherwise");
        return false;
    }
    return error == 0 || error == -ENOENT;
}

/** One round over the ledger. Returns how many could not be given back; they are named if it is the
 * last. */
static uint32_t give_back_round(struct actuator *actuator, bool last)
{
    struct ledger_entry entry;
    struct failure why;
    uint32_t cursor = 0, kept = 0;

    while (ledger_next(actuator->ledger, &cursor, &entry)) {
        if (give_back(actuator, &entry, &why)) {
            ledger_forget(actuator->ledger, &entry.vcpu);
            continue;
        }
        if (last)
            log_error("domain %s vCPU %u stays on pCPU %d: could not be given back: %s",
                      entry.domain, entry.vcpu.number, entry.pinned, why.text);
        kept++;
    }
    return kept;
}

uint32_t actuator_give_back(struct actuator *actuator)
{
    const struct timespec pause = {.tv_nsec = ROUND_PAUSE_NS};
    uint32_t kept = give_back_round(actuator, false);

    for (int round = 2; kept && round <= ROUNDS; round++) {
        nanosleep(&pause, NULL);
        kept = give_back_round(actuator, round == ROUNDS);
    }
    return kept;
}
