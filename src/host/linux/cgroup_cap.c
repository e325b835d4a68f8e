/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/linux/cgroup.h"

#include <stdlib.h>
#include <string.h>

#define THOUSANDTHS 1000

/* Quota and period are in microseconds; values that make no sense are no quota. */
static uint32_t cap_of(long long quota, long long period)
{
    const double cap = quota > 0 && period > 0 ? (double)quota * THOUSANDTHS / (double)period : 0;

    return cap >= UINT32_MAX ? 0 : cap > 0 && cap < 1 ? 1 : (uint32_t)cap;
}

static uint32_t own_cap(const char *folder)
{
    char text[64], *end;
    long long quota;

    if (cgroup_read_line(folder, "cpu.max", text, sizeof text) == 0) {
        /* "15000 100000"; "max 100000": no quota */
        quota = strtoll(text, &end, 10);
        return cap_of(quota, strtoll(end, NULL, 10));
    }
    if (cgroup_read_line(folder, "cpu.cfs_quota_us", text, sizeof text))
        return 0;
    quota = strtoll(text, NULL, 10); /* -1: no quota */
    if (cgroup_read_line(folder, "cpu.cfs_period_us", text, sizeof text))
        return 0;
    return cap_of(quota, strtoll(text, NULL, 10));
}

uint32_t cgroup_lesser_cap(uint32_t one, uint32_t other)
{
    return !one || (other && other < one) ? other : one;
}

uint32_t cgroup_cap(const char *root, const char *path)
{
    char folder[2 * PATH_MAX];
    const size_t root_length = strlen(root);
    uint32_t cap = 0;

    if (!root[0] || !path[0] ||
        (size_t)snprintf(folder, sizeof folder, "%s/%s", root, path) >= sizeof folder)
        return 0;
    while (strlen(folder) > root_length) {
        cap = cgroup_lesser_cap(cap, own_cap(folder));
        *strrchr(folder, '/') = '\0';
    }
    return cap;
}
