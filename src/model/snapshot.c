/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot.h"

#include "base/array.h"

#include <stdlib.h>

struct snapshot *snapshot_new(void)
{
    return calloc(1, sizeof(struct snapshot));
}

void snapshot_free(struct snapshot *snapshot)
{
    if (!snapshot)
        return;
    free(snapshot->domains);
    free(snapshot->vcpus);
    free(snapshot->busy_ns);
    free(snapshot->sets);
    topology_finish(&snapshot->topology);
    free(snapshot);
}

int snapshot_reserve(struct snapshot *snapshot, const struct snapshot_size *need)
{
    struct snapshot_size *capacity = &snapshot->capacity;

    if (!ARRAY_GROW(snapshot->domains, capacity->domains, need->domains) ||
        !ARRAY_GROW(snapshot->vcpus, capacity->vcpus, need->vcpus) ||
        !ARRAY_GROW(snapshot->busy_ns, capacity->pcpus, need->pcpus) ||
        !ARRAY_GROW(snapshot->sets, capacity->sets, need->sets))
        return -ENOMEM;
    return 0;
}
