/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_plan.c - how long a decision takes, by policy and by size of the host.
 *
 *     bench_plan [VCPUS PCPUS]...      default: a row of sizes up to 10,000 vCPUs on 512 pCPUs
 *
 * "decide" is the policy alone, "view" what the planner does before it: counters to usage,
 * cross-check, lists. The floor beside them is one pass over the vCPUs that only adds up what each
 * pCPU used, in the same run: no planner could do with less.
 */
#include "planner.h"

#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 41

static uint64_t random_state = 0x9e3779b97f4a7c15;

static double random_share(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (double)(random_state >> 11) / 9007199254740992.0;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

/** A host whose vCPUs float nowhere and want between nothing and twice their fair share of a
 * half-full pCPU. */
static struct snapshot *make_snapshot(uint32_t vcpus, uint32_t pcpus)
{
    struct snapshot *snapshot = snapshot_new();
    const uint32_t domains = (vcpus + 3) / 4;
    const struct snapshot_size size = {
        .domains = domains, .vcpus = vcpus, .pcpus = pcpus, .sets = pcpus + 1};

    if (!snapshot || snapshot_reserve(snapshot, &size))
        abort();
    snapshot->size = size;
    snapshot->sets_version = 1;
    for (uint32_t p = 0; p < pcpus; p++) {
        cpuset_add(&snapshot->online, p);
        cpuset_add(&snapshot->sets[p], p);
        cpuset_add(&snapshot->sets[pcpus], p);
    }
    for (uint32_t d = 0; d < domains; d++) {
        struct domain_sample *domain = &snapshot->domains[d];

        domain->serial = d + 1;
        domain->slot = d;
        domain->first_vcpu = 4 * d;
        domain->vcpu_count = d + 1 < domains ? 4 : vcpus - 4 * d;
        snprintf(domain->name, sizeof domain->name, "domain-%u", d);
    }
    for (uint32_t v = 0; v < vcpus; v++)
        snapshot->vcpus[v] = (struct vcpu_sample){
            .serial = domains + v + 1,
            .slot = v,
            .domain = v / 4,
            .number = v % 4,
            .last_pcpu = (int32_t)(v % pcpus),
            .affinity = v % pcpus,
            .wanted = pcpus,
            .has = VCPU_HAS_TIME | VCPU_HAS_CGROUP | VCPU_HAS_DELAY,
            .time_ns = 1,
            .cgroup_ns = 1,
        };
    return snapshot;
}

/** One period further: everybody gains anew. */
static void advance(struct snapshot *snapshot)
{
    const uint64_t period_ns = UINT64_C(3000000000);
    const double share = 2 * 0.6 * snapshot->size.pcpus / snapshot->size.vcpus;

    snapshot->begin_ns = snapshot->end_ns += period_ns;
    for (uint32_t d = 0; d < snapshot->size.domains; d++)
        snapshot->domains[d].begin_ns = snapshot->domains[d].end_ns =
            snapshot->domains[d].cgroup_ns = snapshot->end_ns;
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++) {
        const uint64_t gain =
            (uint64_t)((double)period_ns * random_share() * (share < 1 ? share : 1));

        snapshot->vcpus[v].time_ns += gain;
        snapshot->vcpus[v].cgroup_ns += gain;
    }
}

/** The pass that nobody can do without. */
static double floor_of(const struct snapshot *snapshot, uint64_t *before, double *usage)
{
    const uint64_t begin_ns = clock_now();

    memset(usage, 0, snapshot->size.pcpus * sizeof *usage);
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++) {
        usage[snapshot->vcpus[v].affinity] += (double)(snapshot->vcpus[v].cgroup_ns - before[v]);
        before[v] = snapshot->vcpus[v].cgroup_ns;
    }
    __asm__ volatile("" : : "r"(usage) : "memory");
    return (double)(clock_now() - begin_ns) / 1e3;
}

static void measure(const struct policy *policy, uint32_t vcpus, uint32_t pcpus)
{
    struct options options = {
        .policy = &policy_none, /* the planner makes the view; the policy is then timed alone */
        .decision = {.threshold = 50, .min_gain = 5, .stddev = 5, .dwell = 5},
        .period_s = 3,
    };
    const struct crosscheck_steps steps = crosscheck_steps();
    struct snapshot *snapshot = make_snapshot(vcpus, pcpus);
    struct planner *planner = planner_new(&options, &steps);
    struct plan *plan = plan_new();
    uint64_t *before = calloc(vcpus, sizeof *before);
    double *usage = calloc(pcpus, sizeof *usage);
    double view[ROUNDS], decide[ROUNDS], least[ROUNDS];
    uint32_t pins = 0;

    if (!planner || !plan || !before || !usage)
        abort();
    for (int round = -3; round < ROUNDS; round++) {
        uint64_t begin_ns, middle_ns, end_ns;

        advance(snapshot);
        begin_ns = clock_now();
        if (planner_step(planner, snapshot, plan))
            abort();
        middle_ns = clock_now();
        policy->decide(&options.decision, NULL, plan);
        end_ns = clock_now();
        if (round < 0)
            continue;
        view[round] = (double)(middle_ns - begin_ns) / 1e3;
        decide[round] = (double)(end_ns - middle_ns) / 1e3;
        least[round] = floor_of(snapshot, before, usage);
        pins += plan->pin_count;
    }
    printf("%-9s %7u %6u %10.1f %10.1f %10.1f %12.1f %8.1f\n", policy->name, vcpus, pcpus,
           median(decide, ROUNDS), median(view, ROUNDS), median(least, ROUNDS),
           median(view, ROUNDS) / median(least, ROUNDS), (double)pins / ROUNDS);
    free(before);
    free(usage);
    plan_free(plan);
    planner_free(planner);
    snapshot_free(snapshot);
}

int main(int argc, char **argv)
{
    static const uint32_t sizes[][2] = {
        {100, 16}, {1000, 64}, {10000, 64}, {1000, 512}, {10000, 512}};
    const struct policy *policy;

    printf("planning, medians of %d rounds in microseconds\n", ROUNDS);
    printf("%-9s %7s %6s %10s %10s %10s %12s %8s\n", "policy", "vCPUs", "pCPUs", "decide", "view",
           "floor", "view/floor", "pins");
    for (uint32_t n = 0; (policy = policy_at(n)); n++) {
        for (int i = 1; i + 1 < argc; i += 2)
            measure(policy, (uint32_t)atoi(argv[i]), (uint32_t)atoi(argv[i + 1]));
        for (size_t i = 0; argc < 3 && i < sizeof sizes / sizeof *sizes; i++)
            measure(policy, sizes[i][0], sizes[i][1]);
    }
    return 0;
}
