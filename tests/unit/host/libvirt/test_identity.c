/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The identity of a libvirt host does not depend on its URI. */
#include "host/libvirt/internal.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void is_named(const char *uri, const char *uuid, const char *expected)
{
    char *name = identity_name(uri, uuid);

    assert_string_equal(name, expected);
    free(name);
}

static void one_host_is_one(void **state)
{
    static const char *const here[] = {
        "qemu:///system",
        "qemu+unix:///system",
        "qemu:///system?mode=legacy",
        "qemu+unix:///system?mode=direct&socket=/run/libvirt/virtqemud-sock",
        "qemu+unix:///system?socket=/var/run/libvirt/libvirt-sock",
        "qemu+unix:///system?socket=%2Frun%2Flibvirt%2Flibvirt-sock-ro",
        "qemu+tcp://localhost/system",
        "qemu+ssh://root@localhost:22/system?keyfile=/root/key&no_tty=1",
        "qemu+tcp://localhost/?name=qemu:///system",
        "remote+unix:///?name=qemu%3A%2F%2F%2Fsystem",
    };

    (void)state;
    for (size_t n = 0; n < sizeof here / sizeof *here; n++)
        is_named(here[n], NULL, "qemu:///system");
    is_named("qemu+ssh://a/system", "11-22", "qemu://11-22/system");
    is_named("qemu+tls://b.example.org/system?no_verify=1", "11-22", "qemu://11-22/system");
}

static void two_are_two(void **state)
{
    (void)state;
    is_named("qemu:///session", NULL, "qemu:///session");
    is_named("xen:///system", NULL, "xen:///system");
    is_named("test:///default", NULL, "test:///default");
    is_named("test:///some/file.xml", NULL, "test:///some/file.xml");
    is_named("qemu+unix:///system?socket=/other/libvirt-sock", NULL,
             "qemu:///system?socket=/other/libvirt-sock");
    is_named("qemu+ssh://a/system", "33-44", "qemu://33-44/system");
    is_named("not an URI", NULL, "not an URI");
    is_named("", NULL, "");
}

static void a_root_is_its_folder(void **state)
{
    char folder[] = "/tmp/test_identity.XXXXXX", link[64], uri[PATH_MAX], expected[PATH_MAX];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(link, sizeof link, "%s.link", folder);
    assert_int_equal(symlink(folder, link), 0);
    snprintf(expected, sizeof expected, "qemu:///embed?root=%s", folder);
    is_named(expected, NULL, expected);
    snprintf(uri, sizeof uri, "qemu:///embed?root=%s/", link);
    is_named(uri, NULL, expected);
    snprintf(uri, sizeof uri, "qemu:///embed?other=1&root=%%2Ftmp%%2F%s", folder + 5);
    is_named(uri, NULL, expected);
    is_named("qemu:///embed?root=/not/there", NULL, "qemu:///embed?root=/not/there");
    assert_int_equal(unlink(link), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void a_server_is_here_or_elsewhere(void **state)
{
    char *server = identity_server("qemu+ssh://root@127.0.0.1:22/system");

    (void)state;
    assert_string_equal(server, "127.0.0.1");
    assert_true(identity_is_here(server));
    free(server);
    assert_null(identity_server("qemu:///system"));
    assert_null(identity_server("qemu+unix:///system?socket=/a"));
    assert_null(identity_server("nonsense"));
    assert_false(identity_is_here("192.0.2.1")); /* reserved for documentation: RFC 5737 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_host_is_one),
        cmocka_unit_test(two_are_two),
        cmocka_unit_test(a_root_is_its_folder),
        cmocka_unit_test(a_server_is_here_or_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
