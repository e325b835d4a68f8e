/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metrics.c - a status page as metrics, in base units: seconds, bytes, ratios of one pCPU. */
#include "status/internal.h"

#include "config.h"

#include "model/names.h"

#include <inttypes.h>

#define PREFIX "vcpu_scheduler_"

static void write_run(const struct exposition *to, const struct status_page *page)
{
    const struct plan *plan = page->plan;

    exposition_family(to, PREFIX "build", "info", "What runs.");
    fprintf(to->out,
            PREFIX "build_info{version=\"" PACKAGE_VERSION "\",policy=\"%s\",dry_run=\"%d\"} 1\n",
            page->options->planner.policy->name, page->options->planner.dry_run);
    exposition_gauge(to, PREFIX "start_time_seconds", "When it was started, since the epoch.",
                     (double)page->since);
    exposition_gauge(to, PREFIX "last_period_time_seconds",
                     "When the last period ended, since the epoch.", (double)page->at);
    exposition_gauge(to, PREFIX "period_seconds", "The period.", page->options->period_s);
    exposition_gauge(to, PREFIX "threshold_ratio", "The threshold, of a pCPU or a pool.",
                     page->options->planner.decision.threshold / 100);
    exposition_counter(to, PREFIX "periods_skipped",
                       "Periods without a sample, since the one before took too long.",
                       plan->totals.skipped);
    exposition_counter(to, PREFIX "snapshots_passed_over", "Samples left for a newer one.",
                       plan->totals.passed_over);
    exposition_counter(to, PREFIX "suspects", "Times that a vCPU's two sources came to disagree.",
                       plan->totals.suspects);
    exposition_counter(to, PREFIX "reconnects", "Times that libvirt was away and came back.",
                       plan->totals.reconnects);
    exposition_family(to, PREFIX "cpu_seconds", "counter", "CPU time of the daemon itself.");
    fprintf(to->out, PREFIX "cpu_seconds_total %.6f\n", status_cpu_seconds());
    exposition_gauge(to, PREFIX "resident_memory_bytes", "Memory of the daemon itself.",
                     (double)status_resident_bytes());
}

static void write_totals(const struct exposition *to, const struct status_page *page)
{
    const struct plan *plan = page->plan;

    exposition_family(to, PREFIX "decisions", "counter", "Periods by how they ended.");
    for (int reason = 0; reason < REASON_COUNT; reason++)
        fprintf(to->out, PREFIX "decisions_total{reason=\"%s\"} %" PRIu64 "\n",
                reason_name((enum reason)reason), plan->totals.decisions[reason]);
    exposition_family(to, PREFIX "pins", "counter", "Pin changes by what became of them.");
    for (int result = 0; result < PIN_RESULT_COUNT; result++)
        fprintf(to->out, PREFIX "pins_total{result=\"%s\"} %" PRIu64 "\n",
                pin_result_name((enum pin_result)result), plan->totals.pins[result]);
    if (page->options->planner.emulator == EMULATOR_FOLLOW) {
        exposition_family(to, PREFIX "emulator_pins", "counter",
                          "Changes of emulators' affinities by what became of them.");
        for (int result = 0; result < PIN_RESULT_COUNT; result++)
            fprintf(to->out, PREFIX "emulator_pins_total{result=\"%s\"} %" PRIu64 "\n",
                    pin_result_name((enum pin_result)result), plan->totals.emulator_pins[result]);
    }
    exposition_counter(to, PREFIX "judged_plans", "Plans with pins whose gain was measured.",
                       plan->totals.judged_plans);
    exposition_gauge(to, PREFIX "predicted_gain_ratio",
                     "Of these: load of the busiest that was to go, summed up.",
                     plan->totals.gain_sum / 100);
    exposition_gauge(to, PREFIX "realised_gain_ratio",
                     "Of these: load of the busiest that went, summed up.",
                     plan->totals.gained_sum / 100);
}

static void write_capacity(const struct exposition *to, const struct status_page *page)
{
    static const enum reason reasons[] = {REASON_NO_GAIN, REASON_NONE_MOVABLE, REASON_ALL_ABOVE};

    exposition_gauge(
        to, PREFIX "no_room",
        "1 while pCPUs are wanted more than they can give, or all above the threshold.",
        page->plan->decision.no_room);
    exposition_family(to, PREFIX "stuck", "gauge",
                      "1 while the busiest is above the threshold and no pin helps, by reason.");
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        fprintf(to->out, PREFIX "stuck{reason=\"%s\"} %d\n", reason_name(reasons[i]),
                page->stuck == (int)reasons[i]);
}

/* Writes usage and number of the busiest or freest. part: "busiest" or "freest". */
static void write_extreme(const struct exposition *to, const struct view *view, const char *part,
                          int32_t pool)
{
    const bool pools = view->level != POOL_CPU;
    char name[48], help[48];

    if (pool < 0)
        return;
    snprintf(name, sizeof name, PREFIX "%s_ratio", part);
    snprintf(help, sizeof help, "Usage of the %s %s.", part, view_pool_noun(view));
    exposition_gauge(to, name, help, view->pools[pool].usage / 100);
    snprintf(name, sizeof name, PREFIX "%s_%s", part, pools ? "pool" : "pcpu");
    snprintf(help, sizeof help, "The number of the %s %s.", part, view_pool_noun(view));
    exposition_gauge(to, name, help, pool);
}

static double pool_value(const struct view_pool *pool, const struct cpuset *pcpus, size_t row)
{
    const double values[] = {pool->usage / 100, pool->other / 100, pool->demand / 100,
                             cpuset_count(pcpus)};

    return values[row];
}

