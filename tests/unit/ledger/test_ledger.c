/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger's notes, and its text, in which any damage is noticed. */
#include "ledger/ledger.h"
#include "ledger/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct vcpu_name name_of(uint32_t domain, int32_t id, uint32_t number)
{
    struct vcpu_name name = {.id = id, .number = number};

    memcpy(name.uuid + 3, &domain, sizeof domain);
    return name;
}

static struct cpuset set_of(const char *list)
{
    struct cpuset set;

    assert_int_equal(cpuset_parse(&set, list), 0);
    return set;
}

static void note_set(struct ledger *ledger, const struct vcpu_name *name, const char *before,
                     const char *to)
{
    const struct cpuset from = set_of(before), after = set_of(to);

    assert_int_equal(ledger_note(ledger, name, "guest", &from, &after), 0);
}

static void note(struct ledger *ledger, const struct vcpu_name *name, const char *before,
                 int32_t to)
{
    const struct cpuset from = set_of(before), after = cpuset_only(to);

    assert_int_equal(ledger_note(ledger, name, "guest", &from, &after), 0);
}

/* "ORIGINAL PINNED WAS", WAS "-" if it is empty, or "none", in a static buffer. */
static const char *told(struct ledger *ledger, const struct vcpu_name *name)
{
    static char text[200];
    struct ledger_entry entry;
    char original[60], pinned[60], was[60];

    if (!ledger_find(ledger, name, &entry))
        return "none";
    cpuset_format(&entry.original, original, sizeof original);
    cpuset_format(&entry.pinned, pinned, sizeof pinned);
    if (cpuset_format(&entry.was, was, sizeof was) == 0)
        strcpy(was, "-");
    snprintf(text, sizeof text, "%s %s %s", original, pinned, was);
    return text;
}

/* ---- notes ---- */

static void the_first_affinity_stays(void **state)
{
    struct ledger *ledger = ledger_new();
    const struct vcpu_name name = name_of(1, 1, 0);

    (void)state;
    note(ledger, &name, "0-1,4", 2);
    assert_string_equal(told(ledger, &name), "0-1,4 2 -");
    ledger_settle(ledger, &name, LEDGER_PINNED);
    note(ledger, &name, "2", 3);
    assert_string_equal(told(ledger, &name), "0-1,4 3 2");
    ledger_settle(ledger, &name, LEDGER_PINNED);
    assert_string_equal(told(ledger, &name), "0-1,4 3 -");
    note(ledger, &name, "3", 0);
    ledger_settle(ledger, &name, LEDGER_KEPT);
    assert_string_equal(told(ledger, &name), "0-1,4 3 -");
    ledger_settle(ledger, &name, LEDGER_KEPT); /* settled already */
    assert_string_equal(told(ledger, &name), "0-1,4 3 -");
    /* Of an unsure pin, either affinity is the daemon's. */
    note(ledger, &name, "3", 0);
    ledger_settle(ledger, &name, LEDGER_UNKNOWN);
    note(ledger, &name, "3", 5);
    assert_string_equal(told(ledger, &name), "0-1,4 5 3");
    ledger_settle(ledger, &name, LEDGER_UNKNOWN);
    note(ledger, &name, "5", 6);
    assert_string_equal(told(ledger, &name), "0-1,4 6 5");
    ledger_free(ledger);
}

static void a_pin_that_was_not_made_leaves_nothing(void **state)
{
    struct ledger *ledger = ledger_new();
    const struct vcpu_name name = name_of(1, 1, 0);

    (void)state;
    note(ledger, &name, "7", 2);
    ledger_settle(ledger, &name, LEDGER_KEPT);
    assert_string_equal(told(ledger, &name), "none");
    note(ledger, &name, "7", 2);
    ledger_settle(ledger, &name, LEDGER_PINNED);
    note(ledger, &name, "2", 7); /* back at the original */
    ledger_settle(ledger, &name, LEDGER_PINNED);
    note(ledger, &name, "7", 3);
    ledger_settle(ledger, &name, LEDGER_KEPT);
    assert_string_equal(told(ledger, &name), "none");
    assert_int_equal(ledger_count(ledger), 0);
    ledger_free(ledger);
}

