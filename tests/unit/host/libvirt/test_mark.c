/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks as text: written, parsed, and refused if malformed. */
#include "host.h"
#include "host/libvirt/mark.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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

/* original NULL: all; was "": none. */
static void add(struct mark *mark, uint32_t number, const char *original, const char *pinned,
                const char *was)
{
    struct mark_entry entry = {.number = number, .pinned = set_of(pinned), .was = set_of(was)};

    if (original)
        entry.original = set_of(original);
    else
        entry.everything = true;
    assert_int_equal(mark_add(mark, &entry), 0);
}

static void is_read_as_written(void **state)
{
    struct mark written = {.entries = NULL}, read = {.entries = NULL};
    char *text;

    (void)state;
    add(&written, 0, "0-3,8191", "2", "");
    add(&written, 7, NULL, "0", "5");
    text = mark_format(&written);
    assert_string_equal(text, "<pins><vcpu id=\"0\" original=\"0-3,8191\" pinned=\"2\"/>"
                              "<vcpu id=\"7\" original=\"all\" pinned=\"0\" was=\"5\"/></pins>");
    assert_int_equal(mark_parse(text, &read), 0);
    assert_int_equal(read.count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(read.entries[i].number, written.entries[i].number);
        assert_true(mark_covers(&read.entries[i], &written.entries[i]));
        assert_true(mark_covers(&written.entries[i], &read.entries[i]));
    }
    assert_ptr_equal(mark_find(&read, 7), &read.entries[1]);
    assert_null(mark_find(&read, 1));
    mark_finish(&read);
    /* As libvirt returns it, and with additions of later versions. */
    assert_int_equal(mark_parse("<p:pins xmlns:p='" MARK_URI "' more='1'>\n  <p:vcpu id='3' "
                                "original='all' pinned='1' new='x'/><other/></p:pins>",
                                &read),
                     0);
    assert_int_equal(read.count, 1);
    mark_finish(&read);
    mark_finish(&written);
    free(text);
}

static void lists_are_read_as_written(void **state)
{
    struct mark written = {.entries = NULL}, read = {.entries = NULL};
    char *text, *again;

    (void)state;
    add(&written, 0, "0-15", "4-7", "");
    add(&written, 1, NULL, "8,10,12-13", "0-3");
    add(&written, 2, "0-15", "2", "4-7");
    add(&written, 3, "0-15", "0-8191", "2");
    text = mark_format(&written);
    assert_string_equal(text,
                        "<pins><vcpu id=\"0\" original=\"0-15\" pinned=\"4-7\"/>"
                        "<vcpu id=\"1\" original=\"all\" pinned=\"8,10,12-13\" was=\"0-3\"/>"
                        "<vcpu id=\"2\" original=\"0-15\" pinned=\"2\" was=\"4-7\"/>"
                        "<vcpu id=\"3\" original=\"0-15\" pinned=\"0-8191\" was=\"2\"/></pins>");
    assert_int_equal(mark_parse(text, &read), 0);
    assert_int_equal(read.count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(cpuset_equal(&read.entries[i].pinned, &written.entries[i].pinned));
        assert_true(cpuset_equal(&read.entries[i].was, &written.entries[i].was));
        assert_true(mark_covers(&read.entries[i], &written.entries[i]));
    }
    again = mark_format(&read);
    assert_string_equal(again, text);
    free(again);
    free(text);
    mark_finish(&read);
    mark_finish(&written);
}

static void the_emulator_is_read_as_written(void **state)
{
    struct mark written = {.entries = NULL}, read = {.entries = NULL};
    char *text;

    (void)state;
    add(&written, 0, NULL, "2", "");
    add(&written, VCPU_EMULATOR, NULL, "2,4", "0-3");
    text = mark_format(&written);
    assert_string_equal(text, "<pins><vcpu id=\"0\" original=\"all\" pinned=\"2\"/>"
                              "<emulator original=\"all\" pinned=\"2,4\" was=\"0-3\"/></pins>");
    assert_int_equal(mark_parse(text, &read), 0);
    assert_int_equal(read.count, 2);
    assert_true(mark_covers(mark_find(&read, VCPU_EMULATOR), &written.entries[1]));
    assert_true(mark_covers(mark_find(&read, 0), &written.entries[0]));
    mark_finish(&read);
    assert_int_equal(mark_parse("<pins xmlns='" MARK_URI "'><emulator pinned='2'/></pins>", &read),
                     -EINVAL);
    assert_int_equal(read.count, 0);
    mark_finish(&written);
    free(text);
}

/* A part of a list, or more than it, is somebody else's. */
static void a_list_is_ours_as_a_whole(void **state)
{
    static const struct {
        const char *now;
        bool ours;
    } cases[] = {{"4-7", true}, {"0-3", true},  {"4", false},   {"4-6", false},  {"4-8", false},
                 {"", false},   {"0-7", false}, {"3-6", false}, {"0-3,7", false}};
    struct mark mark = {.entries = NULL};

    (void)state;
    add(&mark, 0, "0-15", "4-7", "0-3");
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const struct cpuset now = set_of(cases[c].now);

        assert_int_equal(mark_is_ours(&mark.entries[0], &now), cases[c].ours);
    }
    add(&mark, 0, "0-15", "0-3", "");     /* given back */
    add(&mark, 0, "0-15", "4-7", "0-2");  /* from elsewhere */
    add(&mark, 0, "0-15", "8-11", "4-7"); /* moves on */
    add(&mark, 0, "0-15", "4-6", "");     /* a part */
    add(&mark, 0, "0-15", "4", "");       /* one of them */
    assert_true(mark_covers(&mark.entries[0], &mark.entries[1]));
    for (uint32_t i = 2; i < mark.count; i++)
        assert_false(mark_covers(&mark.entries[0], &mark.entries[i]));
    mark_finish(&mark);
}

