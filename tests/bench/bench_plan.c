/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_plan.c - how long a decision takes, by policy, by load, and by size of the host.
 *
 *     bench_plan [VCPUS PCPUS]...      default: the rows that show the growth, and the budgets
 *
 * Each row is of pools of one pCPU, but for those that end in a ratio: the same host cut into pools
 * of eight must not take longer to plan than pool by pCPU (--pool cpu) in the same run.
 *
 * "learn" and "decide" are the policy alone, "view" is what the planner does before: usage,
 * cross-check, lists. The floor is one pass over the vCPUs that only adds up the usage of each
 * pCPU, in the same run: no planner could do with less.
 *
 * Loads: "steady", a host that has been balanced for a while, its pins are made; "crowded", all
 * vCPUs on half of the pCPUs, and no pin is ever made, so that every period has all to decide;
 * "flood", the same with any number of pins, for balance, for information. "shaped" and "huddled"
 * are steady and crowded on a host with two threads a core, LLCs and nodes, up to 100,000 vCPUs.
 */
#include "config/options.h"
#include "planner/planner.h"

#include "base/clock.h"
#include "topology.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define ROUNDS    41
#define BEFORE    60                    /* rounds, until a steady host is steady */
#define PATIENCE  UINT64_C(10000000000) /* at most for these, and for the others, nanoseconds */
#define PERIOD_NS UINT64_C(3000000000)
/* Mean demand of the vCPUs, part of all pCPUs. */
#define HOST_LOAD 0.6

/* Budgets in microseconds, at this size. */
#define BUDGET_VCPUS  10000
#define BUDGET_PCPUS  512
#define SWAP_DECIDE   100
#define BALANCE_WHOLE 5000
#define SHAPED_WHOLE  5000 /* with the view, of each */
/* Budgets at the end of the curve: a tenth of the default period, and the memory of the bench. */
#define MOST_VCPUS 100000
#define MOST_PCPUS 4096
#define MOST_WHOLE 300000
#define MOST_MIB   256

/* Pools of so many pCPUs may take so many times the time of one by one; the rest is noise. */
#define POOL_SIZE  8
#define POOL_RATIO 1.1

#define ANY_PINS 100000

/* Of a shaped host: two threads a core, caches of eight cores, nodes of up to 128 pCPUs. */
#define SMT_FACTOR    0.6
#define REMOTE_FACTOR 0.85

struct load {
    const char *name;
    bool packed;       /* on half of the pCPUs */
    bool shaped;       /* with full topology */
    bool pins;         /* they are made */
    uint32_t max_pins; /* 0: the policy's own */
    bool judged;       /* the budgets hold here */
};

static const struct load loads[] = {
    {.name = "steady", .pins = true, .judged = true},
    {.name = "crowded", .packed = true, .judged = true},
    {.name = "flood", .packed = true, .max_pins = ANY_PINS},
    {.name = "shaped", .shaped = true, .pins = true, .judged = true},
    {.name = "huddled", .shaped = true, .packed = true, .judged = true},
};
enum { LOADS = sizeof loads / sizeof *loads };

/* A host, and the demands on it. A vCPU's affinity is a pool: the set of that number. */
struct rig {
    struct snapshot *snapshot;
    struct pools pools;
    double *usual;  /* demand of each vCPU in the mean, part of a pCPU */
    double *demand; /* now */
    double *sum;    /* of each pool, now */
    uint64_t *before;
};

/* Of each round, microseconds. */
struct times {
    int rounds; /* fewer than ROUNDS where they take too long */
    double view[ROUNDS], learn[ROUNDS], decide[ROUNDS], least[ROUNDS];
};

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

static uint32_t nodes_of(uint32_t pcpus)
{
    return pcpus > 256 ? pcpus / 128 : 2;
}

/* True if so many pCPUs make whole LLCs on every node. */
static bool has_shape(uint32_t pcpus)
{
    return pcpus % (16 * nodes_of(pcpus)) == 0;
}

static void make_topology(struct topology *topology, uint32_t pcpus)
{
    const uint32_t nodes = nodes_of(pcpus);

    topology->smt_factor = SMT_FACTOR;
    topology->remote_factor = REMOTE_FACTOR;
    if (topology_regular(topology, nodes, pcpus / nodes / 16, 8, 2))
        abort();
}

/* A random node, the same for all vCPUs of a domain. */
static int32_t home_of(uint32_t domain, uint32_t nodes)
{
    return (int32_t)(domain * UINT32_C(2654435761) % nodes);
}

static struct pool_choice choice_of(uint32_t pool_size)
{
    return (struct pool_choice){pool_size > 1 ? POOL_SIZED : POOL_CPU, pool_size};
}

