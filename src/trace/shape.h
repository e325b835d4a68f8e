/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape.h - the shape of a recorded host, where the head of a trace can tell it. Only for record.c.
 * One thread.
 *
 * A trace tells regular shapes only: as many LLCs in each node, cores in each LLC and threads in
 * each core. Its pCPUs are the managed ones, numbered node by node, LLC by LLC, core by core.
 */
#ifndef VCPU_SCHEDULER_TRACE_SHAPE_H
#define VCPU_SCHEDULER_TRACE_SHAPE_H

#include "trace/columns.h"
#include "trace/trace.h"
#include "view.h"

#include <stdio.h>

struct record_shape {
    struct trace_shape shape; /* zeroed: not known, or no regular one, or all pCPUs are alike */
    double smt_factor, remote_factor;
    uint32_t *places; /* by pCPU: its number in the trace; TRACE_NO_COLUMN: not managed;
                        owned */
    uint32_t *nodes;  /* by the trace's number of a node: its index in the topology; owned */
    struct record_site *sites; /* scratch space; owned */
    uint32_t place_capacity, node_capacity, site_capacity;
    uint32_t place_count;
    uint32_t managed;  /* pCPUs */
    uint64_t topology; /* its version */
};

/**
 * Finds the shape and the numbers of the pCPUs. If a later view has another shape than the first,
 * the record has none. Zeroed at first. Returns 0 or -ENOMEM.
 */
int record_shape_look(struct record_shape *shape, const struct view *view);
void record_shape_finish(struct record_shape *shape);

/** Writes the shape's lines of the head, if there is a shape. */
void record_shape_write(const struct record_shape *shape, const struct trace_columns *columns,
                        FILE *out);

#endif
