/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host.h"

#include "ring.h"
#include "support/files.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Four vCPUs of two VMs, two pCPUs. At the start pCPU 0 has 90+60, pCPU 1 has 10+20. */
static const char example[] = "# pcpus: 2\n# vcpus: 4\n# resolution: 2 s\n# vm: 5,3,3,5\n"
                              "0,90,10,60,20\n1,90,10,60,20\n2,50,100,50,0.7\n";

struct bench {
    char path[64];
    char uri[80];
    struct host *host;
    struct snapshot *snapshot;
    struct host_settings settings;
};

static void open_text(struct bench *bench, const char *text)
{
    struct failure why = {""};

    strcpy(bench->path, "/tmp/test_host_trace.XXXXXX");
    file_make(bench->path, text);
    snprintf(bench->uri, sizeof bench->uri, "trace:%s", bench->path);
    bench->settings.uri = bench->uri;
    if (host_trace.open(&bench->settings, &bench->host, &why) != 0)
        fail_msg("%s", why.text);
    bench->snapshot = snapshot_new();
    assert_non_null(bench->snapshot);
}

static void close_bench(struct bench *bench)
{
    host_trace.close(bench->host);
    snapshot_free(bench->snapshot);
    unlink(bench->path);
}

static void sample(struct bench *bench)
{
    struct failure why = {""};

    if (host_trace.sample(bench->host, bench->snapshot, &why) != 0)
        fail_msg("%s", why.text);
}

/* The vCPU of column `slot`. */
static const struct vcpu_sample *find(const struct snapshot *snapshot, uint32_t slot)
{
    for (uint32_t i = 0; i < snapshot->size.vcpus; i++) {
        if (snapshot->vcpus[i].slot == slot)
            return &snapshot->vcpus[i];
    }
    print_error("no vCPU in slot %u\n", slot);
    abort();
}

static struct vcpu_name name_of(const struct snapshot *snapshot, uint32_t slot)
{
    const struct vcpu_sample *vcpu = find(snapshot, slot);
    const struct domain_sample *domain = &snapshot->domains[vcpu->domain];
    struct vcpu_name name = {.id = domain->id, .number = vcpu->number, .slot = slot};

    memcpy(name.uuid, domain->uuid, sizeof name.uuid);
    return name;
}

static void expect_counters(const struct bench *bench, uint32_t slot, uint64_t time_ms,
                            uint64_t delay_ms, int32_t pcpu)
{
    const struct vcpu_sample *vcpu = find(bench->snapshot, slot);

    assert_int_equal(vcpu->time_ns, time_ms * 1000000);
    assert_int_equal(vcpu->cgroup_ns, time_ms * 1000000);
    assert_int_equal(vcpu->delay_ns, delay_ms * 1000000);
    assert_int_equal(vcpu->last_pcpu, pcpu);
}

static void first_sample(void **state)
{
    struct bench bench = {.settings = {.pcpus = 0}};

    (void)state;
    open_text(&bench, example);
    const struct snapshot *s = bench.snapshot;
    uint64_t begin = host_trace.wait(bench.host, NULL, 1);
    sample(&bench);
    assert_int_equal(s->end_ns, begin);
    assert_int_equal(s->host_ns, 0);
    assert_int_equal(s->size.domains, 2);
    assert_int_equal(s->size.vcpus, 4);
    assert_int_equal(s->size.pcpus, 2);
    assert_int_equal(cpuset_count(&s->online), 2);
    /* VMs in the order of their first column, their vCPUs together and ascending. */
    assert_string_equal(s->domains[0].name, "vm5");
    assert_string_equal(s->domains[1].name, "vm3");
    assert_int_equal(s->domains[1].first_vcpu, 2);
    assert_int_equal(s->domains[1].vcpu_count, 2);
    assert_int_equal(s->vcpus[0].slot, 0);
    assert_int_equal(s->vcpus[1].slot, 3);
    assert_int_equal(s->vcpus[1].number, 1);
    assert_int_equal(s->vcpus[1].domain, 0);
    assert_int_equal(s->vcpus[2].slot, 1);
    for (uint32_t slot = 0; slot < 4; slot++) {
        const struct vcpu_sample *vcpu = find(s, slot);
        assert_int_equal(vcpu->time_ns, 0);
        assert_int_equal(cpuset_count(&s->sets[vcpu->affinity]), 1);
        assert_true(cpuset_has(&s->sets[vcpu->affinity], slot % 2));
        assert_int_equal(cpuset_count(&s->sets[vcpu->wanted]), 2);
    }
    close_bench(&bench);
}