/* The last set is of all pCPUs, those before it are the pools. */
static struct snapshot *make_snapshot(const struct load *load, uint32_t vcpus, uint32_t pcpus,
                                      uint32_t pool_size, struct pools *pools)
{
    struct snapshot *snapshot = snapshot_new();
    const uint32_t domains = (vcpus + 3) / 4;
    const struct snapshot_size size = {
        .domains = domains, .vcpus = vcpus, .pcpus = pcpus, .sets = pcpus + 1};
    const struct pool_choice choice = choice_of(pool_size);
    uint32_t used;

    if (!snapshot || snapshot_reserve(snapshot, &size))
        abort();
    if (load->shaped)
        make_topology(&snapshot->topology, pcpus);
    snapshot->size = size;
    snapshot->sets_version = 1;
    for (uint32_t p = 0; p < pcpus; p++)
        cpuset_add(&snapshot->online, p);
    if (pools_update(pools, &choice, &snapshot->topology, pcpus, &snapshot->online))
        abort();
    for (uint32_t p = 0; p < pcpus; p++)
        cpuset_add(&snapshot->sets[pools->of[p]], p);
    snapshot->sets[pcpus] = snapshot->online;
    used = load->packed ? (pools->count + 1) / 2 : pools->count;
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
            .last_pcpu = cpuset_next(&snapshot->sets[v % used], 0),
            .affinity = v % used,
            .numa_home = load->shaped ? home_of(v / 4, snapshot->topology.node_count) : -1,
            .wanted = pcpus,
            .has = VCPU_HAS_TIME | VCPU_HAS_CGROUP | VCPU_HAS_DELAY,
            .time_ns = 1,
            .cgroup_ns = 1,
        };
    return snapshot;
}

static struct rig make_rig(const struct load *load, uint32_t vcpus, uint32_t pcpus,
                           uint32_t pool_size)
{
    struct rig rig = {
        .usual = calloc(vcpus, sizeof *rig.usual),
        .demand = calloc(vcpus, sizeof *rig.demand),
        .sum = calloc(pcpus, sizeof *rig.sum),
        .before = calloc(vcpus, sizeof *rig.before),
    };

    if (!rig.usual || !rig.demand || !rig.sum || !rig.before)
        abort();
    rig.snapshot = make_snapshot(load, vcpus, pcpus, pool_size, &rig.pools);
    for (uint32_t v = 0; v < vcpus; v++)
        rig.usual[v] = 2 * random_share() * HOST_LOAD * pcpus / vcpus;
    return rig;
}

static void free_rig(struct rig *rig)
{
    snapshot_free(rig->snapshot);
    pools_finish(&rig->pools);
    free(rig->usual);
    free(rig->demand);
    free(rig->sum);
    free(rig->before);
}

/* Goes on by a period: each vCPU has a new demand, from nothing to twice its usual one. In a
 * crowded pool it gets its share and waits for the rest. */
static void advance(struct rig *rig)
{
    struct snapshot *snapshot = rig->snapshot;
    const double whole = (double)snapshot->size.pcpus / rig->pools.count;

    snapshot->begin_ns = snapshot->end_ns += PERIOD_NS;
    for (uint32_t d = 0; d < snapshot->size.domains; d++)
        snapshot->domains[d].begin_ns = snapshot->domains[d].end_ns =
            snapshot->domains[d].cgroup_ns = snapshot->end_ns;
    memset(rig->sum, 0, snapshot->size.pcpus * sizeof *rig->sum);
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++) {
        rig->demand[v] = 2 * random_share() * rig->usual[v];
        if (rig->demand[v] > 1)
            rig->demand[v] = 1;
        rig->sum[snapshot->vcpus[v].affinity] += rig->demand[v];
    }
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++) {
        struct vcpu_sample *vcpu = &snapshot->vcpus[v];
        const double sum = rig->sum[vcpu->affinity];
        const double used = rig->demand[v] * (sum > whole ? whole / sum : 1);

        vcpu->time_ns += (uint64_t)(used * (double)PERIOD_NS);
        vcpu->cgroup_ns = vcpu->time_ns;
        vcpu->delay_ns += (uint64_t)((rig->demand[v] - used) * (double)PERIOD_NS);
    }
}

static void make_pins(struct rig *rig, struct plan *plan)
{
    for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
        struct vcpu_sample *vcpu = &rig->snapshot->vcpus[plan->decision.pins[i].vcpu];

        vcpu->affinity = (uint32_t)plan->decision.pins[i].to;
        vcpu->last_pcpu = plan->view.pools[plan->decision.pins[i].to].pcpu;
        plan->decision.pins[i].result = PIN_DONE;
    }
}

static double since(uint64_t begin_ns)
{
    return (double)(clock_now() - begin_ns) / 1e3;
}

