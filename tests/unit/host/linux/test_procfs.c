/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's files on pCPUs and threads, well-formed and malformed. */
#include "host/linux/procfs.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TICK UINT64_C(10000000)

static struct snapshot *parse(const char *text)
{
    struct snapshot *snapshot = snapshot_new();

    assert_non_null(snapshot);
    assert_int_equal(procfs_stat_parse(text, TICK, snapshot), 0);
    return snapshot;
}

/* user nice system idle iowait irq softirq steal guest guest_nice; guest is in user already. */
static void busy_is_all_but_idle_and_iowait(void **state)
{
    struct snapshot *snapshot = parse("cpu  9 9 9 9 9 9 9 9 9 9\n"
                                      "cpu0 1 20 300 4000 50000 600000 7000000 80000000 7 7\n"
                                      "cpu1 0 0 0 0 0 0 0 0 0 0\n"
                                      "intr 12345 1 2 3\n");

    (void)state;
    assert_int_equal(snapshot->size.pcpus, 2);
    assert_int_equal(snapshot->busy_ns[0], UINT64_C(87600321) * TICK);
    assert_int_equal(snapshot->busy_ns[1], 0);
    snapshot_free(snapshot);
}

static void offline_pcpus_are_gaps(void **state)
{
    struct snapshot *snapshot = parse("cpu  1 1 1 1 1 1 1 1 1 1\n"
                                      "cpu0 1 0 0 0 0 0 0 0 0 0\n"
                                      "cpu3 3 0 0 0 0 0 0 0 0 0\n"
                                      "cpu17 17 0 0 0 0 0 0 0 0 0\n");
    struct cpuset want;

    (void)state;
    cpuset_parse(&want, "0,3,17");
    assert_true(cpuset_equal(&snapshot->online, &want));
    assert_int_equal(snapshot->size.pcpus, 18);
    assert_int_equal(snapshot->busy_ns[3], 3 * TICK);
    assert_int_equal(snapshot->busy_ns[17], 17 * TICK);
    /* Read again: one pCPU went, one came; their number never decreases. */
    assert_int_equal(
        procfs_stat_parse("cpu0 2 0 0 0 0 0 0 0\ncpu5 5 0 0 0 0 0 0 0\n", TICK, snapshot), 0);
    cpuset_parse(&want, "0,5");
    assert_true(cpuset_equal(&snapshot->online, &want));
    assert_int_equal(snapshot->size.pcpus, 18);
    snapshot_free(snapshot);
}

static void as_many_as_there_can_be(void **state)
{
    static const uint32_t counts[] = {128, CPUSET_MAX, CPUSET_MAX + 5};
    const size_t size = (CPUSET_MAX + 8) * 64;
    char *text = malloc(size);

    (void)state;
    assert_non_null(text);
    for (size_t c = 0; c < 3; c++) {
        const uint32_t seen = counts[c] < CPUSET_MAX ? counts[c] : CPUSET_MAX;
        struct snapshot *snapshot;
        size_t length = 0;

        for (uint32_t cpu = 0; cpu < counts[c]; cpu++)
            length += (size_t)snprintf(text + length, size - length, "cpu%u %u 0 1 5 5 0 0 0 0 0\n",
                                       cpu, cpu);
        snapshot = parse(text);
        assert_int_equal(snapshot->size.pcpus, seen);
        assert_int_equal(cpuset_count(&snapshot->online), seen);
        for (uint32_t cpu = 0; cpu < seen; cpu++)
            assert_int_equal(snapshot->busy_ns[cpu], (cpu + 1) * TICK);
        snapshot_free(snapshot);
    }
    free(text);
}

/* Truncated, old or odd texts: no crash, and no invented figures. */
static void odd_texts(void **state)
{
    struct snapshot *snapshot = parse("");

    (void)state;
    assert_int_equal(cpuset_count(&snapshot->online), 0);
    snapshot_free(snapshot);
    snapshot = parse("intr 1 2 3\ncpu0 1 1 1 1\n");
    assert_int_equal(cpuset_count(&snapshot->online), 0);
    snapshot_free(snapshot);
    snapshot = parse("cpu0 1 2 3 4\n"); /* as kernels before 2.6 */
    assert_int_equal(snapshot->busy_ns[0], 6 * TICK);
    snapshot_free(snapshot);
    snapshot = parse("cpu1 5 0 0 7 0 0 0 0 0 0");
    assert_int_equal(snapshot->busy_ns[1], 5 * TICK);
    snapshot_free(snapshot);
    snapshot = parse("cpu99999999999999999999999 1 2 3 4\n");
    assert_int_equal(cpuset_count(&snapshot->online), 0);
    snapshot_free(snapshot);
}

