/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fault.h"

#include "stage.h"
#include "wraps.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define RULES      16
#define HANG_MS    100 /* between a call that hangs and the signal that ends the run */
#define PHASE_MAIN 0
#define PHASE_END  1

struct rule {
    char call[64];
    int phase;
    unsigned at, every; /* one of them is 0 */
    enum fault kind;    /* FAULT_NONE: any */
    unsigned argument;
};

static struct rule rules[RULES];
static unsigned rule_count, seed, stop_at;
static int log_fd = -1;
static bool armed;
static _Atomic unsigned phase, sweeps;
static _Thread_local unsigned own;
static struct fault_call *known;
static pthread_mutex_t known_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    pthread_mutex_t lock;
    struct rlimit before;
    _Atomic unsigned until; /* a sweep; 0: for good */
    bool now;
} exhausted = {.lock = PTHREAD_MUTEX_INITIALIZER};

__attribute__((noreturn)) void __real__exit(int status);
__attribute__((noreturn)) void __wrap__exit(int status);

void fault_enter(void)
{
    own++;
}

void fault_leave(void)
{
    own--;
}

bool fault_is_own(void)
{
    return own > 0 || !armed;
}

void fault_log(const char *format, ...)
{
    char line[256];
    va_list arguments;

    if (log_fd < 0)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    dprintf(log_fd, "%s\n", line); /* one write, so that lines of several threads don't mix */
}

static void wait_ms(unsigned milliseconds)
{
    nanosleep(&(struct timespec){.tv_sec = milliseconds / 1000,
                                 .tv_nsec = (long)(milliseconds % 1000) * 1000000},
              NULL);
}

static void stop(void)
{
    if (atomic_exchange(&phase, PHASE_END) != PHASE_END)
        kill(getpid(), SIGTERM);
}

/* Uses up all descriptors until that sweep; 0: for good. */
static void exhaust(unsigned until)
{
    struct rlimit limit;
    int fd;

    fault_enter();
    pthread_mutex_lock(&exhausted.lock);
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (!exhausted.now && fd >= 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        exhausted.before = limit;
        exhausted.until = until;
        exhausted.now = true;
        limit.rlim_cur = (rlim_t)fd;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (fd >= 0)
        close(fd);
    pthread_mutex_unlock(&exhausted.lock);
    fault_leave();
}

/* Frees the descriptors again. */
static void replenish(void)
{
    pthread_mutex_lock(&exhausted.lock);
    if (exhausted.now)
        setrlimit(RLIMIT_NOFILE, &exhausted.before);
    exhausted.now = false;
    pthread_mutex_unlock(&exhausted.lock);
}

bool fault_hold_descriptors(void)
{
    pthread_mutex_lock(&exhausted.lock);
    if (!exhausted.now)
        return true;
    pthread_mutex_unlock(&exhausted.lock);
    return false;
}

void fault_release_descriptors(void)
{
    pthread_mutex_unlock(&exhausted.lock);
}

void fault_sweep(void)
{
    if (!fault_is_own() && exhausted.until && atomic_load(&sweeps) >= exhausted.until)
        replenish();
    if (!fault_is_own() && atomic_fetch_add(&sweeps, 1) + 1 == stop_at)
        stop();
}

/* ---- rules ---- */

static unsigned mix(const char *name, unsigned count)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ seed;

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
    hash = (hash ^ count) * UINT64_C(1099511628211);
    hash ^= hash >> 29;
    return (unsigned)((hash * UINT64_C(0xbf58476d1ce4e5b9)) >> 33);
}

static bool applies(const struct rule *rule, const struct fault_call *call, unsigned now,
                    unsigned count)
{
    if (strcmp(rule->call, "*") != 0 && strcmp(rule->call, call->name) != 0)
        return false;
    if (rule->every)
        return mix(call->name, count * 2 + now) % rule->every == 0;
    return rule->phase == (int)now && rule->at == count;
}

/* One of the call's kinds, except those that end the run. */
static enum fault any_kind(const struct fault_call *call, unsigned number)
{
    unsigned kinds = call->kinds & ~(KIND(HANG) | KIND(DISCONNECT) | KIND(EXHAUST));

