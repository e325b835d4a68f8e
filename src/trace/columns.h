/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * columns.h - which column of a record a vCPU has. Only for writer.c. One thread.
 *
 * A column is a vCPU of a VM. VMs come and go, and a record is as wide as the host at its fullest,
 * not as wide as all that ever ran: one that is new takes the place of one that has long been gone,
 * with its columns, once there are many more columns than vCPUs.
 */
#ifndef VCPU_SCHEDULER_TRACE_COLUMNS_H
#define VCPU_SCHEDULER_TRACE_COLUMNS_H

#include "plan.h"

#include <stdbool.h>
#include <stdint.h>

#define TRACE_NO_COLUMN UINT32_MAX

/* Columns that may stand empty, beside as many as there are vCPUs; and for how many periods a VM is
 * away before another may have its place: one that is only started anew goes on in its own. */
#define TRACE_SPARE_COLUMNS 1024
#define TRACE_AWAY_PERIODS  100

struct trace_column {
    uint32_t number; /* of the vCPU */
    uint32_t vm;     /* index in vms[] */
    uint32_t start;  /* where it was first seen: counts managed pCPUs only; TRACE_NO_COLUMN
                        elsewhere */
    uint32_t next;   /* of the same VM; TRACE_NO_COLUMN at the end */
};

/** The place of a VM. */
struct trace_vm {
    unsigned char uuid[DOMAIN_UUID_LEN]; /* who has it now */
    uint32_t first, count;               /* columns */
    uint32_t next;                       /* in its bucket */
    uint64_t seen;                       /* the period that it was in last */
};

#define TRACE_BUCKETS 4096

struct trace_columns {
    struct trace_column *list;
    struct trace_vm *vms;
    uint32_t count, capacity, vm_count, vm_capacity;
    uint64_t period;  /* at hand */
    uint32_t present; /* vCPUs in it */
    struct {
        uint64_t serial; /* 0: none */
        uint32_t column;
    } * slots; /* the column of the vCPU that has a slot, so that known ones are found at once */
    uint32_t slot_capacity;
    uint32_t buckets[TRACE_BUCKETS]; /* by UUID: the latest VM */
};

/** No columns. */
void trace_columns_init(struct trace_columns *columns);
void trace_columns_finish(struct trace_columns *columns);

/**
 * A period begins; each has a higher number than the one before. In the first one every vCPU gets
 * its column, in the order of the slots, which in a replay is the trace's own: a record of it then
 * starts with every vCPU on the same pCPU. Returns 0, or as trace_column().
 */
int trace_columns_begin(struct trace_columns *columns, const struct view *view, uint64_t period);

/** The column of a vCPU (index) of the period's view. Returns 0 and *column, -ENOMEM, or -E2BIG:
 * TRACE_VCPUS_MAX are taken. */
int trace_column(struct trace_columns *columns, const struct view *view, uint32_t vcpu,
                 uint32_t *column);

#endif
