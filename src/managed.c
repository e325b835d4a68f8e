/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "managed.h"

#include "grow.h"

#include <stdlib.h>

static struct cpuset common_ground(const struct options *options, const struct snapshot *snapshot)
{
    struct cpuset common = snapshot->online;

    if (options->has_cpus)
        cpuset_and(&common, &options->cpus);
    else
        cpuset_subtract(&common, &snapshot->isolated);
    return common;
}

static void work_out(const struct options *options, const struct snapshot *snapshot,
                     const struct cpuset *common, const struct cpuset *wanted,
                     struct set_facts *facts)
{
    struct cpuset allowed = *common;

    if (!options->adopt_pins) {
        if (!options->has_cpus && !cpuset_within(&snapshot->online, wanted))
            cpuset_or(&allowed, &snapshot->isolated);
        cpuset_and(&allowed, wanted);
        cpuset_and(&allowed, &snapshot->online);
    }
    facts->allowed = allowed;
    facts->wanted = false;
    facts->allowed_count = cpuset_count(&allowed);
    facts->single = cpuset_count(wanted) == 1 ? cpuset_next(wanted, 0) : -1;
}

/** True if every set that an owner wants is known to be wanted. */
static bool knows_wishes(const struct managed *managed, const struct snapshot *snapshot)
{
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++) {
        if (!managed->facts[snapshot->vcpus[v].wanted].wanted)
            return false;
    }
    return true;
}

int managed_update(struct managed *managed, const struct options *options,
                   const struct snapshot *snapshot)
{
    const struct cpuset common = common_ground(options, snapshot);

    if (managed->options == options && managed->sets_version == snapshot->sets_version &&
        cpuset_equal(&managed->online, &snapshot->online) &&
        cpuset_equal(&managed->isolated, &snapshot->isolated) && knows_wishes(managed, snapshot))
        return 0;
    if (!GROW(managed->facts, managed->room, snapshot->size.sets))
        return -ENOMEM;
    managed->all = common;
    for (uint32_t s = 0; s < snapshot->size.sets; s++)
        work_out(options, snapshot, &common, &snapshot->sets[s], &managed->facts[s]);
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++)
        managed->facts[snapshot->vcpus[v].wanted].wanted = true;
    /* Isolated pCPUs that a definition names are managed for its vCPUs; an affinity in force names
     * nothing. */
    for (uint32_t s = 0; s < snapshot->size.sets; s++) {
        if (managed->facts[s].wanted)
            cpuset_or(&managed->all, &managed->facts[s].allowed);
    }
    managed->online = snapshot->online;
    managed->isolated = snapshot->isolated;
    managed->sets_version = snapshot->sets_version;
    managed->options = options;
    managed->version++;
    return 0;
}

void managed_finish(struct managed *managed)
{
    free(managed->facts);
}
