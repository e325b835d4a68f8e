/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict.h"

#include "cast.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define RUNS  128  /* of domains */
#define PINS  4096 /* of one run of the daemon */
#define POOLS 8

/* One run of a domain. */
struct run {
    struct actor actor; /* at its start: `live` is what must be given back */
    bool anew;          /* it started while the daemon ran */
    bool gone;
};

/* A pin that was made according to the log, or that the daemon reports. */
struct step {
    char name[32];
    int id;
    unsigned vcpu, mask, from;   /* from: 0 if it was not pinned */
    bool is_made, is_taken_back; /* else it is uncertain */
};

struct judge {
    const char *folder;
    unsigned managed;
    bool adopt;
    struct verdict *verdict;
    struct run runs[RUNS];
    unsigned run_count;
    struct step made[PINS], told[PINS];
    unsigned made_count, told_count;
    unsigned pools[POOLS]; /* their pCPUs */
    unsigned hidden;       /* pins of periods that were not shown, because main was behind */
    bool ended;
};

/* Adds an error; the first one matters most. */
__attribute__((format(printf, 2, 3))) static void say(struct verdict *verdict, const char *format,
                                                      ...)
{
    va_list arguments;

    if (verdict->wrong[0])
        return;
    va_start(arguments, format);
    vsnprintf(verdict->wrong, sizeof verdict->wrong, format, arguments);
    va_end(arguments);
}

#define wrong(judge, ...) say((judge)->verdict, __VA_ARGS__)

static FILE *open_file(struct judge *judge, const char *name)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", judge->folder, name);
    file = fopen(path, "re");
    if (!file)
        wrong(judge, "there is no file %s", name);
    return file;
}

/* ---- what happened ---- */

static struct run *run_of(struct judge *judge, const char *name, int id)
{
    for (unsigned i = 0; i < judge->run_count; i++)
        if (judge->runs[i].actor.id == id && strcmp(judge->runs[i].actor.name, name) == 0)
            return &judge->runs[i];
    wrong(judge, "a domain that there never was: %s, id %d", name, id);
    return NULL;
}

static unsigned allowed(const struct judge *judge, const struct actor *actor, unsigned vcpu)
{
    return judge->managed & (judge->adopt ? ~0u : actor->defined[vcpu]);
}

static unsigned read_cast(const struct judge *judge, const char *name, struct actor *cast)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", judge->folder, name);
    return cast_read(path, cast);
}

static void read_begin(struct judge *judge)
{
    struct actor cast[CAST_MAX];
    const unsigned count = read_cast(judge, RUN_BEGIN, cast);

    if (count == 0)
        wrong(judge, "no domains to begin with");
    for (unsigned i = 0; i < count; i++)
        judge->runs[judge->run_count++].actor = cast[i];
}

static void start_domain(struct judge *judge, const char *name, int id)
{
    for (unsigned i = 0; i < judge->run_count && judge->run_count < RUNS; i++) {
        if (strcmp(judge->runs[i].actor.name, name) != 0)
            continue;
        judge->runs[judge->run_count] = judge->runs[i];
        judge->runs[judge->run_count].anew = true;
        judge->runs[judge->run_count].actor.id = id;
        memcpy(judge->runs[judge->run_count].actor.live, judge->runs[i].actor.defined,
               sizeof judge->runs[i].actor.live);
        judge->run_count++;
        return;
    }
}

static void read_pin(struct judge *judge, const char *line)
{
    struct step *step = &judge->made[judge->made_count];
    const struct run *run;

    if (sscanf(line, "pin %31s %d %u %x", step->name, &step->id, &step->vcpu, &step->mask) != 4 ||
        judge->made_count + 1 == PINS || step->vcpu >= CAST_VCPUS) {
        wrong(judge, "log: %.60s", line);
        return;
    }
    run = run_of(judge, step->name, step->id);
    if (run && (step->mask & ~allowed(judge, &run->actor, step->vcpu)) &&
        step->mask != run->actor.live[step->vcpu])
        wrong(judge, "%s vCPU %u was pinned to mask %x, and %x is allowed", step->name, step->vcpu,
              step->mask, allowed(judge, &run->actor, step->vcpu));
    judge->made_count++;
}

/* Finds the runs of all domains first. */
static void read_starts(struct judge *judge)
{
    FILE *file = open_file(judge, RUN_LOG);
    char line[256], name[32];
    int id;

    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "start %31s %d", name, &id) == 2)
            start_domain(judge, name, id);
    if (file)
        fclose(file);
}