/* The floor: adds up the usage of each pool. */
static double floor_of(struct rig *rig)
{
    const struct snapshot *snapshot = rig->snapshot;
    const uint64_t begin_ns = clock_now();

    memset(rig->sum, 0, snapshot->size.pcpus * sizeof *rig->sum);
    for (uint32_t v = 0; v < snapshot->size.vcpus; v++) {
        rig->sum[snapshot->vcpus[v].affinity] +=
            (double)(snapshot->vcpus[v].cgroup_ns - rig->before[v]);
        rig->before[v] = snapshot->vcpus[v].cgroup_ns;
    }
    __asm__ volatile("" : : "r"(rig->sum) : "memory");
    return since(begin_ns);
}

/* Runs all rounds. Returns the pins per round. */
static double time_rounds(struct options *options, const struct load *load,
                          const struct policy *policy, struct rig *rig, struct times *times)
{
    const struct crosscheck_ticks steps = crosscheck_ticks();
    struct planner *planner = planner_new(&options->planner, &steps);
    struct policy_state *state = policy->begin ? policy->begin() : NULL;
    struct plan *plan = plan_new();
    uint64_t start_ns = clock_now();
    uint32_t pins = 0;

    if (!planner || !plan || (policy->begin && !state))
        abort();
    for (int round = -BEFORE; round < ROUNDS; round++) {
        uint64_t begin_ns = clock_now();
        int at;

        if (begin_ns - start_ns > PATIENCE && round < 0)
            round = 0;
        if (round == 0)
            start_ns = begin_ns;
        else if (begin_ns - start_ns > PATIENCE)
            break;
        at = round < 0 ? 0 : round;
        times->rounds = at + 1;
        /* A host gets steady soonest with any number of pins. */
        options->planner.decision.max_pins = load->pins && round < 0 ? ANY_PINS : load->max_pins;
        advance(rig);
        begin_ns = clock_now();
        if (planner_step(planner, rig->snapshot, plan))
            abort();
        times->view[at] = since(begin_ns);
        if (plan->view.period == 0)
            continue;
        begin_ns = clock_now();
        if (state && policy->learn(state, &plan->view))
            abort();
        times->learn[at] = since(begin_ns);
        begin_ns = clock_now();
        policy->decide(&options->planner.decision, state, plan);
        times->decide[at] = since(begin_ns);
        times->least[at] = floor_of(rig);
        if (round >= 0)
            pins += plan->decision.pin_count;
        if (load->pins) {
            make_pins(rig, plan);
            planner_book(planner, plan);
        }
    }
    if (state)
        policy->finish(state);
    plan_free(plan);
    planner_free(planner);
    return (double)pins / times->rounds;
}

/* The budget in microseconds; 0: for information. */
static double budget_of(const struct load *load, const struct policy *policy, uint32_t vcpus,
                        uint32_t pcpus)
{
    const bool promised = vcpus == BUDGET_VCPUS && pcpus == BUDGET_PCPUS;

    if (!load->judged || (policy != &policy_swap && policy != &policy_balance))
        return 0;
    if (load->shaped && vcpus == MOST_VCPUS && pcpus == MOST_PCPUS)
        return MOST_WHOLE;
    if (!promised)
        return 0;
    if (load->shaped)
        return SHAPED_WHOLE;
    return policy == &policy_swap ? SWAP_DECIDE : BALANCE_WHOLE;
}

/* Returns the verdict on a budget, and counts it if it is missed. */
static const char *judge(const struct load *load, const struct policy *policy, uint32_t vcpus,
                         uint32_t pcpus, double learn, double decide, double view, int *missed)
{
    const double budget = budget_of(load, policy, vcpus, pcpus);
    double time = decide;

    if (budget <= 0)
        return "";
    if (load->shaped || policy == &policy_balance)
        time += learn;
    if (load->shaped)
        time += view;
    *missed += time > budget;
    return time > budget ? "MISSED" : "within";
}

/* Times a host of pools of so many pCPUs. Returns the whole time, of the view and the policy. If
 * `most` is above 0, it is the budget for that. */
static double measure_pools(struct options *options, const struct load *load,
                            const struct policy *policy, uint32_t vcpus, uint32_t pcpus,
                            uint32_t pool_size, double most, int *missed)
{
    char ratio[32] = "";
    struct rig rig;
    static struct times times;
    double pins, learn, decide, view, least;

    rig = make_rig(load, vcpus, pcpus, pool_size);
    options->planner.pool = choice_of(pool_size);
    pins = time_rounds(options, load, policy, &rig, &times);
    learn = median(times.learn, times.rounds);
    decide = median(times.decide, times.rounds);
    view = median(times.view, times.rounds);
    least = median(times.least, times.rounds);
    if (most > 0) {
        const double part = (view + learn + decide) / most;

        *missed += part > POOL_RATIO;
        snprintf(ratio, sizeof ratio, "%.2f of pool 1: %s", part,
                 part > POOL_RATIO ? "MISSED" : "within");
    }
    /* median() has sorted them */
    printf("%-8s %-8s %7u %6u %5u %9.1f %9.1f %9.1f %9.1f %9.1f %8.1f  %s\n", policy->name,
           load->name, vcpus, pcpus, pool_size, learn, decide, times.decide[times.rounds - 1], view,
           least, pins,
           most > 0 ? ratio : judge(load, policy, vcpus, pcpus, learn, decide, view, missed));
    fflush(stdout);
    free_rig(&rig);
    return view + learn + decide;
}

