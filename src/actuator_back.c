/* SPDX-License-Identifier: GPL-2.0-or-later */
/* actuator_back.c - what was found is given back: at the end, when a plan lets go, and after a run
 * that could not. */
#include "actuator_calls.h"

#include "clock.h"
#include "log.h"

#include <errno.h>
#include <time.h>

/* A domain that has a job for a moment (a query for statistics, say) gets its affinity back all the
 * same. */
#define ROUNDS         6
#define ROUND_PAUSE_NS 100000000

int actuator_set(struct actuator *actuator, const struct vcpu_name *vcpu, const struct cpuset *set,
                 struct failure *why)
{
    const int error = actuator->ops->pin(actuator->host, vcpu, set, why);

    watch_begin(&actuator->mark, clock_now());
    return error;
}

int actuator_get(struct actuator *actuator, const struct vcpu_name *vcpu, struct cpuset *set,
                 struct failure *why)
{
    const int error = actuator->ops->affinity(actuator->host, vcpu, set, why);

    watch_begin(&actuator->mark, clock_now());
    return error;
}

enum pin_result actuator_result(int error)
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

void actuator_write_down(struct actuator *actuator)
{
    struct failure why;

    if (actuator->file && ledger_file_write(actuator->file, actuator->ledger, &why))
        log_error("%s", why.text);
}

/** Gives back what is still the daemon's doing. Returns 0: it is settled; -ENOENT: it is gone; or
 * another negative errno. */
static int give_back(struct actuator *actuator, const struct ledger_entry *entry,
                     struct failure *why)
{
    struct cpuset now;
    int error = actuator_get(actuator, &entry->vcpu, &now, why);

    if (error || cpuset_equal(&now, &entry->original))
        return error;
    if (!ledger_is_ours(entry, &now)) {
        log_event(LOG_INFO, log_vcpu(EVENT_YIELDED, entry->domain, entry->vcpu.number),
                  "domain %s vCPU %u: its affinity was changed by somebody else: left as it is",
                  entry->domain, entry->vcpu.number);
        return 0;
    }
    error = actuator_set(actuator, &entry->vcpu, &entry->original, why);
    if (!error)
        error = actuator_get(actuator, &entry->vcpu, &now, why);
    return error || cpuset_equal(&now, &entry->original)
               ? error
               : fail(why, -EIO, "it reads back otherwise");
}

/** Lets go of one vCPU. */
static enum pin_result let_go(struct actuator *actuator, const struct vcpu_name *vcpu,
                              bool gives_back, struct failure *why)
{
    struct ledger_entry entry;
    int error = 0;

    if (!ledger_find(actuator->ledger, vcpu, &entry))
        return PIN_DONE;
    if (gives_back)
        error = give_back(actuator, &entry, why);
    if (!error || error == -ENOENT)
        ledger_forget(actuator->ledger, vcpu);
    return actuator_result(error);
}

void actuator_release(struct actuator *actuator, struct plan *plan)
{
    for (uint32_t i = 0; i < plan->release_count; i++) {
        struct release *release = &plan->releases[i];
        const struct vcpu_name *vcpu = &plan->view.vcpus[release->vcpu].name;

        release->result = let_go(actuator, vcpu, release->give_back, &plan->failure);
    }
}

struct leftover actuator_review(struct actuator *actuator)
{
    struct leftover found = {0};
    struct ledger_entry entry;
    uint32_t cursor = 0;

    while (ledger_next(actuator->ledger, &cursor, &entry)) {
        struct failure why;
        struct cpuset now;
        const int error = actuator_get(actuator, &entry.vcpu, &now, &why);
        uint32_t *kind = &found.changed;

        if (error)
            kind = error == -ENOENT ? &found.gone : &found.unknown;
        else if (cpuset_equal(&now, &entry.original))
            kind = &found.settled;
        else if (ledger_is_ours(&entry, &now))
            kind = &found.ours;
        ++*kind;
        if (kind == &found.ours) { /* which of the two it is, is certain now */
            (void)ledger_note(actuator->ledger, &entry.vcpu, entry.domain, &now,
                              cpuset_next(&now, 0)); /* known: takes no memory */
            ledger_settle(actuator->ledger, &entry.vcpu, LEDGER_PINNED);
        } else if (kind != &found.unknown) {
            ledger_forget(actuator->ledger, &entry.vcpu);
        }
    }
    return found;
}

/** One round over the ledger. Returns how many could not be given back; they are named if it is the
 * last. */
static uint32_t give_back_round(struct actuator *actuator, bool last)
{
    struct ledger_entry entry;
    struct failure why;
    uint32_t cursor = 0, kept = 0;

    while (ledger_next(actuator->ledger, &cursor, &entry)) {
        const int error = give_back(actuator, &entry, &why);

        if (!error || error == -ENOENT) {
            ledger_forget(actuator->ledger, &entry.vcpu);
            continue;
        }
        if (last)
            log_event(LOG_ERROR, log_vcpu(EVENT_KEPT, entry.domain, entry.vcpu.number),
                      "domain %s vCPU %u stays on pCPU %d: could not be given back: %s",
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
    actuator_write_down(actuator);
    return kept;
}
