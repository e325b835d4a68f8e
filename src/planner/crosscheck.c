/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planner/crosscheck.h"

#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

struct crosscheck_ticks crosscheck_ticks(void)
{
    const long clk_tck = sysconf(_SC_CLK_TCK);
    struct crosscheck_ticks ticks = {.clk_tck_ns = NS_PER_S / 100, .hz_ns = NS_PER_S / 100};
    struct timespec tick;

    if (clk_tck > 0)
        ticks.clk_tck_ns = NS_PER_S / (uint64_t)clk_tck;
    if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) == 0 && tick.tv_sec == 0 && tick.tv_nsec > 0)
        ticks.hz_ns = (uint64_t)tick.tv_nsec;
    return ticks;
}

static bool fell(const struct crosscheck_reading *before, const struct crosscheck_reading *now)
{
    if (now->time_ns < before->time_ns)
        return true;
    return now->checked && before->checked && now->cgroup_ns < before->cgroup_ns;
}

static bool agree(const struct crosscheck_ticks *ticks, const struct crosscheck_reading *before,
                  const struct crosscheck_reading *now)
{
    const uint64_t tolerance =
        2 * ticks->clk_tck_ns + before->spent_ns + now->spent_ns + ticks->hz_ns;
    const uint64_t gained = now->time_ns - before->time_ns;
    const uint64_t witnessed = now->cgroup_ns - before->cgroup_ns;

    return (gained > witnessed ? gained - witnessed : witnessed - gained) <= tolerance;
}

bool crosscheck_take(struct crosscheck *check, const struct crosscheck_ticks *ticks,
                     const struct crosscheck_reading *now)
{
    const bool window_ends = now->at_ns - check->base.at_ns >= CROSSCHECK_WINDOW_NS;
    bool trusted;

    if (!check->begun) {
        check->begun = true;
        check->base = check->last = *now;
        return false;
    }
    trusted = !fell(&check->last, now) && !fell(&check->base, now);
    if (trusted && now->checked && check->base.checked)
        trusted = agree(ticks, &check->base, now);
    if (!trusted)
        check->suspect = true;
    else if (window_ends && (now->checked || !check->base.checked))
        check->suspect = false; /* but not because the second source is gone */
    if (!trusted || window_ends || now->checked != check->base.checked)
        check->base = *now;
    check->last = *now;
    return check->suspect;
}
