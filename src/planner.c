/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planner.h"

#include "grow.h"
#include "log.h"
#include "managed.h"
#include "payoff.h"
#include "policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A pCPU this busy hides demand: its vCPUs may want more than they get (percent). */
#define SATURATED 95.0
/* What a vCPU on a saturated pCPU may be thought to want, at most, per period: this times what was
 * known. Delay tells that it waits, but queueing makes it tell too much (measured on recorded
 * loads). */
#define DEMAND_GROWTH 1.5
/* The host's own counters move in steps of 1/USER_HZ s: over a second that is a point at most. */
#define OTHER_WINDOW_NS UINT64_C(1000000000)
/* A vCPU whose pins did not pay stays for --dwell times two to the power of how often that was, at
 * most: */
#define BACKOFF_MOST 6
/* A vCPU whose domain has a job is left in peace for so many periods. */
#define BUSY_PERIODS 5
/* Pins made later than in this part of a period leave too little of it to be measured. */
#define SETTLE_PART 4

struct vcpu_memory {
    uint64_t serial; /* whose state this is; 0: nobody's */
    uint64_t step;   /* when it was measured last */
    struct crosscheck check;
    uint64_t delay_ns;
    bool delay_known; /* delay_ns was read */
    double demand;
    uint64_t moved_step; /* when it was pinned last; 0: never */
    uint64_t busy_step;  /* when a pin could not even be tried; 0: never */
    uint32_t backoff;    /* how often in turn its pins did not pay */
    int32_t dry_pcpu;    /* where a dry run has put it; -1 */
    bool suspect;        /* as it was said last */
    bool homeless;       /* said that no managed pCPU is allowed */
};

struct domain_memory {
    uint64_t serial;
    bool excluded;
};

/** What is known of a pCPU's load that is not by vCPUs. */
struct pcpu_memory {
    uint64_t base_busy_ns; /* at the begin of the window */
    double vcpus_ns;       /* gained by vCPUs there since */
    double other;          /* percent, over the last window */
    bool counted;          /* it was online then: base_busy_ns was read */
};

struct planner {
    const struct options *options;
    struct policy_state *policy_state; /* of options->policy; NULL where it needs none */
    struct crosscheck_steps steps;
    struct managed managed;
    uint64_t step;        /* snapshots seen, from 1 */
    uint64_t last_ns;     /* when the sweep before ended */
    uint64_t pinned_ns;   /* when the last pin was done; 0: none, or the clock is simulated */
    uint64_t suspects;    /* turns to suspect */
    struct payoff payoff; /* of the last plan with pins */
    uint64_t payoff_step; /* when that plan was booked */
    uint64_t judged_plans;
    double gain_sum, gained_sum;
    uint64_t window_ns; /* begin of the window of pcpus[]; 0: none yet */
    bool window_known;  /* pcpus[].other holds a whole window's figure */
    struct vcpu_memory *vcpus;
    struct domain_memory *domains;
    struct pcpu_memory *pcpus;
    uint32_t vcpu_room, domain_room, pcpu_room;
};

struct planner *planner_new(const struct options *options, const struct crosscheck_steps *steps)
{
    struct planner *planner = calloc(1, sizeof *planner);

    if (!planner)
        return NULL;
    planner->options = options;
    planner->steps = *steps;
    if (options->policy->begin) {
        planner->policy_state = options->policy->begin();
        if (!planner->policy_state) {
            free(planner);
            return NULL;
        }
    }
    return planner;
}

void planner_free(struct planner *planner)
{
    if (!planner)
        return;
    if (planner->policy_state)
        planner->options->policy->finish(planner->policy_state);
    managed_finish(&planner->managed);
    free(planner->vcpus);
    free(planner->domains);
    free(planner->pcpus);
    free(planner);
}

/** Room for every slot that the snapshot names. */
static bool reserve(struct planner *planner, const struct snapshot *snapshot)
{
    uint32_t vcpus = 0, domains = 0;

    for (uint32_t v = 0; v < snapshot->size.vcpus; v++) {
        if (snapshot->vcpus[v].slot >= vcpus)
            vcpus = snapshot->vcpus[v].slot + 1;
    }
    for (uint32_t d = 0; d < snapshot->size.domains; d++) {
        if (snapshot->domains[d].slot >= domains)
            domains = snapshot->domains[d].slot + 1;
    }
    return GROW(planner->vcpus, planner->vcpu_room, vcpus) &&
           GROW(planner->domains, planner->domain_room, domains) &&
           GROW(planner->pcpus, planner->pcpu_room, snapshot->size.pcpus);
}

