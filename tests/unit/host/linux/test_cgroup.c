/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Well-formed and malformed cpu.stat files, in a folder that replaces the hierarchy. */
#include "host/linux/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void well_formed_texts(void **state)
{
    uint64_t ns = 0;

    (void)state;
    assert_int_equal(
        cgroup_parse_usec("usage_usec 12\nuser_usec 5\nsystem_usec 7\n", "usage_usec ", &ns), 0);
    assert_int_equal(ns, 12000);
    assert_int_equal(cgroup_parse_usec("nr_periods 3\nusage_usec 0\n", "usage_usec ", &ns), 0);
    assert_int_equal(ns, 0);
    assert_int_equal(cgroup_parse_usec("usage_usec 18446744073709551", "usage_usec ", &ns), 0);
    assert_true(ns == UINT64_C(18446744073709551000));
}

static void ill_formed_texts(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "usage_usec",
        "usage_usec ",
        "usage_usec \n",
        "usage_usec x\n",
        "usage_usec -1\n",
        "usage_usec +1\n",
        "usage_usec  1\n",
        "usage_usec 1x\n",
        "usage_usec 1 2\n",
        "usage_usec 1.5\n",
        "usage_usec 18446744073709552\n",
        "usage_usec 99999999999999999999999999\n",
        "user_usec 5\n",
        "my_usage_usec 5\n",
        "usage_usec_total 5\n",
        "cpuacct.usage 5\n",
    };

    (void)state;
    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) {
        uint64_t ns = 4711;

        if (cgroup_parse_usec(texts[n], "usage_usec ", &ns) != -EIO || ns != 4711)
            fail_msg("\"%s\" was taken", texts[n]);
    }
}

static void throttled_texts(void **state)
{
    uint64_t ns = 0;

    (void)state;
    assert_int_equal(cgroup_parse_usec("usage_usec 12\nnr_periods 3\nnr_throttled 2\n"
                                       "throttled_usec 8\nnr_bursts 0\n",
                                       "throttled_usec ", &ns),
                     0);
    assert_int_equal(ns, 8000);
    assert_int_equal(cgroup_parse_usec("usage_usec 12\n", "throttled_usec ", &ns), -EIO);
    assert_int_equal(cgroup_parse_usec("not_throttled_usec 12\n", "throttled_usec ", &ns), -EIO);
    assert_int_equal(ns, 8000);
}

/* The path that cgroup_parse_domain() finds in a text; "": none. */
static const char *path_of(const char *text, const char *controller)
{
    static char path[64];
    FILE *file = fmemopen((char *)(uintptr_t)text, strlen(text), "r");
    int error;

    assert_non_null(file);
    path[0] = '\0';
    error = cgroup_parse_domain(file, controller, path, sizeof path);
    fclose(file);
    assert_int_equal(error, path[0] ? 0 : -ENOENT);
    return path;
}

static const char *domain_of(const char *text)
{
    return path_of(text, NULL);
}

static const char *cpu_of(const char *text)
{
    return path_of(text, "cpu");
}

static void where_a_process_is(void **state)
{
    char little[4];
    FILE *file = fmemopen((char[]){"0::/long/emulator\n"}, 18, "r");

    (void)state;
    assert_string_equal(domain_of("4:cpu:/a/emulator\n0::/machine/qemu-1/emulator\n"),
                        "machine/qemu-1");
    assert_string_equal(domain_of("0::/a/emulator"), "a");
    assert_string_equal(domain_of("0::/user.slice\n"), "");
    assert_string_equal(domain_of("0::/a/emulator (deleted)\n"), "");
    assert_string_equal(domain_of("0::/emulator\n"), "");
    assert_string_equal(domain_of("0:://emulator\n"), "");
    assert_string_equal(domain_of("0::/../a/emulator\n"), "");
    assert_string_equal(domain_of("0::/a/../../b/emulator\n"), "");
    assert_string_equal(domain_of("0::/a/..b/emulator\n"), "a/..b");
    assert_string_equal(cpu_of("4:cpu,cpuacct:/a/emulator\n0::/b/emulator\n"), "a");
    assert_string_equal(cpu_of("5:cpuset:/c/emulator\n4:cpuacct,cpu:/a/emulator\n"), "a");
    assert_string_equal(cpu_of("5:cpuacct:/c/emulator\n0::/b/emulator\n"), "");
    assert_string_equal(cpu_of("4:cpu\n4\n:\n::\n4:cpu:\n4:cpu:a/emulator\n"), "");
    assert_non_null(file);
    assert_int_equal(cgroup_parse_domain(file, NULL, little, sizeof little), -ENAMETOOLONG);
    fclose(file);
}

/* A folder that the end of the test removes. */
struct folder {
    char root[64], domain[128], stat[256];
};