static void model_by_hand(void **state)
{
    struct bench bench = {.settings = {.pcpus = 0}};

    (void)state;
    open_text(&bench, example);
    uint64_t begin = host_trace.wait(bench.host, NULL, 0);
    sample(&bench);
    assert_int_equal(host_trace.wait(bench.host, NULL, 0), begin + 2000000000u);
    sample(&bench);
    /* L = 150 on pCPU 0: 90 becomes 60, 60 becomes 40 percent of two seconds. */
    expect_counters(&bench, 0, 1200, 600, 0);
    expect_counters(&bench, 2, 800, 400, 0);
    expect_counters(&bench, 1, 200, 0, 1);
    expect_counters(&bench, 3, 400, 0, 1);
    host_trace.wait(bench.host, NULL, 0);
    host_trace.wait(bench.host, NULL, 0);
    sample(&bench);
    /* Then twice the same, then L = 100, where nothing waits, and 100.7 on pCPU 1. */
    expect_counters(&bench, 0, 2400 + 1000, 1200, 0);
    const struct vcpu_sample *vcpu = find(bench.snapshot, 1);
    assert_int_equal(vcpu->time_ns, 400000000 + llround(2e9 * 100 / 100.7));
    assert_int_equal(vcpu->time_ns + vcpu->delay_ns, UINT64_C(2400000000));
    assert_true(host_trace.wait(bench.host, NULL, 0) == UINT64_MAX);
    assert_true(host_trace.wait(bench.host, NULL, 0) == UINT64_MAX);
    close_bench(&bench);
}

static void pins_hold_in_the_next_period(void **state)
{
    struct bench bench = {.settings = {.pcpus = 0}};
    struct failure why = {""};
    struct affinity now;
    struct cpuset one;

    (void)state;
    open_text(&bench, example);
    sample(&bench);
    host_trace.wait(bench.host, NULL, 0);
    sample(&bench);
    expect_counters(&bench, 0, 1200, 600, 0);
    struct vcpu_name name = name_of(bench.snapshot, 0);
    cpuset_clear(&one);
    cpuset_add(&one, 1);
    assert_int_equal(host_trace.pin(bench.host, &name, &one, &why), 0);
    assert_int_equal(host_trace.affinity(bench.host, &name, &now, &why), 0);
    assert_true(affinity_is(&now, &one));
    sample(&bench);
    expect_counters(&bench, 0, 1200, 600, 0);
    host_trace.wait(bench.host, NULL, 0);
    sample(&bench);
    /* 60 is alone now, 90 shares with 10 and 20: 75, 8.3 and 16.7 percent. */
    expect_counters(&bench, 0, 1200 + 1500, 600 + 300, 1);
    expect_counters(&bench, 2, 800 + 1200, 400, 0);
    close_bench(&bench);
}

static void pins_that_are_wrong(void **state)
{
    struct bench bench = {.settings = {.pcpus = 0}};
    struct failure why = {""};
    struct affinity now;
    struct cpuset set;

    (void)state;
    open_text(&bench, example);
    sample(&bench);
    struct vcpu_name name = name_of(bench.snapshot, 3), other = name;
    cpuset_clear(&set);
    assert_int_equal(host_trace.pin(bench.host, &name, &set, &why), -EINVAL);
    cpuset_add(&set, 2);
    assert_int_equal(host_trace.pin(bench.host, &name, &set, &why), -EINVAL);
    cpuset_clear(&set);
    cpuset_add(&set, 0);
    cpuset_add(&set, 1);
    assert_int_equal(host_trace.pin(bench.host, &name, &set, &why), -EINVAL);
    cpuset_remove(&set, 1);
    other.slot = 4;
    assert_int_equal(host_trace.pin(bench.host, &other, &set, &why), -ENOENT);
    other = name;
    other.number = 7;
    assert_int_equal(host_trace.affinity(bench.host, &other, &now, &why), -ENOENT);
    other = name;
    other.uuid[15] ^= 1;
    assert_int_equal(host_trace.pin(bench.host, &other, &set, &why), -ENOENT);
    assert_int_equal(host_trace.affinity(bench.host, &name, &now, &why), 0);
    assert_true(cpuset_has(&now.kernel, 1));
    close_bench(&bench);
}