static double percent(double part_ns, uint64_t whole_ns)
{
    const double share = whole_ns ? 100.0 * part_ns / (double)whole_ns : 0;

    return share < 0 ? 0 : share > 100 ? 100 : share;
}

static struct crosscheck_reading reading_of(const struct domain_sample *domain,
                                            const struct vcpu_sample *sample)
{
    return (struct crosscheck_reading){
        .at_ns = sample->has & VCPU_HAS_CGROUP ? domain->cgroup_ns : domain->end_ns,
        .spent_ns = domain->cgroup_ns - domain->begin_ns,
        .time_ns = sample->time_ns,
        .cgroup_ns = sample->cgroup_ns,
        .checked = (sample->has & VCPU_HAS_CGROUP) != 0,
    };
}

static void say_suspect(struct planner *planner, const struct view_vcpu *v, const char *domain,
                        const char *why, bool suspect)
{
    struct vcpu_memory *state = &planner->vcpus[v->name.slot];

    if (state->suspect == suspect)
        return;
    state->suspect = suspect;
    planner->suspects += suspect;
    if (suspect)
        log_info("domain %s vCPU %u: suspect, left out of decisions: %s", domain, v->name.number,
                 why);
    else
        log_info("domain %s vCPU %u: libvirt and its cgroup agree again", domain, v->name.number);
}

static void keep_delay(struct vcpu_memory *state, const struct vcpu_sample *sample)
{
    state->delay_known = (sample->has & VCPU_HAS_DELAY) != 0;
    state->delay_ns = sample->delay_ns;
}

/**
 * Usage and delay of one vCPU since the reading before; sets the flags that come of it.
 * Returns the CPU time it gained in nanoseconds, 0 where nothing is known.
 */
static double measure_vcpu(struct planner *planner, const struct domain_sample *domain,
                           const struct vcpu_sample *sample, struct view_vcpu *v)
{
    struct vcpu_memory *state = &planner->vcpus[sample->slot];
    const struct crosscheck_reading now = reading_of(domain, sample);
    const struct crosscheck_reading before = state->check.last;
    const bool counted = state->check.begun && state->step + 1 == planner->step;
    const bool by_cgroup = now.checked && before.checked;
    char why[128];
    double gained;

    if (!(sample->has & VCPU_HAS_TIME)) {
        v->why_not |= domain->state == DOMAIN_RUNNING ? VCPU_NEW : VCPU_PAUSED;
        return 0;
    }
    state->step = planner->step;
    if (crosscheck_take(&state->check, &planner->steps, &now)) {
        v->why_not |= VCPU_SUSPECT;
        snprintf(why, sizeof why, "libvirt counts %+.1f ms, its cgroup %+.1f ms in %.2f s",
                 ((double)now.time_ns - (double)before.time_ns) / 1e6,
                 ((double)now.cgroup_ns - (double)before.cgroup_ns) / 1e6,
                 (double)(now.at_ns - before.at_ns) / 1e9);
        say_suspect(planner, v, domain->name, by_cgroup ? why : "its CPU time fell", true);
    } else {
        say_suspect(planner, v, domain->name, "", false);
    }
    if (!counted) {
        v->why_not |= VCPU_NEW;
        keep_delay(state, sample);
        return 0;
    }
    if (!by_cgroup && planner->options->crosscheck == CROSSCHECK_REQUIRE)
        v->why_not |= VCPU_UNCHECKED;
    if (by_cgroup && !(v->why_not & VCPU_SUSPECT))
        gained = (double)(now.cgroup_ns - before.cgroup_ns);
    else
        gained = now.time_ns > before.time_ns ? (double)(now.time_ns - before.time_ns) : 0;
    v->usage = percent(gained, now.at_ns - before.at_ns);
    if (state->delay_known && (sample->has & VCPU_HAS_DELAY) && sample->delay_ns > state->delay_ns)
        v->delay = percent((double)(sample->delay_ns - state->delay_ns), now.at_ns - before.at_ns);
    keep_delay(state, sample);
    return gained;
}

