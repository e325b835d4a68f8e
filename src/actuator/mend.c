/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mend.c - repairs what a refused pin has left: at once, or as soon as it can. */
#include "actuator/internal.h"

#include "log/log.h"
#include "model/names.h"

#include <errno.h>

/* Plans between two attempts. */
#define MEND_STEPS 5

/* True if the kernel has what the limit leaves of a set that the daemon has asked for. */
static bool kernel_is_ours(const struct ledger_entry *entry, const struct affinity *now)
{
    const struct cpuset *const sets[] = {&entry->original, &entry->pinned, &entry->was};

    for (uint32_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const struct cpuset cut = affinity_cut(sets[i], &now->limit);

        if (cpuset_count(sets[i]) && cpuset_equal(&now->kernel, &cut))
            return true;
    }
    return false;
}

enum holder actuator_holder(const struct ledger_entry *entry, const struct affinity *now)
{
    const struct affinity told = {.told = now->told,
                                  .kernel = affinity_cut(&entry->original, &now->limit),
                                  .limit = now->limit,
                                  .bounded = now->bounded};

    /* If the limit leaves nothing of the original, the kernel's set does not tell who set it. */
    if (affinity_is(now, &entry->original) && affinity_can(now, &entry->original))
        return HOLDER_OWNER;
    if ((ledger_is_ours(entry, &now->told) || affinity_is(&told, &entry->original)) &&
        kernel_is_ours(entry, now))
        return HOLDER_DAEMON;
    return HOLDER_OTHER;
}

int actuator_put_back(struct actuator *actuator, const struct vcpu_name *vcpu,
                      const struct cpuset *set, struct failure *why)
{
    struct affinity now;
    int error = actuator_set(actuator, vcpu, set, why);

    if (!error)
        error = actuator_get(actuator, vcpu, &now, why);
    return error || affinity_is(&now, set) ? error : fail(why, -EIO, "it reads back otherwise");
}

enum pin_result actuator_refused(struct actuator *actuator, const struct vcpu_name *vcpu,
                                 const struct cpuset *before, int error, struct failure *why)
{
    struct affinity now;
    struct failure cause = *why, back;

    if (error == -EBUSY || error == -ENOENT)
        return actuator_result(error); /* nothing was tried, or the vCPU is gone */
    error = actuator_get(actuator, vcpu, &now, &back) == 0 && affinity_is(&now, before) &&
                    (error == -EINVAL || affinity_can(&now, before))
                ? 0
                : actuator_put_back(actuator, vcpu, before, &back);
    if (!error)
        return PIN_FAILED;
    if (error == -ENOENT)
        return PIN_GONE;
    fail(why, error, "%.220s; and its affinity could not be put back: %.200s", cause.text,
         back.text);
    return PIN_UNCONFIRMED;
}

/* Finds out what became of an unsure pin. Puts the affinity before it back, unless the pin was made
 * or the vCPU is somebody else's now. */
static void mend(struct actuator *actuator, const struct ledger_entry *entry)
{
    const struct cpuset before = ledger_before(entry);
    char words[VCPU_WORDS];
    struct affinity now;
    struct failure why;

    if (actuator_get(actuator, &entry->vcpu, &now, &why))
        return; /* asks again later */
    if (cpuset_equal(&now.told, &entry->pinned) && cpuset_equal(&now.kernel, &entry->pinned)) {
        ledger_resolve(actuator->ledger, &entry->vcpu, LEDGER_PINNED);
    } else if (actuator_holder(entry, &now) == HOLDER_OTHER ||
               actuator_touched(actuator, &entry->vcpu)) {
        actuator_yield(actuator, &entry->vcpu, entry->domain);
    } else if ((affinity_is(&now, &before) && affinity_can(&now, &before)) ||
               actuator_put_back(actuator, &entry->vcpu, &before, &why) == 0) {
        ledger_resolve(actuator->ledger, &entry->vcpu, LEDGER_KEPT);
        log_info("domain %s %s: the affinity before its refused pin is put back", entry->domain,
                 vcpu_words(entry->vcpu.number, words, sizeof words));
    }
}

void actuator_mend(struct actuator *actuator)
{
    struct ledger_entry entry;
    uint32_t cursor = 0;

    if (!actuator->unsure || ++actuator->mend_step < MEND_STEPS)
        return;
    actuator->mend_step = 0;
    actuator->unsure = false;
    while (ledger_next(actuator->ledger, &cursor, &entry)) {
        if (!entry.unsure)
            continue;
        mend(actuator, &entry);
        actuator->unsure |= ledger_find(actuator->ledger, &entry.vcpu, &entry) && entry.unsure;
    }
}