/* Writes what a pool is, and the pools; none where each is a pCPU. */
static void write_pools(const struct exposition *to, const struct status_page *page)
{
    const struct view *view = &page->plan->view;
    static const struct {
        const char *name, *help;
    } rows[] = {
        {PREFIX "pool_usage_ratio", "Usage of a pool, of what its pCPUs give together."},
        {PREFIX "pool_other_ratio", "Of that, what is not by vCPUs."},
        {PREFIX "pool_wanted_ratio", "What is wanted of a pool: more than 1 is lost."},
        {PREFIX "pool_pcpus", "The managed pCPUs of a pool."},
    };
    char asked[16], level[16], list[CPUSET_LIST_MAX];

    exposition_family(to, PREFIX "pool_level", "info", "What vCPUs are pinned to.");
    fprintf(to->out, PREFIX "pool_level_info{asked=\"%s\",level=\"%s\"} 1\n",
            pool_choice_words(&page->options->planner.pool, asked), status_pool_level(page, level));
    for (size_t row = 0; view->level != POOL_CPU && row < sizeof rows / sizeof *rows; row++) {
        exposition_family(to, rows[row].name, "gauge", rows[row].help);
        for (uint32_t p = 0; p < view->pool_count; p++) {
            const struct cpuset pcpus = view_members(view, (int32_t)p);

            cpuset_format(&pcpus, list, sizeof list);
            fprintf(to->out, "%s{pool=\"%u\",pcpus=\"%s\"} %.9g\n", rows[row].name, p, list,
                    pool_value(&view->pools[p], &pcpus, row));
        }
    }
}

static void write_pcpus(const struct exposition *to, const struct status_page *page)
{
    const struct view *view = &page->plan->view;
    static const struct {
        const char *name, *help;
    } rows[] = {
        {PREFIX "pcpu_usage_ratio", "Usage of a pCPU."},
        {PREFIX "pcpu_other_ratio", "Of that, what is not by vCPUs."},
        {PREFIX "pcpu_managed", "Whether vCPUs may be placed there."},
    };

    write_extreme(to, view, "busiest", view->busiest);
    write_extreme(to, view, "freest", view->freest);
    write_capacity(to, page);
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        exposition_family(to, rows[row].name, "gauge", rows[row].help);
        for (uint32_t p = 0; p < view->pcpu_count; p++) {
            const struct view_pcpu *pcpu = &view->pcpus[p];
            const double values[] = {pcpu->usage / 100, pcpu->other / 100, pcpu->managed};
            const struct topology *topology = &view->topology;
            const bool known = p < topology->pcpu_count && topology->pcpus[p].node >= 0;

            if (known)
                fprintf(to->out, "%s{pcpu=\"%u\",node=\"%d\",core=\"%d\"} %.9g\n", rows[row].name,
                        p, topology->nodes[topology->pcpus[p].node].number, topology->pcpus[p].core,
                        values[row]);
            else
                fprintf(to->out, "%s{pcpu=\"%u\"} %.9g\n", rows[row].name, p, values[row]);
        }
    }
}

static void write_vcpus(const struct exposition *to, const struct view *view)
{
    uint32_t counts[VCPU_STATES] = {0};

    exposition_gauge(to, PREFIX "domains", "Active domains.", view->domain_count);
    for (uint32_t v = 0; v < view->vcpu_count; v++)
        counts[vcpu_state(&view->vcpus[v])]++;
    exposition_family(to, PREFIX "vcpus", "gauge", "vCPUs by state.");
    for (uint32_t state = 0; state < VCPU_STATES; state++)
        fprintf(to->out, PREFIX "vcpus{state=\"%s\"} %u\n", vcpu_state_name(state), counts[state]);
}

static void write_stages(const struct exposition *to, const struct plan *plan)
{
    exposition_family(to, PREFIX "stage_seconds", "histogram",
                      "Time that a stage of a period took.");
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        const struct histogram_row *row = &plan->stages[stage];
        const char *name = stage_name((enum stage)stage);

        for (int bound = 0; bound < HISTOGRAM_BOUNDS; bound++)
            fprintf(to->out, PREFIX "stage_seconds_bucket{stage=\"%s\",le=\"%.9g\"} %" PRIu64 "\n",
                    name, (double)histogram_bounds[bound] / 1e9, row->within[bound]);
        fprintf(to->out, PREFIX "stage_seconds_bucket{stage=\"%s\",le=\"+Inf\"} %" PRIu64 "\n",
                name, row->count);
        fprintf(to->out, PREFIX "stage_seconds_sum{stage=\"%s\"} %.9f\n", name,
                (double)row->sum / 1e9);
        fprintf(to->out, PREFIX "stage_seconds_count{stage=\"%s\"} %" PRIu64 "\n", name,
                row->count);
    }
}

static void write_metrics(const struct exposition *to, const struct status_page *page)
{
    write_run(to, page);
    write_totals(to, page);
    write_pcpus(to, page);
    write_pools(to, page);
    write_vcpus(to, &page->plan->view);
    write_stages(to, page->plan);
    if (page->options->metrics_libvirt)
        status_write_libvirt(to, &page->plan->view);
    if (to->open)
        fputs("# EOF\n", to->out);
}

void status_write_metrics(FILE *out, const struct status_page *page)
{
    write_metrics(&(struct exposition){.out = out}, page);
}

void status_write_openmetrics(FILE *out, const struct status_page *page)
{
    write_metrics(&(struct exposition){.out = out, .open = true}, page);
}
