/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crosscheck.h - do the hypervisor and the cgroup agree on a vCPU's CPU time?
 *
 * Both count the same thread's CPU time, and are read a moment apart. They may differ by their
 * granularity and by what the vCPU ran between the two readings: |Δhypervisor - Δcgroup| <= 2 ticks
 * of CLK_TCK (utime and stime are each cut to 1/CLK_TCK s, proc(5)) + the time that the readings
 * took, at both ends + 1 tick of HZ (the kernel accounts a running thread at these). The bound does
 * not grow with time, so short periods are checked over a window of CROSSCHECK_WINDOW_NS.
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
    struct crosscheck_reading base; /* start of the window */
    struct crosscheck_reading last;
    bool begun;
    bool suspect; /* until a whole window agrees again */
};

/** The kernel's ticks, nanoseconds. */
struct crosscheck_ticks {
    uint64_t clk_tck_ns; /* 1/CLK_TCK s */
    uint64_t hz_ns;      /* 1/HZ s */
};

/** Returns those of the running kernel: sysconf(_SC_CLK_TCK), and the resolution of
 * CLOCK_MONOTONIC_COARSE, which is one tick of HZ. */
struct crosscheck_ticks crosscheck_ticks(void);

/**
 * Takes a reading. Returns true if the vCPU is suspect: its counters disagree, or one fell. Without
 * a second source only a fall is checked. Changes nothing but *check. Planner's thread.
 */
bool crosscheck_take(struct crosscheck *check, const struct crosscheck_ticks *ticks,
                     const struct crosscheck_reading *now);

#endif
