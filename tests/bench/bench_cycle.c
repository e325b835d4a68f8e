/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_cycle.c - the cost of a cycle of the daemon, compared with a bare loop that only makes the
 * same calls. tests/bench/cycle.sh and memory.sh give it domains.
 *
 *     bench_cycle measure URI PERIOD FROM TO PID-FOLDER
 *     bench_cycle hold URI
 *
 * "measure" runs both in one process, half a period of PERIOD milliseconds apart, so that other
 * load of the machine disturbs both alike. Prints the CPU time per cycle of the bare loop and of
 * all the daemon's threads, in microseconds, between the daemon's cycles FROM and TO, which leaves
 * out the start. "hold" connects, lists the domains and stays until the end of standard input: it
 * shows libvirt's part of a process.
 */
#include "base/clock.h"
#include "config/options.h"
#include "host/linux/cgroup.h"
#include "host/linux/procfs.h"
#include "log/log.h"
#include "pipeline/pipeline.h"
#include "report/report.h"
#include "report/summary.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define VCPUS_MAX 4096 /* of the bare loop */

static _Noreturn void die(const char *what)
{
    const virErrorPtr error = virGetLastError();

    fprintf(stderr, "bench_cycle: %s%s%s\n", what, error ? ": " : "", error ? error->message : "");
    exit(EXIT_FAILURE);
}

/* ---- the bare loop ---- */

struct counters {
    struct kept files[VCPUS_MAX];
    uint32_t count;
};

/* CPU time so far: of the whole process, and of the bare loop's thread. */
struct stamp {
    uint64_t process_ns, thread_ns;
};

struct bare {
    const char *uri, *folder;
    uint64_t period_ns, first_ns; /* the first cycle begins then */
    uint64_t from, to;            /* the cycles whose cost counts */
    struct stamp begin, end;      /* when these were done */
    pthread_t thread;
};

static uint64_t cpu_ns(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static struct stamp stamp_now(void)
{
    return (struct stamp){cpu_ns(CLOCK_PROCESS_CPUTIME_ID), cpu_ns(CLOCK_THREAD_CPUTIME_ID)};
}

/* Opens the cpu.stat of each of the domain's vCPUs. */
static void open_counters(struct counters *counters, const struct cgroup_tree *tree,
                          const char *folder, virDomainPtr domain, int vcpus)
{
    char pid_path[PATH_MAX], uuid[VIR_UUID_STRING_BUFLEN], path[PATH_MAX];
    pid_t qemu;

    if (virDomainGetUUIDString(domain, uuid))
        die("uuid");
    snprintf(pid_path, sizeof pid_path, "%s/%s.pid", folder, virDomainGetName(domain));
    qemu = procfs_qemu(pid_path, uuid);
    if (qemu < 0 || cgroup_of_domain(qemu, NULL, path, sizeof path))
        die("a domain without a cgroup of its own");
    for (int v = 0; v < vcpus; v++) {
        struct kept *file = &counters->files[counters->count];

        *file = KEPT_NONE;
        if (cgroup_open_vcpu(tree, path, (uint32_t)v, file) || ++counters->count == VCPUS_MAX)
            die("a vCPU without a cpu.stat");
    }
}

/* Does a sweep; the first one opens the counters. Returns the number of domains. */
static int bare_cycle(virConnectPtr connection, struct counters *counters,
                      const struct cgroup_tree *tree, const char *folder)
{
    const bool first = counters->count == 0;
    virDomainStatsRecordPtr *stats;
    virVcpuInfo infos[64];
    const int count = virConnectGetAllDomainStats(connection, VIR_DOMAIN_STATS_STATE, &stats,
                                                  VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE);
    char text[512];

    if (count < 0)
        die("domains");
    for (int d = 0; d < count; d++) {
        const int vcpus = virDomainGetVcpus(stats[d]->dom, infos, 64, NULL, 0);

        if (vcpus < 0)
            die("vCPUs");
        if (first && folder)
            open_counters(counters, tree, folder, stats[d]->dom, vcpus);
    }
    virDomainStatsRecordListFree(stats);
    for (uint32_t i = 0; i < counters->count; i++) {
        if (pread(counters->files[i].fd, text, sizeof text - 1, 0) <= 0)
            die("cpu.stat");
    }
    return count;
}

static void *run_bare(void *opaque)
{
    struct bare *bare = opaque;
    struct counters *counters = calloc(1, sizeof *counters);
    virConnectPtr connection = virConnectOpen(bare->uri);
    uint64_t due_ns = bare->first_ns;
    struct cgroup_tree tree;
    struct failure why;

    if (!counters || !connection)
        die(bare->uri);
    if (cgroup_tree_open(&tree, NULL, &why))
        die(why.text);
    for (uint64_t cycle = 1; cycle <= bare->to; cycle++) {
        struct timespec due;

        while (due_ns <= clock_now())
            due_ns += bare->period_ns;
        due = (struct timespec){(time_t)(due_ns / 1000000000), (long)(due_ns % 1000000000)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        bare_cycle(connection, counters, &tree, bare->folder);
        if (cycle == bare->from)
            bare->begin = stamp_now();
    }
    bare->end = stamp_now();
    return NULL;
}

/* ---- the daemon beside it ---- */

struct looker {
    struct report *report;
    struct bare bare;
};

/* Starts the bare loop when the daemon shows its first period. */
static int show(void *opaque, const struct plan *plan)
{
    struct looker *looker = opaque;

    if (!looker->bare.first_ns) {
        looker->bare.first_ns = plan->timing.sweep_begin_ns + looker->bare.period_ns / 2;
        if (pthread_create(&looker->bare.thread, NULL, run_bare, &looker->bare))
            die("no thread");
    }
    return report_period(looker->report, plan);
}

static void print_result(const struct bare *bare, uint64_t daemon_cycles)
{
    const double cycles = (double)(bare->to - bare->from);
    const double bare_us = (double)(bare->end.thread_ns - bare->begin.thread_ns) / 1e3;
    const double process_us = (double)(bare->end.process_ns - bare->begin.process_ns) / 1e3;

    if (!bare->end.process_ns)
        die("it ended too early");
    /* Both must keep the pace: one that left cycles out would look cheap. */
    if ((double)daemon_cycles < 0.97 * (double)bare->to)
        die("the daemon left cycles out: the machine is too busy");
    printf("%.1f %.1f\n", bare_us / cycles, (process_us - bare_us) / cycles);
}

static int open_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_NONBLOCK);
}