/** Why a vCPU may not be moved, apart from what its counters tell. */
static void judge_vcpu(struct planner *planner, const struct view_domain *domain,
                       struct view_vcpu *v, bool floating)
{
    const struct options *options = planner->options;
    struct vcpu_memory *state = &planner->vcpus[v->name.slot];
    const uint32_t allowed = planner->managed.facts[v->allowed].allowed_count;

    if (allowed <= 1)
        v->why_not |= VCPU_FIXED;
    if (domain->excluded)
        v->why_not |= VCPU_EXCLUDED;
    if (floating)
        v->why_not |= VCPU_FLOATING;
    if (state->moved_step && planner->step - state->moved_step <= (uint64_t)options->decision.dwell
                                                                      << state->backoff)
        v->why_not |= VCPU_DWELLS;
    if (state->busy_step && planner->step - state->busy_step <= BUSY_PERIODS)
        v->why_not |= VCPU_DWELLS;
    if (allowed == 0 && !domain->excluded && !state->homeless) {
        state->homeless = true;
        log_info("domain %s vCPU %u: none of the pCPUs it may use is managed: left alone",
                 domain->name, v->name.number);
    }
}

/** One vCPU: who it is, where it counts, what it used. */
static void view_vcpu(struct planner *planner, const struct snapshot *snapshot,
                      const struct vcpu_sample *sample, struct view *view, struct view_vcpu *v)
{
    const struct domain_sample *domain = &snapshot->domains[sample->domain];
    struct vcpu_memory *state = &planner->vcpus[sample->slot];
    const int32_t single = planner->managed.facts[sample->affinity].single;
    int32_t pcpu = single >= 0 ? single : sample->last_pcpu;
    double gained;

    if (state->serial != sample->serial)
        *state = (struct vcpu_memory){.serial = sample->serial, .dry_pcpu = -1};
    *v = (struct view_vcpu){
        .name = {.id = domain->id, .number = sample->number, .slot = sample->slot},
        .serial = sample->serial,
        .domain = sample->domain,
        .allowed = sample->wanted,
        .last_pcpu = sample->last_pcpu,
        .pcpu = -1,
        .next = VIEW_END,
    };
    memcpy(v->name.uuid, domain->uuid, sizeof v->name.uuid);
    gained = measure_vcpu(planner, domain, sample, v);
    if (pcpu >= (int32_t)view->pcpu_count)
        pcpu = -1;
    if (pcpu >= 0)
        planner->pcpus[pcpu].vcpus_ns += gained;
    judge_vcpu(planner, &view->domains[sample->domain], v, single < 0 && state->dry_pcpu < 0);
    if (state->dry_pcpu >= 0)
        pcpu = state->dry_pcpu;
    v->pcpu = pcpu;
    view->domains[sample->domain].usage += v->usage;
    view->suspect += (v->why_not & VCPU_SUSPECT) != 0;
    view->unchecked += (sample->has & VCPU_HAS_TIME) && !(sample->has & VCPU_HAS_CGROUP);
    view->fresh += (v->why_not & VCPU_NEW) != 0;
}

static void view_domains(struct planner *planner, const struct snapshot *snapshot,
                         struct view *view)
{
    for (uint32_t d = 0; d < snapshot->size.domains; d++) {
        const struct domain_sample *sample = &snapshot->domains[d];
        struct domain_memory *state = &planner->domains[sample->slot];
        struct view_domain *domain = &view->domains[d];

        if (state->serial != sample->serial) {
            state->serial = sample->serial;
            state->excluded = options_excluded(planner->options, sample->name);
        }
        domain->first_vcpu = sample->first_vcpu;
        domain->vcpu_count = sample->vcpu_count;
        domain->state = sample->state;
        domain->excluded = state->excluded;
        domain->usage = 0;
        strcpy(domain->name, sample->name);
    }
}

/** The host's load that is not by vCPUs, over windows that the steps of its counters do not blur.
 */
static void measure_other(struct planner *planner, const struct snapshot *snapshot,
                          struct view *view)
{
    const uint64_t wall_ns = snapshot->host_ns - planner->window_ns;
    const bool begin = planner->window_ns == 0 || snapshot->host_ns == 0;
    const bool ends = begin || wall_ns >= OTHER_WINDOW_NS;

