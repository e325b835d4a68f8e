/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * matrix.c - runs tests/faults/daemon through the fault matrix, and judges each run. TAP, a line
 * for each call, then counts.
 *
 *     matrix [--share N] [--least FAULTS] [--seed N] DAEMON     one in N cells
 *     matrix --only RULES SCENE DAEMON                          one run; its folder is kept
 */
#include "cells.h"
#include "fault.h"
#include "verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS     6
#define SWEEPS   24
#define STREWN   20 /* runs of each scene with many faults */
#define MANAGED  0x15
#define TERM_MS  6000  /* then the run is told to end */
#define KILL_MS  15000 /* then the run counts as hung */
#define CALLS    128
#define SHOWN    5 /* failures of a call shown in full */
#define LOG_FD   9
#define ARGS_MAX 32

struct job {
    pid_t pid;
    const struct cell *cell;
    uint64_t begin_ms;
    bool told;     /* to end */
    bool restores; /* the --restore after the cell's own run */
    char folder[64];
    int status; /* of the cell's own run, as are the next two */
    uint64_t took_ms;
    struct verdict verdict;
};

/* A line of the table of results. */
struct row {
    char call[64];
    unsigned faults[FAULT_KINDS], cells, missed, done, failed, left, kept, restored, wrong;
    uint64_t longest_ms;
};