    if (!stage_is_set()) /* a real domain takes longer */
        kinds &= ~(KIND(GONE) | KIND(RESTART));
    for (number %= (unsigned)__builtin_popcount(kinds | 1); number; number--)
        kinds &= kinds - 1;
    return kinds ? (enum fault)__builtin_ctz(kinds) : FAULT_NONE;
}

/* Never on the main thread: it makes no calls to libvirt, and its files on /proc and tmpfs can't
 * hang. */
static void hang(void)
{
    wait_ms(HANG_MS);
    stop();
    for (;;)
        pause();
}

static void remember(struct fault_call *call)
{
    if (atomic_exchange(&call->known, true))
        return;
    pthread_mutex_lock(&known_lock);
    call->next = known;
    known = call;
    pthread_mutex_unlock(&known_lock);
}

enum fault fault_at(struct fault_call *call, unsigned *argument)
{
    const unsigned now = atomic_load(&phase);
    enum fault kind = FAULT_NONE;
    unsigned count;

    if (fault_is_own())
        return FAULT_NONE;
    remember(call);
    count = atomic_fetch_add(&call->count[now], 1) + 1;
    for (unsigned i = 0; kind == FAULT_NONE && i < rule_count; i++) {
        if (!applies(&rules[i], call, now, count))
            continue;
        *argument = rules[i].every ? mix(call->name, ~count) % 64 : rules[i].argument;
        kind = rules[i].kind ? rules[i].kind : any_kind(call, *argument);
    }
    if (!(call->kinds >> kind & 1) || (kind == FAULT_HANG && gettid() == getpid()))
        return FAULT_NONE;
    fault_log("fault %s %s %u %s %u", call->name, now == PHASE_END ? "end" : "main", count,
              fault_names[kind], *argument);
    if (kind == FAULT_DELAY)
        wait_ms(*argument);
    if (kind == FAULT_HANG)
        hang();
    if (kind == FAULT_EXHAUST)
        exhaust(*argument ? atomic_load(&sweeps) + *argument : 0);
    return kind == FAULT_DELAY ? FAULT_NONE : kind;
}

static void wrong(const char *rule)
{
    fprintf(stderr, "VS_FAULT: '%s'?\n", rule);
    __real__exit(3);
}

static void parse_rule(struct rule *rule, const char *text)
{
    char at[16], kind[16];

    if (sscanf(text, "%63[^:]:%15[^:]:%15[a-z]=%u", rule->call, at, kind, &rule->argument) < 3)
        wrong(text);
    while (rule->kind < FAULT_KINDS && strcmp(kind, fault_names[rule->kind]) != 0)
        rule->kind++;
    if (rule->kind == FAULT_KINDS ||
        (sscanf(at, "%%%u", &rule->every) != 1 && sscanf(at, "end+%u", &rule->at) != 1 &&
         sscanf(at, "%u", &rule->at) != 1))
        wrong(text);
    rule->phase = at[0] == 'e' ? PHASE_END : PHASE_MAIN;
}

static unsigned number(const char *name)
{
    const char *text = getenv(name);

    return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

/* ---- start and end ---- */

static void finish(const char *how)
{
    fault_enter();
    armed = false;
    replenish();
    for (const struct fault_call *call = known; call; call = call->next)
        fault_log("count %s %u %u %u", call->name, atomic_load(&call->count[PHASE_MAIN]),
                  atomic_load(&call->count[PHASE_END]), call->kinds);
    stage_finish();
    fault_log("end %s", how);
}

static void finish_clean(void)
{
    files_tell_open();
    libvirt_tell_open();
    finish("clean");
}

void __wrap__exit(int status)
{
    finish("hung");
    __real__exit(status);
}

__attribute__((constructor)) static void begin(void)
{
    char *text = getenv("VS_FAULT");

    if (getenv("VS_FAULT_LOG"))
        log_fd = (int)number("VS_FAULT_LOG");
    seed = number("VS_FAULT_SEED");
    stop_at = number("VS_FAULT_STOP");
    for (char *rule = text ? strtok(text, ";") : NULL; rule && rule_count < RULES;
         rule = strtok(NULL, ";"))
        parse_rule(&rules[rule_count++], rule);
    stage_begin();
    atexit(finish_clean);
    armed = true;
}
