/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What affinity masks mean, and what a domain's XML says of them. */
#include "host.h"
#include "host/libvirt/xml.h"
#include "model/mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct cpuset set_of(const char *list)
{
    struct cpuset set;

    assert_int_equal(cpuset_parse(&set, list), 0);
    return set;
}

static void assert_list(const struct cpuset *set, const char *list)
{
    char text[256];

    cpuset_format(set, text, sizeof text);
    assert_string_equal(text, list);
}

/* ---- everything ---- */

static bool covers(const char *told, const char *pcpus, const char *isolated)
{
    const struct cpuset a = set_of(told), b = set_of(pcpus), c = set_of(isolated);

    return mask_covers(&a, &b, &c);
}

static void what_may_be_everything(void **state)
{
    (void)state;
    assert_true(covers("0-7", "0-7", ""));
    assert_true(covers("0-7", "0-6", ""));
    assert_false(covers("0-6", "0-7", ""));
    assert_true(covers("0-5", "0-7", "6-7"));
    assert_true(covers("0-7", "0-7", "6-7"));
    assert_false(covers("0-4", "0-7", "6-7"));
    assert_false(covers("0-7", "", ""));
    assert_false(covers("0-7", "6-7", "6-7")); /* all are isolated: any mask would do */
}

/* One value, whatever was online then; it holds pCPUs that come online later. */
static void everything_is_one_value(void **state)
{
    const struct cpuset isolated = set_of("6-7"), none = set_of("");
    const struct cpuset told[] = {set_of("0-7"), set_of("0-6"), set_of("0-3,7")};
    struct cpuset first = mask_everything(&told[0], &isolated), without;

    (void)state;
    for (int i = 0; i < 3; i++) {
        const struct cpuset set = mask_everything(&told[i], &isolated);

        assert_true(mask_is_everything(&set));
        assert_true(cpuset_equal(&set, &first));
    }
    without = mask_everything(&(struct cpuset){{0x3f}}, &isolated);
    assert_true(mask_is_everything(&without));
    assert_list(&without, "0-5,8-8191");
    first = mask_everything(&told[1], &none);
    assert_list(&first, "0-8191");
    assert_false(mask_is_everything(&told[0]));
}

static void assert_shown(const char *list, const char *shown)
{
    const struct cpuset set = set_of(list);
    char text[64];

    assert_int_equal(mask_format(&set, text, sizeof text), strlen(shown));
    assert_string_equal(text, shown);
}

static void everything_is_shown_as_all(void **state)
{
    (void)state;
    assert_shown("0-8191", "all");
    assert_shown("0-5,8-8191", "all,^6-7");
    assert_shown("0-5,8", "0-5,8");
}

static bool is_wish(const char *live, const char *defined)
{
    const struct cpuset a = set_of(live), b = set_of(defined);

    return mask_is_wish(&a, &b);
}

static void a_wish_is_less_than_the_definition(void **state)
{
    (void)state;
    assert_true(is_wish("3", "0-8191"));
    assert_true(is_wish("3", "0-5,8-8191"));
    assert_true(is_wish("0-1", "0-3"));
    assert_true(is_wish("5", "0-3"));
    assert_true(is_wish("3-4", "0-3"));
    assert_false(is_wish("0-3", "0-3"));
    assert_false(is_wish("0-7", "0-3"));
    assert_false(is_wish("0-8191", "0-3"));
    assert_false(is_wish("0-5,8-8191", "0-8191"));
}

/* ---- XML ---- */

static void assert_place(const char *inside, uint32_t vcpu, enum defined_affinity place,
                         const char *list)
{
    xmlNode *definition;
    struct cpuset set;
    char xml[500];

    snprintf(xml, sizeof xml, "<domain type='kvm'><name>a</name>%s<os/></domain>", inside);
    definition = xml_parse(xml, "domain");
    assert_non_null(definition);
    assert_int_equal(definition_affinity(definition, vcpu, &set), place);
    if (place == DEFINED_LIST)
        assert_list(&set, list);
    xml_free(definition);
}

static void what_a_domain_says(void **state)
{
    const char *const tune = "<vcpu placement='static' cpuset='1-4,^2'>4</vcpu><cputune>"
                             "<shares>1</shares><vcpupin vcpu='0' cpuset='5'/>"
                             "<vcpupin vcpu='2' cpuset=' 0-7'/></cputune>";

    (void)state;
    assert_place("<vcpu placement='static'>4</vcpu>", 0, DEFINED_NONE, "");
    assert_place("", 0, DEFINED_NONE, "");
    assert_place(tune, 0, DEFINED_LIST, "5");
    assert_place(tune, 1, DEFINED_LIST, "1,3-4");
    assert_place("<vcpu placement='auto' cpuset='3'>4</vcpu>", 0, DEFINED_AUTO, "");
    assert_place("<vcpu placement='auto'>4</vcpu><cputune><vcpupin vcpu='1' cpuset='2'/></cputune>",
                 1, DEFINED_LIST, "2");
    assert_place("<vcpu>4</vcpu><cputune><vcpupin vcpu='x' cpuset='2'/>"
                 "<vcpupin vcpu='1' cpuset='y'/><vcpupin vcpu='1' cpuset=''/></cputune>",
                 1, DEFINED_NONE, "");
    assert_place(tune, VCPU_EMULATOR, DEFINED_LIST, "1,3-4");
    assert_place("<vcpu cpuset='3'>4</vcpu><cputune><emulatorpin cpuset='0-1'/></cputune>",
                 VCPU_EMULATOR, DEFINED_LIST, "0-1");
    assert_place("<cputune><emulatorpin cpuset='0-1'/></cputune>", 0, DEFINED_NONE, "");
    assert_place("", VCPU_EMULATOR, DEFINED_NONE, "");
}

static void no_domain(void **state)
{
    static const char *const texts[] = {"", "<domain>", "<network/>", "x", "<a><domain/></a>"};

    (void)state;
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
        assert_null(xml_parse(texts[t], "domain"));
    xml_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_everything),
        cmocka_unit_test(everything_is_one_value),
        cmocka_unit_test(everything_is_shown_as_all),
        cmocka_unit_test(a_wish_is_less_than_the_definition),
        cmocka_unit_test(what_a_domain_says),
        cmocka_unit_test(no_domain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