static void this_machine(void **state)
{
    struct snapshot *snapshot = snapshot_new();
    struct procfs_stat stat;
    uint64_t before = 0, after = 0;

    (void)state;
    assert_non_null(snapshot);
    assert_int_equal(procfs_stat_open(&stat), 0);
    assert_int_equal(procfs_stat_read(&stat, snapshot), 0);
    assert_int_equal(cpuset_count(&snapshot->online), sysconf(_SC_NPROCESSORS_ONLN));
    for (uint32_t p = 0; p < snapshot->size.pcpus; p++)
        before += snapshot->busy_ns[p];
    assert_int_equal(procfs_stat_read(&stat, snapshot), 0);
    for (uint32_t p = 0; p < snapshot->size.pcpus; p++)
        after += snapshot->busy_ns[p];
    assert_true(before > 0 && after >= before);
    procfs_stat_close(&stat);
    procfs_stat_close(&stat);
    snapshot_free(snapshot);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void pid_files(void **state)
{
    char path[] = "/tmp/vs-pid-XXXXXX", text[32];
    const int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(procfs_qemu("/nonexistent/guest.pid", "u"), -ENOENT);
    assert_int_equal(procfs_qemu(path, "u"), -ESRCH); /* empty */
    write_file(path, "-1\n");
    assert_int_equal(procfs_qemu(path, "u"), -ESRCH);
    write_file(path, "999999999\n");
    assert_int_equal(procfs_qemu(path, "u"), -ESRCH);
    snprintf(text, sizeof text, "%d", (int)getpid()); /* alive, but no QEMU */
    write_file(path, text);
    assert_int_equal(procfs_qemu(path, "u"), -ESRCH);
    unlink(path);
}

/* A literal whose words end with NULs. */
#define IS(words) procfs_cmdline_is((words), sizeof words - 1, "u-1")

static void command_lines(void **state)
{
    (void)state;
    assert_true(IS("qemu\0-uuid\0u-1\0-m\0"));
    assert_true(IS("-uuid\0u-1"));
    assert_false(IS(""));
    assert_false(IS("qemu\0-uuid\0u-2\0-uuid\0u-1\0")); /* the first one counts */
    assert_false(IS("qemu\0-uuid\0"));
    assert_false(IS("qemu\0-uuid"));
    assert_false(IS("qemu\0-uuid\0u-11\0"));
    assert_false(IS("qemu\0guest=-uuid\0u-1\0"));
}

static int fd_of(const char *text)
{
    char path[] = "/tmp/vs-schedstat-XXXXXX";
    const int fd = mkstemp(path);

    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

static void delays(void **state)
{
    static const char *const bad[] = {"", "12", "12 ", "12 5\n", "12 5", "x 5 6\n", "12 y\n"};
    uint64_t delay_ns = 0;
    struct kept file = {.fd = fd_of("4081592 18446744073709551615 70\n"), .path = NULL};

    (void)state;
    assert_int_equal(procfs_read_delay(&file, &delay_ns), 0);
    assert_true(delay_ns == UINT64_MAX);
    assert_int_equal(procfs_read_delay(&file, &delay_ns), 0); /* from the beginning again */
    kept_close(&file);
    for (size_t n = 0; n < sizeof bad / sizeof *bad; n++) {
        file.fd = fd_of(bad[n]);
        delay_ns = 4711;
        if (procfs_read_delay(&file, &delay_ns) != -EIO || delay_ns != 4711)
            fail_msg("\"%s\" was taken", bad[n]);
        kept_close(&file);
    }
    assert_int_equal(procfs_read_delay(&file, &delay_ns), -EBADF);
    assert_true(procfs_open_schedstat(getpid(), 0, &file) < 0); /* no vCPU thread here */
}

static void affinities(void **state)
{
    struct cpuset set, want;

    (void)state;
    assert_int_equal(procfs_parse_affinity("Name:\tCPU 0/TCG\nCpus_allowed:\tf0\n"
                                           "Cpus_allowed_list:\t4-5,7\nMems_allowed:\t1\n",
                                           &set),
                     0);
    cpuset_parse(&want, "4-5,7");
    assert_true(cpuset_equal(&set, &want));
    /* Truncated, empty, absent, or part of a thread's name: refused. */
    assert_int_equal(procfs_parse_affinity("Name:\tx\nCpus_allowed_list:\t4-", &set), -EIO);
    assert_int_equal(procfs_parse_affinity("Name:\tx\nCpus_allowed_list:\t\n", &set), -EIO);
    assert_int_equal(procfs_parse_affinity("Name:\tCpus_allowed_list:\t4\n", &set), -EIO);
    assert_int_equal(procfs_parse_affinity("", &set), -EIO);
    assert_true(cpuset_equal(&set, &want));
    assert_int_equal(procfs_read_affinity(getpid(), &set), 0);
    assert_true(cpuset_count(&set) > 0);
    assert_true(procfs_read_affinity((pid_t)0x7ffffff0, &set) < 0);
    assert_true(procfs_vcpu_thread(getpid(), 0) == -ENOENT);
}

static void urgent_threads(void **state)
{
    const struct sched_param urgent = {.sched_priority = 1}, usual = {.sched_priority = 0};

    (void)state;
    assert_false(procfs_is_realtime(getpid()));
    assert_false(procfs_is_realtime(999999999));
    if (sched_setscheduler(0, SCHED_RR, &urgent)) {
        print_message("no right to be urgent\n");
        return;
    }
    assert_true(procfs_is_realtime(getpid()));
    assert_int_equal(sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &urgent), 0);
    assert_true(procfs_is_realtime(getpid()));
    assert_int_equal(sched_setscheduler(0, SCHED_OTHER, &usual), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(busy_is_all_but_idle_and_iowait),
        cmocka_unit_test(offline_pcpus_are_gaps),
        cmocka_unit_test(as_many_as_there_can_be),
        cmocka_unit_test(odd_texts),
        cmocka_unit_test(this_machine),
        cmocka_unit_test(pid_files),
        cmocka_unit_test(command_lines),
        cmocka_unit_test(delays),
        cmocka_unit_test(affinities),
        cmocka_unit_test(urgent_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
