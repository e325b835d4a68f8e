/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are read in every period, with enough descriptors and without. */
#include "host/linux/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define FILES 64

struct rig {
    struct rlimit before;
    char path[32];
    struct kept files[FILES];
};

static void put(const struct rig *rig, const char *text)
{
    FILE *file = fopen(rig->path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void allow(rlim_t most)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = most;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* The number of the next descriptor. */
static int next_descriptor(void)
{
    const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    close(fd);
    return fd;
}

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    int fd;

    assert_non_null(rig);
    strcpy(rig->path, "/tmp/vs-kept-XXXXXX");
    fd = mkstemp(rig->path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &rig->before), 0);
    for (int i = 0; i < FILES; i++)
        rig->files[i] = KEPT_NONE;
    put(rig, "one\n");
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;

    setrlimit(RLIMIT_NOFILE, &rig->before);
    for (int i = 0; i < FILES; i++)
        kept_close(&rig->files[i]);
    unlink(rig->path);
    free(rig);
    return 0;
}

static void assert_all_read(const struct rig *rig, const char *text)
{
    char got[16];

    for (int i = 0; i < FILES; i++) {
        assert_int_equal(kept_read(&rig->files[i], got, sizeof got), strlen(text));
        assert_string_equal(got, text);
    }
}

static void there_are_enough(void **state)
{
    struct rig *rig = *state;
    const int next = next_descriptor();
    char got[4];

    for (int i = 0; i < FILES; i++) {
        assert_false(kept_is_open(&rig->files[i]));
        assert_int_equal(kept_open(&rig->files[i], rig->path), 0);
        assert_true(kept_is_open(&rig->files[i]));
        assert_true(fcntl(rig->files[i].fd, F_GETFD) & FD_CLOEXEC);
    }
    assert_all_read(rig, "one\n");
    put(rig, "another\n");
    assert_all_read(rig, "another\n");
    assert_int_equal(kept_read(&rig->files[0], got, sizeof got), 3);
    assert_string_equal(got, "ano");
    for (int i = 0; i < FILES; i++)
        kept_close(&rig->files[i]);
    kept_close(&rig->files[0]);
    assert_int_equal(next_descriptor(), next);
    assert_int_equal(kept_open(&rig->files[0], "/nonexistent/file"), -ENOENT);
    assert_false(kept_is_open(&rig->files[0]));
    assert_int_equal(kept_read(&rig->files[0], got, sizeof got), -EBADF);
}

/* Most files are not kept open, but all can be read, and the reserve stays free. */
static void few_are_left(void **state)
{
    struct rig *rig = *state;
    const int next = next_descriptor();
    int kept = 0, expected = 0;

    for (int fd = next; fd < next + 10; fd++) /* the caller may have left some open */
        expected += fcntl(fd, F_GETFD) < 0;
    assert_true(expected > 3);
    allow((rlim_t)next + 10 + KEPT_RESERVE);
    for (int i = 0; i < FILES; i++) {
        assert_int_equal(kept_open(&rig->files[i], rig->path), 0);
        kept += rig->files[i].fd >= 0;
    }
    assert_int_equal(kept, expected);
    assert_true(next_descriptor() >= next + 10);
    assert_all_read(rig, "one\n");
    put(rig, "two\n");
    assert_all_read(rig, "two\n");
    kept_close(&rig->files[3]); /* its descriptor is reused */
    kept_close(&rig->files[63]);
    assert_int_equal(kept_open(&rig->files[63], rig->path), 0);
    assert_true(rig->files[63].fd >= 0);
    unlink(rig->path);
    assert_int_equal(kept_read(&rig->files[62], (char[8]){0}, 8), -ENOENT);
}

/* The very last descriptor is in use. */
static void none_is_left(void **state)
{
    struct rig *rig = *state;
    const int next = next_descriptor();
    char got[16];
    int error;

    allow((rlim_t)next + 1 + KEPT_RESERVE);
    for (int i = 0; i < 4; i++)
        assert_int_equal(kept_open(&rig->files[i], rig->path), 0);
    allow((rlim_t)next);
    assert_int_equal(kept_read(&rig->files[0], got, sizeof got), 4); /* it is kept open */
    error = (int)kept_read(&rig->files[3], got, sizeof got);
    assert_int_equal(error, -EMFILE);
    assert_true(kept_ran_out(error));
    assert_int_equal(kept_open(&rig->files[4], rig->path), -EMFILE);
    assert_false(kept_is_open(&rig->files[4]));
    allow((rlim_t)next + 20);
    assert_int_equal(kept_read(&rig->files[3], got, sizeof got), 4);
    assert_false(kept_ran_out(-ENOENT) || kept_ran_out(0) || kept_ran_out(4));
}

static void the_limit_is_raised(void **state)
{
    struct rlimit limit;

    (void)state;
    allow(64);
    kept_raise_limit();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(limit.rlim_cur == limit.rlim_max);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(there_are_enough, set_up, tear_down),
        cmocka_unit_test_setup_teardown(few_are_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(none_is_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_limit_is_raised, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
