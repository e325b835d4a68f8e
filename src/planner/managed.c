/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planner/managed.h"

#include "base/array.h"

#include <stdlib.h>

static struct cpuset common_ground(const struct planner_settings *settings,
                                   const struct snapshot *snapshot)
{
    struct cpuset common = snapshot->online;

    if (settings->has_cpus)
        cpuset_and(&common, &settings->cpus);
    else
        cpuset_subtract(&common, &snapshot->isolated);
    return common;
}

static void work_out(const struct planner_settings *settings, const struct snapshot *snapshot,
                     const struct cpuset *common, const struct cpuset *wanted,
                     struct set_facts *facts)
{
    struct cpuset allowed = *common;

    if (!settings->adopt_pins) {
        if (!settings->has_cpus && !cpuset_within(&snapshot->online, wanted))
            cpuset_or(&allowed, &snapshot->isolated);
        cpuset_and(&allowed, wanted);
        cpuset_and(&allowed, &snapshot->online);
    }
    facts->allowed = allowed;
    facts->wanted = false;
}

uint32_t managed_allowed(const struct managed *managed, uint32_t wanted, uint32_t limit)
{
    if (limit == 0)
        return wanted;
    for (uint32_t l = 0; l < managed->limited_count; l++) {
        if (managed->limited[l].wanted == wanted && managed->limited[l].limit == limit)
            return managed->set_count + l;
    }
    return UINT32_MAX;
}

static uint32_t allowed_of(const struct managed *managed, const struct snapshot *snapshot,
                           uint32_t vcpu)
{
    const struct vcpu_sample *sample = &snapshot->vcpus[vcpu];

    return managed_allowed(managed, sample->wanted, snapshot->domains[sample->domain].limit);
}

/* True if the same sets are wanted within the same limits as before. */
static bool wants_the_same(struct managed *managed, const struct snapshot *snapshot)
{
    managed->look++;
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++) {
        const uint32_t allowed = allowed_of(managed, snapshot, v);

        if (allowed == UINT32_MAX || !managed->facts[allowed].wanted)
            return false;
        managed->facts[allowed].look = managed->look;
    }
    for (uint32_t s = 0; s < managed->set_count + managed->limited_count; s++) {
        if (managed->facts[s].wanted && managed->facts[s].look != managed->look)
            return false;
    }
    return true;
}

/* Lists each pair of a wanted set and a limit. */
static bool list_limited(struct managed *managed, const struct snapshot *snapshot)
{
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++) {
        const struct vcpu_sample *sample = &snapshot->vcpus[v];

        if (allowed_of(managed, snapshot, v) != UINT32_MAX)
            continue;
        if (!ARRAY_GROW(managed->limited, managed->limited_capacity, managed->limited_count + 1))
            return false;
        managed->limited[managed->limited_count++] = (struct limited){
            .wanted = sample->wanted, .limit = snapshot->domains[sample->domain].limit};
    }
    return true;
}

/* Works out the facts of each wanted set within a limit. */
static void apply_limits(struct managed *managed, const struct snapshot *snapshot)
{
    for (uint32_t l = 0; l < managed->limited_count; l++) {
        const struct limited *limited = &managed->limited[l];
        struct set_facts *facts = &managed->facts[managed->set_count + l];

        *facts = managed->facts[limited->wanted];
        cpuset_and(&facts->allowed, &snapshot->sets[limited->limit - 1]);
    }
}

/* The pCPUs that are managed for at least one vCPU: the common ones that a limit leaves to any, and
 * the isolated ones that a definition names. */
static struct cpuset for_any(const struct managed *managed, const struct snapshot *snapshot,
                             const struct cpuset *common)
{
    struct cpuset all = *common, limits;
    bool free = snapshot->size.vcpus == 0;

    cpuset_clear(&limits);
    for (uint32_t s = 0; s < managed->set_count + managed->limited_count; s++) {
        const bool limited = s >= managed->set_count;

        if (!managed->facts[s].wanted)
            continue;
        free |= !limited;
        if (limited)
            cpuset_or(&limits, &snapshot->sets[managed->limited[s - managed->set_count].limit - 1]);
    }
    if (!free)
        cpuset_and(&all, &limits);
    for (uint32_t s = 0; s < managed->set_count + managed->limited_count; s++) {
        if (managed->facts[s].wanted)
            cpuset_or(&all, &managed->facts[s].allowed);
    }
    return all;
}

/* Works out what the sets mean in pools. */
static void apply_pools(struct managed *managed, const struct snapshot *snapshot)
{
    for (uint32_t s = 0; s < managed->set_count + managed->limited_count; s++) {
        struct set_facts *facts = &managed->facts[s];

        facts->holding =
            s < managed->set_count ? pools_holding(&managed->pools, &snapshot->sets[s]) : -1;
        cpuset_clear(&facts->pools);
        for (int p = cpuset_next(&facts->allowed, 0);
             p >= 0 && (uint32_t)p < managed->pools.pcpu_count;
             p = cpuset_next(&facts->allowed, (uint32_t)p + 1)) {
            if (managed->pools.of[p] >= 0)
                cpuset_add(&facts->pools, (uint32_t)managed->pools.of[p]);
        }
        facts->pool_count = cpuset_count(&facts->pools);
    }
}

/* Works out which pCPUs each set allows, and which are managed at all. */
static int update_sets(struct managed *managed, const struct planner_settings *settings,
                       const struct snapshot *snapshot)
{
    const struct cpuset common = common_ground(settings, snapshot);

    managed->set_count = snapshot->size.sets;
    if (!list_limited(managed, snapshot) ||
        !ARRAY_GROW(managed->facts, managed->capacity, managed->set_count + managed->limited_count))
        return -ENOMEM;
    for (uint32_t s = 0; s < managed->set_count; s++)
        work_out(settings, snapshot, &common, &snapshot->sets[s], &managed->facts[s]);
    apply_limits(managed, snapshot);
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++)
        managed->facts[allowed_of(managed, snapshot, v)].wanted = true;
    managed->all = for_any(managed, snapshot, &common);
    managed->online = snapshot->online;
    managed->isolated = snapshot->isolated;
    managed->sets_version = snapshot->sets_version;
    managed->settings = settings;
    return 0;
}

int managed_update(struct managed *managed, const struct planner_settings *settings,
                   const struct snapshot *snapshot)
{
    const uint64_t pools = managed->pools.version;
    const bool same =
        managed->settings == settings && managed->sets_version == snapshot->sets_version &&
        cpuset_equal(&managed->online, &snapshot->online) &&
        cpuset_equal(&managed->isolated, &snapshot->isolated) && wants_the_same(managed, snapshot);

    if ((!same && update_sets(managed, settings, snapshot)) ||
        pools_update(&managed->pools, &settings->pool, &snapshot->topology, snapshot->size.pcpus,
                     &managed->all)) {
        managed->settings = NULL; /* so that the next call does it all */
        return -ENOMEM;
    }
    if (same && pools == managed->pools.version)
        return 0;
    apply_pools(managed, snapshot);
    managed->version++;
    return 0;
}

void managed_finish(struct managed *managed)
{
    pools_finish(&managed->pools);
    free(managed->facts);
    free(managed->limited);
}
