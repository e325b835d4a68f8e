/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kills a daemon at every step: before and after each call that writes the ledger, and before and
 * after each pin of a vCPU or emulator. The next daemon gives every affinity back, even if it is
 * killed on the way. With pools of one pCPU, and of several: lists are of pools.
 */
#include "actuator/give_back.h"
#include "ledger/file.h"
#include "log/log.h"
#include "support/fake_host.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/each_size.h"

enum { VCPUS = 7, MOVED_BY_OTHERS = 5, EMULATOR = 6 }; /* the emulator counts as a vCPU */

static const char *const originals[VCPUS] = {"0-7", "0-1", "2", "3", "0,2", "5", "0-7"};
static const char others_wish[] = "1-2";

/* What outlives the daemon: the host's affinities. */
struct world {
    struct cpuset affinities[VCPUS];
    bool others_came;
    bool unsafe; /* calls came in an order that a power failure would expose */
    uint64_t steps;
};

static struct world *world;
static char folder[] = "/tmp/test_ledger_crash.XXXXXX";

/* The pCPUs of a list of pools. This vCPU has but every other one of them: it may use that part of
 * each pool. */
enum { CUT = 4 };

static struct cpuset pcpus(const char *pools, uint32_t vcpu)
{
    struct cpuset set;
    char text[64];

    fake_scale(pools, size, text, sizeof text);
    cpuset_parse(&set, text);
    for (uint32_t p = 0; vcpu == CUT && size > 1 && p < 8 * size; p += 2)
        cpuset_remove(&set, p);
    return set;
}

/* ---- the steps ---- */

static uint64_t fatal_step; /* 0: none */
static bool unsynced;       /* written to, but not on disk */
static bool unsettled;      /* renamed, but the folder is not on disk */
static uint32_t renames;

static void step(void)
{
    if (++world->steps == fatal_step)
        raise(SIGKILL);
}

int __real_openat(int folder_fd, const char *name, int flags, mode_t mode);
ssize_t __real_write(int fd, const void *bytes, size_t length);
int __real_renameat(int old_fd, const char *old_name, int new_fd, const char *new_name);
int __real_unlinkat(int fd, const char *name, int flags);
int __wrap_openat(int folder_fd, const char *name, int flags, mode_t mode);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
int __wrap_fsync(int fd);
int __wrap_renameat(int old_fd, const char *old_name, int new_fd, const char *new_name);
int __wrap_unlinkat(int fd, const char *name, int flags);

int __wrap_openat(int folder_fd, const char *name, int flags, mode_t mode)
{
    int fd;

    step();
    fd = __real_openat(folder_fd, name, flags, mode);
    step();
    return fd;
}

/* Writes in two halves, as a disk may. */
ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
    ssize_t wrote;

    step();
    unsynced = true;
    wrote = __real_write(fd, bytes, length > 1 ? length / 2 : length);
    step();
    return wrote;
}

/* A killed process needs no sync; the test only checks that it is called. */
int __wrap_fsync(int fd)
{
    struct stat status;

    step();
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
        unsettled = false;
    else
        unsynced = false;
    step();
    return 0;
}

int __wrap_renameat(int old_fd, const char *old_name, int new_fd, const char *new_name)
{
    int error;

    step();
    world->unsafe |= unsynced;
    error = __real_renameat(old_fd, old_name, new_fd, new_name);
    unsettled = true;
    renames++;
    step();
    return error;
}

int __wrap_unlinkat(int fd, const char *name, int flags)
{
    int error;

    step();
    error = __real_unlinkat(fd, name, flags);
    step();
    return error;
}

/* ---- the daemon ---- */

struct daemon {
    struct rig *rig;
    struct ledger_file *file;
    struct host_ops ops;
};

static int pin(struct host *host, const struct vcpu_name *vcpu, const struct cpuset *set,
               struct failure *why)
{
    int error;

    step();
    world->unsafe |= unsynced || unsettled;
    error = fake_ops.pin(host, vcpu, set, why);
    for (uint32_t v = 0; v < VCPUS; v++)
        world->affinities[v] = host->vcpus[v].affinity;
    step();
    return error;
}

/* A new process, which knows only the world and the disk. */
static struct daemon *begin(void)
{
    struct daemon *daemon = calloc(1, sizeof *daemon);
    struct host *host = fake_new(8 * size, VCPUS);
    struct failure why;
    char options[64];