struct matrix {
    const char *daemon;
    char folder[32];
    struct cells cells;
    struct job jobs[JOBS];
    struct row rows[CALLS];
    unsigned row_count, share, least, seed, number;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void fatal(const char *what)
{
    printf("Bail out! %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- one run ---- */

static void join(char *path, size_t size, const char *folder, const char *name)
{
    snprintf(path, size, "%s/%s", folder, name);
}

static void redirect(const char *folder, const char *name, int to)
{
    char path[128];
    int fd;

    join(path, sizeof path, folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (fd < 0 || dup2(fd, to) < 0)
        _exit(126);
    close(fd);
}

static void set_number(const char *name, unsigned value)
{
    char text[16];

    snprintf(text, sizeof text, "%u", value);
    setenv(name, text, 1);
}

static void set_path(const char *name, const char *folder, const char *file)
{
    char path[128];

    join(path, sizeof path, folder, file);
    setenv(name, path, 1);
}

__attribute__((noreturn)) static void run_daemon(const char *daemon, const char *const *arguments,
                                                 const char *folder, bool restore)
{
    set_path("VS_FAULT_HOST", folder, restore ? RUN_END : RUN_BEGIN);
    set_path("VS_FAULT_HOST_END", folder, restore ? RESTORE_END : RUN_END);
    set_number("VS_FAULT_LOG", LOG_FD);
    redirect(folder, restore ? RESTORE_LOG : RUN_LOG, LOG_FD);
    redirect(folder, restore ? RESTORE_OUT : RUN_OUT, STDOUT_FILENO);
    redirect(folder, restore ? RESTORE_ERR : RUN_ERR, STDERR_FILENO);
    execv(daemon, (char *const *)(uintptr_t)arguments);
    _exit(127);
}

__attribute__((noreturn)) static void run_cell(const char *daemon, const struct cell *cell,
                                               const char *folder)
{
    char runtime[128];
    const char *arguments[ARGS_MAX] = {daemon,   "--connect", "test:///default", "--runtime-dir",
                                       runtime,  "--verbose", "--summary",       "json",
                                       "--wait", "0.01"};
    unsigned count = 0;

    join(runtime, sizeof runtime, folder, "runtime");
    while (arguments[count])
        count++;
    for (unsigned i = 0; cell->scene->arguments[i]; i++)
        arguments[count++] = cell->scene->arguments[i];
    setenv("VS_FAULT", cell->rules, 1);
    set_number("VS_FAULT_SEED", cell->seed);
    set_number("VS_FAULT_STOP", SWEEPS);
    run_daemon(daemon, arguments, folder, false);
}

__attribute__((noreturn)) static void run_restore(const char *daemon, const char *folder)
{
    char runtime[128];
    const char *const arguments[] = {
        daemon, "--connect", "test:///default", "--runtime-dir", runtime, "--restore", NULL};

    join(runtime, sizeof runtime, folder, "runtime");
    run_daemon(daemon, arguments, folder, true);
}

/* Starts the cell's run, or the --restore after it. */
static void start_process(const struct matrix *matrix, struct job *job)
{
    job->begin_ms = now_ms();
    job->told = false;
    fflush(stdout);
    job->pid = fork();
    if (job->pid < 0)
        fatal("fork");
    if (job->pid == 0 && job->restores)
        run_restore(matrix->daemon, job->folder);
    if (job->pid == 0)
        run_cell(matrix->daemon, job->cell, job->folder);
}

static void start(struct matrix *matrix, struct job *job, const struct cell *cell)
{
    char path[128];
    FILE *file;

    *job = (struct job){.cell = cell};
    snprintf(job->folder, sizeof job->folder, "%s/%u", matrix->folder, matrix->number++);
    join(path, sizeof path, job->folder, RUN_BEGIN);
    if (mkdir(job->folder, 0755) || !(file = fopen(path, "we")))
        fatal(job->folder);
    fputs(cell->scene->cast, file);
    if (fclose(file))
        fatal(path);
    start_process(matrix, job);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_folder(const char *folder)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- results ---- */

static struct row *row_of(struct matrix *matrix, const char *call)
{
    struct row *row = matrix->rows;

    while (row < matrix->rows + matrix->row_count && strcmp(row->call, call) != 0)
        row++;
    if (row == matrix->rows + matrix->row_count) {
        if (++matrix->row_count == CALLS)
            fatal("too many calls");
        snprintf(row->call, sizeof row->call, "%s", call);
    }
    return row;
}

static void book(struct matrix *matrix, const struct job *job)
{
    const struct cell *cell = job->cell;
    const struct verdict *verdict = &job->verdict;
    struct row *row = row_of(matrix, cell->call);

    row->cells++;
    row->faults[cell->kind] += verdict->faults;
    row->missed += verdict->faults == 0;
    row->kept += verdict->kept;
    row->restored += job->restores;
    row->left += verdict->left;
    row->done += !verdict->left && job->status == 0;
    row->failed += !verdict->left && job->status != 0;
    if (job->took_ms > row->longest_ms)
        row->longest_ms = job->took_ms;
    if (!verdict->wrong[0]) {
        remove_folder(job->folder);
        return;
    }
    if (row->wrong++ < SHOWN)
        printf("# wrong: --only '%s' %s (seed %u, %s): %s\n", cell->rules, cell->scene->name,
               cell->seed, job->folder, verdict->wrong);
}

/* Judges a process that has ended. Returns false if another one follows. */
static bool conclude(const struct matrix *matrix, struct job *job, int status)
{
    if (job->restores) {
        judge_restore(job->folder, status, &job->verdict);
        return true;
    }
    job->took_ms = now_ms() - job->begin_ms;
    job->status = status;
    judge(job->folder, status, MANAGED, job->cell->scene->adopt, &job->verdict);
    job->restores = job->verdict.kept > 0;
    if (job->restores)
        start_process(matrix, job);
    return !job->restores;
}

static void watch(struct matrix *matrix, struct job *job)
{
    const uint64_t age_ms = now_ms() - job->begin_ms;
    int status;

    if (waitpid(job->pid, &status, WNOHANG) == job->pid) {
        if (conclude(matrix, job, status)) {
            book(matrix, job);
            job->pid = 0;
        }
    } else if (age_ms > KILL_MS) {
        kill(job->pid, SIGKILL);
    } else if (age_ms > TERM_MS && !job->told) {
        kill(job->pid, SIGTERM);
        job->told = true;
    }
}

/* Runs the cells, several in parallel, since they mostly wait. */
static void run(struct matrix *matrix)
{
    unsigned next = 0, running;

    do {
        running = 0;
        for (struct job *job = matrix->jobs; job < matrix->jobs + JOBS; job++) {
            while (next < matrix->cells.count && (next + matrix->seed) % matrix->share)
                next++;
            if (job->pid == 0 && next < matrix->cells.count)
                start(matrix, job, &matrix->cells.cells[next++]);
            if (job->pid)
                watch(matrix, job);
            running += job->pid != 0;
        }
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    } while (running || next < matrix->cells.count);
}

static unsigned print_rows(const struct matrix *matrix)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < matrix->row_count; i++) {
        const struct row *row = &matrix->rows[i];

        printf("%s %u - %s: %u runs\n", row->wrong ? "not ok" : "ok", i + 1, row->call, row->cells);
        printf("#   faults:");
        for (unsigned kind = 0; kind < FAULT_KINDS; kind++)
            if (row->faults[kind])
                printf(" %s %u", fault_names[kind], row->faults[kind]);
        printf("; went on %u, ended with status 1 %u, left what hangs %u; vCPUs kept and named %u,"
               " --restore after %u;"
               " not met %u; longest %.1f s; wrong %u\n",
               row->done, row->failed, row->left, row->kept, row->restored, row->missed,
               (double)row->longest_ms / 1000, row->wrong);
        wrong += row->wrong;
    }
    return wrong;
}

static int print_results(const struct matrix *matrix)
{
    const unsigned wrong = print_rows(matrix);
    unsigned all = 0, runs = 0;

    printf("# by fault:");
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++) {
        unsigned sum = 0;

        for (unsigned i = 0; i < matrix->row_count; i++)
            sum += matrix->rows[i].faults[kind];
        printf(" %s %u", kind ? fault_names[kind] : "several", sum);
        all += sum;
    }
    for (unsigned i = 0; i < matrix->row_count; i++)
        runs += matrix->rows[i].cells;
    printf("\n%s %u - at least %u faults: %u in %u runs, %u wrong\n",
           all >= matrix->least ? "ok" : "not ok", matrix->row_count + 1, matrix->least, all, runs,
           wrong);
    printf("1..%u\n", matrix->row_count + 1);
    return wrong || all < matrix->least;
}

/* ---- what to run ---- */

static const struct scene *scene_of(const char *name)
{
    for (unsigned i = 0; i < scene_count; i++)
        if (strcmp(scenes[i].name, name) == 0)
            return &scenes[i];
    errno = ENOENT;
    fatal(name);
    return NULL;
}

static void run_to_end(struct matrix *matrix, struct job *job, const struct cell *cell)
{
    int status;

    start(matrix, job, cell);
    do
        waitpid(job->pid, &status, 0);
    while (!conclude(matrix, job, status));
}

/* Runs each scene without faults, which must pass, and lists the calls. */
static void find_cells(struct matrix *matrix)
{
    for (unsigned i = 0; i < scene_count; i++) {
        const struct cell cell = {.scene = &scenes[i]};
        struct job job;
        char log[128];

        run_to_end(matrix, &job, &cell);
        join(log, sizeof log, job.folder, RUN_LOG);
        if (job.verdict.wrong[0] || job.status || cells_add(&matrix->cells, &scenes[i], log)) {
            printf("# scene %s without faults, %s: status %d, %s\n", scenes[i].name, job.folder,
                   job.status, job.verdict.wrong);
            fatal("the daemon does not work");
        }
        remove_folder(job.folder);
        cells_add_starved(&matrix->cells, &scenes[i]);
        for (unsigned n = 0; n < STREWN; n++)
            cells_add_strewn(&matrix->cells, &scenes[i], n);
    }
}

static int run_one(struct matrix *matrix, const char *rules, const char *scene)
{
    struct cell cell = {.scene = scene_of(scene), .seed = matrix->seed};
    const struct verdict *verdict;
    struct job job;

    snprintf(cell.rules, sizeof cell.rules, "%s", rules);
    run_to_end(matrix, &job, &cell);
    verdict = &job.verdict;
    printf("%s: status %x, %u faults, %u kept%s, %s\n", job.folder, (unsigned)job.status,
           verdict->faults, verdict->kept, verdict->left ? ", left what hangs" : "",
           verdict->wrong[0] ? verdict->wrong : "all right");
    return verdict->wrong[0] != '\0';
}

int main(int argc, char **argv)
{
    struct matrix matrix = {.share = 1, .least = 1000, .folder = "/tmp/faults.XXXXXX"};
    const char *only = NULL, *scene = NULL;
    int i = 1, wrong;

    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        const unsigned value = (unsigned)strtoul(argv[i + 1], NULL, 10);

        if (strcmp(argv[i], "--only") == 0)
            only = argv[i + 1];
        else if (strcmp(argv[i], "--share") == 0 && value)
            matrix.share = value;
        else if (strcmp(argv[i], "--least") == 0)
            matrix.least = value;
        else if (strcmp(argv[i], "--seed") == 0)
            matrix.seed = value;
    }
    if (only && i < argc)
        scene = argv[i++];
    if (i + 1 != argc) {
        fprintf(stderr, "usage: matrix [OPTION VALUE]... [SCENE] DAEMON\n");
        return 2;
    }
    matrix.daemon = argv[i];
    if (!mkdtemp(matrix.folder))
        fatal(matrix.folder);
    if (only)
        return run_one(&matrix, only, scene);
    find_cells(&matrix);
    run(&matrix);
    wrong = print_results(&matrix);
    free(matrix.cells.cells);
    rmdir(matrix.folder);
    return wrong;
}