/* At the promised size, pools of several pCPUs follow. */
static void measure(struct options *options, const struct load *load, const struct policy *policy,
                    uint32_t vcpus, uint32_t pcpus, int *missed)
{
    double most;

    if (load->shaped && !has_shape(pcpus))
        return;
    most = measure_pools(options, load, policy, vcpus, pcpus, 1, 0, missed);
    if (vcpus == BUDGET_VCPUS && pcpus == BUDGET_PCPUS && load->judged)
        measure_pools(options, load, policy, vcpus, pcpus, POOL_SIZE, most, missed);
}

/* Growth with vCPUs and pCPUs together, on shaped hosts. */
static void measure_curve(struct options *options, const struct load *load,
                          const struct policy *policy, int *missed)
{
    static const uint32_t sizes[][2] = {
        {1250, 64},    {2500, 128},   {5000, 256},   {BUDGET_VCPUS, BUDGET_PCPUS},
        {20000, 1024}, {40000, 2048}, {80000, 4096}, {MOST_VCPUS, MOST_PCPUS}};

    if (policy != &policy_swap && policy != &policy_balance)
        return;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        measure(options, load, policy, sizes[i][0], sizes[i][1], missed);
}

/* Growth with vCPUs, with pCPUs, and beyond the promised size. */
static void measure_growth(struct options *options, const struct load *load,
                           const struct policy *policy, int *missed)
{
    static const uint32_t sizes[][2] = {{100, 16},    {1000, 64},    {10000, 64}, {10000, 128},
                                        {10000, 256}, {10000, 512},  {5000, 512}, {2000, 512},
                                        {1000, 512},  {100000, 4096}};
    const size_t count = sizeof sizes / sizeof *sizes;

    if (load->shaped) {
        measure_curve(options, load, policy, missed);
        return;
    }
    if (load->max_pins) {
        if (policy == &policy_balance)
            measure(options, load, policy, BUDGET_VCPUS, BUDGET_PCPUS, missed);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count || policy == &policy_swap || policy == &policy_balance)
            measure(options, load, policy, sizes[i][0], sizes[i][1], missed);
    }
}

/* Prints the peak of memory, with a verdict. */
static bool judge_memory(void)
{
    struct rusage usage;
    bool within;

    if (getrusage(RUSAGE_SELF, &usage))
        abort();
    within = usage.ru_maxrss <= MOST_MIB * 1024;
    printf("memory at most: %ld MiB, budget %d MiB: %s\n", usage.ru_maxrss / 1024, MOST_MIB,
           within ? "within" : "MISSED");
    return within;
}

int main(int argc, char **argv)
{
    /* The planner makes the view with policy none; the policy is timed alone. */
    char *arguments[] = {argv[0], (char[]){"--policy=none"}, NULL};
    struct options options;
    const struct policy *policy;
    int missed = 0;

    if (options_parse(&options, 2, arguments, stdout, stderr) != OPTIONS_RUN)
        return EXIT_FAILURE;
    printf("planning, medians of up to %d rounds in microseconds; budgets at %d vCPUs on %d pCPUs: "
           "swap "
           "decides in %d, balance learns and decides in %d; with full topology the view is made, "
           "too, in %d, and at %d on %d in %d\n",
           ROUNDS, BUDGET_VCPUS, BUDGET_PCPUS, SWAP_DECIDE, BALANCE_WHOLE, SHAPED_WHOLE, MOST_VCPUS,
           MOST_PCPUS, MOST_WHOLE);
    printf("%-8s %-8s %7s %6s %5s %9s %9s %9s %9s %9s %8s  %s\n", "policy", "load", "vCPUs",
           "pCPUs", "pool", "learn", "decide", "longest", "view", "floor", "pins", "budget");
    for (uint32_t n = 0; (policy = policy_at(n)); n++) {
        for (int l = 0; l < LOADS; l++) {
            for (int i = 1; i + 1 < argc; i += 2)
                measure(&options, &loads[l], policy, (uint32_t)atoi(argv[i]),
                        (uint32_t)atoi(argv[i + 1]), &missed);
            if (argc < 3)
                measure_growth(&options, &loads[l], policy, &missed);
        }
    }
    missed += !judge_memory();
    options_finish(&options);
    return missed ? EXIT_FAILURE : EXIT_SUCCESS;
}
