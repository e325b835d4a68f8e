/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view.c - two snapshots make a view: the whole, and the domains. */
#include "planner/internal.h"

#include "log/log.h"
#include "planner/numa_home.h"

#include <stdio.h>
#include <string.h>

/* Two threads of a core do about a quarter more than one alone (16 to 28 % on server loads: Marr et
 * al., Hyper-Threading Technology Architecture and Microarchitecture, Intel Technology Journal
 * 6(1), 2002), so each does this part. */
#define SMT_FACTOR 0.62
/* A vCPU on the node next to its memory's does about this part: on two-socket servers remote access
 * takes 1.5 to 1.7 times as long, and programs lose 10 to 20 % of their speed. */
#define REMOTE_FACTOR 0.85

/* Cuts off the delay of a domain's vCPUs at the quota of the domain as a whole. */
static void cap_domain(const struct view_domain *domain, uint32_t cap, struct view *view)
{
    struct view_vcpu *vcpus = &view->vcpus[domain->first_vcpu];
    const double rest = cap / 10.0 > domain->usage ? cap / 10.0 - domain->usage : 0;
    double waited = 0;

    for (uint32_t v = 0; v < domain->vcpu_count; v++)
        waited += vcpus[v].delay;
    for (uint32_t v = 0; cap && waited > rest && v < domain->vcpu_count; v++)
        vcpus[v].delay *= rest / waited;
}

static void say_opted_out(struct domain_memory *state, const struct domain_sample *sample)
{
    struct log_about about = log_about(sample->opted_out ? EVENT_OPTED_OUT : EVENT_OPTED_IN);

    if (state->opted_out == sample->opted_out)
        return;
    state->opted_out = sample->opted_out;
    about.domain = sample->name;
    log_event(LOG_INFO, about,
              sample->opted_out ? "domain %s: asks by its metadata to be left alone"
                                : "domain %s: does not ask to be left alone any more",
              sample->name);
}

/* Says a domain's new limit, with all domains that now have the same: a slice holds many. */
static void say_limit(struct planner *planner, const struct snapshot *snapshot, uint32_t domain)
{
    const uint32_t limit = snapshot->domains[domain].limit;
    char pcpus[256] = "", others[32] = "";
    uint32_t more = 0;

    for (uint32_t d = domain; d < snapshot->size.domains; d++) {
        struct domain_memory *state = &planner->domains[snapshot->domains[d].slot];

        if (snapshot->domains[d].limit != limit || state->limit == limit ||
            state->serial != snapshot->domains[d].serial)
            continue;
        state->limit = limit;
        more += d > domain;
    }
    if (more)
        snprintf(others, sizeof others, " and %u more", more);
    if (limit)
        cpuset_format(&snapshot->sets[limit - 1], pcpus, sizeof pcpus);
    log_info(limit ? "domain %s%s: limited by its cgroup's cpuset to pCPUs %s"
                   : "domain %s%s: no longer limited by its cgroup's cpuset%s",
             snapshot->domains[domain].name, others, pcpus);
}

static void view_domains(struct planner *planner, const struct snapshot *snapshot,
                         struct view *view)
{
    for (uint32_t d = 0; d < snapshot->size.domains; d++) {
        const struct domain_sample *sample = &snapshot->domains[d];
        struct domain_memory *state = &planner->domains[sample->slot];
        struct view_domain *domain = &view->domains[d];

        if (state->serial != sample->serial)
            *state = (struct domain_memory){.serial = sample->serial};
        if (state->settings != planner->settings) {
            state->settings = planner->settings;
            state->excluded = planner_excludes(planner->settings, sample->name);
        }
        domain->first_vcpu = sample->first_vcpu;
        domain->vcpu_count = sample->vcpu_count;
        domain->state = sample->state;
        domain->excluded = state->excluded || sample->opted_out;
        domain->limited = sample->limit != 0;
        say_opted_out(state, sample);
        domain->usage = 0;
        strcpy(domain->name, sample->name);
    }
    for (uint32_t d = 0; d < snapshot->size.domains; d++) {
        if (planner->domains[snapshot->domains[d].slot].limit != snapshot->domains[d].limit)
            say_limit(planner, snapshot, d);
    }
}

/* What the operator set, else what the host tells, else the default. */
static double factor(double set, double told, double fallback)
{
    return set > 0 ? set : told > 0 ? told : fallback;
}

void planner_view(struct planner *planner, const struct snapshot *snapshot, struct view *view)
{
    const struct managed *managed = &planner->managed;

    view->period = planner->step - 1;
    view->now_ns = snapshot->end_ns;
    view->span_s = view->period ? (double)(snapshot->end_ns - planner->last_ns) / 1e9 : 0;
    view->domain_count = snapshot->size.domains;
    view->vcpu_count = snapshot->size.vcpus;
    view->pcpu_count = snapshot->size.pcpus;
    view->set_count = managed->set_count + managed->limited_count;
    view->suspect = view->unchecked = view->fresh = 0;
    planner->lets_go = false;
    if (view->sets_version != managed->version) {
        view->sets_version = managed->version;
        view->managed = managed->all;
        for (uint32_t s = 0; s < view->set_count; s++)
            view->sets[s] = (struct view_set){.pcpus = managed->facts[s].allowed,
                                              .pools = managed->facts[s].pools};
    }
    view->flat = planner->settings->flat;
    view->smt_factor =
        factor(planner->settings->decision.smt_factor, snapshot->topology.smt_factor, SMT_FACTOR);
    view->remote_factor = factor(planner->settings->decision.remote_factor,
                                 snapshot->topology.remote_factor, REMOTE_FACTOR);
    planner_begin_pools(planner, view);
    view_domains(planner, snapshot, view);
    for (uint32_t v = 0; v < view->vcpu_count; v++)
        planner_view_vcpu(planner, snapshot, &snapshot->vcpus[v], view, &view->vcpus[v]);
    for (uint32_t d = 0; d < view->domain_count; d++)
        cap_domain(&view->domains[d], snapshot->domains[d].cap, view);
    planner_load_pools(planner, snapshot, view);
    numa_home_guess(view, planner->votes);
    planner_find_extremes(view);
}
