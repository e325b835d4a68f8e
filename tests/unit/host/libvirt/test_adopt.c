/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks in the metadata of domains, on libvirt's test driver. */
#include "host/libvirt/mark.h"
#include "host/libvirt/xml.h"
#include "ledger/ledger.h"
#include "support/rig_libvirt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Whether hosts are opened for --emulator follow. */
static bool follows = true;

/* A host with a ledger, and a read-only one, on the domains of the group's rig. */
struct bench {
    struct rig *own;
    struct ledger *ledger;
    struct rig rig;
};

static void open_bench(struct bench *bench, struct rig *own, bool read_only)
{
    struct failure why = {""};
    struct host_settings settings = {
        .uri = "test:///default", .read_only = read_only, .emulator = follows};

    *bench = (struct bench){.own = own, .ledger = ledger_new()};
    settings.ledger = bench->ledger;
    assert_non_null(bench->ledger);
    if (host_libvirt.open(&settings, &bench->rig.host, &why))
        fail_msg("%s", why.text);
    bench->rig.snapshot = snapshot_new();
    assert_non_null(bench->rig.snapshot);
}

static void close_bench(struct bench *bench)
{
    rig_close(&bench->rig);
    ledger_free(bench->ledger);
}

static struct vcpu_name name_of(virDomainPtr domain, uint32_t number)
{
    struct vcpu_name name = {.id = (int32_t)virDomainGetID(domain), .number = number};

    assert_int_equal(virDomainGetUUID(domain, name.uuid), 0);
    return name;
}

static struct cpuset set_of(const char *list)
{
    struct cpuset set;

    assert_int_equal(cpuset_parse(&set, list), 0);
    return set;
}

/* Notes in the ledger and pins, like the actuator. */
static void pin(struct bench *bench, virDomainPtr domain, uint32_t number, const char *before,
                const char *list)
{
    const struct vcpu_name name = name_of(domain, number);
    const struct cpuset from = set_of(before), to = set_of(list);
    struct failure why = {""};

    assert_int_equal(ledger_note(bench->ledger, &name, "a", &from, &to), 0);
    if (host_libvirt.pin(bench->rig.host, &name, &to, &why))
        fail_msg("%s", why.text);
    ledger_settle(bench->ledger, &name, LEDGER_PINNED);
}

static void forget(struct bench *bench, virDomainPtr domain, uint32_t number)
{
    const struct vcpu_name name = name_of(domain, number);

    ledger_forget(bench->ledger, &name);
    host_libvirt.forgotten(bench->rig.host, &name);
}

static void carries(virDomainPtr domain, const char *text)
{
    char *xml =
        virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, MARK_URI, VIR_DOMAIN_AFFECT_LIVE);
    struct mark mark = {.entries = NULL};
    char *again;

    if (!text) {
        assert_null(xml);
        return;
    }
    assert_non_null(xml);
    assert_int_equal(mark_parse(xml, &mark), 0);
    again = mark_format(&mark);
    assert_string_equal(again, text);
    mark_finish(&mark);
    free(again);
    free(xml);
}

static void set_metadata(virDomainPtr domain, const char *uri, const char *xml, unsigned flags)
{
    assert_int_equal(
        virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, xml, "key", uri, flags), 0);
}

#define ENTRY_0       "<vcpu id=\"0\" original=\"0-3\" pinned=\"2\"/>"
#define MARK(entries) "<pins>" entries "</pins>"

/* From the first pin until all is given back. */
static void a_pin_is_marked(void **state)
{
    struct bench bench;
    char *own;

    rig_empty(*state);
    virDomainPtr a = rig_create(*state, "a", 3, 3, "<vcpupin vcpu='0' cpuset='0-3'/>");
    open_bench(&bench, *state, false);
    set_metadata(a, METADATA_URI, "<scheduler exclude='no'/>", VIR_DOMAIN_AFFECT_LIVE);
    carries(a, NULL);
    pin(&bench, a, 0, "0-3", "2");
    carries(a, MARK(ENTRY_0));
    pin(&bench, a, 1, "0-6", "4");
    carries(a, MARK(ENTRY_0 "<vcpu id=\"1\" original=\"0-6\" pinned=\"4\"/>"));
    /* The next move: the mark also holds the pin before, until the new one is made. */
    pin(&bench, a, 1, "4", "5");
    carries(a, MARK(ENTRY_0 "<vcpu id=\"1\" original=\"0-6\" pinned=\"5\" was=\"4\"/>"));
    forget(&bench, a, 1);
    carries(a, MARK(ENTRY_0));
    forget(&bench, a, 2); /* its affinity was unknown */
    carries(a, MARK(ENTRY_0));
    forget(&bench, a, 0);
    carries(a, NULL);
    own =
        virDomainGetMetadata(a, VIR_DOMAIN_METADATA_ELEMENT, METADATA_URI, VIR_DOMAIN_AFFECT_LIVE);
    assert_non_null(own);
    free(own);
    close_bench(&bench);
    rig_destroy(a);
}