/* A part of where the daemon has pinned it, or more than that, is not the daemon's. */
static void a_pin_may_be_to_several(void **state)
{
    static const char *const theirs[] = {"4", "4-6", "4-8", "4-5,8", "0-3,4-7"};
    const struct vcpu_name name = name_of(1, 1, 0);

    (void)state;
    for (size_t t = 0; t < sizeof theirs / sizeof *theirs; t++) {
        struct ledger *ledger = ledger_new();
        struct ledger_entry entry;
        struct cpuset now;

        note_set(ledger, &name, "0-7", "0-3");
        assert_string_equal(told(ledger, &name), "0-7 0-3 -");
        ledger_settle(ledger, &name, LEDGER_PINNED);
        note_set(ledger, &name, "0-3", "4-7");
        assert_string_equal(told(ledger, &name), "0-7 4-7 0-3");
        assert_true(ledger_find(ledger, &name, &entry));
        now = set_of("0-3");
        assert_true(ledger_is_ours(&entry, &now));
        now = set_of("4-7");
        assert_true(ledger_is_ours(&entry, &now));
        now = ledger_before(&entry);
        assert_true(cpuset_equal(&now, &entry.was));
        now = set_of(theirs[t]);
        assert_false(ledger_is_ours(&entry, &now));
        ledger_settle(ledger, &name, LEDGER_UNKNOWN);
        assert_string_equal(told(ledger, &name), "0-7 4-7 0-3");
        note_set(ledger, &name, theirs[t], "8-11");
        now = set_of(theirs[t]);
        assert_true(ledger_find(ledger, &name, &entry));
        assert_true(cpuset_equal(&entry.original, &now));
        ledger_settle(ledger, &name, LEDGER_PINNED);
        note_set(ledger, &name, "8-11", "2"); /* one pCPU after several, and back */
        ledger_settle(ledger, &name, LEDGER_KEPT);
        assert_true(ledger_find(ledger, &name, &entry));
        now = set_of("8-11");
        assert_true(cpuset_equal(&entry.pinned, &now));
        assert_int_equal(cpuset_count(&entry.was), 0);
        ledger_free(ledger);
    }
}

static void what_others_made_of_it_is_the_new_original(void **state)
{
    static const char *const theirs[] = {"5", "2-3", "0"};

    (void)state;
    for (size_t t = 0; t < 3; t++) {
        struct ledger *ledger = ledger_new();
        const struct vcpu_name name = name_of(1, 1, 0);
        struct ledger_entry entry;
        struct cpuset wanted, before;

        note(ledger, &name, "0", 2);
        ledger_settle(ledger, &name, LEDGER_PINNED);
        note(ledger, &name, theirs[t], 4);
        assert_true(ledger_find(ledger, &name, &entry));
        wanted = set_of(theirs[t]);
        before = ledger_before(&entry);
        assert_true(cpuset_equal(&entry.original, &wanted));
        assert_true(cpuset_equal(&before, &wanted));
        ledger_free(ledger);
    }
}

static void runs_and_numbers_are_kept_apart(void **state)
{
    struct ledger *ledger = ledger_new();
    const struct vcpu_name names[] = {name_of(1, 1, 0), name_of(1, 1, 1), name_of(1, 2, 0),
                                      name_of(2, 1, 0)};

    (void)state;
    for (int32_t i = 0; i < 4; i++)
        note(ledger, &names[i], "0", i + 1);
    assert_int_equal(ledger_count(ledger), 4);
    ledger_forget(ledger, &names[1]);
    assert_string_equal(told(ledger, &names[0]), "0 1 0");
    assert_string_equal(told(ledger, &names[1]), "none");
    assert_string_equal(told(ledger, &names[2]), "0 3 0");
    assert_string_equal(told(ledger, &names[3]), "0 4 0");
    ledger_free(ledger);
}

static uint32_t below(uint64_t *seed, uint32_t limit)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 33) % limit;
}

