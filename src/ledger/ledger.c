/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/ledger.h"

#include "base/array.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    struct ledger_entry entry;
    bool used;
    bool noted; /* and not settled */
    bool first; /* the note has set the original */
};

struct ledger {
    pthread_mutex_t lock;
    struct slot *slots;
    /* All slots: the first `count` are in use, ascending by vCPU, the others free. */
    uint32_t *order;
    uint32_t count, capacity, slot_capacity, order_capacity;
    uint32_t yields; /* of them somebody else's */
    uint64_t version;
};

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

static struct cpuset only(int32_t pcpu)
{
    struct cpuset set;

    cpuset_clear(&set);
    cpuset_add(&set, (uint32_t)pcpu);
    return set;
}

static bool is_only(const struct cpuset *set, int32_t pcpu)
{
    return pcpu >= 0 && cpuset_has(set, (uint32_t)pcpu) && cpuset_count(set) == 1;
}

bool ledger_is_ours(const struct ledger_entry *entry, const struct cpuset *now)
{
    return is_only(now, entry->pinned) || is_only(now, entry->was);
}

struct cpuset ledger_before(const struct ledger_entry *entry)
{
    return entry->was >= 0 ? only(entry->was) : entry->original;
}

/* ---- under the lock ---- */

static int compare(const struct vcpu_name *a, const struct vcpu_name *b)
{
    const int uuid = memcmp(a->uuid, b->uuid, sizeof a->uuid);

    if (uuid)
        return uuid;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* The place in `order` where the vCPU is, or belongs. */
static uint32_t place_of(const struct ledger *ledger, const struct vcpu_name *vcpu, bool *found)
{
    uint32_t low = 0, high = ledger->count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (compare(&ledger->slots[ledger->order[middle]].entry.vcpu, vcpu) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found =
        low < ledger->count && compare(&ledger->slots[ledger->order[low]].entry.vcpu, vcpu) == 0;
    return low;
}

static struct slot *slot_of(struct ledger *ledger, const struct vcpu_name *vcpu)
{
    bool found;
    const uint32_t place = place_of(ledger, vcpu, &found);

    return found ? &ledger->slots[ledger->order[place]] : NULL;
}

static bool reserve(struct ledger *ledger, uint32_t vcpus)
{
    if (vcpus <= ledger->capacity)
        return true;
    if (!ARRAY_GROW(ledger->slots, ledger->slot_capacity, vcpus) ||
        !ARRAY_GROW(ledger->order, ledger->order_capacity, vcpus))
        return false;
    while (ledger->capacity < ledger->slot_capacity && ledger->capacity < ledger->order_capacity) {
        ledger->order[ledger->capacity] = ledger->capacity;
        ledger->capacity++;
    }
    return true;
}

/* A slot for a vCPU that has none; NULL without memory. */
static struct slot *insert(struct ledger *ledger, const struct vcpu_name *vcpu)
{
    uint32_t place, index;
    bool found;

    if (!reserve(ledger, ledger->count + 1))
        return NULL;
    place = place_of(ledger, vcpu, &found);
    index = ledger->order[ledger->count];
    memmove(ledger->order + place + 1, ledger->order + place,
            (ledger->count - place) * sizeof *ledger->order);
    ledger->order[place] = index;
    ledger->count++;
    ledger->slots[index] = (struct slot){.used = true};
    return &ledger->slots[index];
}

static void forget(struct ledger *ledger, const struct vcpu_name *vcpu)
{
    bool found;
    const uint32_t place = place_of(ledger, vcpu, &found);
    uint32_t index;

    if (!found)
        return;
    index = ledger->order[place];
    ledger->count--;
    ledger->yields -= ledger->slots[index].entry.yielded_s != 0;
    memmove(ledger->order + place, ledger->order + place + 1,
            (ledger->count - place) * sizeof *ledger->order);
    ledger->order[ledger->count] = index;
    ledger->slots[index].used = false;
    ledger->version++;
}

/* ---- from outside ---- */

void ledger_reserve(struct ledger *ledger, uint32_t vcpus)
{
    pthread_mutex_lock(&ledger->lock);
    /* Without memory ledger_note() will say so. */
    (void)reserve(ledger, vcpus);
    pthread_mutex_unlock(&ledger->lock);
}

int ledger_note(struct ledger *ledger, const struct vcpu_name *vcpu, const char *domain,
                const struct cpuset *before, int32_t to)
{
    struct ledger_entry *entry;
    struct slot *slot;

    pthread_mutex_lock(&ledger->lock);
    slot = slot_of(ledger, vcpu);
    if (!slot || !ledger_is_ours(&slot->entry, before)) {
        if (!slot)
            slot = insert(ledger, vcpu);
        if (slot) {
            slot->first = true;
            slot->entry.original = *before;
        }
    } else {
        slot->first = false;
    }
    if (slot) {
        entry = &slot->entry;
        slot->noted = true;
        entry->unsure = false;
        ledger->yields -= entry->yielded_s != 0;
        entry->yielded_s = 0;
        entry->vcpu = *vcpu;
        entry->was = cpuset_count(before) == 1 ? cpuset_next(before, 0) : -1;
        entry->pinned = to;
        strncpy(entry->domain, domain, sizeof entry->domain - 1);
        entry->domain[sizeof entry->domain - 1] = '\0';
        ledger->version++;
    }
    pthread_mutex_unlock(&ledger->lock);
    return slot ? 0 : -ENOMEM;
}

/* The pin that was noted has not been made. */
static void withdraw(struct ledger *ledger, struct slot *slot)
{
    struct ledger_entry *entry = &slot->entry;

    if (slot->first || is_only(&entry->original, entry->was)) {
        forget(ledger, &entry->vcpu);
        return;
    }
    entry->pinned = entry->was;
    entry->was = -1;
    ledger->version++;
}

/* Under the lock: it is settled as that. */
static void conclude(struct ledger *ledger, struct slot *slot, enum ledger_outcome outcome)
{
    slot->noted = false;
    slot->entry.unsure = outcome == LEDGER_UNKNOWN;
    switch (outcome) {
    case LEDGER_PINNED:
        slot->entry.was = -1; /* on disk it may stay: not worth a write */
        break;
    case LEDGER_KEPT:
        withdraw(ledger, slot);
        break;
    case LEDGER_UNKNOWN:
        break;
    }
}

void ledger_settle(struct ledger *ledger, const struct vcpu_name *vcpu, enum ledger_outcome outcome)
{
    struct slot *slot;

    pthread_mutex_lock(&ledger->lock);
    slot = slot_of(ledger, vcpu);
    if (slot && slot->noted)
        conclude(ledger, slot, outcome);
    pthread_mutex_unlock(&ledger->lock);
}

void ledger_resolve(struct ledger *ledger, const struct vcpu_name *vcpu,
                    enum ledger_outcome outcome)
{
    struct slot *slot;

    pthread_mutex_lock(&ledger->lock);
    slot = slot_of(ledger, vcpu);
    if (slot && slot->entry.unsure)
        conclude(ledger, slot, outcome);
    pthread_mutex_unlock(&ledger->lock);
}

int ledger_add(struct ledger *ledger, const struct ledger_entry *entry)
{
    struct slot *slot;
    int error = 0;

    pthread_mutex_lock(&ledger->lock);
    if (slot_of(ledger, &entry->vcpu)) {
        error = -EEXIST;
    } else {
        slot = insert(ledger, &entry->vcpu);
        if (slot) {
            slot->entry = *entry;
            ledger->yields += entry->yielded_s != 0;
            ledger->version++;
        } else {
            error = -ENOMEM;
        }
    }
    pthread_mutex_unlock(&ledger->lock);
    return error;
}

void ledger_forget(struct ledger *ledger, const struct vcpu_name *vcpu)
{
    pthread_mutex_lock(&ledger->lock);
    forget(ledger, vcpu);
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
    slot = slot_of(ledger, vcpu);
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
    forget(ledger, vcpu);
    slot = insert(ledger, vcpu);
    if (slot) {
        slot->entry.vcpu = *vcpu;
        slot->entry.yielded_s = now_s > 0 ? now_s : 1;
        slot->entry.pinned = slot->entry.was = -1;
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
    slot = slot_of(ledger, vcpu);
    yielded_s = slot ? slot->entry.yielded_s : 0;
    pthread_mutex_unlock(&ledger->lock);
    return yielded_s;
}

/* The next entry that is somebody else's, or that is not. */
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

bool ledger_next_of(struct ledger *ledger, const struct vcpu_name *run, uint32_t *number,
                    struct ledger_entry *entry)
{
    struct vcpu_name name = *run;
    bool found = false, known;

    name.number = *number;
    pthread_mutex_lock(&ledger->lock);
    for (uint32_t place = place_of(ledger, &name, &known); !found && place < ledger->count;
         place++) {
        const struct ledger_entry *next = &ledger->slots[ledger->order[place]].entry;

        name.number = next->vcpu.number;
        if (compare(&next->vcpu, &name) != 0)
            break; /* another run's */
        found = !next->yielded_s;
        if (found)
            *entry = *next;
        *number = name.number + 1;
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
