/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/columns.h"

#include "base/array.h"
#include "trace/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE TRACE_NO_COLUMN

/* Columns without a vCPU that there may be, beside one for each vCPU. */
#define SPARE_COLUMNS 1024
/* After so many periods another VM may take over the columns of a VM that is gone. A VM that
 * restarts sooner keeps its own. */
#define GONE_PERIODS 100

void trace_columns_init(struct trace_columns *columns)
{
    *columns = (struct trace_columns){.count = 0};
    memset(columns->buckets, 0xff, sizeof columns->buckets);
}

void trace_columns_finish(struct trace_columns *columns)
{
    free(columns->list);
    free(columns->vms);
    free(columns->slots);
}

/* FNV-1a (draft-eastlake-fnv), 32 bits. */
static uint32_t *bucket_of(struct trace_columns *columns, const unsigned char *uuid)
{
    uint32_t hash = 2166136261u;

    for (int i = 0; i < DOMAIN_UUID_LEN; i++)
        hash = (hash ^ uuid[i]) * 16777619u;
    return &columns->buckets[(hash ^ hash >> 16) % TRACE_BUCKETS];
}

static bool is_of(const struct trace_vm *vm, const struct vcpu_name *name)
{
    return memcmp(vm->uuid, name->uuid, DOMAIN_UUID_LEN) == 0;
}

static struct trace_vm *find_vm(struct trace_columns *columns, const struct vcpu_name *name)
{
    for (uint32_t v = *bucket_of(columns, name->uuid); v != NONE; v = columns->vms[v].next)
        if (is_of(&columns->vms[v], name))
            return &columns->vms[v];
    return NULL;
}

/* How many vCPUs of the VM follow in the view, from `vcpu` on. */
static uint32_t count_vcpus(const struct view *view, uint32_t vcpu)
{
    uint32_t count = 1;

    while (vcpu + count < view->vcpu_count &&
           memcmp(view->vcpus[vcpu + count].name.uuid, view->vcpus[vcpu].name.uuid,
                  DOMAIN_UUID_LEN) == 0)
        count++;
    return count;
}

/* Compares the columns of two VMs for a VM of `need` vCPUs: the fewest that are enough are best,
 * else the most. */
static bool fits_better(const struct trace_vm *vm, const struct trace_vm *best, uint32_t need)
{
    if (!best)
        return true;
    if (vm->count < need || best->count < need)
        return vm->count > best->count;
    return vm->count < best->count;
}

/* A VM that is gone, whose columns a new one takes over; NULL: it gets new columns. */
static struct trace_vm *find_gone(struct trace_columns *columns, uint32_t need)
{
    const bool full = columns->count + need > TRACE_VCPUS_MAX;
    const uint64_t gone = full ? 1 : GONE_PERIODS;
    struct trace_vm *best = NULL;

    if (!full && columns->count < 2 * (uint64_t)columns->present + SPARE_COLUMNS)
        return NULL;
    for (uint32_t v = 0; v < columns->vm_count; v++) {
        struct trace_vm *vm = &columns->vms[v];

        if (columns->period - vm->seen >= gone && fits_better(vm, best, need))
            best = vm;
    }
    return best;
}

static void leave_bucket(struct trace_columns *columns, const struct trace_vm *vm)
{
    uint32_t *link = bucket_of(columns, vm->uuid);

    while (&columns->vms[*link] != vm)
        link = &columns->vms[*link].next;
    *link = vm->next;
}

/* Adds a VM. Returns NULL without memory. */
static struct trace_vm *add_vm(struct trace_columns *columns, const struct vcpu_name *name,
                               uint32_t need)
{
    struct trace_vm *vm = find_gone(columns, need);
    uint32_t *bucket = bucket_of(columns, name->uuid);

    if (vm) {
        leave_bucket(columns, vm);
    } else {
        if (!ARRAY_GROW(columns->vms, columns->vm_capacity, columns->vm_count + 1))
            return NULL;
        vm = &columns->vms[columns->vm_count++];
        *vm = (struct trace_vm){.first = NONE, .home = -1};
    }
    memcpy(vm->uuid, name->uuid, DOMAIN_UUID_LEN);
    vm->seen = columns->period;
    vm->next = *bucket;
    *bucket = (uint32_t)(vm - columns->vms);
    return vm;
}