static void a_pin_is_ours_where_the_mark_has_it(void **state)
{
    struct mark mark = {.entries = NULL};
    struct cpuset set;

    (void)state;
    add(&mark, 0, "0-3", "2", "5");
    add(&mark, 1, "0-3", "2", "");
    set = set_of("2");
    assert_true(mark_is_ours(&mark.entries[0], &set));
    set = set_of("5");
    assert_true(mark_is_ours(&mark.entries[0], &set));
    assert_false(mark_is_ours(&mark.entries[1], &set));
    set = set_of("2,5");
    assert_false(mark_is_ours(&mark.entries[0], &set));
    set = set_of("");
    assert_false(mark_is_ours(&mark.entries[1], &set));
    set = set_of("2");
    assert_false(mark_is_ours(NULL, &set));
    mark_finish(&mark);
}

static void a_mark_covers_what_it_tells(void **state)
{
    struct mark mark = {.entries = NULL};

    (void)state;
    add(&mark, 0, "0-3", "2", "5");
    add(&mark, 0, "0-3", "5", "");  /* given back */
    add(&mark, 0, "0-3", "2", "4"); /* from elsewhere */
    add(&mark, 0, "0-3", "3", "2"); /* moves on */
    add(&mark, 0, "0-4", "2", "5"); /* another original */
    add(&mark, 0, NULL, "2", "5");  /* all */
    assert_true(mark_covers(&mark.entries[0], &mark.entries[0]));
    assert_true(mark_covers(&mark.entries[0], &mark.entries[1]));
    for (uint32_t i = 2; i < mark.count; i++)
        assert_false(mark_covers(&mark.entries[0], &mark.entries[i]));
    assert_false(mark_covers(&mark.entries[1], &mark.entries[0]));
    assert_false(mark_covers(NULL, &mark.entries[0]));
    mark_finish(&mark);
}

#define VCPU(rest) "<pins><vcpu " rest "/></pins>"

static void nonsense(void **state)
{
    static const char *const texts[] = {
        "",
        "<pins>",
        "<scheduler exclude='yes'/>",
        VCPU(""),
        VCPU("id='0' original='all'"),
        VCPU("id='0' pinned='1'"),
        VCPU("original='all' pinned='1'"),
        VCPU("id='-1' original='all' pinned='1'"),
        VCPU("id='4294967295' original='all' pinned='1'"),
        VCPU("id='x' original='all' pinned='1'"),
        VCPU("id='0' original='' pinned='1'"),
        VCPU("id='0' original='ALL' pinned='1'"),
        VCPU("id='0' original='1-' pinned='1'"),
        VCPU("id='0' original='8192' pinned='1'"),
        VCPU("id='0' original='all' pinned='8192'"),
        VCPU("id='0' original='all' pinned='-1'"),
        VCPU("id='0' original='all' pinned='1' was='-1'"),
        VCPU("id='0' original='all' pinned='1' was=''"),
        VCPU("id='0' original='all' pinned=''"),
        VCPU("id='0' original='all' pinned='2-'"),
        VCPU("id='0' original='all' pinned='3-2'"),
        VCPU("id='0' original='all' pinned='0-8192'"),
        VCPU("id='0' original='all' pinned='0-3' was='4-8192'"),
        VCPU("id='0' original='all' pinned='0-3' was='x'"),
        ("<pins><vcpu id='0' original='all' pinned='1'/>"
         "<vcpu id='0' original='0' pinned='1'/></pins>"),
        "<!DOCTYPE p [<!ENTITY e '1'>]><pins><vcpu id='&e;' original='all' pinned='1'/></pins>",
    };

    (void)state;
    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) {
        struct mark mark = {.entries = NULL};

        if (mark_parse(texts[n], &mark) != -EINVAL || mark.count || mark.entries)
            fail_msg("understood: %s", texts[n]);
    }
}

/* Long texts of a guest's owner are refused. */
static void too_many(void **state)
{
    struct mark many = {.entries = NULL}, read = {.entries = NULL};
    char *text;

    (void)state;
    for (uint32_t v = 0; v < 8192; v++)
        add(&many, v, NULL, "0", "");
    text = mark_format(&many);
    assert_int_equal(mark_parse(text, &read), 0);
    mark_finish(&read);
    free(text);
    add(&many, 8192, NULL, "0", "");
    text = mark_format(&many);
    assert_int_equal(mark_parse(text, &read), -EINVAL);
    assert_null(read.entries);
    free(text);
    mark_finish(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_as_written),
        cmocka_unit_test(the_emulator_is_read_as_written),
        cmocka_unit_test(lists_are_read_as_written),
        cmocka_unit_test(a_list_is_ours_as_a_whole),
        cmocka_unit_test(a_pin_is_ours_where_the_mark_has_it),
        cmocka_unit_test(a_mark_covers_what_it_tells),
        cmocka_unit_test(nonsense),
        cmocka_unit_test(too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
