/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planner/settings.h"

#include <fnmatch.h>
#include <stddef.h>

bool planner_excludes(const struct planner_settings *settings, const char *domain)
{
    for (const char **glob = settings->exclude; glob && *glob; glob++)
        if (fnmatch(*glob, domain, 0) == 0)
            return true;
    return false;
}
