/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/ledger.h"

#include "ledger/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ledger *ledger_new(void)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);

    if (ledger)
        pthread_mutex_init(&ledger->lock, NULL);
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    if (!ledger)
        return;
    pthread_mutex_destroy(&ledger->lock);
    free(ledger->slots);
    free(ledger->order);
    free(ledger);
}

static bool is_empty(const struct cpuset *set)
{
    return cpuset_next(set, 0) < 0;
}

bool ledger_is_ours(const struct ledger_entry *entry, const struct cpuset *now)
{
    return !is_empty(now) && (cpuset_equal(now, &entry->pinned) || cpuset_equal(now, &entry->was));
}

struct cpuset ledger_before(const struct ledger_entry *entry)
{
    return is_empty(&entry->was) ? entry->original : entry->was;
}

void ledger_reserve(struct ledger *ledger, uint32_t vcpus)
{
    pthread_mutex_lock(&ledger->lock);
    /* Without memory, ledger_note() fails. */
    (void)slot_reserve(ledger, vcpus);
    pthread_mutex_unlock(&ledger->lock);
}

int ledger_note(struct ledger *ledger, const struct vcpu_name *vcpu, const char *domain,
                const struct cpuset *before, const struct cpuset *to)
{
    struct ledger_entry *entry;
    struct slot *slot;

    pthread_mutex_lock(&ledger->lock);
    slot = slot_find(ledger, vcpu);
    const bool first = !slot || !ledger_is_ours(&slot->entry, before);
    if (!slot)
        slot = slot_insert(ledger, vcpu);
    if (slot) {
        entry = &slot->entry;
        if (first)
            entry->original = *before;
        slot->first = first;
        slot->noted = true;
        entry->unsure = false;
        ledger->yields -= entry->yielded_s != 0;
        entry->yielded_s = 0;
        entry->vcpu = *vcpu;
        if (slot->first && cpuset_count(before) != 1)
            cpuset_clear(&entry->was); /* it is the original */
        else
            entry->was = *before;
        entry->pinned = *to;
        strncpy(entry->domain, domain, sizeof entry->domain - 1);
        entry->domain[sizeof entry->domain - 1] = '\0';
        ledger->version++;
    }
    pthread_mutex_unlock(&ledger->lock);
    return slot ? 0 : -ENOMEM;
}

/* The noted pin was not made: the entry becomes what it was before. */
static void withdraw(struct ledger *ledger, struct slot *slot)
{
    struct ledger_entry *entry = &slot->entry;

    if (slot->first || cpuset_equal(&entry->original, &entry->was)) {
        slot_remove(ledger, &entry->vcpu);
        return;
    }
    entry->pinned = entry->was;
    cpuset_clear(&entry->was);
    ledger->version++;
}

/* Brings an entry up to the outcome of its pin: one that was noted last, or one that is unsure. */
static void conclude(struct ledger *ledger, const struct vcpu_name *vcpu, bool unsure,
                     enum ledger_outcome outcome)
{
    struct slot *slot;

    pthread_mutex_lock(&ledger->lock);
    slot = slot_find(ledger, vcpu);
    if (slot && (unsure ? slot->entry.unsure : slot->noted)) {
        slot->noted = false;
        slot->entry.unsure = outcome == LEDGER_UNKNOWN;
        if (outcome == LEDGER_PINNED)
            cpuset_clear(&slot->entry.was); /* not written to disk for that: `was` may stay there */
        else if (outcome == LEDGER_KEPT)
            withdraw(ledger, slot);
    }
    pthread_mutex_unlock(&ledger->lock);
}

void ledger_settle(struct ledger *ledger, const struct vcpu_name *vcpu, enum ledger_outcome outcome)
{
    conclude(ledger, vcpu, false, outcome);
}

void ledger_resolve(struct ledger *ledger, const struct vcpu_name *vcpu,
                    enum ledger_outcome outcome)
{
    conclude(ledger, vcpu, true, outcome);
}

int ledger_add(struct ledger *ledger, const struct ledger_entry *entry)
{
    struct slot *slot;
    bool known;

    pthread_mutex_lock(&ledger->lock);
    known = slot_find(ledger, &entry->vcpu);
    slot = known ? NULL : slot_insert(ledger, &entry->vcpu);
    if (slot) {
        slot->entry = *entry;
        ledger->yields += entry->yielded_s != 0;
        ledger->version++;
    }
    pthread_mutex_unlock(&ledger->lock);
    return slot ? 0 : (known ? -EEXIST : -ENOMEM);
}