    for (uint32_t p = 0; p < view->pcpu_count; p++) {
        struct pcpu_memory *state = &planner->pcpus[p];
        const double busy_ns = (double)snapshot->busy_ns[p] - (double)state->base_busy_ns;

        if (begin || !state->counted)
            state->other = 0;
        else if (ends || !planner->window_known)
            state->other = percent(busy_ns - state->vcpus_ns, wall_ns);
        if (ends) {
            state->base_busy_ns = snapshot->busy_ns[p];
            state->vcpus_ns = 0;
            state->counted = cpuset_has(&snapshot->online, p);
        }
        view->pcpus[p].other = cpuset_has(&snapshot->online, p) ? state->other : 0;
    }
    if (ends) {
        planner->window_ns = snapshot->host_ns;
        planner->window_known = !begin;
    }
}

/** What it would use alone; needs the usage of its pCPU. */
static double estimate(const struct vcpu_memory *state, const struct view_vcpu *v,
                       const struct view_pcpu *pcpu)
{
    double most;

    if (pcpu->usage < SATURATED)
        return v->usage;
    most = DEMAND_GROWTH * (state->demand > v->usage ? state->demand : v->usage);
    if (most > v->usage + v->delay)
        most = v->usage + v->delay;
    return most > 100 ? 100 : most;
}

/** Adds up the pCPUs, estimates demand, makes the lists. */
static void view_pcpus(struct planner *planner, const struct snapshot *snapshot, struct view *view)
{
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        view->pcpus[p] = (struct view_pcpu){
            .first_vcpu = VIEW_END,
            .managed = cpuset_has(&planner->managed.all, p),
            .certain = true,
        };
    measure_other(planner, snapshot, view);
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        view->pcpus[p].usage = view->pcpus[p].load = view->pcpus[p].weight = view->pcpus[p].other;
    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        const struct view_vcpu *v = &view->vcpus[i];

        if (v->pcpu < 0)
            continue;
        view->pcpus[v->pcpu].usage += v->usage;
        if (v->why_not & VCPU_SUSPECT)
            view->pcpus[v->pcpu].certain = false;
    }
    /* Backwards, so that each list begins with the first of the view's order. */
    for (uint32_t i = view->vcpu_count; i-- > 0;) {
        struct view_vcpu *v = &view->vcpus[i];
        const int32_t pcpu = v->pcpu;

        v->size = v->demand = v->usage;
        if (pcpu < 0)
            continue;
        v->demand = estimate(&planner->vcpus[v->name.slot], v, &view->pcpus[pcpu]);
        planner->vcpus[v->name.slot].demand = v->demand;
        v->size = v->demand;
        v->pcpu = -1;
        view_put(view, i, pcpu);
    }
    for (uint32_t p = 0; p < view->pcpu_count; p++)
        view->pcpus[p].measured = view->pcpus[p].load;
}

static void find_extremes(struct view *view)
{
    view->busiest = view->freest = -1;
    for (int32_t p = 0; p < (int32_t)view->pcpu_count; p++) {
        const struct view_pcpu *one = &view->pcpus[p];

        if (!one->managed || !one->certain)
            continue;
        if (view->busiest < 0 || one->load > view->pcpus[view->busiest].load)
            view->busiest = p;
        if (view->freest < 0 || one->load < view->pcpus[view->freest].load)
            view->freest = p;
    }
}

static void make_view(struct planner *planner, const struct snapshot *snapshot, struct view *view)
{
    const struct managed *managed = &planner->managed;

    view->period = planner->step - 1;
    view->now_ns = snapshot->end_ns;
    view->span_s = view->period ? (double)(snapshot->end_ns - planner->last_ns) / 1e9 : 0;
    view->domain_count = snapshot->size.domains;
    view->vcpu_count = snapshot->size.vcpus;
    view->pcpu_count = snapshot->size.pcpus;
    view->set_count = snapshot->size.sets;
    view->suspect = view->unchecked = view->fresh = 0;
    if (view->sets_version != managed->version) {
        view->sets_version = managed->version;
        view->managed = managed->all;
        for (uint32_t s = 0; s < view->set_count; s++)
            view->sets[s] = managed->facts[s].allowed;
    }
    view_domains(planner, snapshot, view);
    for (uint32_t v = 0; v < view->vcpu_count; v++)
        view_vcpu(planner, snapshot, &snapshot->vcpus[v], view, &view->vcpus[v]);
    view_pcpus(planner, snapshot, view);
    find_extremes(view);
}