/* A vCPU that had all pCPUs of its host gets all pCPUs of another host. */
static void all_is_all_anywhere(void **state)
{
    struct bench bench;

    rig_empty(*state);
    virDomainPtr a = rig_create(*state, "a", 1, 1, "");
    open_bench(&bench, *state, false);
    pin(&bench, a, 0, "0-15", "3");
    carries(a, MARK("<vcpu id=\"0\" original=\"all\" pinned=\"3\"/>"));
    close_bench(&bench);
    rig_destroy(a);
}

static const char *noted(struct bench *bench, virDomainPtr domain, uint32_t number)
{
    static char list[64];
    const struct vcpu_name name = name_of(domain, number);
    struct ledger_entry entry;

    if (!ledger_find(bench->ledger, &name, &entry))
        return "nothing";
    cpuset_format(&entry.original, list, sizeof list);
    return list;
}

static void wants(const struct snapshot *s, uint32_t vcpu, const char *list)
{
    assert_set(&s->sets[s->vcpus[vcpu].wanted], list);
}

#define TRAVELLED                                                                                  \
    MARK("<vcpu id='0' original='0-3' pinned='2'/><vcpu id='1' original='1-2,4000' pinned='5' "    \
         "was='1'/><vcpu id='2' original='0-3' pinned='2'/><vcpu id='3' original='4000' "          \
         "pinned='6'/><vcpu id='77' original='0' pinned='1'/>")
#define TUNE                                                                                       \
    "<vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='1'/>"                                 \
    "<vcpupin vcpu='2' cpuset='7'/><vcpupin vcpu='3' cpuset='6'/><vcpupin vcpu='4' cpuset='2'/>"

/* Domains that come with marks: the originals in them are wanted, and enter the ledger, where they
 * match the pins. */
static void marks_are_adopted(void **state)
{
    struct bench bench;
    struct failure why;
    const struct snapshot *s;

    rig_empty(*state);
    virDomainPtr a = rig_create(*state, "a", 5, 5, TUNE);
    set_metadata(a, MARK_URI, TRAVELLED, VIR_DOMAIN_AFFECT_LIVE);
    for (int way = 0; way < 3; way++) {
        open_bench(&bench, *state, way == 1);
        s = bench.rig.snapshot;
        if (way == 2) { /* --restore */
            assert_int_equal(host_libvirt.adopt(bench.rig.host, &why), 0);
        } else {
            rig_sample(&bench.rig);
            wants(s, 0, "0-3");
            wants(s, 1, "1-2");
            wants(s, 2, "7"); /* its owner has pinned it meanwhile */
            assert_true(cpuset_count(&s->sets[s->vcpus[3].wanted]) >= 8);
            wants(s, 4, "2");
        }
        /* A read-only host enters nothing into the ledger. */
        assert_int_equal(ledger_count(bench.ledger), way == 1 ? 0 : 3);
        assert_string_equal(noted(&bench, a, 0), way == 1 ? "nothing" : "0-3");
        close_bench(&bench);
    }
    rig_destroy(a);
}

