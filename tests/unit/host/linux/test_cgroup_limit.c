/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pCPUs that cpusets allow a domain, in folders that replace the hierarchies of v2 and v1. */
#include "host/linux/cgroup.h"
#include "support/files.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SCOPE "/machine.slice/a.scope"

static struct cgroup_tree tree;
static char base[] = "/tmp/vs-limit.XXXXXX";

/* Writes a file below a hierarchy; makes its folders. */
static void put(const char *root, const char *path, const char *text)
{
    char name[2 * PATH_MAX];
    FILE *file;

    snprintf(name, sizeof name, "%s%s", root, path);
    for (char *at = strchr(name + strlen(base), '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(name, 0755);
        *at = '/';
    }
    file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int make_folders(void **state)
{
    (void)state;
    strcpy(base + strlen(base) - 6, "XXXXXX");
    assert_non_null(mkdtemp(base));
    snprintf(tree.root, sizeof tree.root, "%s/v2", base);
    snprintf(tree.cpusets, sizeof tree.cpusets, "%s/v1", base);
    return 0;
}

static int remove_folders(void **state)
{
    (void)state;
    return folder_remove(base);
}

static int open_of(const char *text, struct kept *limit, bool *bounded)
{
    FILE *file = fmemopen((char *)(uintptr_t)text, strlen(text), "r");
    int error;

    *limit = KEPT_NONE;
    assert_non_null(file);
    error = cgroup_parse_limit(&tree, file, limit, bounded);
    fclose(file);
    return error;
}

static void limit_is(const char *text, const char *list, bool v1)
{
    struct kept limit;
    struct cpuset set, want;
    bool bounded;

    assert_int_equal(open_of(text, &limit, &bounded), 0);
    assert_int_equal(bounded, v1);
    assert_int_equal(cgroup_read_limit(&limit, &set), 0);
    assert_int_equal(cpuset_parse(&want, list), 0);
    assert_true(cpuset_equal(&set, &want));
    kept_close(&limit);
}

#define V2 "0::" SCOPE "/libvirt/emulator\n"
#define V1 "3:cpu,cpuset:/machine/a/emulator\n"

static void the_domains_own(void **state)
{
    (void)state;
    put(tree.root, SCOPE "/libvirt/cpuset.cpus.effective", "0-3\n");
    put(tree.root, SCOPE "/libvirt/emulator/cpuset.cpus.effective", "0\n");
    put(tree.root, SCOPE "/cpuset.cpus.effective", "0-7\n");
    limit_is("4:cpuset:/x\n" V2, "0-3", false);
    limit_is("0::" SCOPE "\n", "0-7", false); /* without a separate cgroup for QEMU */
}

/* If a cgroup has no cpuset controller, the limit of the one above applies. */
static void the_nearest_above(void **state)
{
    (void)state;
    put(tree.root, SCOPE "/libvirt/cpu.stat", "");
    put(tree.root, "/machine.slice/cpuset.cpus.effective", "4-5\n");
    put(tree.root, "/cpuset.cpus.effective", "0-7\n");
    limit_is(V2, "4-5", false);
    limit_is("0::/\n", "0-7", false);
}

static void v1_where_v2_has_no_cpusets(void **state)
{
    (void)state;
    put(tree.root, SCOPE "/libvirt/cpu.stat", "");
    put(tree.cpusets, "/machine/a/cpuset.effective_cpus", "1,3\n");
    put(tree.cpusets, "/cpuset.effective_cpus", "0-7\n");
    limit_is(V1 V2, "1,3", true);
    limit_is("12:memory:/m\n3:cpuset:/machine/a/emulator\n0::/\n", "1,3", true);
    limit_is("3:cpuset:/\n", "0-7", true);
}

static void none_at_all(void **state)
{
    static const char *const texts[] = {V2 V1, "", "0::/../a/emulator\n", "nonsense\n", "0::\n"};
    struct kept limit;
    bool bounded;

    (void)state;
    put(tree.root, SCOPE "/libvirt/cpu.stat", "");
    put(tree.cpusets, "/machine/a/tasks", "");
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
        assert_int_equal(open_of(texts[t], &limit, &bounded), -ENOENT);
    tree.root[0] = tree.cpusets[0] = '\0';
    assert_int_equal(open_of(V1 V2, &limit, &bounded), -ENOENT);
    assert_true(cgroup_open_limit(&tree, (pid_t)0x7ffffff0, &limit, &bounded) < 0);
}

/* The file stays open: the next reading shows the new content. */
static void read_again_and_again(void **state)
{
    static const char *const wrong[] = {"", "\n", "x\n", "0-\n"};
    struct cpuset set, want;
    struct kept limit;
    bool bounded;

    (void)state;
    put(tree.root, SCOPE "/libvirt/cpuset.cpus.effective", "0-3\n");
    assert_int_equal(open_of(V2, &limit, &bounded), 0);
    assert_int_equal(cgroup_read_limit(&limit, &set), 0);
    put(tree.root, SCOPE "/libvirt/cpuset.cpus.effective", "5\n");
    assert_int_equal(cgroup_read_limit(&limit, &set), 0);
    assert_int_equal(cpuset_parse(&want, "5"), 0);
    assert_true(cpuset_equal(&set, &want));
    for (size_t w = 0; w < sizeof wrong / sizeof *wrong; w++) {
        put(tree.root, SCOPE "/libvirt/cpuset.cpus.effective", wrong[w]);
        assert_int_equal(cgroup_read_limit(&limit, &set), -EIO);
        assert_true(cpuset_equal(&set, &want));
    }
    kept_close(&limit);
    assert_int_equal(cgroup_read_limit(&limit, &set), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_domains_own, make_folders, remove_folders),
        cmocka_unit_test_setup_teardown(the_nearest_above, make_folders, remove_folders),
        cmocka_unit_test_setup_teardown(v1_where_v2_has_no_cpusets, make_folders, remove_folders),
        cmocka_unit_test_setup_teardown(none_at_all, make_folders, remove_folders),
        cmocka_unit_test_setup_teardown(read_again_and_again, make_folders, remove_folders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