static void read_log(struct judge *judge)
{
    FILE *file = open_file(judge, RUN_LOG);
    char line[256], name[32];
    struct run *run;
    int id;

    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        judge->verdict->faults += strncmp(line, "fault ", 6) == 0;
        if (strncmp(line, "pin ", 4) == 0)
            read_pin(judge, line);
        else if (sscanf(line, "gone %31s %d", name, &id) == 2 && (run = run_of(judge, name, id)))
            run->gone = true;
        else if (strncmp(line, "leak ", 5) == 0)
            wrong(judge, "%s", line);
        judge->ended |= strncmp(line, "end ", 4) == 0;
        judge->verdict->left |= strcmp(line, "end hung") == 0;
    }
    if (file)
        fclose(file);
}

/* ---- what the daemon reports ---- */

/* "N-N,N" up to the next ';': returns where it ends. */
static const char *read_list(const char *at, unsigned *mask)
{
    unsigned first, last;
    int used;

    for (*mask = 0; sscanf(at, "%u%n", &first, &used) == 1; at++) {
        at += used;
        last = first;
        if (sscanf(at, "-%u%n", &last, &used) == 1)
            at += used;
        for (; first <= last && first < 32; first++)
            *mask |= 1u << first;
        if (*at != ',')
            break;
    }
    return at;
}

/* "pool 2: 2 pools: 0,2; 4" is how the daemon tells of its pools; else a pool is a pCPU. */
static void read_pools(struct judge *judge)
{
    FILE *file = open_file(judge, RUN_ERR);
    char line[1024];
    const char *at;

    for (unsigned pool = 0; pool < POOLS; pool++)
        judge->pools[pool] = 1u << pool;
    while (file && fgets(line, sizeof line, file)) {
        at = strstr(line, ": pool ") ? strstr(line, " pools: ") : NULL;
        if (!at)
            continue;
        at += strlen(" pools: ") - 2;
        for (unsigned pool = 0; pool < POOLS; pool++)
            at = *at ? read_list(at + 2, &judge->pools[pool]) : "";
    }
    if (file)
        fclose(file);
}

/* What a pin in a pool gives a vCPU. */
static unsigned affinity(const struct judge *judge, const char *name, unsigned vcpu, unsigned pool)
{
    for (unsigned i = 0; i < judge->run_count; i++)
        if (strcmp(judge->runs[i].actor.name, name) == 0)
            return (pool < POOLS ? judge->pools[pool] : 0) &
                   allowed(judge, &judge->runs[i].actor, vcpu);
    return 0;
}

/* "  NAME vCPU N  floating|pCPU N|pool N -> N  WORDS" */
static void read_told_pin(struct judge *judge, const char *line)
{
    struct step *step = &judge->told[judge->told_count];
    const char *arrow = strstr(line, " -> "), *at = strstr(line, " vCPU ");
    unsigned from, to;
    char words[64];

    if (!arrow || !at || judge->told_count + 1 == PINS ||
        sscanf(line, "%31s vCPU %u", step->name, &step->vcpu) != 2 || step->vcpu >= CAST_VCPUS ||
        sscanf(arrow, " -> %u %63[^\n]", &to, words) != 2)
        return;
    step->mask = affinity(judge, step->name, step->vcpu, to);
    step->from = sscanf(at, " vCPU %*u p%*s %u", &from) == 1
                     ? affinity(judge, step->name, step->vcpu, from)
                     : 0;
    step->is_made = strncmp(words, "made", 4) == 0 && !strstr(words, "otherwise");
    step->is_taken_back = strncmp(words, "taken back", 10) == 0;
    judge->told_count++;
}

/* Periods are shown in order; returns how many were left out so far. */
static unsigned read_period(const char *line, unsigned *next)
{
    unsigned period, left_out = 0;

    if (sscanf(line, "Period %u at", &period) != 1)
        return 0;
    if (period > *next)
        left_out = period - *next;
    *next = period + 1;
    return left_out;
}