    for (uint32_t v = 0; v < VCPUS; v++) {
        const struct cpuset wanted = pcpus("0-7", v);
        char list[64];

        if (v % 3 == 0 && v != EMULATOR)
            fake_domain(host, v ? "web" : "db");
        if (v == EMULATOR)
            fake_emulator(host, host->domain_count - 1);
        else
            fake_vcpu(host, host->domain_count - 1, 0, 10);
        cpuset_format(&world->affinities[v], list, sizeof list);
        fake_set_affinity(host, v, list);
        cpuset_format(&wanted, list, sizeof list);
        fake_set_wanted(host, v, list);
    }
    unsynced = unsettled = false;
    daemon->ops = fake_ops;
    daemon->ops.pin = pin;
    strcpy(options, "--policy none --floating leave");
    if (size > 1)
        snprintf(options + strlen(options), 24, " --pool %u", size);
    daemon->rig = rig_new(host, options);
    daemon->rig->actuator.ops = &daemon->ops;
    if (ledger_file_open(daemon->rig->ledger, folder, "fake:", &daemon->file, &why))
        _exit(3);
    daemon->rig->actuator.file = daemon->file;
    actuator_review(&daemon->rig->actuator);
    return daemon;
}

/* Nobody has any business there any more. */
static void end(struct daemon *daemon)
{
    if (actuator_give_back(&daemon->rig->actuator) || ledger_count(daemon->rig->ledger))
        _exit(4);
    ledger_file_close(daemon->file);
    rig_free(daemon->rig);
    free(daemon);
}

static void look(struct daemon *daemon)
{
    rig_period(daemon->rig, 3);
    fake_quiet(daemon->rig->host);
}

static void add(struct daemon *daemon, uint32_t vcpu, int32_t to, uint32_t group)
{
    plan_add(daemon->rig->plan, vcpu, to, group);
}

/* Adds to the plan what becomes of the emulator. */
static void follow(struct daemon *daemon, enum emulator_verb verb, const char *from, const char *to)
{
    const struct domain_sample *domain = &daemon->rig->host->domains[1].sample;
    struct emulator_pin *pin =
        &daemon->rig->plan->decision.emulators[daemon->rig->plan->decision.emulator_count++];

    *pin = (struct emulator_pin){
        .domain = 1, .name = {.id = domain->id, .number = VCPU_EMULATOR}, .verb = verb};
    memcpy(pin->name.uuid, domain->uuid, sizeof pin->name.uuid);
    if (cpuset_parse(&pin->from, from) || cpuset_parse(&pin->to, to))
        _exit(5);
}

static void act(struct daemon *daemon)
{
    actuator_step(&daemon->rig->actuator, daemon->rig->plan);
}

/* Every result of a pin. */
static void work(struct daemon *daemon)
{
    struct host *host = daemon->rig->host;
    struct cpuset wish;
    char list[64];

    look(daemon); /* floating vCPUs get their pool */
    add(daemon, 0, 4, 0);
    add(daemon, 1, 1, 1);
    add(daemon, 4, 0, 2);
    follow(daemon, EMULATOR_PIN, "0-7", "0,3");
    act(daemon);
    look(daemon); /* a swap, and a move */
    add(daemon, 2, 3, 0);
    add(daemon, 3, 2, 0);
    add(daemon, 5, 6, 1);
    follow(daemon, EMULATOR_PIN, "0,3", "0,2-3");
    act(daemon);
    look(daemon); /* a swap that fails half way */
    add(daemon, 2, 1, 0);
    add(daemon, 3, 0, 0);
    fake_fail(host, 3, FAKE_PIN, 0, -EIO);
    follow(daemon, EMULATOR_PIN, "0,2-3", "1");
    fake_fail(host, EMULATOR, FAKE_PIN, 0, FAKE_DONE_AND_FAILED);
    act(daemon);
    look(daemon); /* made, though refused; accepted, but not made; a job */
    add(daemon, 0, 7, 0);
    add(daemon, 4, 7, 1);
    add(daemon, 1, 0, 2);
    fake_fail(host, 0, FAKE_PIN, 0, FAKE_DONE_AND_FAILED);
    fake_fail(host, 4, FAKE_PIN, 0, FAKE_IGNORED);
    fake_fail(host, 1, FAKE_PIN, 0, -EBUSY);
    follow(daemon, EMULATOR_PIN, "0,2-3", "1,7");
    fake_fail(host, EMULATOR, FAKE_PIN, 0, FAKE_IGNORED);
    act(daemon);
    look(daemon); /* again, and somebody else changed it first */
    add(daemon, 0, 6, 0);
    add(daemon, 4, 6, 1);
    add(daemon, 5, 7, 2);
    wish = pcpus(others_wish, MOVED_BY_OTHERS);
    cpuset_format(&wish, list, sizeof list);
    fake_set_affinity(host, MOVED_BY_OTHERS, list);
    world->affinities[MOVED_BY_OTHERS] = host->vcpus[MOVED_BY_OTHERS].affinity;
    world->others_came = true;
    act(daemon);
    look(daemon); /* the operator wants it left alone */
    daemon->rig->plan->decision.releases[daemon->rig->plan->decision.release_count++] =
        (struct release){.vcpu = 4, .give_back = true};
    add(daemon, 3, 5, 0);
    follow(daemon, EMULATOR_GIVE_BACK, "", "");
    act(daemon);
    look(daemon); /* and once more from the start */
    follow(daemon, EMULATOR_PIN, "0-7", "5-6");
    act(daemon);
}