/* Random notes and removals, compared with a plain table. */
static void many_come_and_go(void **state)
{
    enum { NAMES = 3000, STEPS = 30000 };
    static int32_t pinned[NAMES];
    struct ledger *ledger = ledger_new();
    struct ledger_entry entry;
    uint64_t seed = 7;
    uint32_t cursor = 0, count = 0, listed = 0;

    (void)state;
    for (int step = 0; step < STEPS; step++) {
        const uint32_t n = below(&seed, NAMES);
        const struct vcpu_name name = name_of(n / 8 * 2654435761U, (int32_t)(n % 2), n % 8);

        if (below(&seed, 3)) {
            pinned[n] = 1 + (int32_t)below(&seed, 100);
            note(ledger, &name, "0,101", pinned[n]);
        } else {
            pinned[n] = 0;
            ledger_forget(ledger, &name);
        }
    }
    for (uint32_t n = 0; n < NAMES; n++) {
        const struct vcpu_name name = name_of(n / 8 * 2654435761U, (int32_t)(n % 2), n % 8);

        count += pinned[n] > 0;
        assert_int_equal(ledger_find(ledger, &name, &entry), pinned[n] > 0);
        if (pinned[n]) {
            const struct cpuset expected = cpuset_only(pinned[n]);

            assert_true(cpuset_equal(&entry.pinned, &expected));
        }
    }
    assert_int_equal(ledger_count(ledger), count);
    while (ledger_next(ledger, &cursor, &entry)) {
        listed++;
        ledger_forget(ledger, &entry.vcpu);
    }
    assert_int_equal(listed, count);
    assert_int_equal(ledger_count(ledger), 0);
    ledger_free(ledger);
}

static void the_version_tells_what_is_to_be_written(void **state)
{
    struct ledger *ledger = ledger_new();
    const struct vcpu_name name = name_of(1, 1, 0);
    uint64_t version = ledger_version(ledger);

    (void)state;
    note(ledger, &name, "0-3", 1);
    assert_int_not_equal(ledger_version(ledger), version);
    version = ledger_version(ledger);
    ledger_settle(ledger, &name, LEDGER_PINNED);
    assert_int_equal(ledger_version(ledger), version);
    ledger_forget(ledger, &name);
    assert_int_not_equal(ledger_version(ledger), version);
    version = ledger_version(ledger);
    ledger_forget(ledger, &name);
    assert_int_equal(ledger_version(ledger), version);
    ledger_free(ledger);
}

static void of_one_run(void **state)
{
    struct ledger *ledger = ledger_new();
    const struct vcpu_name names[] = {name_of(1, 2, 0), name_of(1, 1, 5), name_of(1, 1, 2),
                                      name_of(2, 1, 3)};
    const struct vcpu_name emulator = name_of(1, 1, VCPU_EMULATOR);
    struct ledger_entry entry;
    uint64_t number = 0;

    (void)state;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        note(ledger, &names[n], "0-3", 1);
    assert_true(ledger_next_of(ledger, &names[1], &number, &entry));
    assert_int_equal(entry.vcpu.number, 2);
    assert_true(ledger_next_of(ledger, &names[1], &number, &entry));
    assert_int_equal(entry.vcpu.number, 5);
    assert_false(ledger_next_of(ledger, &names[1], &number, &entry));
    assert_int_equal(entry.vcpu.number, 5);
    assert_int_equal(number, 6);
    note(ledger, &emulator, "0-3", 1); /* the last, and no number overflows */
    number = 3;
    assert_true(ledger_next_of(ledger, &names[1], &number, &entry));
    assert_int_equal(entry.vcpu.number, 5);
    assert_true(ledger_next_of(ledger, &names[1], &number, &entry));
    assert_true(entry.vcpu.number == VCPU_EMULATOR);
    assert_false(ledger_next_of(ledger, &names[1], &number, &entry));
    assert_false(ledger_next_of(ledger, &names[1], &number, &entry));
    ledger_free(ledger);
}

/* ---- text ---- */

#define HOST         "qemu:///embed?root=/r%20 x"
#define HOST_ESCAPED "qemu%3A%2F%2F%2Fembed%3Froot%3D%2Fr%2520%20x"

