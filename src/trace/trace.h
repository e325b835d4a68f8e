/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - demand traces: text, optionally compressed with gzip.
 *
 * Lines with `#` are the head. These are read, each at most once and before the first row:
 *
 *     # pcpus: N            pCPUs that the demand was for, 1 to CPUSET_MAX
 *     # vcpus: N            vCPUs, 1 to TRACE_VCPUS_MAX
 *     # resolution: S s     seconds of a row, above 0; text may follow
 *     # vm: a,b,…           the VM index of each vCPU; default: each vCPU is a VM
 *     # start: a,b,…        the pCPU where each vCPU starts, 0 to pcpus - 1;
 *                           default: vCPU i on i modulo pcpus
 *     # periods: N          rows; without it, a file cut between two rows looks whole
 *     # topology: S,L,C,T   sockets, LLCs in each, cores in each, threads in each, as
 *                           topology_regular() takes them; their product is pcpus;
 *                           default: all pCPUs are alike, and the next three are refused
 *     # smt_factor: F       0.1 to 1: speed of a thread while all of its core are busy,
 *                           relative to its speed alone; default: 1
 *     # remote_factor: R    0.1 to 1: speed of a vCPU on the node next to its memory,
 *                           relative to its speed on that node; default: 1
 *     # home: a,b,…         the node of each VM's memory, 0 to sockets - 1, VMs ascending
 *                           by index; default: unknown, nothing is remote
 *
 * A row for each period follows: its index, which rises by one, and each vCPU's demand in percent
 * of one pCPU, 0 to 100, separated by commas. Lines may end in CR LF. Empty lines are ignored.
 */
#ifndef VCPU_SCHEDULER_TRACE_TRACE_H
#define VCPU_SCHEDULER_TRACE_TRACE_H

#include "error.h"
#include "plan.h"

#include <stdbool.h>
#include <stdint.h>

#define TRACE_VCPUS_MAX 1000000

/** How many of each its parent has. */
struct trace_shape {
    uint32_t sockets, llcs, cores, threads;
};

/** A trace in memory. */
struct trace {
    uint32_t pcpus, vcpus, periods;
    double resolution_s;
    uint32_t *vm;                     /* of each vCPU: its VM's index */
    uint32_t *start;                  /* the pCPU of each vCPU in the first period */
    struct trace_shape shape;         /* zeroed: all pCPUs are alike */
    double smt_factor, remote_factor; /* with a shape only */
    uint32_t *home;                   /* the node of each vCPU's memory; NULL: not known */
    double *demand;                   /* of vCPU v in period t: demand[t * vcpus + v] */
    char *notes;                      /* the other lines of the head; NULL: none */
    struct failure cut; /* where the file ends too early, and what is left; empty: it is whole */
};

/**
 * Reads a trace. Of a file or gzip stream that ends too early, the whole rows are read, if there is
 * one, and trace->cut is set. Any thread. Returns 0 and *trace (freed by trace_free()); -EINVAL:
 * not a trace, with file, line and what is wrong in *why; -ENOTSUP: gzip, but built without zlib;
 * -ENOMEM; -EIO and other errors of open(2) and read(2).
 */
int trace_read(const char *path, struct trace **trace, struct failure *why);

/** Frees a trace. Accepts NULL. */
void trace_free(struct trace *trace);

#endif
