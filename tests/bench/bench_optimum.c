/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_optimum.c - on small hosts of constant demand, how far from the best reachable placement
 * `balance` comes to rest.
 *
 *     bench_optimum [each]      each: a line for every host, too
 *
 * Each host starts crowded. The planner sees only counters, as in a replay (usage cut off at
 * saturation, the rest is delay), until nothing has been pinned for long. Then GLPK looks for the
 * best placement within as many moves as balance made pins.
 *
 * The budget holds for the work lost and for what balance counts as crowded, each measured in two
 * ways: what balance loses more than the optimum, relative to all the work that the optimum gets
 * done ("gap"), and to what the optimum saves of the start ("unsaved"), which is stricter. All are
 * means over the hosts. The highest load is shown for information. Exit status 1: over the budget;
 * 77: built without GLPK. The seeds are fixed.
 */
#include "config/options.h"
#include "planner/planner.h"

#include "optimum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUDGET 2.0 /* percent */

#define HOSTS     500
#define PERIOD_NS UINT64_C(3000000000)
#define REST      350  /* periods without a pin: more than the longest back-off */
#define PERIODS   5000 /* at most */
#define SAME      0.01 /* percent of a pCPU: no difference */

/* A host, and where everything is now. */
struct host_case {
    struct placing placing;
    uint32_t domains, domain[OPTIMUM_VCPUS];
    int32_t at[OPTIMUM_VCPUS];
    uint32_t pins, periods;
    bool rests;
};

/* The measures. */
enum measure { LOST, CROWDED, HIGHEST, MEASURES };
static const struct goal goals[MEASURES] = {
    [LOST] = {.above = 100},
    [CROWDED] = {.above = 75}, /* as balance counts usual demand */
    [HIGHEST] = {.above = 0, .highest = true},
};
static const char *const names[MEASURES] = {"lost (above 100)", "crowded (above 75)", "highest"};

/* The goal's value of one host, percent of a pCPU. */
struct result {
    double start, balance, optimum;
    bool proved;
};

/* Sums over all hosts. */
struct tally {
    double start, balance, optimum; /* parts of the demand */
    double gap;                     /* (balance - optimum) / (demand - optimum) */
    double unsaved;                 /* (balance - optimum) / (start - optimum) */
    double worst_gap;
    uint32_t worst, savable, equal, unproved;
};

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static uint32_t below(uint64_t *seed, uint32_t limit)
{
    return (uint32_t)(random_next(seed) >> 33) % limit;
}

/* Demands of 40 to 100 % of the host in all, some of them several times others. */
static void random_demands(uint64_t *seed, struct placing *placing)
{
    const double wanted = placing->pcpus * (40.0 + below(seed, 61));
    double sum = 0;

    for (uint32_t v = 0; v < placing->vcpus; v++) {
        const double share = (1 + below(seed, 1000)) / 1000.0;

        placing->demand[v] = below(seed, 3) ? share : share * share * share;
        sum += placing->demand[v];
    }
    for (uint32_t v = 0; v < placing->vcpus; v++)
        placing->demand[v] = fmin(100, placing->demand[v] * wanted / sum);
}

static struct host_case random_host(uint32_t number)
{
    uint64_t seed = UINT64_C(0x9e3779b97f4a7c15) * (number + 1);
    struct host_case host = {
        .placing = {.pcpus = 4 + below(&seed, 3), .vcpus = 8 + below(&seed, 9)}};
    struct placing *placing = &host.placing;
    const uint32_t all = (1U << placing->pcpus) - 1;
    const bool restricted = below(&seed, 3) == 0;
    uint32_t left = 0; /* vCPUs still to be added to the last domain */

    random_demands(&seed, placing);
    for (uint32_t v = 0; v < placing->vcpus; v++) {
        if (left == 0) {
            host.domains++;
            left = below(&seed, 4) ? 1 : 2 + below(&seed, 3);
        }
        left--;
        host.domain[v] = host.domains - 1;
        placing->allowed[v] = restricted && below(&seed, 3) == 0 ? 1 + below(&seed, all) : all;
        do { /* crowded: more on the low numbers */
            const uint32_t one = below(&seed, placing->pcpus), other = below(&seed, placing->pcpus);

            placing->start[v] = (int32_t)(one < other ? one : other);
        } while (!(placing->allowed[v] >> placing->start[v] & 1));
        host.at[v] = placing->start[v];
    }
    return host;
}

