/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "affinity.h"

#include <string.h>

struct affinity affinity_of(const struct cpuset *set)
{
    struct affinity affinity = {.told = *set, .kernel = *set};

    memset(&affinity.limit, 0xff, sizeof affinity.limit);
    return affinity;
}

struct cpuset affinity_cut(const struct cpuset *set, const struct cpuset *limit)
{
    struct cpuset both = *set;

    cpuset_and(&both, limit);
    return cpuset_count(&both) ? both : *limit;
}

bool affinity_can(const struct affinity *now, const struct cpuset *set)
{
    struct cpuset both = *set;

    cpuset_and(&both, &now->limit);
    return cpuset_count(&both) > 0;
}

static bool kernel_has(const struct affinity *now, const struct cpuset *set)
{
    const struct cpuset cut = affinity_cut(set, &now->limit);

    return cpuset_equal(&now->kernel, &cut);
}

bool affinity_is(const struct affinity *now, const struct cpuset *set)
{
    const struct cpuset cut = affinity_cut(set, &now->limit);

    return (cpuset_equal(&now->told, set) || (now->bounded && cpuset_equal(&now->told, &cut))) &&
           cpuset_equal(&now->kernel, &cut);
}

const struct cpuset *affinity_set(const struct affinity *now)
{
    return kernel_has(now, &now->told) ? &now->told : &now->kernel;
}
