/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * columns.h - which column of a record a vCPU has. Only for record.c. One thread.
 *
 * A column is a vCPU of a VM. Once there are many more columns than vCPUs, a new VM takes over the
 * columns of one that has long been gone. So a record is as wide as the host at its fullest, not as
 * wide as all VMs that ever ran.
 */
#ifndef VCPU_SCHEDULER_TRACE_COLUMNS_H
#define VCPU_SCHEDULER_TRACE_COLUMNS_H

#include "view.h"

#include <stdbool.h>
#include <stdint.h>

#define TRACE_NO_COLUMN UINT32_MAX

struct trace_column {
    uint32_t number; /* of the vCPU */
    uint32_t vm;     /* index in vms[] */
    uint32_t start;  /* the trace's number of the pCPU where it was first seen; TRACE_NO_COLUMN:
                        not a managed one */
    uint32_t next;   /* of the same VM; TRACE_NO_COLUMN at the end */
};

/** A VM and its columns. */
struct trace_vm {
    unsigned char uuid[DOMAIN_UUID_LEN]; /* of the VM that has them now */
    uint32_t first, count;               /* columns */
    uint32_t next;                       /* in its bucket */
    uint64_t seen;                       /* the last period with it */
    int32_t home;                        /* the node of its memory, by the topology; -1: unknown */
};

#define TRACE_BUCKETS 4096

struct trace_columns {
    struct trace_column *list;
    struct trace_vm *vms;
    uint32_t count, capacity, vm_count, vm_capacity;
    uint64_t period;  /* the present one */
    uint32_t present; /* vCPUs in it */
    struct {
        uint64_t serial; /* 0: none */
        uint32_t column;
    } * slots; /* by vcpu_sample.slot: the column of each known vCPU */
    uint32_t slot_capacity;
    uint32_t buckets[TRACE_BUCKETS]; /* by UUID: the VM added last */
};

/** Starts without columns; trace_columns_finish() frees them. */
void trace_columns_init(struct trace_columns *columns);
void trace_columns_finish(struct trace_columns *columns);

/**
 * Begins a period; `period` rises with each. In the first one every vCPU gets its column, in the
 * order of the slots. In a replay that is the trace's own order, so that a record of it starts with
 * each vCPU on the same pCPU. Returns 0, or as trace_column().
 */
int trace_columns_begin(struct trace_columns *columns, const struct view *view, uint64_t period);

/** The column of a vCPU (index) of the period's view. Returns 0 and *column, -ENOMEM, or -E2BIG:
 * all TRACE_VCPUS_MAX are used. */
int trace_column(struct trace_columns *columns, const struct view *view, uint32_t vcpu,
                 uint32_t *column);

#endif