/* Sets: one for each pCPU, then what each vCPU is allowed. */
static struct snapshot *make_snapshot(const struct host_case *host)
{
    struct snapshot *snapshot = snapshot_new();
    const uint32_t pcpus = host->placing.pcpus, vcpus = host->placing.vcpus;
    const struct snapshot_size size = {
        .domains = host->domains, .vcpus = vcpus, .pcpus = pcpus, .sets = pcpus + vcpus};

    if (!snapshot || snapshot_reserve(snapshot, &size))
        abort();
    snapshot->size = size;
    snapshot->sets_version = 1;
    for (uint32_t p = 0; p < pcpus; p++) {
        cpuset_add(&snapshot->online, p);
        cpuset_add(&snapshot->sets[p], p);
        for (uint32_t v = 0; v < vcpus; v++) {
            if (host->placing.allowed[v] >> p & 1)
                cpuset_add(&snapshot->sets[pcpus + v], p);
        }
    }
    for (uint32_t v = 0; v < vcpus; v++) {
        struct domain_sample *domain = &snapshot->domains[host->domain[v]];

        if (domain->vcpu_count == 0) {
            *domain = (struct domain_sample){
                .serial = host->domain[v] + 1, .slot = host->domain[v], .first_vcpu = v};
            snprintf(domain->name, sizeof domain->name, "domain-%u", host->domain[v]);
        }
        snapshot->vcpus[v] = (struct vcpu_sample){
            .serial = v + 1,
            .slot = v,
            .domain = host->domain[v],
            .number = domain->vcpu_count++,
            .wanted = pcpus + v,
            .has = VCPU_HAS_TIME | VCPU_HAS_CGROUP | VCPU_HAS_DELAY,
            .time_ns = 1,
            .cgroup_ns = 1,
        };
    }
    return snapshot;
}

/* Lets a period pass. */
static void play(const struct host_case *host, struct snapshot *snapshot)
{
    const struct placing *placing = &host->placing;
    double load[OPTIMUM_PCPUS] = {0};

    for (uint32_t v = 0; v < placing->vcpus; v++)
        load[host->at[v]] += placing->demand[v];
    snapshot->begin_ns = snapshot->end_ns += PERIOD_NS;
    for (uint32_t d = 0; d < host->domains; d++)
        snapshot->domains[d].begin_ns = snapshot->domains[d].end_ns =
            snapshot->domains[d].cgroup_ns = snapshot->end_ns;
    for (uint32_t v = 0; v < placing->vcpus; v++) {
        struct vcpu_sample *vcpu = &snapshot->vcpus[v];
        const double wanted = placing->demand[v] / 100 * (double)PERIOD_NS;
        const double used = wanted * fmin(1, 100 / load[host->at[v]]);

        vcpu->time_ns += (uint64_t)llround(used);
        vcpu->cgroup_ns = vcpu->time_ns;
        vcpu->delay_ns += (uint64_t)llround(wanted - used);
        vcpu->affinity = (uint32_t)host->at[v];
        vcpu->last_pcpu = host->at[v];
    }
}

static void run(struct host_case *host, const struct options *options)
{
    const struct crosscheck_ticks steps = crosscheck_ticks();
    struct snapshot *snapshot = make_snapshot(host);
    struct planner *planner = planner_new(&options->planner, &steps);
    struct plan *plan = plan_new();
    uint32_t still = 0;

    if (!planner || !plan)
        abort();
    for (; host->periods < PERIODS && still < REST; host->periods++, still++) {
        play(host, snapshot);
        if (planner_step(planner, snapshot, plan))
            abort();
        for (uint32_t i = 0; i < plan->decision.pin_count; i++) {
            host->at[plan->decision.pins[i].vcpu] = plan->decision.pins[i].to;
            plan->decision.pins[i].result = PIN_DONE;
            still = 0;
        }
        host->pins += plan->decision.pin_count;
        planner_book(planner, plan);
    }
    host->rests = still == REST;
    plan_free(plan);
    planner_free(planner);
    snapshot_free(snapshot);
}

static uint32_t moved(const struct host_case *host)
{
    uint32_t count = 0;

    for (uint32_t v = 0; v < host->placing.vcpus; v++)
        count += host->at[v] != host->placing.start[v];
    return count;
}

static double demand_of(const struct placing *placing)
{
    double sum = 0;

    for (uint32_t v = 0; v < placing->vcpus; v++)
        sum += placing->demand[v];
    return sum;
}