/* Odd names of domains, and the widest numbers. */
static struct ledger *strange_ledger(void)
{
    static const char *const domains[] = {"web", "", "a b\nend 1", "\xc3\xa4%2F\x1b[m", NULL};
    struct ledger *ledger = ledger_new();
    struct ledger_entry entry = {.yielded_s = 0};
    char longest[DOMAIN_NAME_MAX];

    memset(longest, ' ', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (uint32_t i = 0; i < 5; i++) {
        memset(entry.vcpu.uuid, (int)(17 * i + 0xe0), sizeof entry.vcpu.uuid);
        entry.vcpu.id = i == 1 ? INT32_MAX : (int32_t)i - 1;
        entry.vcpu.number = i == 2 ? VCPU_EMULATOR : i == 3 ? VCPU_EMULATOR - 1 : i;
        entry.pinned = cpuset_only(i == 3 ? CPUSET_MAX - 1 : (int32_t)i);
        entry.was = cpuset_only(i == 4 ? CPUSET_MAX - 1 : (int32_t)i - 1);
        strcpy(entry.domain, domains[i] ? domains[i] : longest);
        entry.original = set_of(i == 0 ? "0-8191" : i == 1 ? "5" : "1,3,5-9");
        assert_int_equal(ledger_add(ledger, &entry), 0);
    }
    return ledger;
}

static struct ledger_text text_of(struct ledger *ledger)
{
    struct ledger_text text = {0};

    assert_int_equal(ledger_format(ledger, HOST, &text), 0);
    return text;
}

/* An exact copy with a NUL behind it, so that a sanitizer finds reads beyond it. */
static struct ledger_text copy_of(const char *bytes, size_t length)
{
    struct ledger_text copy = {
        .bytes = malloc(length + 1), .length = (uint32_t)length, .capacity = (uint32_t)length + 1};

