/* SPDX-License-Identifier: GPL-2.0-or-later */
/* give_back.c - gives affinities back: at the end, when a plan releases a vCPU, and after an
 * earlier run that did not. */
#include "actuator/give_back.h"

#include "actuator/internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "log/log.h"
#include "model/names.h"

#include <errno.h>
#include <time.h>

/* A job of a domain may refuse a call for a moment, such as a query for statistics: try again. */
#define ROUNDS         6
#define ROUND_PAUSE_NS 100000000

int actuator_set(struct actuator *actuator, const struct vcpu_name *vcpu, const struct cpuset *set,
                 struct failure *why)
{
    const int error = actuator->ops->pin(actuator->host, vcpu, set, why);

    progress_begin(&actuator->mark, clock_now());
    return error;
}

int actuator_get(struct actuator *actuator, const struct vcpu_name *vcpu, struct affinity *now,
                 struct failure *why)
{
    const int error = actuator->ops->affinity(actuator->host, vcpu, now, why);

    progress_begin(&actuator->mark, clock_now());
    return error;
}

void actuator_yield(struct actuator *actuator, const struct vcpu_name *vcpu, const char *domain)
{
    ledger_yield(actuator->ledger, vcpu, domain, (int64_t)time(NULL));
}

bool actuator_touched(const struct actuator *actuator, const struct vcpu_name *vcpu)
{
    return actuator->ops->touched && actuator->ops->touched(actuator->host, vcpu);
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

/* Calls host_ops.forgotten. */
static void tidy(struct actuator *actuator, const struct vcpu_name *vcpu)
{
    if (!actuator->ops->forgotten)
        return;
    actuator->ops->forgotten(actuator->host, vcpu);
    progress_begin(&actuator->mark, clock_now());
}

void actuator_tidy(struct actuator *actuator, const struct vcpu_name *vcpu)
{
    struct ledger_entry entry;

    if (!ledger_find(actuator->ledger, vcpu, &entry))
        tidy(actuator, vcpu);
}

void actuator_write_down(struct actuator *actuator)
{
    struct failure why;

    if (actuator->file && ledger_file_write(actuator->file, actuator->ledger, &why))
        log_error("%s", why.text);
}

/* Gives an affinity back unless somebody else has changed it. Returns 0 if nothing is left to do;
 * -ENOENT: the vCPU is gone; or another negative errno. */
static int put_original(struct actuator *actuator, const struct ledger_entry *entry,
                        struct failure *why)
{
    char words[VCPU_WORDS];
    struct affinity now;
    const int error = actuator_get(actuator, &entry->vcpu, &now, why);

    if (error)
        return error;
    switch (actuator_touched(actuator, &entry->vcpu) ? HOLDER_OTHER
                                                     : actuator_holder(entry, &now)) {
    case HOLDER_OWNER:
        return 0;
    case HOLDER_DAEMON:
        break;
    case HOLDER_OTHER:
        log_event(LOG_INFO, log_vcpu(EVENT_YIELDED, entry->domain, entry->vcpu.number),
                  "domain %s %s: its affinity was changed by somebody else: left as it is",
                  entry->domain, vcpu_words(entry->vcpu.number, words, sizeof words));
        return 0;
    }
    return actuator_put_back(actuator, &entry->vcpu, &entry->original, why);
}

/* Gives an affinity back and forgets the entry, unless that failed. */
static int give_back(struct actuator *actuator, const struct ledger_entry *entry,
                     struct failure *why)
{
    const int error = put_original(actuator, entry, why);

    if (!error || error == -ENOENT)
        ledger_forget(actuator->ledger, &entry->vcpu);
    return error;
}

enum pin_result actuator_let_go(struct actuator *actuator, const struct vcpu_name *vcpu,
                                const char *domain, bool gives_back, struct failure *why)
{
    struct ledger_entry entry;
    const bool ours = ledger_find(actuator->ledger, vcpu, &entry);
    int error = 0;

    if (!gives_back)
        actuator_yield(actuator, vcpu, domain);
    else if (ours)
        error = give_back(actuator, &entry, why);
    if (ours)
        actuator_tidy(actuator, vcpu);
    return actuator_result(error);
}

void actuator_release(struct actuator *actuator, struct plan *plan)
{
    for (uint32_t i = 0; i < plan->decision.release_count; i++) {
        struct release *release = &plan->decision.releases[i];
        const struct view_vcpu *v = &plan->view.vcpus[release->vcpu];

        release->result = actuator_let_go(actuator, &v->name, plan->view.domains[v->domain].name,
                                          release->give_back, &plan->outcome.failure);
    }
}

/* Takes over a vCPU that an earlier run pinned. Where it is can be certain now; else it is unsure
 * and actuator_mend() looks at it. */
static void take_over(struct actuator *actuator, const struct ledger_entry *entry,
                      const struct affinity *now)
{
    const bool certain = affinity_is(now, &now->told) && ledger_is_ours(entry, &now->told);
    const struct cpuset before = certain ? now->told : ledger_before(entry);
    const struct cpuset to = certain ? before : entry->pinned;

    /* The entry exists, so that this needs no memory. */
    (void)ledger_note(actuator->ledger, &entry->vcpu, entry->domain, &before, &to);
    ledger_settle(actuator->ledger, &entry->vcpu, certain ? LEDGER_PINNED : LEDGER_UNKNOWN);
    actuator->unsure |= !certain;
}

/* Forgets yielded vCPUs whose domains have ended. */
static void forget_gone(struct actuator *actuator)
{
    struct ledger_entry entry;
    uint32_t cursor = 0;

    while (ledger_next_yielded(actuator->ledger, &cursor, &entry)) {
        struct failure why;
        struct affinity now;

        if (actuator_get(actuator, &entry.vcpu, &now, &why) == -ENOENT)
            ledger_forget(actuator->ledger, &entry.vcpu);
    }
}

struct leftover actuator_review(struct actuator *actuator)
{
    struct leftover found = {0};
    struct ledger_entry entry;
    uint32_t cursor = 0;

    while (ledger_next(actuator->ledger, &cursor, &entry)) {
        struct failure why;
        struct affinity now;
        const int error = actuator_get(actuator, &entry.vcpu, &now, &why);
        uint32_t *const kinds[] = {[HOLDER_OWNER] = &found.original,
                                   [HOLDER_DAEMON] = &found.ours,
                                   [HOLDER_OTHER] = &found.changed};
        uint32_t *kind;

        if (error)
            kind = error == -ENOENT ? &found.gone : &found.unknown;
        else
            kind = kinds[actuator_holder(&entry, &now)];
        ++*kind;
        if (kind == &found.ours)
            take_over(actuator, &entry, &now);
        else if (kind != &found.unknown)
            ledger_forget(actuator->ledger, &entry.vcpu);
        if (kind != &found.ours && kind != &found.unknown)
            actuator_tidy(actuator, &entry.vcpu);
    }
    forget_gone(actuator);
    return found;
}

/* Tidies the domain of a vCPU once all its vCPUs are given back. */
static void tidy_last(struct actuator *actuator, const struct vcpu_name *vcpu)
{
    struct ledger_entry entry;
    uint64_t number = 0;

    if (!ledger_next_of(actuator->ledger, vcpu, &number, &entry))
        tidy(actuator, vcpu);
}

/* Tidies the domains whose vCPUs could not all be given back. */
static void tidy_kept(struct actuator *actuator)
{
    struct ledger_entry entry;
    uint32_t cursor = 0;

    while (ledger_next(actuator->ledger, &cursor, &entry))
        tidy(actuator, &entry.vcpu);
}

/* One round over the ledger. Returns how many could not be given back; the last round logs them. */
static uint32_t give_back_round(struct actuator *actuator, bool last)
{
    struct ledger_entry entry;
    struct failure why;
    uint32_t cursor = 0, kept = 0;
    char list[128], words[VCPU_WORDS];

    while (ledger_next(actuator->ledger, &cursor, &entry)) {
        const int error = give_back(actuator, &entry, &why);

        if (!error || error == -ENOENT) {
            tidy_last(actuator, &entry.vcpu);
            continue;
        }
        cpuset_format(&entry.pinned, list, sizeof list);
        if (last)
            log_event(LOG_ERROR, log_vcpu(EVENT_KEPT, entry.domain, entry.vcpu.number),
                      "domain %s %s stays on pCPU%s %s: could not be given back: %s", entry.domain,
                      vcpu_words(entry.vcpu.number, words, sizeof words),
                      text_plural(cpuset_count(&entry.pinned)), list, why.text);
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
    tidy_kept(actuator);
    actuator_write_down(actuator);
    return kept;
}
