/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libvirt host on libvirt's test driver. */
#include "host/libvirt/xml.h"
#include "support/rig_libvirt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DOMAINS 300
#define BIG     40 /* vCPUs of the last domain: more than the host's initial capacity */

static struct vcpu_name name_of(const struct domain_sample *domain, uint32_t number)
{
    struct vcpu_name name = {.id = domain->id, .number = number};

    memcpy(name.uuid, domain->uuid, sizeof name.uuid);
    return name;
}

static void assert_affinity(struct rig *rig, const struct vcpu_name *name, const char *list)
{
    struct failure why = {""};
    struct affinity now;

    assert_int_equal(host_libvirt.affinity(rig->host, name, &now, &why), 0);
    assert_set(&now.told, list);
    assert_set(&now.kernel, list);
}

static int pin(struct rig *rig, const struct vcpu_name *name, const char *list, struct failure *why)
{
    struct cpuset set;

    assert_int_equal(cpuset_parse(&set, list), 0);
    why->text[0] = '\0';
    return host_libvirt.pin(rig->host, name, &set, why);
}

static uint32_t vcpus_of(uint32_t d)
{
    return d == DOMAINS - 1 ? BIG : d % 3 ? 2 : 10;
}

/* vCPU 1 of every domain wants pCPUs 2 and 4; the others of every seventh domain want pCPU 0. */
static void write_crowd(char *path)
{
    FILE *out;
    int fd;

    strcpy(path, "/tmp/test_libvirt.XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    out = fdopen(fd, "w");
    assert_non_null(out);
    fprintf(out, "<node><cpu><mhz>2000</mhz><model>x</model><active>128</active><nodes>2</nodes>"
                 "<sockets>2</sockets><cores>16</cores><threads>2</threads></cpu>"
                 "<memory>1000000</memory>\n");
    for (uint32_t d = 0; d < DOMAINS; d++)
        fprintf(out,
                "<domain type='test'><name>d%u</name><memory>8192</memory><vcpu%s>%u</vcpu>"
                "<cputune><vcpupin vcpu='1' cpuset='2,4'/></cputune>"
                "<os><type>hvm</type></os></domain>\n",
                d, d % 7 ? "" : " cpuset='0'", vcpus_of(d));
    fprintf(out, "</node>\n");
    assert_int_equal(fclose(out), 0);
}

/* ---- many domains ---- */

static void many_domains(void **state)
{
    struct rig rig = {.own = NULL};
    char uri[64] = "test://";
    unsigned char *map = NULL;
    uint64_t *serials, time_ns;
    struct cpuset online;
    const struct snapshot *s;
    uint32_t vcpus = 0;
    int pcpus;

    (void)state;
    write_crowd(uri + strlen("test://"));
    rig_open(&rig, uri);
    rig.own = virConnectOpen(uri);
    assert_non_null(rig.own);
    assert_int_equal(unlink(uri + strlen("test://")), 0);
    pcpus = virNodeGetCPUMap(rig.own, &map, NULL, 0);
    assert_true(pcpus > 0);
    cpuset_from_map(&online, map, (size_t)VIR_CPU_MAPLEN(pcpus));
    free(map);
    s = rig_sample(&rig);
    assert_int_equal(s->size.pcpus, pcpus);
    assert_true(cpuset_equal(&s->online, &online));
    assert_int_equal(s->host_ns, 0); /* this machine's busy times are not that host's */
    assert_int_equal(s->size.domains, DOMAINS);
    for (uint32_t d = 0; d < DOMAINS; d++) {
        const uint32_t n = (uint32_t)atoi(s->domains[d].name + 1);

        assert_int_equal(s->domains[d].vcpu_count, vcpus_of(n));
        assert_true(s->domains[d].slot < DOMAINS);
        assert_set(&s->sets[s->vcpus[vcpus].wanted], n % 7 ? EVERYTHING : "0");
        assert_set(&s->sets[s->vcpus[vcpus + 1].wanted], "2,4");
        assert_set(&s->sets[s->vcpus[vcpus + 1].affinity], "2,4");
        vcpus += vcpus_of(n);
    }
    assert_int_equal(s->size.vcpus, vcpus);
    assert_int_equal(s->size.sets, 4); /* and the mask that means everything */

    serials = calloc(vcpus, sizeof *serials);
    assert_non_null(serials);
    for (uint32_t v = 0; v < vcpus; v++) {
        serials[v] = s->vcpus[v].serial;
        assert_true(s->vcpus[v].slot < vcpus);
    }
    time_ns = s->vcpus[0].time_ns;
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    rig_sample(&rig);
    assert_int_equal(s->size.vcpus, vcpus);
    for (uint32_t v = 0; v < vcpus; v++)
        assert_int_equal(serials[v], s->vcpus[v].serial);
    assert_true(s->vcpus[0].time_ns > time_ns);
    free(serials);
    rig_close(&rig);
}

/* ---- pins ---- */

static void pins(void **state)
{
    struct rig *rig = *state;
    struct failure why = {""};
    const struct snapshot *s;
    struct vcpu_name name;

    rig_empty(rig);
    virDomainPtr a = rig_create(rig, "a", 12, 12, "<vcpupin vcpu='11' cpuset='0,2'/>");
    s = rig_sample(rig);
    name = name_of(&s->domains[0], 11);
    assert_affinity(rig, &name, "0,2");
    assert_int_equal(pin(rig, &name, "2", &why), 0);
    assert_affinity(rig, &name, "2");
    name.number = 10;
    assert_affinity(rig, &name, EVERYTHING);
    rig_sample(rig);
    assert_set(&s->sets[s->vcpus[11].affinity], "2");
    assert_set(&s->sets[s->vcpus[11].wanted], "0,2");
    assert_set(&s->sets[s->vcpus[10].affinity], EVERYTHING);
    rig_destroy(a);
}

static void pins_of_what_is_gone(void **state)
{
    struct rig *rig = *state;
    struct failure why = {""};
    struct vcpu_name name, other;
    struct affinity now;

    rig_empty(rig);
    virDomainPtr a = rig_create(rig, "a", 2, 4, "");
    name = other = name_of(&rig_sample(rig)->domains[0], 0);
    other.number = 99;
    assert_int_equal(pin(rig, &other, "0", &why), -ENOENT);
    assert_non_null(strstr(why.text, "domain a vCPU 99: "));
    assert_non_null(strstr(why.text, "requested vcpu '99'"));
    assert_int_equal(host_libvirt.affinity(rig->host, &other, &now, &why), -ENOENT);
    rig_destroy(a);
    assert_int_equal(pin(rig, &name, "0", &why), -ENOENT);
    assert_int_equal(host_libvirt.affinity(rig->host, &name, &now, &why), -ENOENT);
    assert_int_equal(rig_sample(rig)->size.domains, 0);

    /* Another run of the domain is refused. */
    a = rig_create(rig, "a", 2, 4, "");
    assert_int_equal(pin(rig, &name, "0", &why), -ENOENT);
    assert_int_equal(host_libvirt.affinity(rig->host, &name, &now, &why), -ENOENT);
    assert_non_null(strstr(why.text, "domain a has ended"));
    name = name_of(&rig_sample(rig)->domains[0], 0);
    assert_affinity(rig, &name, EVERYTHING);
    rig_destroy(a);
}

/* ---- domains that come, go and change ---- */

static void runs_of_a_domain(void **state)
{
    struct rig *rig = *state;
    struct domain_sample domain;
    struct vcpu_sample vcpus[2];
    const struct snapshot *s;

    rig_empty(rig);
    virDomainPtr a = rig_create(rig, "a", 2, 2, ""), b = rig_create(rig, "b", 1, 1, "");
    s = rig_sample(rig);
    assert_int_equal(s->size.domains, 2);
    domain = *rig_find(s, "a");
    memcpy(vcpus, &s->vcpus[domain.first_vcpu], sizeof vcpus);
    rig_destroy(a);
    a = rig_create(rig, "a", 2, 2, "");
    rig_sample(rig);
    assert_int_equal(s->size.domains, 2);
    assert_memory_equal(rig_find(s, "a")->uuid, domain.uuid, sizeof domain.uuid);
    assert_int_not_equal(rig_find(s, "a")->id, domain.id);
    assert_true(rig_find(s, "a")->serial > domain.serial);
    for (uint32_t v = 0; v < 2; v++)
        assert_true(s->vcpus[rig_find(s, "a")->first_vcpu + v].serial > vcpus[1].serial);
    rig_destroy(a);
    rig_sample(rig);
    assert_int_equal(s->size.domains, 1);
    assert_int_equal(s->size.vcpus, 1);
    rig_destroy(b);
    assert_int_equal(rig_sample(rig)->size.domains, 0);
}

static void vcpus_come_and_go(void **state)
{
    struct rig *rig = *state;
    const struct snapshot *s;
    uint64_t serials[5];

    rig_empty(rig);
    virDomainPtr a = rig_create(rig, "a", 2, 20, "");
    s = rig_sample(rig);
    assert_int_equal(s->size.vcpus, 2);
    for (uint32_t v = 0; v < 2; v++)
        serials[v] = s->vcpus[v].serial;
    assert_int_equal(virDomainSetVcpus(a, 4), 0);
    rig_sample(rig);
    assert_int_equal(s->size.vcpus, 4);
    for (uint32_t v = 0; v < 2; v++)
        assert_int_equal(s->vcpus[v].serial, serials[v]);
    for (uint32_t v = 2; v < 4; v++)
        serials[v] = s->vcpus[v].serial;
    assert_set(&s->sets[s->vcpus[3].affinity], EVERYTHING);
    assert_int_equal(virDomainSetVcpus(a, 3), 0);
    assert_int_equal(rig_sample(rig)->size.vcpus, 3);
    assert_int_equal(virDomainSetVcpus(a, 20), 0);
    rig_sample(rig);
    assert_int_equal(s->size.vcpus, 20);
    assert_int_equal(s->vcpus[2].serial, serials[2]);
    assert_true(s->vcpus[3].serial > serials[3]);
    assert_int_equal(s->vcpus[3].number, 3);
    rig_destroy(a);
}

static void paused(void **state)
{
    struct rig *rig = *state;
    const struct snapshot *s;
    uint64_t serial;

    rig_empty(rig);
    virDomainPtr a = rig_create(rig, "a", 2, 2, "");
    s = rig_sample(rig);
    assert_int_equal(s->domains[0].state, DOMAIN_RUNNING);
    serial = s->vcpus[1].serial;
    assert_int_equal(virDomainSuspend(a), 0);
    rig_sample(rig);
    assert_int_equal(s->domains[0].state, DOMAIN_PAUSED);
    assert_int_equal(s->size.vcpus, 2);
    assert_int_equal(virDomainResume(a), 0);
    rig_sample(rig);
    assert_int_equal(s->domains[0].state, DOMAIN_RUNNING);
    assert_int_equal(s->vcpus[1].serial, serial);
    rig_destroy(a);
}

/* Defines "a" with that element. */
static virDomainPtr define_a(struct rig *rig, const char *vcpus)
{
    char xml[600];
    virDomainPtr domain;

    snprintf(xml, sizeof xml,
             "<domain type='test'><name>a</name><uuid>61000000-0000-4000-8000-000000000001</uuid>"
             "<memory>8192</memory>%s<os><type>hvm</type></os></domain>",
             vcpus);
    domain = virDomainDefineXML(rig->own, xml);
    assert_non_null(domain);
    return domain;
}

/* Samples until the first domain's vCPU is wanted there, by an event. */
static void wait_for_wanted(struct rig *rig, uint32_t vcpu, const char *list)
{
    const struct snapshot *s = rig->snapshot;
    struct cpuset set;

    assert_int_equal(cpuset_parse(&set, list), 0);
    for (int tries = 0; tries < 500; tries++) {
        rig_sample(rig);
        if (cpuset_equal(&s->sets[s->vcpus[vcpu].wanted], &set))
            return;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    assert_set(&s->sets[s->vcpus[vcpu].wanted], list);
}

/* After a new definition of a running domain, an event makes it wanted, long before the slow round.
 */
static void defined_anew(void **state)
{
    struct rig *rig = *state;
    const struct snapshot *s;
    virDomainPtr defined;

    rig_empty(rig);
    virDomainPtr a = rig_create(rig, "a", 2, 2, "");
    s = rig_sample(rig);
    assert_set(&s->sets[s->vcpus[1].wanted], EVERYTHING);
    defined = define_a(rig, "<vcpu cpuset='0-7'>2</vcpu>"
                            "<cputune><vcpupin vcpu='1' cpuset='4'/></cputune>");
    wait_for_wanted(rig, 1, "4");
    assert_set(&s->sets[s->vcpus[1].affinity], EVERYTHING);
    assert_set(&s->sets[s->vcpus[0].wanted], EVERYTHING);
    rig_destroy(a);
    assert_int_equal(virDomainUndefine(defined), 0);
    virDomainFree(defined);
}

/* What was set only on the running domain, before it was first seen, stays wanted; else the
 * definition counts, also when it changes. */
static void a_live_pin_is_a_wish(void **state)
{
    struct rig *rig = *state;
    unsigned char one = 1 << 3, two = 3;
    const struct snapshot *s;
    virDomainPtr a;

    rig_empty(rig);
    a = define_a(rig, "<vcpu>4</vcpu><cputune><vcpupin vcpu='2' cpuset='0-3'/></cputune>");
    assert_int_equal(virDomainCreate(a), 0);
    assert_int_equal(virDomainPinVcpu(a, 0, &one, 1), 0);
    assert_int_equal(virDomainPinVcpu(a, 2, &two, 1), 0);
    s = rig_sample(rig);
    assert_set(&s->sets[s->vcpus[0].wanted], "3");
    assert_set(&s->sets[s->vcpus[1].wanted], EVERYTHING);
    assert_set(&s->sets[s->vcpus[2].wanted], "0-1");
    /* Later pins don't change what is wanted: ownership.h handles them. */
    assert_int_equal(virDomainPinVcpu(a, 1, &one, 1), 0);
    virDomainFree(define_a(rig, "<vcpu>4</vcpu><cputune><vcpupin vcpu='3' cpuset='5'/></cputune>"));
    wait_for_wanted(rig, 3, "5");
    assert_set(&s->sets[s->vcpus[0].wanted], "3");
    assert_set(&s->sets[s->vcpus[1].wanted], EVERYTHING);
    assert_set(&s->sets[s->vcpus[2].wanted], "0-1");
    assert_int_equal(virDomainDestroy(a), 0);
    assert_int_equal(virDomainUndefine(a), 0);
    virDomainFree(a);
}

/* A pin of an earlier run of the daemon is not what the owner wants. */
static void a_pin_of_an_earlier_run_is_no_wish(void **state)
{
    struct rig *rig = *state;
    struct rig other = {.own = NULL};
    struct ledger_entry entry = {.pinned = cpuset_only(3), .vcpu = {.number = 1}};
    unsigned char one = 1 << 3;
    const struct snapshot *s;
    virDomainPtr a;

    rig_empty(rig);
    a = define_a(rig, "<vcpu>3</vcpu>");
    assert_int_equal(virDomainCreate(a), 0);
    for (unsigned v = 0; v < 2; v++)
        assert_int_equal(virDomainPinVcpu(a, v, &one, 1), 0);
    entry.vcpu.id = (int32_t)virDomainGetID(a);
    assert_int_equal(virDomainGetUUID(a, entry.vcpu.uuid), 0);
    assert_int_equal(cpuset_parse(&entry.original, EVERYTHING), 0);
    other.ledger = ledger_new();
    assert_non_null(other.ledger);
    assert_int_equal(ledger_add(other.ledger, &entry), 0);
    rig_open(&other, "test:///default");
    s = rig_sample(&other);
    assert_set(&s->sets[s->vcpus[0].wanted], "3");
    assert_set(&s->sets[s->vcpus[1].wanted], EVERYTHING);
    ledger_free(other.ledger);
    rig_close(&other);
    assert_int_equal(virDomainDestroy(a), 0);
    assert_int_equal(virDomainUndefine(a), 0);
    virDomainFree(a);
}

/* placement='auto': only the running domain shows what numad advised. */
static void numads_advice_is_what_runs(void **state)
{
    struct rig *rig = *state;
    unsigned char advice = 0x0c;
    const struct snapshot *s;
    virDomainPtr a;

    rig_empty(rig);
    a = define_a(rig, "<vcpu placement='auto'>2</vcpu><cputune><vcpupin vcpu='1' cpuset='5-6'/>"
                      "</cputune>");
    assert_int_equal(virDomainCreate(a), 0);
    /* This driver does not ask numad. */
    assert_int_equal(virDomainPinVcpu(a, 0, &advice, 1), 0);
    s = rig_sample(rig);
    assert_set(&s->sets[s->vcpus[0].wanted], "2-3");
    assert_set(&s->sets[s->vcpus[1].wanted], "5-6");
    assert_int_equal(virDomainDestroy(a), 0);
    assert_int_equal(virDomainUndefine(a), 0);
    virDomainFree(a);
}

/* Numbers that no domain has are refused. */
static void a_vcpu_number_out_of_range(void **state)
{
    struct rig *rig = *state;
    struct failure why = {""};
    struct vcpu_name name;
    struct affinity now;

    rig_empty(rig);
    virDomainPtr a = rig_create(rig, "a", 1, 1, "");
    name = name_of(&rig_sample(rig)->domains[0], VCPU_EMULATOR - 1);
    assert_int_equal(host_libvirt.affinity(rig->host, &name, &now, &why), -ENOENT);
    name.number = INT32_MAX;
    assert_int_equal(host_libvirt.affinity(rig->host, &name, &now, &why), -ENOENT);
    rig_destroy(a);
}

static void set_metadata(virDomainPtr domain, const char *xml)
{
    assert_int_equal(virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, xml,
                                          xml ? "vcpu-scheduler" : NULL, METADATA_URI,
                                          VIR_DOMAIN_AFFECT_LIVE),
                     0);
}

/* Samples until the domain has opted out, or in, by an event, long before the slow round. */
static void assert_opted_out(struct rig *rig, bool expected)
{
    for (int tries = 0; tries < 500; tries++) {
        if (rig_sample(rig)->domains[0].opted_out == expected)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    fail_msg("still opted %s", expected ? "in" : "out");
}

static void opts_out(void **state)
{
    struct rig *rig = *state;

    rig_empty(rig);
    virDomainPtr a = rig_create(rig, "a", 2, 2, "");
    assert_false(rig_sample(rig)->domains[0].opted_out);
    set_metadata(a, "<scheduler exclude='yes'/>");
    assert_opted_out(rig, true);
    set_metadata(a, "<scheduler exclude='no'/>");
    assert_opted_out(rig, false);
    set_metadata(a, "<scheduler exclude='yes'/>");
    assert_opted_out(rig, true);
    set_metadata(a, "<scheduler exclude='perhaps'/>");
    assert_opted_out(rig, false);
    set_metadata(a, "<scheduler exclude='yes'/>");
    assert_opted_out(rig, true);
    set_metadata(a, NULL);
    assert_opted_out(rig, false);
    rig_destroy(a);

    a = rig_create(rig, "a", 2, 2, "");
    set_metadata(a, "<scheduler exclude='yes'/>");
    assert_true(rig_sample(rig)->domains[0].opted_out);
    rig_destroy(a);
}

/* ---- no such host ---- */

static void assert_refused(const char *uri, const char *words)
{
    const struct host_settings settings = {.uri = uri};
    struct failure why = {""};
    struct host *host = NULL;

    assert_int_equal(host_libvirt.open(&settings, &host, &why), -EIO);
    assert_null(host);
    if (strncmp(why.text, uri, strlen(uri)) != 0 || !strstr(why.text, words))
        fail_msg("said: %s", why.text);
}

static void no_such_host(void **state)
{
    (void)state;
    assert_refused("test:///nonexistent/node.xml", "failed to parse xml document");
    assert_refused("qemu+unix:///system?socket=/nonexistent/socket", "Failed to connect socket");
    assert_true(host_libvirt.close(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_domains),
        cmocka_unit_test(pins),
        cmocka_unit_test(pins_of_what_is_gone),
        cmocka_unit_test(runs_of_a_domain),
        cmocka_unit_test(vcpus_come_and_go),
        cmocka_unit_test(paused),
        cmocka_unit_test(defined_anew),
        cmocka_unit_test(opts_out),
        cmocka_unit_test(a_live_pin_is_a_wish),
        cmocka_unit_test(a_pin_of_an_earlier_run_is_no_wish),
        cmocka_unit_test(numads_advice_is_what_runs),
        cmocka_unit_test(a_vcpu_number_out_of_range),
        cmocka_unit_test(no_such_host),
    };

    return RIG_RUN(tests);
}