/* ---- lives and deaths ---- */

static void reset(void)
{
    memset(world, 0, sizeof *world);
    for (uint32_t v = 0; v < VCPUS; v++)
        world->affinities[v] = pcpus(originals[v], v);
}

/* Runs a daemon in a child process and kills it at that step. Returns false if it ended before. */
static bool live(bool works, uint64_t step_to_die)
{
    pid_t child;
    int status;

    world->steps = 0;
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct daemon *daemon;

        fatal_step = step_to_die;
        daemon = begin();
        if (works)
            work(daemon);
        end(daemon);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return true;
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        fail_msg("killed at step %lu: it ended with status %x", (unsigned long)step_to_die,
                 (unsigned)status);
    return false;
}

static void all_is_as_it_was(uint64_t killed_at)
{
    for (uint32_t v = 0; v < VCPUS; v++) {
        const bool others = v == MOVED_BY_OTHERS && world->others_came;
        const struct cpuset right = pcpus(others ? others_wish : originals[v], v);
        char list[64];

        cpuset_format(&world->affinities[v], list, sizeof list);
        if (!cpuset_equal(&world->affinities[v], &right))
            fail_msg("killed at step %lu: vCPU %u is left on %s", (unsigned long)killed_at, v,
                     list);
    }
    if (world->unsafe)
        fail_msg("a pin, or a rename, came before what it relies on was on disk");
}

static void killed_at_every_step(void **state)
{
    uint64_t deaths = 0;

    (void)state;
    for (uint64_t at = 1;; at++, deaths++) {
        reset();
        if (!live(true, at))
            break;
        assert_false(live(false, 0));
        all_is_as_it_was(at);
    }
    all_is_as_it_was(0);
    print_message("killed at each of %lu steps\n", (unsigned long)deaths);
    assert_true(deaths > 100); /* every call is a step */
}

/* The second daemon takes over and is killed, too; so is the third. */
static void killed_again_and_again(void **state)
{
    uint64_t deaths = 0;

    (void)state;
    for (uint64_t at = 1;; at += 3) {
        reset();
        if (!live(true, at))
            break;
        deaths += 1 + live(true, at * 7 % 151 + 1);
        deaths += live(false, at * 5 % 31 + 1);
        assert_false(live(at % 2, 0));
        all_is_as_it_was(at);
    }
    print_message("killed %lu times in chains\n", (unsigned long)deaths);
    assert_true(deaths > 100);
}

static void one_write_a_plan(void **state)
{
    struct daemon *daemon;

    (void)state;
    reset();
    daemon = begin();
    renames = 0;
    look(daemon);
    assert_int_equal(renames, 0);
    add(daemon, 0, 4, 0);
    add(daemon, 2, 3, 1);
    add(daemon, 3, 2, 1);
    act(daemon);
    assert_int_equal(renames, 1);
    look(daemon);
    add(daemon, 0, 5, 0);
    act(daemon);
    assert_int_equal(renames, 2);
    look(daemon); /* the note of a pin that was not made is removed */
    add(daemon, 1, 0, 0);
    add(daemon, 4, 2, 1);
    fake_fail(daemon->rig->host, 1, FAKE_PIN, 0, -EBUSY);
    fake_fail(daemon->rig->host, 4, FAKE_PIN, 0, -EBUSY);
    act(daemon);
    assert_int_equal(renames, 4);
    look(daemon);
    assert_int_equal(renames, 4);
    end(daemon);
    assert_int_equal(renames, 4); /* the file is removed */
    all_is_as_it_was(0);
}

static int set_up(void **state)
{
    (void)state;
    world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return world != MAP_FAILED && mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"fake%3A.ledger", "fake%3A.ledger.new", "fake%3A.lock"};

    (void)state;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        char path[100];

        snprintf(path, sizeof path, "%s/%s", folder, names[n]);
        unlink(path);
    }
    return rmdir(folder); /* and nothing else is in it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_write_a_plan),
        cmocka_unit_test(killed_at_every_step),
        cmocka_unit_test(killed_again_and_again),
    };

    static const uint32_t sizes[] = {1, 3};

    log_set_level(LOG_ERROR);
    return run_with_sizes(tests, sizeof tests / sizeof *tests, sizes, 2, set_up, tear_down);
}