/* The emulator is pinned, marked, shown, and given back like a vCPU. */
static void so_is_the_emulator(void **state)
{
    const struct snapshot *s;
    struct vcpu_name name, other;
    struct affinity now;
    struct bench bench;
    struct failure why;

    rig_empty(*state);
    virDomainPtr a = rig_create(*state, "a", 2, 2, "");
    open_bench(&bench, *state, false);
    name = name_of(a, VCPU_EMULATOR);
    other = name_of(a, 1);
    s = rig_sample(&bench.rig);
    assert_true(s->domains[0].emulator.known);
    assert_false(s->domains[0].emulator.held);
    assert_set(&s->sets[s->domains[0].emulator.wanted], EVERYTHING);
    pin(&bench, a, 0, "0-7", "2");
    pin(&bench, a, VCPU_EMULATOR, EVERYTHING, "2,4");
    carries(a, MARK("<vcpu id=\"0\" original=\"all\" pinned=\"2\"/>"
                    "<emulator original=\"all\" pinned=\"2,4\"/>"));
    assert_int_equal(host_libvirt.affinity(bench.rig.host, &name, &now, &why), 0);
    assert_set(&now.told, "2,4");
    s = rig_sample(&bench.rig);
    assert_set(&s->sets[s->domains[0].emulator.affinity], "2,4");
    assert_set(&s->sets[s->domains[0].emulator.wanted], EVERYTHING);
    assert_int_equal(s->domains[0].emulator.touches, 0);
    close_bench(&bench);

    for (int way = 0; way < 3; way++) { /* the next run, without a ledger, and one that leaves it */
        follows = way == 0;
        open_bench(&bench, *state, false);
        follows = true;
        if (way == 2) {
            assert_int_equal(host_libvirt.adopt(bench.rig.host, &why), 0);
        } else {
            s = rig_sample(&bench.rig);
            if (way == 1) { /* only now it is known that it matters */
                assert_false(s->domains[0].emulator.known);
                assert_int_equal(host_libvirt.pin(bench.rig.host, &other, &now.told, &why), 0);
                s = rig_sample(&bench.rig);
            }
            assert_true(s->domains[0].emulator.known);
            assert_true(s->domains[0].emulator.held);
            assert_set(&s->sets[s->domains[0].emulator.wanted], EVERYTHING);
        }
        assert_int_equal(ledger_count(bench.ledger), 2);
        assert_string_equal(noted(&bench, a, VCPU_EMULATOR), EVERYTHING);
        if (way < 2)
            close_bench(&bench);
    }
    now.told = set_of(EVERYTHING);
    assert_int_equal(host_libvirt.pin(bench.rig.host, &name, &now.told, &why), 0);
    forget(&bench, a, VCPU_EMULATOR);
    carries(a, MARK("<vcpu id=\"0\" original=\"all\" pinned=\"2\"/>"));
    assert_int_equal(host_libvirt.affinity(bench.rig.host, &name, &now, &why), 0);
    assert_set(&now.told, EVERYTHING);
    close_bench(&bench);
    rig_destroy(a);
}

/* vCPUs that the ledger holds or that were seen before are not adopted. */
static void arrives_once(void **state)
{
    struct bench bench;

    rig_empty(*state);
    virDomainPtr a = rig_create(*state, "a", 5, 5, TUNE);
    open_bench(&bench, *state, false);
    wants(rig_sample(&bench.rig), 0, "2");
    set_metadata(a, MARK_URI, TRAVELLED, VIR_DOMAIN_AFFECT_LIVE);
    for (int i = 0; i < 3; i++)
        wants(rig_sample(&bench.rig), 0, "2");
    assert_int_equal(ledger_count(bench.ledger), 0);
    close_bench(&bench);
    rig_destroy(a);
}

/* A live definition that was made persistent contains pins and mark. */
static void a_definition_made_of_a_pinned_domain(void **state)
{
    const char xml[] = "<domain type='test'><name>a</name>"
                       "<uuid>61000000-0000-4000-8000-000000000001</uuid>"
                       "<metadata><p:pins xmlns:p='" MARK_URI "'><p:vcpu id='0' original='0-3' "
                       "pinned='2'/><p:vcpu id='1' original='0-3' pinned='2'/></p:pins></metadata>"
                       "<memory>8192</memory><vcpu cpuset='0-7'>2</vcpu>"
                       "<cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='4'/>"
                       "</cputune><os><type>hvm</type></os></domain>";
    struct bench bench;
    virDomainPtr a;

    rig_empty(*state);
    a = virDomainDefineXML(((struct rig *)*state)->own, xml);
    assert_non_null(a);
    assert_int_equal(virDomainCreate(a), 0);
    open_bench(&bench, *state, false);
    wants(rig_sample(&bench.rig), 0, "0-3");
    wants(bench.rig.snapshot, 1, "4");
    assert_string_equal(noted(&bench, a, 0), "0-3");
    close_bench(&bench);
    assert_int_equal(virDomainDestroy(a), 0);
    assert_int_equal(virDomainUndefine(a), 0);
    virDomainFree(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pin_is_marked),   cmocka_unit_test(all_is_all_anywhere),
        cmocka_unit_test(marks_are_adopted), cmocka_unit_test(so_is_the_emulator),
        cmocka_unit_test(arrives_once),      cmocka_unit_test(a_definition_made_of_a_pinned_domain),
    };

    return RIG_RUN(tests);
}
