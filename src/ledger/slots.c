/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ledger/internal.h"

#include "base/array.h"

#include <string.h>

int slot_compare(const struct vcpu_name *a, const struct vcpu_name *b)
{
    const int uuid = memcmp(a->uuid, b->uuid, sizeof a->uuid);

    if (uuid)
        return uuid;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

uint32_t slot_position(const struct ledger *ledger, const struct vcpu_name *vcpu, bool *found)
{
    uint32_t low = 0, high = ledger->count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (slot_compare(&ledger->slots[ledger->order[middle]].entry.vcpu, vcpu) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < ledger->count &&
             slot_compare(&ledger->slots[ledger->order[low]].entry.vcpu, vcpu) == 0;
    return low;
}

struct slot *slot_find(struct ledger *ledger, const struct vcpu_name *vcpu)
{
    bool found;
    const uint32_t position = slot_position(ledger, vcpu, &found);

    return found ? &ledger->slots[ledger->order[position]] : NULL;
}

bool slot_reserve(struct ledger *ledger, uint32_t vcpus)
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

struct slot *slot_insert(struct ledger *ledger, const struct vcpu_name *vcpu)
{
    uint32_t position, index;
    bool found;

    if (!slot_reserve(ledger, ledger->count + 1))
        return NULL;
    position = slot_position(ledger, vcpu, &found);
    index = ledger->order[ledger->count];
    memmove(ledger->order + position + 1, ledger->order + position,
            (ledger->count - position) * sizeof *ledger->order);
    ledger->order[position] = index;
    ledger->count++;
    ledger->slots[index] = (struct slot){.used = true};
    return &ledger->slots[index];
}

void slot_remove(struct ledger *ledger, const struct vcpu_name *vcpu)
{
    bool found;
    const uint32_t position = slot_position(ledger, vcpu, &found);
    uint32_t index;

    if (!found)
        return;
    index = ledger->order[position];
    ledger->count--;
    ledger->yields -= ledger->slots[index].entry.yielded_s != 0;
    memmove(ledger->order + position, ledger->order + position + 1,
            (ledger->count - position) * sizeof *ledger->order);
    ledger->order[ledger->count] = index;
    ledger->slots[index].used = false;
    ledger->version++;
}
