/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Isolated partitions and where memory is, in a folder that replaces the hierarchy. */
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

static struct cgroup_tree tree;

static int make_tree(void **state)
{
    (void)state;
    strcpy(tree.root, "/tmp/vs-cgroup-XXXXXX");
    return mkdtemp(tree.root) ? 0 : -1;
}

static int remove_tree(void **state)
{
    (void)state;
    return folder_remove(tree.root);
}

/* Writes a file of a cgroup, which is made if its parent exists. */
static void put(const char *cgroup, const char *name, const char *text)
{
    char path[PATH_MAX + 256];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", tree.root, cgroup);
    assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s/%s/%s", tree.root, cgroup, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void partition(const char *cgroup, const char *state, const char *cpus)
{
    put(cgroup, "cpuset.cpus.partition", state);
    put(cgroup, "cpuset.cpus.effective", cpus);
}

static void expect_isolated(const char *list)
{
    struct cpuset set;
    char text[200];

    cgroup_isolated(&tree, &set);
    cpuset_format(&set, text, sizeof text);
    assert_string_equal(text, list);
}

static void a_new_kernel_tells_isolated_pcpus(void **state)
{
    (void)state;
    partition("a", "isolated\n", "9\n");
    put(".", "cpuset.cpus.isolated", "2-3,7\n");
    expect_isolated("2-3,7");
    put(".", "cpuset.cpus.isolated", "\n");
    expect_isolated("");
    put(".", "cpuset.cpus.isolated", "nonsense\n");
    expect_isolated("");
}

static void on_an_older_one_they_are_looked_for(void **state)
{
    (void)state;
    expect_isolated("");
    partition("a", "isolated\n", "2-3\n");
    partition("b", "member\n", "4\n");
    partition("c", "isolated invalid (Cpu list in cpuset.cpus not exclusive)\n", "5\n");
    partition("d", "root\n", "6-7\n");
    partition("d/e", "isolated\n", "7\n");
    partition("b/f", "isolated\n", "0\n"); /* not below a partition: the kernel refuses these */
    partition("g", "isolated\n", "what?\n");
    put("h", "cpuset.cpus.partition", "isolated\n");
    expect_isolated("2-3,7");
}

static void without_a_hierarchy_none_is(void **state)
{
    const struct cgroup_tree none = {.root = ""};
    struct cpuset set;

    (void)state;
    cpuset_parse(&set, "1");
    cgroup_isolated(&none, &set);
    assert_int_equal(cpuset_count(&set), 0);
}

static void memory_is_told_by_node(void **state)
{
    uint64_t bytes[3];

    (void)state;
    put("vm", "memory.numa_stat",
        "anon N0=4096 N1=1000000000000 N2=1 N7=5\n"
        "file N0=8192 N1=5 N2=0\n"
        "kernel_stack N0=77 N1=77\n"
        "file_mapped N0=77 N1=77\n"
        "inactive_anon N0=77 N1=77\n");
    assert_int_equal(cgroup_memory(&tree, "vm", bytes, 3), 0);
    assert_int_equal(bytes[0], 12288);
    assert_int_equal(bytes[1], UINT64_C(1000000000005));
    assert_int_equal(bytes[2], 1);
    assert_int_equal(cgroup_memory(&tree, "gone", bytes, 3), -ENOENT);
}

static void nonsense_is_no_memory(void **state)
{
    static const char *const texts[] = {
        "",
        "anon",
        "anon ",
        "anon N0\n",
        "anon N=5\n",
        "anon 0=5\n",
        "anon N4294967296=5\n",
        "anon N0=x\n",
        "anon  \n\n\nfile \n",
        "file N1=\n",
    };
    uint64_t bytes[2];

    (void)state;
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        put("vm", "memory.numa_stat", texts[t]);
        assert_int_equal(cgroup_memory(&tree, "vm", bytes, 2), 0);
        assert_int_equal(bytes[1], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_kernel_tells_isolated_pcpus, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(on_an_older_one_they_are_looked_for, make_tree,
                                        remove_tree),
        cmocka_unit_test(without_a_hierarchy_none_is),
        cmocka_unit_test_setup_teardown(memory_is_told_by_node, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(nonsense_is_no_memory, make_tree, remove_tree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