static void read_out(struct judge *judge)
{
    FILE *file = open_file(judge, RUN_OUT);
    unsigned sum = 0, pins = 0, periods = 0, next = 0, left_out = 0;
    char line[1024];
    const char *at;

    while (file && fgets(line, sizeof line, file)) {
        left_out += read_period(line, &next);
        read_told_pin(judge, line);
        if (line[0] != '{')
            continue;
        sscanf(line, "{\"periods\": %u", &periods);
        at = strstr(line, "\"pins\": ");
        sum = at ? (unsigned)strtoul(at + strlen("\"pins\": "), NULL, 10) : 0;
    }
    if (file)
        fclose(file);
    for (unsigned i = 0; i < judge->told_count; i++)
        pins += judge->told[i].is_made;
    if (sum < pins || (sum > pins && left_out == 0 && periods < next))
        wrong(judge, "the summary says %u pins, the periods %u", sum, pins);
    judge->hidden = sum - pins;
}

/* True if the vCPU is named as not given back. */
static bool is_kept(struct judge *judge, const char *name, unsigned vcpu)
{
    FILE *file = open_file(judge, RUN_ERR);
    char line[1024], want[96];
    bool found = false;

    snprintf(want, sizeof want, "domain %s vCPU %u stays on p", name, vcpu);
    while (file && !found && fgets(line, sizeof line, file))
        found = strstr(line, want) != NULL;
    if (file)
        fclose(file);
    return found;
}

static void read_err(struct judge *judge)
{
    FILE *file = open_file(judge, RUN_ERR);
    char line[1024];

    while (file && fgets(line, sizeof line, file))
        if (strstr(line, "Sanitizer") || strstr(line, "runtime error"))
            wrong(judge, "%.200s", line);
    if (file)
        fclose(file);
}

/* ---- comparison ---- */

/* A pin that was made, or may have been (not surely), according to the daemon's report. */
struct expected {
    unsigned mask;
    bool surely;
};

/* All of one vCPU. Returns how many. */
static unsigned expect(const struct judge *judge, const char *name, unsigned vcpu,
                       struct expected *list)
{
    unsigned count = 0;

    for (unsigned i = 0; i < judge->told_count; i++) {
        const struct step *told = &judge->told[i];

        if (told->vcpu != vcpu || strcmp(told->name, name) != 0)
            continue;
        list[count++] = (struct expected){told->mask, told->is_made || told->is_taken_back};
        if (!told->is_made)
            list[count++] = (struct expected){told->from, told->is_taken_back};
    }
    return count;
}

/* True if the domain had just been restarted, and the vCPU's next pin repaired that. */
static bool is_corrected(const struct judge *judge, const struct step *made, const struct run *run)
{
    if (!run->anew)
        return false;
    for (const struct step *next = made + 1; next < judge->made + judge->made_count; next++)
        if (next->id == made->id && next->vcpu == made->vcpu && strcmp(next->name, made->name) == 0)
            return next->mask == run->actor.live[made->vcpu];
    return false;
}

/* True if the pin need not be reported: it gave back, is gone with its domain, was repaired, or is
 * named as not given back. */
static bool is_settled(struct judge *judge, const struct step *made, const struct run *run)
{
    return run->gone || made->mask == run->actor.live[made->vcpu] ||
           is_corrected(judge, made, run) || is_kept(judge, made->name, made->vcpu);
}

#define UNMADE 10000u /* reported but not made; made but not reported costs 1 */

/* Aligns a vCPU's pins that were made with those reported, at the least cost of differences, from
 * the last one back. */
static unsigned misfits(struct judge *judge, const char *name, unsigned vcpu)
{
    static struct expected list[2 * PINS];
    static unsigned cost[2 * PINS + 1]; /* of the rest, by the position in the list */
    const unsigned count = expect(judge, name, vcpu, list);

    cost[count] = 0;
    for (unsigned j = count; j-- > 0;)
        cost[j] = cost[j + 1] + (list[j].surely ? UNMADE : 0);
    for (unsigned i = judge->made_count; i-- > 0;) {
        const struct step *made = &judge->made[i];
        const struct run *run = run_of(judge, made->name, made->id);
        unsigned alone, later = 0; /* cost[j + 1] without this pin */

        if (made->vcpu != vcpu || strcmp(made->name, name) != 0 || !run)
            continue;
        alone = is_settled(judge, made, run) ? 0 : 1;
        for (unsigned j = count + 1; j-- > 0;) {
            unsigned least = cost[j] + alone;

            if (j < count && list[j].mask == made->mask && later < least)
                least = later;
            if (j < count && cost[j + 1] + (list[j].surely ? UNMADE : 0) < least)
                least = cost[j + 1] + (list[j].surely ? UNMADE : 0);
            later = cost[j];
            cost[j] = least;
        }
    }
    return cost[0];
}