    assert_non_null(copy.bytes);
    memcpy(copy.bytes, bytes, length);
    copy.bytes[length] = '\0';
    return copy;
}

static int parse(struct ledger *ledger, const char *bytes, size_t length, struct failure *why)
{
    struct ledger_text copy = copy_of(bytes, length);
    const int error = ledger_parse(ledger, HOST, &copy, why);

    free(copy.bytes);
    if (error)
        assert_int_equal(ledger_count(ledger), 0);
    return error;
}

static bool is_same(struct ledger *a, struct ledger *b)
{
    struct ledger_entry in_a, in_b;
    uint32_t cursor = 0;

    while (ledger_next(a, &cursor, &in_a)) {
        if (!ledger_find(b, &in_a.vcpu, &in_b) || !cpuset_equal(&in_a.pinned, &in_b.pinned) ||
            !cpuset_equal(&in_a.was, &in_b.was) || !cpuset_equal(&in_a.original, &in_b.original) ||
            strcmp(in_a.domain, in_b.domain) != 0)
            return false;
    }
    return ledger_count(a) == ledger_count(b);
}

static void what_was_written_is_read(void **state)
{
    struct ledger *ledger = strange_ledger(), *again = ledger_new();
    struct ledger_text text = text_of(ledger);
    struct failure why;

    (void)state;
    assert_int_equal(parse(again, text.bytes, text.length, &why), 0);
    assert_true(is_same(ledger, again));
    ledger_clear(again);
    ledger_clear(ledger);
    text.length = 0;
    assert_int_equal(ledger_format(ledger, HOST, &text), 0);
    assert_int_equal(parse(again, text.bytes, text.length, &why), 0);
    assert_int_equal(ledger_count(again), 0);
    free(text.bytes);
    ledger_free(again);
    ledger_free(ledger);
}

/* Later versions must read this form. */
static void the_form_is_as_documented(void **state)
{
    struct ledger *ledger = ledger_new();
    struct ledger_entry entry = {.domain = "web 1"};
    struct ledger_text text;

    (void)state;
    for (int i = 0; i < DOMAIN_UUID_LEN; i++)
        entry.vcpu.uuid[i] = (unsigned char)(16 * i + i);
    entry.vcpu.id = 12;
    entry.original = set_of("0-1,8");
    entry.pinned = cpuset_only(3);
    entry.was = cpuset_only(4);
    assert_int_equal(ledger_add(ledger, &entry), 0);
    text = text_of(ledger);
    text.bytes[text.length] = '\0';
    /* The checksum is gzip's of what is before it. */
    assert_string_equal(text.bytes, "vcpu-scheduler-ledger 1\n"
                                    "host " HOST_ESCAPED "\n"
                                    "00112233-4455-6677-8899-aabbccddeeff 12 0 3 4 0-1,8 web%201\n"
                                    "end 1 3d8c542d\n");
    free(text.bytes);
    ledger_free(ledger);
}

/* A yielded vCPU stays so in the next run; the text of an earlier version is read. */
static void a_yield_is_kept(void **state)
{
    struct ledger *ledger = ledger_new(), *again = ledger_new();
    const struct vcpu_name mine = name_of(1, 12, 0), theirs = name_of(1, 12, 1);
    struct ledger_text text, second;
    struct ledger_entry entry;
    struct failure why;
    uint32_t cursor = 0;

    (void)state;
    note(ledger, &mine, "0-3", 2);
    note(ledger, &theirs, "0-3", 3);
    text = text_of(ledger);
    assert_memory_equal(text.bytes, "vcpu-scheduler-ledger 1\n", 24); /* as before */
    free(text.bytes);
    ledger_yield(ledger, &theirs, "web 1", 1700000000);
    assert_int_equal(ledger_yielded(ledger, &theirs), 1700000000);
    assert_int_equal(ledger_yielded(ledger, &mine), 0);
    assert_false(ledger_find(ledger, &theirs, &entry));
    assert_int_equal(ledger_count(ledger), 1);
    assert_int_equal(ledger_size(ledger), 2);
    text = text_of(ledger);
    assert_memory_equal(text.bytes, "vcpu-scheduler-ledger 2\n", 24);
    assert_int_equal(parse(again, text.bytes, text.length, &why), 0);
    assert_int_equal(ledger_yielded(again, &theirs), 1700000000);
    assert_int_equal(ledger_count(again), 1);
    assert_true(ledger_next_yielded(again, &cursor, &entry));
    assert_string_equal(entry.domain, "web 1");
    assert_false(ledger_next_yielded(again, &cursor, &entry));
    second = text_of(again);
    assert_int_equal(second.length, text.length);
    assert_memory_equal(second.bytes, text.bytes, text.length);
    /* The daemon's again. */
    note(again, &theirs, "0-1", 1);
    assert_int_equal(ledger_yielded(again, &theirs), 0);
    assert_int_equal(ledger_count(again), 2);
    ledger_forget(ledger, &theirs);
    assert_int_equal(ledger_size(ledger), 1);
    free(text.bytes);
    free(second.bytes);
    ledger_free(ledger);
    ledger_free(again);
}

/* Lists of pins, of any form; the head is a later one only where there are lists. */
static void pins_to_several_are_kept(void **state)
{
    static const struct {
        const char *pinned, *was;
        char head;
    } pins[] = {
        {"3", "", '1'},    {"3", "4", '1'},       {"8-11", "", '3'},       {"8-11", "4-7", '3'},
        {"3", "4-7", '3'}, {"0,2,4-5", "3", '3'}, {"0-8191", "8191", '3'},
    };

    (void)state;
    for (size_t n = 0; n < sizeof pins / sizeof *pins; n++) {
        struct ledger *ledger = ledger_new(), *again = ledger_new();
        struct ledger_entry entry = {.domain = "web 1", .vcpu = {.id = 12}};
        const struct vcpu_name theirs = name_of(2, 1, 0);
        struct ledger_text text, second;
        struct failure why;
        char line[100];

        entry.original = set_of("0-1,8");
        entry.pinned = set_of(pins[n].pinned);
        entry.was = set_of(pins[n].was);
        assert_int_equal(ledger_add(ledger, &entry), 0);
        text = text_of(ledger);
        text.bytes[text.length] = '\0';
        assert_int_equal(text.bytes[22], pins[n].head);
        snprintf(line, sizeof line,
                 "\n00000000-0000-0000-0000-000000000000 12 0 %s %s 0-1,8 web%%201\n",
                 pins[n].pinned, *pins[n].was ? pins[n].was : "-");
        assert_non_null(strstr(text.bytes, line));
        assert_int_equal(parse(again, text.bytes, text.length, &why), 0);
        assert_true(is_same(ledger, again));
        second = text_of(again);
        assert_int_equal(second.length, text.length);
        assert_memory_equal(second.bytes, text.bytes, text.length);
        free(second.bytes);
        free(text.bytes);
        /* The head that knows both kinds. */
        ledger_yield(ledger, &theirs, "db", 1700000000);
        text = text_of(ledger);
        assert_int_equal(text.bytes[22], pins[n].head == '1' ? '2' : '3');
        ledger_clear(again);
        assert_int_equal(parse(again, text.bytes, text.length, &why), 0);
        assert_true(is_same(ledger, again));
        assert_int_equal(ledger_yielded(again, &theirs), 1700000000);
        free(text.bytes);
        ledger_free(again);
        ledger_free(ledger);
    }
}

/* An emulator has a word for its number, and a head that older versions refuse. */
static void emulators_are_kept(void **state)
{
    const struct vcpu_name emulator = name_of(1, 4, VCPU_EMULATOR), vcpu = name_of(1, 4, 0);

    (void)state;
    for (int yielded = 0; yielded < 2; yielded++) {
        struct ledger *ledger = ledger_new(), *again = ledger_new();
        struct ledger_text text;
        struct failure why;

        note(ledger, &vcpu, "0-7", 2);
        ledger_settle(ledger, &vcpu, LEDGER_PINNED);
        note(ledger, &emulator, "0-7", 2);
        ledger_settle(ledger, &emulator, LEDGER_PINNED);
        if (yielded)
            ledger_yield(ledger, &emulator, "guest", 1700000000);
        text = text_of(ledger);
        assert_memory_equal(text.bytes, "vcpu-scheduler-ledger 3\n", 24);
        assert_non_null(strstr(text.bytes, yielded ? " 4 emulator yielded 1700000000 - guest\n"
                                                   : " 4 emulator 2 - 0-7 guest\n"));
        assert_int_equal(parse(again, text.bytes, text.length, &why), 0);
        assert_true(is_same(ledger, again));
        assert_int_equal(ledger_yielded(again, &emulator), yielded ? 1700000000 : 0);
        ledger_forget(again, &emulator);
        assert_int_equal(ledger_size(again), 1);
        free(text.bytes);
        ledger_free(again);
        ledger_free(ledger);
    }
}

/* What versions before pools have written. */
static void old_ledgers_are_read(void **state)
{
    static const char first[] = "vcpu-scheduler-ledger 1\n"
                                "host " HOST_ESCAPED "\n"
                                "00112233-4455-6677-8899-aabbccddeeff 12 0 3 4 0-1,8 web%201\n"
                                "end 1 3d8c542d\n",
                      second[] = "vcpu-scheduler-ledger 2\n"
                                 "host " HOST_ESCAPED "\n"
                                 "00000000-0000-0000-0000-000000000000 12 0 3 - 0-1,8 web\n"
                                 "00000000-0000-0000-0000-000000000000 12 1 yielded 9 - web\n"
                                 "end 2 410b848a\n";
    struct ledger *ledger = ledger_new();
    struct vcpu_name name = {.id = 12};
    struct failure why;

    (void)state;
    for (int i = 0; i < DOMAIN_UUID_LEN; i++)
        name.uuid[i] = (unsigned char)(16 * i + i);
    assert_int_equal(parse(ledger, first, sizeof first - 1, &why), 0);
    assert_string_equal(told(ledger, &name), "0-1,8 3 4");
    ledger_clear(ledger);
    assert_int_equal(parse(ledger, second, sizeof second - 1, &why), 0);
    name = (struct vcpu_name){.id = 12};
    assert_string_equal(told(ledger, &name), "0-1,8 3 -");
    name.number = 1;
    assert_int_equal(ledger_yielded(ledger, &name), 9);
    ledger_free(ledger);
}

static void every_changed_byte_is_noticed(void **state)
{
    struct ledger *ledger = strange_ledger(), *again = ledger_new();
    struct ledger_text text = text_of(ledger);
    struct failure why;

    (void)state;
    for (uint32_t at = 0; at < text.length; at++) {
        const char was = text.bytes[at];

        for (int bit = 0; bit < 9; bit++) {
            text.bytes[at] = bit < 8 ? (char)(was ^ 1 << bit) : '\0';
            if (parse(again, text.bytes, text.length, &why) != -EBADMSG)
                fail_msg("byte %u, change %d", at, bit);
        }
        text.bytes[at] = was;
    }
    assert_int_equal(parse(again, text.bytes, text.length, &why), 0);
    free(text.bytes);
    ledger_free(again);
    ledger_free(ledger);
}

static void every_cut_is_noticed(void **state)
{
    struct ledger *ledger = strange_ledger(), *again = ledger_new();
    struct ledger_text text = text_of(ledger);
    struct failure why;

    (void)state;
    for (uint32_t length = 0; length < text.length; length++) {
        if (parse(again, text.bytes, length, &why) != -EBADMSG)
            fail_msg("the first %u bytes", length);
        if (length && parse(again, text.bytes + length, text.length - length, &why) != -EBADMSG)
            fail_msg("without the first %u bytes", length);
    }
    /* Twice, or with something behind it. */
    text.bytes = realloc(text.bytes, 2 * (size_t)text.length);
    assert_non_null(text.bytes);
    memcpy(text.bytes + text.length, text.bytes, text.length);
    assert_int_equal(parse(again, text.bytes, 2 * (size_t)text.length, &why), -EBADMSG);
    assert_int_equal(parse(again, text.bytes, (size_t)text.length + 1, &why), -EBADMSG);
    free(text.bytes);
    ledger_free(again);
    ledger_free(ledger);
}

/* The CRC-32 of zlib, bit by bit. */
static uint32_t checksum(const char *bytes, size_t length)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned char)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return ~crc;
}

