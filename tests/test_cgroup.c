/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu.stat as it should be and as it should not, in a folder that stands in for the hierarchy. */
#include "cgroup.h"

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
    assert_int_equal(cgroup_parse_usage("usage_usec 12\nuser_usec 5\nsystem_usec 7\n", &ns), 0);
    assert_int_equal(ns, 12000);
    assert_int_equal(cgroup_parse_usage("nr_periods 3\nusage_usec 0\n", &ns), 0);
    assert_int_equal(ns, 0);
    assert_int_equal(cgroup_parse_usage("usage_usec 18446744073709551", &ns), 0);
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
    for (size_t n = 0; n < sizeof(texts) / sizeof(*texts); n++) {
        uint64_t ns = 4711;

        if (cgroup_parse_usage(texts[n], &ns) != -EIO || ns != 4711)
            fail_msg("\"%s\" was taken", texts[n]);
    }
}

/* What cgroup_parse_domain() says of a text: the path, or "" for none. */
static const char *domain_of(const char *text)
{
    static char path[64];
    FILE *file = fmemopen((char *)(uintptr_t)text, strlen(text), "r");
    int error;

    assert_non_null(file);
    path[0] = '\0';
    error = cgroup_parse_domain(file, path, sizeof(path));
    fclose(file);
    assert_int_equal(error, path[0] ? 0 : -ENOENT);
    return path;
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
    assert_non_null(file);
    assert_int_equal(cgroup_parse_domain(file, little, sizeof(little)), -ENAMETOOLONG);
    fclose(file);
}

/* A folder that is taken away at the end of the test. */
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
    struct folder *folder = calloc(1, sizeof(*folder));
    char vcpu[200];

    if (!folder)
        return -1;
    strcpy(folder->root, "/tmp/vs-cgroup-XXXXXX");
    if (!mkdtemp(folder->root))
        return -1;
    snprintf(folder->domain, sizeof(folder->domain), "%s/guest", folder->root);
    snprintf(vcpu, sizeof(vcpu), "%s/vcpu12", folder->domain);
    snprintf(folder->stat, sizeof(folder->stat), "%s/cpu.stat", vcpu);
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
    struct cgroup_tree *tree = calloc(1, sizeof(*tree));
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
    uint64_t ns = 0;

    assert_int_equal(cgroup_open_vcpu(tree, "guest", 12, &file), 0);
    assert_true(fcntl(file.fd, F_GETFD) & FD_CLOEXEC);
    for (unsigned usec = 1; usec < 100000; usec *= 7) {
        char text[64];

        snprintf(text, sizeof(text), "usage_usec %u\nuser_usec 1\n", usec);
        put(folder, text);
        assert_int_equal(cgroup_read_vcpu(&file, &ns), 0);
        assert_int_equal(ns, usec * UINT64_C(1000));
    }
    put(folder, "tampered\n");
    assert_int_equal(cgroup_read_vcpu(&file, &ns), -EIO);
    put(folder, "");
    assert_int_equal(cgroup_read_vcpu(&file, &ns), -EIO);
    kept_close(&file);
    assert_int_equal(cgroup_read_vcpu(&file, &ns), -EBADF);
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

static void a_root_that_is_none(void **state)
{
    struct cgroup_tree *tree = calloc(1, sizeof(*tree));
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
    assert_int_equal(cgroup_of_domain(getpid(), path, sizeof(path)), -ENOENT);
    assert_int_equal(cgroup_of_domain(999999999, path, sizeof(path)), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_texts),
        cmocka_unit_test(ill_formed_texts),
        cmocka_unit_test(where_a_process_is),
        cmocka_unit_test_setup_teardown(read_again_and_again, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_is_not_there, make_folder, remove_folder),
        cmocka_unit_test(a_root_that_is_none),
        cmocka_unit_test(processes_that_are_no_domains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