static void other_pcpus_and_stop(void **state)
{
    struct bench bench = {.settings = {.pcpus = 3}};
    struct wakeup wakeup;

    (void)state;
    open_text(&bench, example);
    sample(&bench);
    assert_int_equal(bench.snapshot->size.pcpus, 3);
    assert_int_equal(find(bench.snapshot, 2)->last_pcpu, 2);
    assert_int_equal(find(bench.snapshot, 3)->last_pcpu, 0);
    assert_int_equal(wakeup_init(&wakeup), 0);
    assert_true(host_trace.wait(bench.host, &wakeup, 0) > 0);
    wakeup_stop(&wakeup);
    assert_int_equal(host_trace.wait(bench.host, &wakeup, 0), 0);
    wakeup_finish(&wakeup);
    close_bench(&bench);
}

/* The snapshot has the topology; CPU times don't show its losses. */
static void shape_and_homes(void **state)
{
    struct bench bench = {.settings = {.pcpus = 2}}, flat = {.settings = {.pcpus = 2}};
    char text[300];

    (void)state;
    snprintf(text, sizeof text, "# topology: 1,1,1,2\n# smt_factor: 0.6\n# remote_factor: 0.85\n%s",
             example);
    open_text(&bench, text);
    open_text(&flat, example);
    for (int period = 0; period < 3; period++) {
        sample(&bench);
        sample(&flat);
        for (uint32_t slot = 0; slot < 4; slot++) {
            const struct vcpu_sample *shaped = find(bench.snapshot, slot);
            const struct vcpu_sample *plain = find(flat.snapshot, slot);

            assert_int_equal(shaped->time_ns, plain->time_ns);
            assert_int_equal(shaped->delay_ns, plain->delay_ns);
            assert_int_equal(shaped->numa_home, -1);
        }
        host_trace.wait(bench.host, NULL, 0);
        host_trace.wait(flat.host, NULL, 0);
    }
    const struct topology *topology = &bench.snapshot->topology;
    assert_int_equal(flat.snapshot->topology.version, 0);
    assert_int_not_equal(topology->version, 0);
    assert_int_equal(topology->pcpu_count, 2);
    assert_int_equal(topology->pcpus[0].sibling, 1);
    assert_float_equal(topology->smt_factor, 0.6, 1e-12);
    assert_float_equal(topology->remote_factor, 0.85, 1e-12);
    close_bench(&bench);
    close_bench(&flat);

    /* VM 3 has columns 1 and 2, VM 5 the others; VM 3 comes first. */
    snprintf(text, sizeof text, "# topology: 2,1,1,1\n# home: 1,0\n%s", example);
    open_text(&bench, text);
    sample(&bench);
    for (uint32_t slot = 0; slot < 4; slot++)
        assert_int_equal(find(bench.snapshot, slot)->numa_home, slot == 1 || slot == 2);
    assert_int_equal(bench.snapshot->topology.node_count, 2);
    assert_float_equal(bench.snapshot->topology.smt_factor, 1, 1e-12);
    close_bench(&bench);
}

static void shape_of_other_pcpus(void **state)
{
    struct bench bench = {.settings = {.pcpus = 0}};
    struct failure why = {""};
    char text[300];

    (void)state;
    snprintf(text, sizeof text, "# topology: 2,1,1,1\n%s", example);
    open_text(&bench, text);
    host_trace.close(bench.host);
    bench.host = NULL;
    bench.settings.pcpus = 3;
    assert_int_equal(host_trace.open(&bench.settings, &bench.host, &why), -EINVAL);
    assert_null(bench.host);
    assert_string_equal(why.text,
                        "--pcpus 3: the trace has a topology of 2 pCPUs; --flat leaves it out");
    bench.settings.flat = true;
    assert_int_equal(host_trace.open(&bench.settings, &bench.host, &why), 0);
    assert_int_equal(host_trace.sample(bench.host, bench.snapshot, &why), 0);
    assert_int_equal(bench.snapshot->size.pcpus, 3);
    assert_int_equal(bench.snapshot->topology.version, 0);
    close_bench(&bench);
}

static void not_there(void **state)
{
    struct host_settings settings = {.uri = "trace:/nonexistent/t"};
    struct host *host = NULL;
    struct failure why = {""};

    (void)state;
    assert_int_equal(host_trace.open(&settings, &host, &why), -ENOENT);
    assert_null(host);
    assert_non_null(strstr(why.text, "/nonexistent/t"));
    host_trace.close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_sample),
        cmocka_unit_test(model_by_hand),
        cmocka_unit_test(pins_hold_in_the_next_period),
        cmocka_unit_test(pins_that_are_wrong),
        cmocka_unit_test(other_pcpus_and_stop),
        cmocka_unit_test(shape_and_homes),
        cmocka_unit_test(shape_of_other_pcpus),
        cmocka_unit_test(not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
