/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroup_cap.c - what quotas let a cgroup use. */
#include "host/linux/cgroup_cap.h"

#include "base/file.h"
#include "host/linux/cgroup.h"

#include <stdlib.h>
#include <string.h>

#define THOUSANDTHS 1000

/** A file of a folder. Returns false where it is not there. */
static bool read_text(const char *folder, const char *name, char *text, size_t size)
{
    char path[2 * PATH_MAX];

    return (size_t)snprintf(path, sizeof path, "%s/%s", folder, name) < sizeof path &&
           file_read(path, text, size) > 0;
}

/** Of a quota in a period, both in microseconds; what makes no sense is no quota. */
static uint32_t cap_of(long long quota, long long period)
{
    const double cap = quota > 0 && period > 0 ? (double)quota * THOUSANDTHS / (double)period : 0;

    return cap >= UINT32_MAX ? 0 : cap > 0 && cap < 1 ? 1 : (uint32_t)cap;
}

/** A cgroup's own. */
static uint32_t own_cap(const char *folder)
{
    char text[64], *end;
    long long quota, period;

    if (read_text(folder, "cpu.max", text, sizeof text)) { /* "15000 100000"; "max 100000": none */
        quota = strtoll(text, &end, 10);
        return cap_of(quota, strtoll(end, NULL, 10));
    }
    if (!read_text(folder, "cpu.cfs_quota_us", text, sizeof text))
        return 0;
    quota = strtoll(text, NULL, 10); /* -1: none */
    period =
        read_text(folder, "cpu.cfs_period_us", text, sizeof text) ? strtoll(text, NULL, 10) : 0;
    return cap_of(quota, period);
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
