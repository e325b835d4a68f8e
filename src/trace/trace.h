/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - demand traces: text, optionally gzip.
 *
 * Lines with `#` are the head; these are read, each at most once and before the first row:
 *
 *     # pcpus: N            how many pCPUs the demand was for, 1 to CPUSET_MAX
 *     # vcpus: N            how many vCPUs, 1 to TRACE_VCPUS_MAX
 *     # resolution: S s     seconds that a row stands for, more than 0; text may follow
 *     # vm: a,b,…           the VM index of each vCPU; without it every vCPU is a VM of its own
 *     # start: a,b,…        the pCPU, 0 to pcpus - 1, on which each vCPU starts; without it vCPU i
 * starts on i modulo pcpus
 *     # periods: N          how many rows there are; without it a file cut between two rows goes
 * unnoticed
 *     # topology: S,L,C,T   the pCPUs' shape: sockets, LLCs in each, cores in each, threads in
 * each, as topology_regular() has it; as many as pcpus says. Without it all pCPUs are alike, and
 * the next three must not be there either
 *     # smt_factor: F       0.1 to 1: what each thread does while all of its core are busy, of what
 * it does alone; 1 without it
 *     # remote_factor: R    0.1 to 1: what a vCPU does on the node next to its memory's, of what it
 * does on that node; 1 without it
 *     # home: a,b,…         the node of each VM's memory, 0 to sockets - 1, VMs ascending by index;
 * without it nobody's memory is known, and nothing is remote
 *
 * then one row a period: the period's index, counting up by one, and each vCPU's demand in percent
 * of one pCPU, 0 to 100, all separated by commas. Lines may end in CR LF; empty lines are passed
 * over.
 */
#ifndef VCPU_SCHEDULER_TRACE_TRACE_H
#define VCPU_SCHEDULER_TRACE_TRACE_H

#include "error.h"
#include "plan.h"

#include <stdbool.h>
#include <stdint.h>

#define TRACE_VCPUS_MAX 1000000

/** Each per parent. */
struct trace_shape {
    uint32_t sockets, llcs, cores, threads;
};

/** A trace in memory. */
struct trace {
    uint32_t pcpus, vcpus, periods;
    double resolution_s;
    uint32_t *vm; /* of each vCPU, as the file says; its own number where the file says nothing */
    uint32_t *start;                  /* the pCPU of each vCPU in the first period */
    struct trace_shape shape;         /* zeroed: all pCPUs are alike */
    double smt_factor, remote_factor; /* with a shape only */
    uint32_t *home;                   /* the node of each vCPU's memory; NULL: not known */
    double *demand;                   /* of vCPU v in period t: demand[t * vcpus + v] */
    char
        *notes; /* what else the head says, a line each, such as where the trace comes from; NULL */
    struct failure
        cut; /* the file ends too early: where, and what is left; empty when it is whole */
};

/**
 * Reads a trace. A file that ends within a row, or whose gzip stream does, gives what is whole, at
 * least a row, and says so in trace->cut. Any thread. Returns 0 and *trace (freed by trace_free());
 * -EINVAL: not a trace, with file, line and what is wrong in *why; -ENOTSUP: gzip, but built
 * without zlib; -ENOMEM; -EIO and other errors of open(2) and read(2).
 */
int trace_read(const char *path, struct trace **trace, struct failure *why);

/** Accepts NULL. */
void trace_free(struct trace *trace);

#endif
