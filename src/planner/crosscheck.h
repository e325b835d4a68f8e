/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crosscheck.h - are the hypervisor and the cgroup telling the same of a vCPU?
 *
 * Both count the same thread's CPU time, read a moment apart. They may differ by the steps each
 * counts in and by what the vCPU ran between the two readings: |Δhypervisor - Δcgroup| <= 2 ticks
 * of CLK_TCK + how long the readings took, at both ends + 1 tick of HZ (utime and stime are each
 * cut to 1/CLK_TCK s, proc(5); the kernel accounts a running thread at a tick of HZ). The
 * difference does not grow with the time passed, so short periods are checked over a window of
 * CROSSCHECK_WINDOW_NS.
 */
#ifndef VCPU_SCHEDULER_PLANNER_CROSSCHECK_H
#define VCPU_SCHEDULER_PLANNER_CROSSCHECK_H

#include <stdbool.h>
#include <stdint.h>

#define CROSSCHECK_WINDOW_NS UINT64_C(1000000000)

/** One reading of both counters, nanoseconds. */
struct crosscheck_reading {
    uint64_t at_ns;     /* when */
    uint64_t spent_ns;  /* from before the first counter was read until after the second */
    uint64_t time_ns;   /* the hypervisor's */
    uint64_t cgroup_ns; /* the cgroup's; only if checked */
    bool checked;       /* both were read */
};

/** What is kept of a vCPU between readings; zeroed at first. */
struct crosscheck {
    struct crosscheck_reading base; /* begin of the window */
    struct crosscheck_reading last;
    bool begun;
    bool suspect; /* the verdict, kept until a whole window agrees again */
};

/** The kernel's steps, in nanoseconds. */
struct crosscheck_steps {
    uint64_t clk_tck_ns; /* 1/CLK_TCK s */
    uint64_t hz_ns;      /* 1/HZ s */
};

/** Asks the running kernel (sysconf(_SC_CLK_TCK); the resolution of CLOCK_MONOTONIC_COARSE is one
 * tick of HZ). */
struct crosscheck_steps crosscheck_steps(void);

/**
 * Takes a reading. Returns true if the vCPU is suspect: its counters disagree, fall, or read zero
 * where they did not before. A reading without a second source is only checked for falling. Pure
 * but for *check; planner's thread.
 */
bool crosscheck_take(struct crosscheck *check, const struct crosscheck_steps *steps,
                     const struct crosscheck_reading *now);

#endif
