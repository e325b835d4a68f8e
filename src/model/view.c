/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view.h"

#include <stdio.h>

/* Longer lists of a pool's pCPUs are not written out. */
#define POOL_LIST_MAX 24

void view_put(struct view *view, uint32_t vcpu, int32_t pool)
{
    struct view_vcpu *v = &view->vcpus[vcpu];
    uint32_t *at;

    if (v->pool >= 0) {
        struct view_pool *from = &view->pools[v->pool];

        for (at = &from->first_vcpu; *at != vcpu; at = &view->vcpus[*at].next)
            ;
        *at = v->next;
        from->planned_demand -= v->demand / from->speed;
        from->planned_forecast -= v->size / from->speed;
    }
    v->pool = pool;
    if (pool < 0)
        return;
    v->next = view->pools[pool].first_vcpu;
    view->pools[pool].first_vcpu = vcpu;
    view->pools[pool].planned_demand += v->demand / view->pools[pool].speed;
    view->pools[pool].planned_forecast += v->size / view->pools[pool].speed;
}

struct cpuset view_affinity(const struct view *view, uint32_t vcpu, int32_t pool)
{
    const struct cpuset *allowed = &view->sets[view->vcpus[vcpu].allowed].pcpus;
    struct cpuset set;

    cpuset_clear(&set);
    for (int p = cpuset_next(allowed, 0); p >= 0; p = cpuset_next(allowed, (uint32_t)p + 1)) {
        if ((uint32_t)p < view->pcpu_count && view->pcpus[p].pool == pool)
            cpuset_add(&set, (uint32_t)p);
    }
    return set;
}

int32_t view_holding(const struct view *view, const struct cpuset *set)
{
    int32_t pool = -1;

    for (int p = cpuset_next(set, 0); p >= 0; p = cpuset_next(set, (uint32_t)p + 1)) {
        const int32_t here = (uint32_t)p < view->pcpu_count ? view->pcpus[p].pool : -1;

        if (here < 0 || (pool >= 0 && here != pool))
            return -1;
        pool = here;
    }
    return pool;
}

struct cpuset view_members(const struct view *view, int32_t pool)
{
    struct cpuset members;

    cpuset_clear(&members);
    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        if (view->pcpus[p].pool == pool && view->pcpus[p].managed)
            cpuset_add(&members, p);
    }
    return members;
}

const char *view_pool_noun(const struct view *view)
{
    return view->level == POOL_CPU ? "pCPU" : "pool";
}

const char *view_pool_words(const struct view *view, int32_t pool, char *text, size_t size)
{
    char list[POOL_LIST_MAX];
    struct cpuset members;

    if (pool < 0) {
        snprintf(text, size, "no pCPU");
    } else if (view->level == POOL_CPU) {
        snprintf(text, size, "pCPU %d", pool);
    } else {
        members = view_members(view, pool);
        if (cpuset_format(&members, list, sizeof list) < POOL_LIST_MAX)
            snprintf(text, size, "pool %d (%s)", pool, list);
        else
            snprintf(text, size, "pool %d (%u pCPUs)", pool, cpuset_count(&members));
    }
    return text;
}