static int find_column(struct trace_columns *columns, struct trace_vm *vm, uint32_t number,
                       uint32_t *found)
{
    struct trace_column *column;

    for (uint32_t c = vm->first; c != NONE; c = columns->list[c].next) {
        *found = c;
        if (columns->list[c].number == number)
            return 0;
    }
    if (columns->count == TRACE_VCPUS_MAX)
        return -E2BIG;
    if (!ARRAY_GROW(columns->list, columns->capacity, columns->count + 1))
        return -ENOMEM;
    *found = columns->count++;
    column = &columns->list[*found];
    *column = (struct trace_column){
        .number = number, .vm = (uint32_t)(vm - columns->vms), .start = NONE, .next = vm->first};
    vm->first = *found;
    vm->count++;
    return 0;
}

/* The column of a vCPU that has had one in its slot; NONE. */
static uint32_t known_column(const struct trace_columns *columns, const struct view_vcpu *vcpu)
{
    const uint32_t slot = vcpu->name.slot;
    uint32_t column;

    if (slot >= columns->slot_capacity || columns->slots[slot].serial != vcpu->serial)
        return NONE;
    column = columns->slots[slot].column;
    /* Another VM may have taken over its columns. */
    return is_of(&columns->vms[columns->list[column].vm], &vcpu->name) ? column : NONE;
}

int trace_column(struct trace_columns *columns, const struct view *view, uint32_t vcpu,
                 uint32_t *column)
{
    const struct view_vcpu *v = &view->vcpus[vcpu];
    struct trace_vm *vm;
    int error;

    *column = known_column(columns, v);
    if (*column != NONE)
        return 0;
    vm = find_vm(columns, &v->name);
    if (!vm)
        vm = add_vm(columns, &v->name, count_vcpus(view, vcpu));
    if (!vm || !ARRAY_GROW(columns->slots, columns->slot_capacity, v->name.slot + 1))
        return -ENOMEM;
    error = find_column(columns, vm, v->name.number, column);
    if (error)
        return error;
    columns->slots[v->name.slot].serial = v->serial;
    columns->slots[v->name.slot].column = *column;
    return 0;
}

/* Notes which VMs are present, before a new one looks for columns. */
static void note_present(struct trace_columns *columns, const struct view *view)
{
    for (uint32_t i = 0; i < view->vcpu_count; i += count_vcpus(view, i)) {
        const uint32_t column = known_column(columns, &view->vcpus[i]);
        struct trace_vm *vm = column != NONE ? &columns->vms[columns->list[column].vm]
                                             : find_vm(columns, &view->vcpus[i].name);

        if (vm)
            vm->seen = columns->period;
    }
}

static int make_first(struct trace_columns *columns, const struct view *view)
{
    uint32_t column;
    int error = 0;

    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        uint32_t slot = view->vcpus[i].name.slot;

        if (!ARRAY_GROW(columns->slots, columns->slot_capacity, slot + 1))
            return -ENOMEM;
        columns->slots[slot].column = i + 1; /* for this function only: its serial is still 0 */
    }
    for (uint32_t s = 0; !error && s < columns->slot_capacity; s++) {
        const uint32_t i = columns->slots[s].column;

        if (i > 0)
            error = trace_column(columns, view, i - 1, &column);
    }
    return error;
}

int trace_columns_begin(struct trace_columns *columns, const struct view *view, uint64_t period)
{
    columns->period = period;
    columns->present = view->vcpu_count;
    if (columns->count == 0)
        return make_first(columns, view);
    note_present(columns, view);
    return 0;
}
