/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real traces, if they are next to the source tree: the model gives the figures that were measured.
 */
#include "config.h"

#include "host.h"

#include "plan.h"
#include "report/summary.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The summary's figures from two snapshots. */
static void make_view(struct plan *plan, const struct snapshot *now, const uint64_t *used,
                      const uint64_t *waited, uint64_t span_ns)
{
    for (uint32_t p = 0; p < plan->view.pool_count; p++)
        plan->view.pools[p] =
            (struct view_pool){.managed = true, .pcpu_count = cpuset_count(&now->sets[p])};
    for (uint32_t i = 0; i < now->size.vcpus; i++) {
        const struct vcpu_sample *vcpu = &now->vcpus[i];
        plan->view.vcpus[i].pool = (int32_t)vcpu->affinity;
        plan->view.vcpus[i].usage = 100 * (double)(vcpu->time_ns - used[i]) / (double)span_ns;
        plan->view.vcpus[i].delay = 100 * (double)(vcpu->delay_ns - waited[i]) / (double)span_ns;
    }
}

/* pool: of how many pCPUs. */
static struct summary_figures replay(const char *uri, uint32_t pool)
{
    struct host_settings settings = {.uri = uri};
    struct snapshot *snapshot = snapshot_new();
    struct summary *summary = summary_new(50, false);
    struct plan plan = {.decision.pin_count = 0};
    struct host *host = NULL;
    struct failure why = {""};
    uint64_t now, before = 0;

    if (pool > 1)
        settings.pool = (struct pool_choice){.level = POOL_SIZED, .size = pool};
    if (host_trace.open(&settings, &host, &why) != 0)
        fail_msg("%s", why.text);
    assert_int_equal(host_trace.sample(host, snapshot, &why), 0);
    uint32_t vcpus = plan.view.vcpu_count = snapshot->size.vcpus;
    plan.view.managed = snapshot->online;
    plan.view.pool_count = snapshot->size.sets - 1; /* the last set holds all */
    plan.view.vcpus = calloc(vcpus, sizeof *plan.view.vcpus);
    plan.view.pools = calloc(plan.view.pool_count, sizeof *plan.view.pools);
    uint64_t *used = calloc(vcpus, sizeof *used), *waited = calloc(vcpus, sizeof *waited);
    assert_true(plan.view.vcpus && plan.view.pools && used && waited);

    before = snapshot->end_ns;
    while ((now = host_trace.wait(host, NULL, 0)) != UINT64_MAX) {
        plan.view.period++;
        assert_int_equal(host_trace.sample(host, snapshot, &why), 0);
        make_view(&plan, snapshot, used, waited, now - before);
        for (uint32_t i = 0; i < vcpus; i++) {
            used[i] = snapshot->vcpus[i].time_ns;
            waited[i] = snapshot->vcpus[i].delay_ns;
        }
        assert_int_equal(summary_add(summary, &plan), 0);
        before = now;
    }
    struct summary_figures figures = summary_figures(summary);
    free(used);
    free(waited);
    free(plan.view.vcpus);
    free(plan.view.pools);
    snapshot_free(snapshot);
    summary_free(summary);
    host_trace.close(host);
    return figures;
}

/* The model's figures without pins, computed by another program when the traces were chosen. */
static const struct {
    const char *name, *figures;
    const char *lost_in_pools; /* of 4 pCPUs, percent */
} measured[] = {
    {"s1_planetlab_160x16", "288 144.899 33.887 6.7408 34.60 26.110", "0.0033"},
    {"s2_planetlab_1000x64", "288 135.477 23.256 2.1699 38.82 18.002", "0.0100"},
    {"s3_bitbrains_32", "2016 129.511 38.502 14.3707 38.07 48.215", "12.3754"},
    {"s4_exathlon_256x24", "897 121.370 23.701 7.4864 44.27 32.772", "6.4095"},
};

enum { TRACES = sizeof measured / sizeof *measured };

static void trace_path(char *path, size_t size, const char *name)
{
    const char *top = getenv("srcdir");

    snprintf(path, size, "trace:%s/../shared/traces/%s.csv.gz", top ? top : ".", name);
}

static void none_gives_the_measured_figures(void **state)
{
    char uri[512], text[160];

    (void)state;
    for (size_t i = 0; i < TRACES; i++) {
        trace_path(uri, sizeof uri, measured[i].name);
        struct summary_figures f = replay(uri, 1);
        snprintf(text, sizeof text, "%" PRIu64 " %.3f %.3f %.4f %.2f %.3f", f.periods, f.max_mean,
                 f.sd_mean, f.lost_percent, f.over_percent, f.excess_percent);
        assert_string_equal(text, measured[i].figures);
        assert_false(f.shaped);
        f = replay(uri, 4);
        snprintf(text, sizeof text, "%.4f", f.lost_percent);
        assert_string_equal(text, measured[i].lost_in_pools);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_gives_the_measured_figures),
    };
    char uri[512];

#ifndef HAVE_ZLIB
    puts("1..0 # SKIP the traces are compressed, and this build reads none such (no zlib)");
    return 0;
#endif
    for (size_t i = 0; i < TRACES; i++) {
        trace_path(uri, sizeof uri, measured[i].name);
        if (access(uri + strlen("trace:"), R_OK) != 0) {
            printf("1..0 # SKIP no %s: the traces are not part of the project\n",
                   uri + strlen("trace:"));
            return 0;
        }
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