/* With a right checksum, the content is still checked. */
static void sense_is_asked_for(void **state)
{
#define LINE "00112233-4455-6677-8899-aabbccddeeff 12 0 3 - 0-1 web\n"
    static const struct {
        const char *body, *said;
    } texts[] = {
        {"host " HOST_ESCAPED "\n" LINE "end 1 ", NULL},
        {"host " HOST_ESCAPED "\n" LINE "end 2 ", "1 vCPUs, not 2"},
        {"host " HOST_ESCAPED "\n" LINE LINE "end 2 ", "line 4: that vCPU was there before"},
        {"host " HOST_ESCAPED "\n" LINE "end one ", "last line"},
        {"host " HOST_ESCAPED "\n" LINE "end 1 x ", "last line"},
        {"host " HOST_ESCAPED "\n" LINE, "last line"},
        {"host other\n" LINE "end 1 ", "another host"},
        {"host %2\n" LINE "end 1 ", "another host"},
        {LINE "end 1 ", "names no host"},
        {"end 0 ", "names no host"},
    };
    static const char *const lines[] = {
        "",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 yielded 0 - web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 yielded - - web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 yielded 9 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 given 9 - web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 3 - 0-1",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 3 - 0-1 web 1",
        "00112233-4455-6677-8899-aabbccddeeff  12 0 3 - 0-1 web",
        "00112233-4455-6677-8899-aabbccddeef 12 0 3 - 0-1 web",
        "00112233-4455-6677-8899-aabbccddeefg 12 0 3 - 0-1 web",
        "00112233-4455-6677-8899-AABBCCDDEEFF 12 0 3 - 0-1 web",
        "001122334455-6677-8899-aabbccddeeff- 12 0 3 - 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 2147483648 0 3 - 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 -1 3 - 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 4294967296 3 - 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 8192 - 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 - - 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 3 -1 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 3 8192 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 3x - 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0  - 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 3- - 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 4-3 - 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 0-8192 - 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 0-3 4-8192 0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 0-3  0-1 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 3 - 0-8192 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 3 -  web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 3 - 1-0 web",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 3 - 0-1 web%2",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 3 - 0-1 web%00",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 3 - 0-1 web%2f",
        "00112233-4455-6677-8899-aabbccddeeff 12 0 3 - 0-1 web%zz",
    };
    struct ledger *ledger = ledger_new();
    struct failure why;
    char text[2000];

    (void)state;
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        int length = snprintf(text, sizeof text, "vcpu-scheduler-ledger 1\n%s", texts[t].body),
            error;

        length += sprintf(text + length, "%08x\n", checksum(text, (size_t)length));
        error = parse(ledger, text, (size_t)length, &why);
        assert_int_equal(error, texts[t].said ? -EBADMSG : 0);
        if (texts[t].said && !strstr(why.text, texts[t].said))
            fail_msg("'%s' does not say '%s'", why.text, texts[t].said);
        ledger_clear(ledger);
    }
    for (size_t l = 0; l < sizeof lines / sizeof *lines; l++) {
        int length = snprintf(text, sizeof text, "vcpu-scheduler-ledger 1\nhost %s\n%s\nend 1 ",
                              HOST_ESCAPED, lines[l]);

        length += sprintf(text + length, "%08x\n", checksum(text, (size_t)length));
        if (parse(ledger, text, (size_t)length, &why) != -EBADMSG)
            fail_msg("'%s' was taken", lines[l]);
        assert_string_equal(why.text, "line 3 is malformed");
    }
    assert_int_equal(parse(ledger, "vcpu-scheduler-ledger 4\n", 24, &why), -EBADMSG);
    assert_non_null(strstr(why.text, "another version"));
    assert_int_equal(parse(ledger, "", 0, &why), -EBADMSG);
    assert_int_equal(parse(ledger,
                           "\x7f"
                           "ELF",
                           4, &why),
                     -EBADMSG);
    ledger_free(ledger);
}