static void put(const struct folder *folder, const char *text)
{
    FILE *file = fopen(folder->stat, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    char vcpu[200];

    if (!folder)
        return -1;
    strcpy(folder->root, "/tmp/vs-cgroup-XXXXXX");
    if (!mkdtemp(folder->root))
        return -1;
    snprintf(folder->domain, sizeof folder->domain, "%s/guest", folder->root);
    snprintf(vcpu, sizeof vcpu, "%s/vcpu12", folder->domain);
    snprintf(folder->stat, sizeof folder->stat, "%s/cpu.stat", vcpu);
    if (mkdir(folder->domain, 0700) || mkdir(vcpu, 0700))
        return -1;
    put(folder, "usage_usec 1000\n");
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;
    char *slash;

    unlink(folder->stat);
    slash = strrchr(folder->stat, '/');
    *slash = '\0';
    rmdir(folder->stat);
    rmdir(folder->domain);
    rmdir(folder->root);
    free(folder);
    return 0;
}

static struct cgroup_tree *open_tree(const struct folder *folder)
{
    struct cgroup_tree *tree = calloc(1, sizeof *tree);
    struct failure why;

    assert_non_null(tree);
    assert_int_equal(cgroup_tree_open(tree, folder->root, &why), 0);
    assert_string_equal(tree->root, folder->root);
    assert_false(tree->through_library);
    return tree;
}

static void read_again_and_again(void **state)
{
    const struct folder *folder = *state;
    struct cgroup_tree *tree = open_tree(folder);
    struct kept file = KEPT_NONE;
    uint64_t ns = 0, throttled_ns = 1;

    assert_int_equal(cgroup_open_vcpu(tree, "guest", 12, &file), 0);
    assert_true(fcntl(file.fd, F_GETFD) & FD_CLOEXEC);
    for (unsigned usec = 1; usec < 100000; usec *= 7) {
        char text[64];

        snprintf(text, sizeof text, "usage_usec %u\nuser_usec 1\n", usec);
        put(folder, text);
        assert_int_equal(cgroup_read_vcpu(&file, &ns, &throttled_ns), 0);
        assert_int_equal(ns, usec * UINT64_C(1000));
    }
    put(folder, "tampered\n");
    assert_int_equal(cgroup_read_vcpu(&file, &ns, &throttled_ns), -EIO);
    put(folder, "");
    assert_int_equal(cgroup_read_vcpu(&file, &ns, &throttled_ns), -EIO);
    kept_close(&file);
    assert_int_equal(cgroup_read_vcpu(&file, &ns, &throttled_ns), -EBADF);
    free(tree);
}

static void what_is_not_there(void **state)
{
    const struct folder *folder = *state;
    struct cgroup_tree *tree = open_tree(folder);
    struct kept file = KEPT_NONE;
    char *path = malloc(PATH_MAX + 1);

    assert_non_null(path);
    assert_int_equal(cgroup_open_vcpu(tree, "guest", 1, &file), -ENOENT);
    assert_int_equal(cgroup_open_vcpu(tree, "other", 12, &file), -ENOENT);
    memset(path, 'x', PATH_MAX);
    path[PATH_MAX] = '\0';
    assert_int_equal(cgroup_open_vcpu(tree, path, 12, &file), -ENAMETOOLONG);
    put(folder, "no counter\n");
    assert_int_equal(cgroup_open_vcpu(tree, "guest", 12, &file), -EIO);
    assert_false(kept_is_open(&file));
    free(path);
    free(tree);
}

static void put_quota(const struct folder *folder, const char *name, const char *text)
{
    char path[300];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder->domain, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void quotas(void **state)
{
    static const struct {
        const char *text;
        uint32_t cap;
    } rows[] = {
        {"15000 100000\n", 150},
        {"max 100000\n", 0},
        {"250000 100000\n", 2500},
        {"1 1000000\n", 1},
        {"", 0},
        {"15000\n", 0},
        {"15000 0\n", 0},
        {"-1 100000\n", 0},
        {"99999999999999 1\n", 0},
    };
    const struct folder *folder = *state;
    char path[300];

    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        put_quota(folder, "cpu.max", rows[row].text);
        assert_int_equal(cgroup_cap(folder->root, "guest"), rows[row].cap);
        assert_int_equal(cgroup_cap(folder->root, "guest/vcpu12"), rows[row].cap); /* above it */
    }
    snprintf(path, sizeof path, "%s/cpu.max", folder->domain);
    unlink(path);
    put_quota(folder, "cpu.cfs_quota_us", "50000\n");
    put_quota(folder, "cpu.cfs_period_us", "200000\n");
    assert_int_equal(cgroup_cap(folder->root, "guest/vcpu12"), 250);
    put_quota(folder, "cpu.cfs_quota_us", "-1\n");
    assert_int_equal(cgroup_cap(folder->root, "guest/vcpu12"), 0);
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder->domain);
    unlink(path);
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder->domain);
    unlink(path);
    assert_int_equal(cgroup_cap(folder->root, "guest/vcpu12"), 0);
    assert_int_equal(cgroup_cap("", "guest"), 0);
    assert_int_equal(cgroup_lesser_cap(0, 5), 5);
    assert_int_equal(cgroup_lesser_cap(5, 0), 5);
    assert_int_equal(cgroup_lesser_cap(7, 5), 5);
}

static void a_root_that_is_none(void **state)
{
    struct cgroup_tree *tree = calloc(1, sizeof *tree);
    struct failure why;

    (void)state;
    assert_non_null(tree);
    assert_int_equal(cgroup_tree_open(tree, "/nonexistent/cgroup", &why), -ENOENT);
    assert_non_null(strstr(why.text, "--cgroup-root: '/nonexistent/cgroup'"));
    free(tree);
}

static void processes_that_are_no_domains(void **state)
{
    char path[PATH_MAX];

    (void)state;
    assert_int_equal(cgroup_of_domain(getpid(), NULL, path, sizeof path), -ENOENT);
    assert_int_equal(cgroup_of_domain(999999999, NULL, path, sizeof path), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_texts),
        cmocka_unit_test(ill_formed_texts),
        cmocka_unit_test(throttled_texts),
        cmocka_unit_test(where_a_process_is),
        cmocka_unit_test_setup_teardown(quotas, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(read_again_and_again, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_is_not_there, make_folder, remove_folder),
        cmocka_unit_test(a_root_that_is_none),
        cmocka_unit_test(processes_that_are_no_domains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