static void compare_pins_of(struct judge *judge, const char *name, unsigned vcpu)
{
    const unsigned cost = misfits(judge, name, vcpu);
    unsigned untold = cost % UNMADE;

    if (cost / UNMADE)
        wrong(judge, "%s vCPU %u: %u pins are told that were not made", name, vcpu, cost / UNMADE);
    for (; untold && judge->hidden; untold--)
        judge->hidden--;
    if (untold)
        wrong(judge, "%s vCPU %u: %u pins that nothing tells", name, vcpu, untold);
}

static void compare_pins(struct judge *judge)
{
    for (unsigned i = 0; i < judge->run_count; i++) {
        const struct actor *actor = &judge->runs[i].actor;

        for (unsigned v = 0; v < actor->vcpus && !judge->runs[i].anew; v++)
            compare_pins_of(judge, actor->name, v);
    }
}

static void compare_vcpus(struct judge *judge, const struct actor *now)
{
    const struct run *run = run_of(judge, now->name, now->id);

    for (unsigned v = 0; run && v < now->vcpus; v++) {
        if (now->live[v] == run->actor.live[v])
            continue;
        if (is_kept(judge, now->name, v))
            judge->verdict->kept++;
        else
            wrong(judge, "%s vCPU %u ends on mask %x, had %x, and nothing tells it", now->name, v,
                  now->live[v], run->actor.live[v]);
    }
}

static void compare_end(struct judge *judge)
{
    struct actor cast[CAST_MAX];
    const unsigned count = read_cast(judge, RUN_END, cast);

    for (unsigned i = 0; i < count; i++)
        compare_vcpus(judge, &cast[i]);
}

/* True if GLib, in libvirt's library, has ended the process because no descriptor was left: it does
 * so wherever a thread's first wakeup can't be made, and nobody can keep it from that. */
static bool glib_gave_up(struct judge *judge)
{
    FILE *file = open_file(judge, RUN_ERR);
    char line[1024];
    bool found = false;

    while (file && fgets(line, sizeof line, file))
        found |= strstr(line, "GLib-ERROR") && strstr(line, "Too many open files");
    if (file)
        fclose(file);
    return found;
}

void judge(const char *folder, int status, unsigned managed, bool adopt, struct verdict *verdict)
{
    struct judge *judge = calloc(1, sizeof *judge);

    *verdict = (struct verdict){.faults = 0};
    if (!judge)
        abort();
    judge->folder = folder;
    judge->managed = managed;
    judge->adopt = adopt;
    judge->verdict = verdict;
    read_begin(judge);
    read_starts(judge);
    read_log(judge);
    /* It was told to end before it had started anything. */
    judge->ended |= judge->made_count == 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
    /* Before any pin, GLib's end loses nothing. */
    judge->ended |= judge->made_count == 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGTRAP &&
                    glib_gave_up(judge);
    if (WIFSIGNALED(status) && !judge->ended)
        wrong(judge, "ended by signal %d", WTERMSIG(status));
    read_err(judge);
    if (WIFEXITED(status) && WEXITSTATUS(status) > 2)
        wrong(judge, "exit status %d", WEXITSTATUS(status));
    if (!judge->ended)
        wrong(judge, "it ended without an end");
    read_pools(judge);
    read_out(judge);
    compare_pins(judge);
    compare_end(judge);
    free(judge);
}

static bool is_back(const struct actor *now, const struct actor *cast, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (cast[i].id == now->id && strcmp(cast[i].name, now->name) == 0 &&
            memcmp(cast[i].live, now->live, now->vcpus * sizeof *now->live) != 0)
            return false;
    return true;
}

void judge_restore(const char *folder, int status, struct verdict *verdict)
{
    struct actor before[CAST_MAX], now[CAST_MAX];
    char path[512];
    unsigned before_count, count;

    snprintf(path, sizeof path, "%s/" RUN_BEGIN, folder);
    before_count = cast_read(path, before);
    snprintf(path, sizeof path, "%s/" RESTORE_END, folder);
    count = cast_read(path, now);
    for (unsigned i = 0; i < count; i++)
        if (!is_back(&now[i], before, before_count))
            say(verdict, "--restore: did not give %s back", now[i].name);
    if (status || count == 0)
        say(verdict, "--restore: status %d, %u domains", status, count);
}