static void ten_thousand_are_no_matter(void **state)
{
    enum { DOMAINS = 1250, EACH = 8 };
    struct ledger *ledger = ledger_new(), *again = ledger_new();
    struct ledger_text text = {0};
    struct failure why;

    (void)state;
    for (uint32_t d = 0; d < DOMAINS; d++) {
        for (uint32_t n = 0; n < EACH; n++) {
            const struct vcpu_name name = name_of(d * 2654435761U, (int32_t)d, n);

            note(ledger, &name, n % 2 ? "0-511" : "3", (int32_t)(n + d) % 512);
        }
    }
    text = text_of(ledger);
    assert_true(text.length < DOMAINS * EACH * 80);
    assert_int_equal(parse(again, text.bytes, text.length, &why), 0);
    assert_int_equal(ledger_count(again), DOMAINS * EACH);
    assert_true(is_same(ledger, again));
    free(text.bytes);
    ledger_free(again);
    ledger_free(ledger);
}

static void escapes_fit(void **state)
{
    char small[8];

    (void)state;
    assert_int_equal(ledger_escape("ab/c", small, sizeof small), 6);
    assert_string_equal(small, "ab%2Fc");
    assert_int_equal(ledger_escape("ab/c//", small, sizeof small), 12);
    assert_string_equal(small, "ab%2Fc");
    assert_int_equal(ledger_escape("", small, sizeof small), 0);
    assert_string_equal(small, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_affinity_stays),
        cmocka_unit_test(of_one_run),
        cmocka_unit_test(a_pin_that_was_not_made_leaves_nothing),
        cmocka_unit_test(a_pin_may_be_to_several),
        cmocka_unit_test(what_others_made_of_it_is_the_new_original),
        cmocka_unit_test(runs_and_numbers_are_kept_apart),
        cmocka_unit_test(many_come_and_go),
        cmocka_unit_test(the_version_tells_what_is_to_be_written),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(the_form_is_as_documented),
        cmocka_unit_test(a_yield_is_kept),
        cmocka_unit_test(pins_to_several_are_kept),
        cmocka_unit_test(emulators_are_kept),
        cmocka_unit_test(old_ledgers_are_read),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(sense_is_asked_for),
        cmocka_unit_test(ten_thousand_are_no_matter),
        cmocka_unit_test(escapes_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