static struct result judge(const struct goal *goal, const struct host_case *host)
{
    const struct placing *placing = &host->placing;
    struct result result = {.start = goal_value(goal, placing, placing->start),
                            .balance = goal_value(goal, placing, host->at)};

    result.optimum = goal_least(goal, placing, host->pins, result.balance, &result.proved);
    return result;
}

static void add(struct tally *tally, const struct result *result, double demand, uint32_t number)
{
    const double more = result->balance - result->optimum;
    const double gap = more / (demand - result->optimum);

    tally->start += result->start / demand;
    tally->balance += result->balance / demand;
    tally->optimum += result->optimum / demand;
    tally->gap += gap;
    tally->equal += more < SAME;
    tally->unproved += !result->proved;
    if (gap > tally->worst_gap) {
        tally->worst_gap = gap;
        tally->worst = number;
    }
    if (result->start - result->optimum > SAME) {
        tally->savable++;
        tally->unsaved += more / (result->start - result->optimum);
    }
}

static void show_host(const struct host_case *host, uint32_t number, const struct result *results)
{
    const struct placing *placing = &host->placing;

    printf("host %u: %u vCPUs on %u pCPUs, load %.0f, %u pins", number, placing->vcpus,
           placing->pcpus, demand_of(placing) / placing->pcpus, host->pins);
    for (int m = 0; m < MEASURES; m++)
        printf("; %s %.1f, balance %.1f, optimum %.1f", names[m], results[m].start,
               results[m].balance, results[m].optimum);
    printf("\n");
}

/* Prints a measure's line. Returns false if it is over the budget. */
static bool show(const struct tally *tally, enum measure measure)
{
    const double gap = 100 * tally->gap / HOSTS;
    const double unsaved = tally->savable ? 100 * tally->unsaved / tally->savable : 0;
    const bool judged = measure != HIGHEST;
    const bool within = gap <= BUDGET && unsaved <= BUDGET;

    printf("%-18s %8.2f %8.2f %8.2f %8.2f", names[measure], 100 * tally->start / HOSTS,
           100 * tally->balance / HOSTS, 100 * tally->optimum / HOSTS, unsaved);
    if (judged)
        printf(" %8.2f %8.2f (%3u)", gap, 100 * tally->worst_gap, tally->worst);
    else
        printf(" %8s %8s %5s", "-", "-", "");
    printf(" %8u %8u  %s\n", tally->equal, tally->unproved,
           !judged  ? ""
           : within ? "within"
                    : "MISSED");
    return within || !judged;
}

static bool compare(const struct options *options, bool each)
{
    struct tally tallies[MEASURES] = {0};
    uint32_t pins = 0, moves = 0, restless = 0;
    bool within = true;

    for (uint32_t number = 0; number < HOSTS; number++) {
        struct host_case host = random_host(number);
        struct result results[MEASURES];

        run(&host, options);
        for (int m = 0; m < MEASURES; m++) {
            results[m] = judge(&goals[m], &host);
            add(&tallies[m], &results[m], demand_of(&host.placing), number);
        }
        if (each)
            show_host(&host, number, results);
        pins += host.pins;
        moves += moved(&host);
        restless += !host.rests;
    }
    printf(
        "balance on %d hosts of 4 to 6 pCPUs and 8 to 16 vCPUs: %u pins, %u vCPUs moved, %u hosts "
        "without rest\n",
        HOSTS, pins, moves, restless);
    printf(
        "means in percent; start, balance, optimum: of the demand; budget: gap and unsaved %g %%\n",
        BUDGET);
    printf("%-18s %8s %8s %8s %8s %8s %14s %8s %8s  %s\n", "load", "start", "balance", "optimum",
           "unsaved", "gap", "worst (host)", "equal", "unproved", "budget");
    for (int m = 0; m < MEASURES; m++)
        within &= show(&tallies[m], (enum measure)m);
    return within && restless == 0;
}

int main(int argc, char **argv)
{
    char *arguments[] = {argv[0], (char[]){"--policy=balance"}, NULL};
    struct options options;
    bool within;

    if (!goal_solver()) {
        printf("bench_optimum: skipped: built without GLPK\n");
        return 77;
    }
    if (options_parse(&options, 2, arguments, stdout, stderr) != OPTIONS_RUN)
        return EXIT_FAILURE;
    within = compare(&options, argc > 1 && strcmp(argv[1], "each") == 0);
    options_finish(&options);
    return within ? EXIT_SUCCESS : EXIT_FAILURE;
}