/** True if pins were still being made well into the period that this snapshot ends. */
static bool settling(const struct planner *planner, const struct snapshot *snapshot)
{
    return planner->pinned_ns > planner->last_ns &&
           planner->pinned_ns - planner->last_ns >
               (snapshot->begin_ns - planner->last_ns) / SETTLE_PART;
}

/** Holds what the last plan gained against what it expected; vCPUs that moved in vain are to stay
 * longer. */
static void judge_payoff(struct planner *planner, struct plan *plan)
{
    plan->judged = planner->payoff.open;
    if (plan->judged) {
        const double expected = planner->payoff.expected;

        plan->gained = payoff_judge(&planner->payoff, &plan->view);
        planner->judged_plans++;
        planner->gain_sum += expected;
        planner->gained_sum += plan->gained;
        for (uint32_t i = 0; i < plan->view.vcpu_count; i++) {
            struct vcpu_memory *state = &planner->vcpus[plan->view.vcpus[i].name.slot];

            if (state->moved_step != planner->payoff_step)
                continue;
            if (plan->gained > 0)
                state->backoff = 0;
            else if (state->backoff < BACKOFF_MOST)
                state->backoff++;
        }
    }
    plan->judged_plans = planner->judged_plans;
    plan->gain_sum = planner->gain_sum;
    plan->gained_sum = planner->gained_sum;
}

static void decide(struct planner *planner, struct plan *plan)
{
    const struct options *options = planner->options;

    if (options->floating == FLOATING_PLACE && options->policy != &policy_none)
        policy_place(&options->decision, plan);
    if (plan->pin_count == 0)
        options->policy->decide(&options->decision, planner->policy_state, plan);
}

int planner_step(struct planner *planner, const struct snapshot *snapshot, struct plan *plan)
{
    const struct policy_settings *settings = &planner->options->decision;

    if (!reserve(planner, snapshot) || plan_reserve(plan, &snapshot->size) ||
        managed_update(&planner->managed, planner->options, snapshot))
        return fail(&plan->failure, -ENOMEM, "planning: no memory");
    if (planner->options->has_cpus && cpuset_count(&planner->managed.all) == 0)
        return fail(&plan->failure, -EINVAL, "--cpus: none of these pCPUs is online on this host");
    planner->step++;
    plan->pin_count = 0;
    plan->gain = 0;
    plan->judged = false;
    plan->failure.text[0] = '\0';
    make_view(planner, snapshot, &plan->view);
    if (planner->policy_state && plan->view.period > 0 &&
        planner->options->policy->learn(planner->policy_state, &plan->view))
        return fail(&plan->failure, -ENOMEM, "planning: no memory");
    if (snapshot->size.domains == 0) {
        plan_because(plan, settings, REASON_NO_DOMAIN);
    } else if (plan->view.period == 0) {
        plan_because(plan, settings, REASON_FIRST);
    } else if (settling(planner, snapshot)) {
        plan_because(plan, settings, REASON_SETTLING);
    } else {
        judge_payoff(planner, plan);
        decide(planner, plan);
    }
    plan->suspects = planner->suspects;
    planner->last_ns = snapshot->end_ns;
    return 0;
}

void planner_book(struct planner *planner, const struct plan *plan)
{
    bool made = false;

    for (uint32_t i = 0; i < plan->pin_count; i++) {
        const struct pin *pin = &plan->pins[i];
        const struct view_vcpu *v = &plan->view.vcpus[pin->vcpu];
        struct vcpu_memory *state = &planner->vcpus[v->name.slot];

        if (state->serial != v->serial)
            continue; /* gone, and its slot is another's by now */
        switch (pin->result) {
        case PIN_DRY:
            state->dry_pcpu = pin->to;
            state->moved_step = planner->step;
            break;
        case PIN_DONE:
            made = true;
            state->moved_step = planner->step;
            planner->pinned_ns = plan->done_ns;
            break;
        case PIN_UNCONFIRMED:
        case PIN_UNDONE:
        case PIN_FAILED:
            /* What was refused or taken back is not asked for again at once, either. */
            state->moved_step = planner->step;
            planner->pinned_ns = plan->done_ns;
            break;
        case PIN_BUSY:
        case PIN_GONE:
            /* Nor is it to keep the others waiting for its job to end. */
            state->busy_step = planner->step;
            break;
        case PIN_PLANNED:
        case PIN_SKIPPED:
            break;
        }
    }
    if (made) {
        payoff_open(&planner->payoff, plan);
        planner->payoff_step = planner->step;
    }
}
