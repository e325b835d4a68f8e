/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/libvirt/xml.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_exclude(const char *xml, bool expected)
{
    bool exclude = !expected;

    if (metadata_parse(xml, &exclude))
        fail_msg("not understood: %s", xml);
    if (exclude != expected)
        fail_msg("wrong: %s", xml);
}

static void says_yes_or_no(void **state)
{
    (void)state;
    assert_exclude("<scheduler exclude=\"yes\"/>", true);
    assert_exclude("<scheduler exclude='no'/>", false);
    assert_exclude(" \n<scheduler  exclude = 'yes' ></scheduler>\n", true);
    assert_exclude("<scheduler exclude='true'/>", true);
    assert_exclude("<scheduler exclude='0'/>", false);
    /* As libvirt returns it, and as in a domain's XML. */
    assert_exclude("<scheduler xmlns='" METADATA_URI "' exclude='yes'/>", true);
    assert_exclude("<vs:scheduler xmlns:vs='" METADATA_URI "' exclude='yes'/>", true);
    /* Additions of later versions. */
    assert_exclude("<scheduler exclude='yes' weight='3'><more/>text</scheduler>", true);
}

static void nonsense(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "yes",
        "<",
        "<scheduler",
        "<scheduler/>",
        "<scheduler exclude/>",
        "<scheduler exclude=''/>",
        "<scheduler exclude='maybe'/>",
        "<scheduler exclude='YES'/>",
        "<scheduler exclude=' yes'/>",
        "<scheduler x:exclude='yes' xmlns:x='urn:x'/>",
        "<scheduler exclude='yes' exclude='yes'/>",
        "<scheduler exclude='yes'>",
        "<scheduler exclude='yes'/><scheduler exclude='yes'/>",
        "<schedulers exclude='yes'/>",
        "<other><scheduler exclude='yes'/></other>",
        "<scheduler exclude='yes\x01'/>",
        "<scheduler exclude='\xff\xfe'/>",
        "<!DOCTYPE s [<!ENTITY e 'yes'>]><scheduler exclude='&e;'/>",
        "<scheduler exclude='&e;'/>",
        "<?xml version='1.0' encoding='nonsense'?><scheduler exclude='yes'/>",
    };

    (void)state;
    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) {
        bool exclude = true;

        if (metadata_parse(texts[n], &exclude) != -EINVAL || !exclude)
            fail_msg("understood: %s", texts[n]);
    }
}

static void too_long(void **state)
{
    const char head[] = "<scheduler exclude='yes'>";
    char *text = malloc(1 << 20);
    bool exclude = false;

    (void)state;
    assert_non_null(text);
    memset(text, ' ', 1 << 20);
    memcpy(text, head, strlen(head));
    strcpy(text + 1000, "</scheduler>");
    assert_exclude(text, true);
    text[1000 + strlen("</scheduler>")] = ' ';
    strcpy(text + (1 << 20) - 1 - strlen("</scheduler>"), "</scheduler>");
    assert_int_equal(metadata_parse(text, &exclude), -EINVAL);
    free(text);
}

/* Truncated anywhere, and each byte replaced by every other. */
static void damaged(void **state)
{
    const char whole[] = "<a:scheduler xmlns:a='urn:a' exclude='no'>t&amp;</a:scheduler>";

    (void)state;
    for (size_t at = 0; at < strlen(whole); at++) {
        char text[sizeof whole];
        bool exclude = false;

        memcpy(text, whole, sizeof whole);
        text[at] = '\0';
        assert_int_equal(metadata_parse(text, &exclude), -EINVAL);
        for (int byte = 0; byte < 256; byte++) {
            text[at] = (char)byte;
            memcpy(text + at + 1, whole + at + 1, sizeof whole - at - 1);
            metadata_parse(text, &exclude);
            assert_false(exclude);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_yes_or_no),
        cmocka_unit_test(nonsense),
        cmocka_unit_test(too_long),
        cmocka_unit_test(damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
