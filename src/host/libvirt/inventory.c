/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/libvirt/inventory.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

/* Gives out the lowest free number; UINT32_MAX without memory. */
static uint32_t take_slot(struct slots *slots)
{
    uint32_t word = 0;
    uint32_t bit;

    while (word < slots->capacity && slots->used[word] == UINT64_MAX)
        word++;
    if (!ARRAY_GROW(slots->used, slots->capacity, word + 1))
        return UINT32_MAX;
    bit = (uint32_t)__builtin_ctzll(~slots->used[word]);
    slots->used[word] |= UINT64_C(1) << bit;
    return word * 64 + bit;
}

static void return_slot(struct slots *slots, uint32_t slot)
{
    slots->used[slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

static void drop_vcpu(struct inventory *inventory, struct vcpu_record *vcpu)
{
    kept_close(&vcpu->cgroup);
    kept_close(&vcpu->schedstat);
    return_slot(&inventory->vcpu_slots, vcpu->slot);
}

static void drop_domain(struct inventory *inventory, struct domain_record *domain)
{
    for (uint32_t v = 0; v < domain->vcpu_count; v++)
        drop_vcpu(inventory, &domain->vcpus[v]);
    kept_close(&domain->limit_file);
    return_slot(&inventory->domain_slots, domain->slot);
    free(domain->vcpus);
    free(domain);
}

void inventory_finish(struct inventory *inventory)
{
    for (uint32_t d = 0; d < inventory->count; d++)
        drop_domain(inventory, inventory->domains[d]);
    free(inventory->domains);
    free(inventory->domain_slots.used);
    free(inventory->vcpu_slots.used);
    free(inventory->sets);
}

/* The index of the uuid's record, or where it would be inserted. */
static uint32_t position(const struct inventory *inventory, const unsigned char *uuid)
{
    uint32_t low = 0, high = inventory->count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (memcmp(inventory->domains[middle]->uuid, uuid, DOMAIN_UUID_LEN) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A vCPU of which nothing is known yet. */
static struct vcpu_record new_vcpu(uint64_t serial, uint32_t number, uint32_t slot)
{
    return (struct vcpu_record){
        .serial = serial,
        .number = number,
        .slot = slot,
        .affinity = UINT32_MAX,
        .wanted = UINT32_MAX,
        .told = UINT32_MAX,
        .meant = UINT32_MAX,
        .differing = UINT32_MAX,
        .wish = UINT32_MAX,
        .numa_home = -1,
        .cgroup = KEPT_NONE,
        .schedstat = KEPT_NONE,
    };
}

static struct domain_record *new_domain(struct inventory *inventory, const unsigned char *uuid,
                                        int32_t id, const char *name)
{
    struct domain_record *domain = calloc(1, sizeof *domain);

    if (!domain)
        return NULL;
    domain->slot = take_slot(&inventory->domain_slots);
    if (domain->slot == UINT32_MAX) {
        free(domain);
        return NULL;
    }
    memcpy(domain->uuid, uuid, DOMAIN_UUID_LEN);
    strncpy(domain->name, name, sizeof domain->name - 1);
    domain->id = id;
    domain->limit_file = KEPT_NONE;
    domain->emulator = new_vcpu(0, VCPU_EMULATOR, UINT32_MAX);
    domain->serial = ++inventory->serial;
    domain->stale = true;
    return domain;
}

struct domain_record *inventory_domain(struct inventory *inventory, const unsigned char *uuid,
                                       int32_t id, const char *name)
{
    const uint32_t at = position(inventory, uuid);
    const bool known =
        at < inventory->count && memcmp(inventory->domains[at]->uuid, uuid, DOMAIN_UUID_LEN) == 0;
    struct domain_record *domain;

    if (known && inventory->domains[at]->id == id)
        return inventory->domains[at];
    if (!known && !ARRAY_GROW(inventory->domains, inventory->capacity, inventory->count + 1))
        return NULL;
    domain = new_domain(inventory, uuid, id, name);
    if (!domain)
        return NULL;
    if (known) {
        drop_domain(inventory, inventory->domains[at]);
    } else {
        memmove(&inventory->domains[at + 1], &inventory->domains[at],
                (inventory->count - at) * sizeof *inventory->domains);
        inventory->count++;
    }
    inventory->domains[at] = domain;
    return domain;
}

void inventory_make_stale(struct inventory *inventory)
{
    for (uint32_t d = 0; d < inventory->count; d++) {
        inventory->domains[d]->stale = true;
        inventory->domains[d]->known = false;
    }
}

void inventory_sweep(struct inventory *inventory, uint64_t sweep)
{
    uint32_t kept = 0;

    for (uint32_t d = 0; d < inventory->count; d++) {
        struct domain_record *domain = inventory->domains[d];

        if (domain->sweep == sweep)
            inventory->domains[kept++] = domain;
        else
            drop_domain(inventory, domain);
    }
    inventory->count = kept;
}

struct vcpu_record *inventory_vcpu(struct inventory *inventory, struct domain_record *domain,
                                   uint32_t number, bool *is_new)
{
    uint32_t at = 0;
    uint32_t slot;

    while (at < domain->vcpu_count && domain->vcpus[at].number < number)
        at++;
    *is_new = at == domain->vcpu_count || domain->vcpus[at].number != number;
    if (!*is_new)
        return &domain->vcpus[at];
    if (!ARRAY_GROW(domain->vcpus, domain->vcpu_capacity, domain->vcpu_count + 1))
        return NULL;
    slot = take_slot(&inventory->vcpu_slots);
    if (slot == UINT32_MAX)
        return NULL;
    memmove(&domain->vcpus[at + 1], &domain->vcpus[at],
            (domain->vcpu_count - at) * sizeof *domain->vcpus);
    domain->vcpu_count++;
    domain->vcpus[at] = new_vcpu(++inventory->serial, number, slot);
    return &domain->vcpus[at];
}

void inventory_sweep_vcpus(struct inventory *inventory, struct domain_record *domain)
{
    uint32_t kept = 0;

    for (uint32_t v = 0; v < domain->vcpu_count; v++) {
        if (domain->vcpus[v].present) {
            domain->vcpus[v].present = false;
            domain->vcpus[kept++] = domain->vcpus[v];
        } else {
            drop_vcpu(inventory, &domain->vcpus[v]);
        }
    }
    domain->vcpu_count = kept;
}

uint32_t inventory_set(struct inventory *inventory, const struct cpuset *set)
{
    for (uint32_t s = 0; s < inventory->set_count; s++) {
        if (cpuset_equal(&inventory->sets[s], set))
            return s;
    }
    if (!ARRAY_GROW(inventory->sets, inventory->set_capacity, inventory->set_count + 1))
        return UINT32_MAX;
    inventory->sets[inventory->set_count] = *set;
    inventory->sets_version++;
    return inventory->set_count++;
}