void ledger_forget(struct ledger *ledger, const struct vcpu_name *vcpu)
{
    pthread_mutex_lock(&ledger->lock);
    slot_remove(ledger, vcpu);
    pthread_mutex_unlock(&ledger->lock);
}

void ledger_clear(struct ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    for (uint32_t i = 0; i < ledger->count; i++)
        ledger->slots[ledger->order[i]].used = false;
    ledger->version += ledger->count;
    ledger->count = ledger->yields = 0;
    pthread_mutex_unlock(&ledger->lock);
}

bool ledger_find(struct ledger *ledger, const struct vcpu_name *vcpu, struct ledger_entry *entry)
{
    const struct slot *slot;

    pthread_mutex_lock(&ledger->lock);
    slot = slot_find(ledger, vcpu);
    if (slot && slot->entry.yielded_s)
        slot = NULL;
    if (slot)
        *entry = slot->entry;
    pthread_mutex_unlock(&ledger->lock);
    return slot;
}

void ledger_yield(struct ledger *ledger, const struct vcpu_name *vcpu, const char *domain,
                  int64_t now_s)
{
    struct slot *slot;

    pthread_mutex_lock(&ledger->lock);
    slot_remove(ledger, vcpu);
    slot = slot_insert(ledger, vcpu);
    if (slot) {
        slot->entry.vcpu = *vcpu;
        slot->entry.yielded_s = now_s > 0 ? now_s : 1;
        cpuset_clear(&slot->entry.pinned);
        cpuset_clear(&slot->entry.was);
        strncpy(slot->entry.domain, domain, sizeof slot->entry.domain - 1);
        ledger->yields++;
        ledger->version++;
    }
    pthread_mutex_unlock(&ledger->lock);
}

int64_t ledger_yielded(struct ledger *ledger, const struct vcpu_name *vcpu)
{
    const struct slot *slot;
    int64_t yielded_s;

    pthread_mutex_lock(&ledger->lock);
    slot = slot_find(ledger, vcpu);
    yielded_s = slot ? slot->entry.yielded_s : 0;
    pthread_mutex_unlock(&ledger->lock);
    return yielded_s;
}

/* ledger_next(), or ledger_next_yielded(). */
static bool next(struct ledger *ledger, bool yielded, uint32_t *cursor, struct ledger_entry *entry)
{
    bool found = false;

    pthread_mutex_lock(&ledger->lock);
    while (!found && *cursor < ledger->capacity) {
        found =
            ledger->slots[*cursor].used && (ledger->slots[*cursor].entry.yielded_s != 0) == yielded;
        if (found)
            *entry = ledger->slots[*cursor].entry;
        ++*cursor;
    }
    pthread_mutex_unlock(&ledger->lock);
    return found;
}

bool ledger_next(struct ledger *ledger, uint32_t *cursor, struct ledger_entry *entry)
{
    return next(ledger, false, cursor, entry);
}

bool ledger_next_yielded(struct ledger *ledger, uint32_t *cursor, struct ledger_entry *entry)
{
    return next(ledger, true, cursor, entry);
}

bool ledger_next_of(struct ledger *ledger, const struct vcpu_name *run, uint64_t *number,
                    struct ledger_entry *entry)
{
    struct vcpu_name name = *run;
    bool found = false, known;

    if (*number > UINT32_MAX)
        return false; /* after the emulator */
    name.number = (uint32_t)*number;
    pthread_mutex_lock(&ledger->lock);
    for (uint32_t position = slot_position(ledger, &name, &known);
         !found && position < ledger->count; position++) {
        const struct ledger_entry *next = &ledger->slots[ledger->order[position]].entry;

        name.number = next->vcpu.number;
        if (slot_compare(&next->vcpu, &name) != 0)
            break; /* of another run */
        found = !next->yielded_s;
        if (found)
            *entry = *next;
        *number = (uint64_t)name.number + 1;
    }
    pthread_mutex_unlock(&ledger->lock);
    return found;
}

uint32_t ledger_size(struct ledger *ledger)
{
    uint32_t count;

    pthread_mutex_lock(&ledger->lock);
    count = ledger->count;
    pthread_mutex_unlock(&ledger->lock);
    return count;
}

uint32_t ledger_count(struct ledger *ledger)
{
    uint32_t count;

    pthread_mutex_lock(&ledger->lock);
    count = ledger->count - ledger->yields;
    pthread_mutex_unlock(&ledger->lock);
    return count;
}

uint64_t ledger_version(struct ledger *ledger)
{
    uint64_t version;

    pthread_mutex_lock(&ledger->lock);
    version = ledger->version;
    pthread_mutex_unlock(&ledger->lock);
    return version;
}