static int run_measure(char **arguments)
{
    char quiet[] = "--quiet", connect[] = "--connect", cycles[] = "--cycles", period[32];
    char count[32];
    char *argv[] = {arguments[0], quiet, connect, arguments[2], cycles, count, period, NULL};
    struct looker looker = {
        .bare = {.uri = arguments[2],
                 .folder = arguments[6],
                 .period_ns = (uint64_t)(strtod(arguments[3], NULL) * 1e6),
                 .from = strtoul(arguments[4], NULL, 10),
                 .to = strtoul(arguments[5], NULL, 10)},
    };
    const struct plan_sink sink = {.show = show, .opaque = &looker, .changes_only = true};
    struct options options;
    struct summary *summary;
    bool hung;

    /* A few more, so that the bare loop ends first. */
    snprintf(count, sizeof count, "%lu", strtoul(arguments[5], NULL, 10) + 10);
    snprintf(period, sizeof period, "%g", strtod(arguments[3], NULL) / 1e3);
    if (options_parse(&options, 7, argv, stdout, stderr) != OPTIONS_RUN)
        return EXIT_FAILURE;
    log_set_level(LOG_ERROR);
    summary = summary_new(options.planner.decision.threshold, false);
    looker.report = report_new(stdout, &options, false, 80);
    if (!summary || !looker.report)
        die("no memory");
    if (pipeline_run(&options, open_signals(), -1, &sink, summary, &hung) != PIPELINE_DONE)
        die("the daemon did not run to its end");
    pthread_join(looker.bare.thread, NULL);
    print_result(&looker.bare, summary_figures(summary).periods);
    fflush(stdout);
    _exit(EXIT_SUCCESS);
}

/* ---- connected, and nothing else ---- */

static void *run_events(void *opaque)
{
    (void)opaque;
    for (;;)
        virEventRunDefaultImpl();
    return NULL;
}

static void quiet(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error;
}

static void on_timer(int timer, void *opaque)
{
    (void)timer;
    (void)opaque; /* without a timer, the loop would have nothing to wait for */
}

static virConnectPtr connect_to(const char *uri)
{
    virConnectPtr connection;
    pthread_t events;

    virSetErrorFunc(NULL, quiet);
    virEventRegisterDefaultImpl();
    virEventAddTimeout(-1, on_timer, NULL, NULL);
    if (pthread_create(&events, NULL, run_events, NULL))
        die("no thread");
    connection = virConnectOpen(uri);
    if (!connection)
        die(uri);
    return connection;
}

static int run_hold(char **arguments)
{
    struct counters counters = {.count = 0};
    virConnectPtr connection = connect_to(arguments[2]);

    printf("%d\n", bare_cycle(connection, &counters, NULL, NULL));
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    virConnectClose(connection);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 7 && strcmp(argv[1], "measure") == 0)
        return run_measure(argv);
    if (argc == 3 && strcmp(argv[1], "hold") == 0)
        return run_hold(argv);
    fprintf(stderr, "usage: bench_cycle measure URI PERIOD FROM TO PID-FOLDER | hold URI\n");
    return 2;
}
