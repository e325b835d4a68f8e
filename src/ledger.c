/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger.h"

#include "grow.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct ledger {
    pthread_mutex_t lock;
    struct ledger_entry *entries; /* by the vCPU's slot: no more than there ever were at once */
    uint32_t room;
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
    free(ledger->entries);
    free(ledger);
}

/** The vCPU's entry, NULL if its slot holds nothing or another's. Under the lock. */
static struct ledger_entry *entry_of(struct ledger *ledger, const struct vcpu_name *vcpu)
{
    struct ledger_entry *entry;

    if (vcpu->slot >= ledger->room)
        return NULL;
    entry = &ledger->entries[vcpu->slot];
    if (!entry->used || entry->vcpu.id != vcpu->id || entry->vcpu.number != vcpu->number ||
        memcmp(entry->vcpu.uuid, vcpu->uuid, sizeof vcpu->uuid) != 0)
        return NULL;
    return entry;
}

void ledger_reserve(struct ledger *ledger, uint32_t slots)
{
    pthread_mutex_lock(&ledger->lock);
    /* Without memory ledger_note() will say so. */
    (void)GROW(ledger->entries, ledger->room, slots);
    pthread_mutex_unlock(&ledger->lock);
}

int ledger_note(struct ledger *ledger, const struct vcpu_name *vcpu, const char *domain,
                const struct cpuset *original, int32_t pinned)
{
    struct ledger_entry *entry;
    int error = -ENOMEM;

    pthread_mutex_lock(&ledger->lock);
    if (GROW(ledger->entries, ledger->room, vcpu->slot + 1)) {
        entry = entry_of(ledger, vcpu);
        if (!entry) {
            entry = &ledger->entries[vcpu->slot];
            entry->vcpu = *vcpu;
            entry->original = *original;
            entry->used = true;
            strncpy(entry->domain, domain, sizeof entry->domain - 1);
            entry->domain[sizeof entry->domain - 1] = '\0';
        }
        entry->pinned = pinned;
        error = 0;
    }
    pthread_mutex_unlock(&ledger->lock);
    return error;
}

void ledger_forget(struct ledger *ledger, const struct vcpu_name *vcpu)
{
    struct ledger_entry *entry;

    pthread_mutex_lock(&ledger->lock);
    entry = entry_of(ledger, vcpu);
    if (entry)
        entry->used = false;
    pthread_mutex_unlock(&ledger->lock);
}

bool ledger_find(struct ledger *ledger, const struct vcpu_name *vcpu, struct ledger_entry *entry)
{
    const struct ledger_entry *found;

    pthread_mutex_lock(&ledger->lock);
    found = entry_of(ledger, vcpu);
    if (found)
        *entry = *found;
    pthread_mutex_unlock(&ledger->lock);
    return found != NULL;
}

bool ledger_next(struct ledger *ledger, uint32_t *cursor, struct ledger_entry *entry)
{
    bool found = false;

    pthread_mutex_lock(&ledger->lock);
    while (!found && *cursor < ledger->room) {
        found = ledger->entries[*cursor].used;
        if (found)
            *entry = ledger->entries[*cursor];
        ++*cursor;
    }
    pthread_mutex_unlock(&ledger->lock);
    return found;
}
