/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/mask.h"

#include <stdio.h>
#include <string.h>

bool mask_is_everything(const struct cpuset *set)
{
    return cpuset_has(set, CPUSET_MAX - 1);
}

struct cpuset mask_everything(const struct cpuset *told, const struct cpuset *isolated)
{
    struct cpuset everything, common = *told;

    memset(&everything, 0xff, sizeof everything);
    cpuset_and(&common, isolated);
    if (cpuset_count(&common) == 0)
        cpuset_subtract(&everything, isolated);
    return everything;
}

bool mask_covers(const struct cpuset *told, const struct cpuset *pcpus,
                 const struct cpuset *isolated)
{
    struct cpuset common = *pcpus;

    cpuset_subtract(&common, isolated);
    return cpuset_count(&common) > 0 && cpuset_within(&common, told);
}

bool mask_is_wish(const struct cpuset *live, const struct cpuset *defined)
{
    return !mask_is_everything(live) && !cpuset_within(defined, live);
}

size_t mask_format(const struct cpuset *set, char *text, size_t size)
{
    struct cpuset without;
    char list[256];

    if (!mask_is_everything(set))
        return cpuset_format(set, text, size);
    memset(&without, 0xff, sizeof without);
    cpuset_subtract(&without, set);
    cpuset_format(&without, list, sizeof list);
    return (size_t)snprintf(text, size, "all%s%s", *list ? ",^" : "", list);
}
