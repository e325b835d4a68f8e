/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support/rig_libvirt.h"

#include <libvirt/virterror.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void rig_open(struct rig *rig, const char *uri)
{
    const struct host_settings settings = {.uri = uri, .crosscheck = true, .ledger = rig->ledger};
    struct failure why = {""};

    if (host_libvirt.open(&settings, &rig->host, &why))
        fail_msg("%s", why.text);
    rig->snapshot = snapshot_new();
    assert_non_null(rig->snapshot);
}

void rig_close(struct rig *rig)
{
    assert_true(host_libvirt.close(rig->host));
    snapshot_free(rig->snapshot);
    if (rig->own)
        virConnectClose(rig->own);
}

int rig_set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof(*rig));

    assert_non_null(rig);
    rig->own = virConnectOpen("test:///default");
    assert_non_null(rig->own);
    rig_open(rig, "test:///default");
    *state = rig;
    return 0;
}

int rig_tear_down(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

void rig_empty(struct rig *rig)
{
    virDomainPtr *domains;
    const int count = virConnectListAllDomains(rig->own, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    assert_true(count >= 0);
    for (int d = 0; d < count; d++)
        rig_destroy(domains[d]);
    free(domains);
}

/* A domain without a definition. Floating vCPUs are told their eight pCPUs: this libvirt says that
 * it has eight in one place and sixteen in another. */
virDomainPtr rig_create(struct rig *rig, const char *name, uint32_t vcpus, uint32_t most,
                        const char *tune)
{
    virDomainPtr domain;
    char xml[1024];

    snprintf(xml, sizeof(xml),
             "<domain type='test'><name>%s</name><uuid>%08x-0000-4000-8000-000000000001</uuid>"
             "<memory>8192</memory><vcpu cpuset='0-7' current='%u'>%u</vcpu><cputune>%s</cputune>"
             "<os><type>hvm</type></os></domain>",
             name, (unsigned)name[0] << 24, vcpus, most, tune);
    domain = virDomainCreateXML(rig->own, xml, 0);
    assert_non_null(domain);
    return domain;
}

void rig_destroy(virDomainPtr domain)
{
    assert_int_equal(virDomainDestroy(domain), 0);
    virDomainFree(domain);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* None of the numbers is there twice. */
static void assert_distinct(uint64_t *numbers, uint32_t count)
{
    qsort(numbers, count, sizeof(*numbers), by_number);
    for (uint32_t i = 1; i < count; i++)
        assert_true(numbers[i - 1] < numbers[i]);
}

static void check_domain(const struct snapshot *s, uint32_t d)
{
    const struct domain_sample *domain = &s->domains[d];

    assert_true(s->begin_ns <= domain->begin_ns && domain->begin_ns <= domain->end_ns);
    assert_true(domain->end_ns <= domain->cgroup_ns && domain->cgroup_ns <= s->end_ns);
    for (uint32_t v = 0; v < domain->vcpu_count; v++) {
        const struct vcpu_sample *vcpu = &s->vcpus[domain->first_vcpu + v];

        assert_int_equal(vcpu->domain, d);
        assert_true(v == 0 || vcpu->number > vcpu[-1].number);
        assert_true(vcpu->affinity < s->size.sets && vcpu->wanted < s->size.sets);
        assert_true(cpuset_count(&s->sets[vcpu->affinity]) > 0);
        assert_int_equal(vcpu->has & VCPU_HAS_TIME,
                         domain->state == DOMAIN_RUNNING ? VCPU_HAS_TIME : 0);
        assert_int_equal(vcpu->has & ~VCPU_HAS_TIME, VCPU_HAS_AFFINITY);
    }
}

/* What snapshot.h promises. */
void rig_check(const struct snapshot *s)
{
    const uint32_t all = s->size.domains + s->size.vcpus;
    uint64_t *serials = calloc(all + 1, sizeof(*serials)), *slots = calloc(all + 1, sizeof(*slots));
    uint32_t vcpus = 0;

    assert_true(serials && slots);
    for (uint32_t d = 0; d < s->size.domains; d++) {
        assert_int_equal(s->domains[d].first_vcpu, vcpus);
        check_domain(s, d);
        serials[d] = s->domains[d].serial;
        slots[d] = s->domains[d].slot;
        vcpus += s->domains[d].vcpu_count;
    }
    assert_int_equal(vcpus, s->size.vcpus);
    assert_distinct(slots, s->size.domains);
    for (uint32_t v = 0; v < vcpus; v++) {
        serials[s->size.domains + v] = s->vcpus[v].serial;
        slots[v] = s->vcpus[v].slot;
    }
    assert_distinct(slots, vcpus);
    assert_distinct(serials, all);
    assert_true(all == 0 || serials[0] > 0);
    for (uint32_t a = 0; a < s->size.sets; a++) {
        for (uint32_t b = 0; b < a; b++)
            assert_false(cpuset_equal(&s->sets[a], &s->sets[b]));
    }
    free(serials);
    free(slots);
}

const struct snapshot *rig_sample(struct rig *rig)
{
    struct failure why = {""};

    if (host_libvirt.sample(rig->host, rig->snapshot, &why))
        fail_msg("%s", why.text);
    rig_check(rig->snapshot);
    return rig->snapshot;
}

const struct domain_sample *rig_find(const struct snapshot *s, const char *name)
{
    for (uint32_t d = 0; d < s->size.domains; d++) {
        if (strcmp(s->domains[d].name, name) == 0)
            return &s->domains[d];
    }
    print_error("no domain %s\n", name);
    abort();
}

void assert_set(const struct cpuset *set, const char *list)
{
    char text[64];

    cpuset_format(set, text, sizeof(text));
    assert_string_equal(text, list);
}

static void quiet(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error;
}

bool rig_possible(void)
{
    virConnectPtr connection;

    virSetErrorFunc(NULL, quiet);
    connection = virConnectOpen("test:///default");
    if (connection) {
        virConnectClose(connection);
        return true;
    }
    printf("1..0 # SKIP libvirt has no test driver: %s\n", virGetLastErrorMessage());
    return false;
}
