/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status_metrics.c - a page in the text form of OpenMetrics 1.0, in base units: seconds, bytes,
 * ratios of one pCPU.
 */
#include "config.h"

#include "status.h"

#include <inttypes.h>

#define PREFIX "vcpu_scheduler_"

static const char *const result_names[PIN_RESULT_COUNT] = {
    [PIN_PLANNED] = "untried",
    [PIN_DONE] = "done",
    [PIN_DRY] = "dry",
    [PIN_GONE] = "gone",
    [PIN_BUSY] = "busy",
    [PIN_FAILED] = "failed",
    [PIN_UNCONFIRMED] = "unconfirmed",
    [PIN_UNDONE] = "undone",
    [PIN_SKIPPED] = "skipped",
    [PIN_YIELDED] = "yielded",
};

static void describe(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# TYPE " PREFIX "%s %s\n# HELP " PREFIX "%s %s\n", name, type, name, help);
}

static void gauge(FILE *out, const char *name, const char *help, double value)
{
    describe(out, name, "gauge", help);
    fprintf(out, PREFIX "%s %.15g\n", name, value);
}

static void counter(FILE *out, const char *name, const char *help, uint64_t value)
{
    describe(out, name, "counter", help);
    fprintf(out, PREFIX "%s_total %" PRIu64 "\n", name, value);
}

static void write_run(FILE *out, const struct status_page *page)
{
    const struct plan *plan = page->plan;

    describe(out, "build", "info", "What runs.");
    fprintf(out,
            PREFIX "build_info{version=\"" PACKAGE_VERSION "\",policy=\"%s\",dry_run=\"%d\"} 1\n",
            page->options->policy->name, page->options->dry_run);
    gauge(out, "start_time_seconds", "When it was started, since the epoch.", (double)page->since);
    gauge(out, "last_period_time_seconds", "When the last period ended, since the epoch.",
          (double)page->at);
    gauge(out, "period_seconds", "The period.", page->options->period_s);
    gauge(out, "threshold_ratio", "The threshold, of one pCPU.",
          page->options->decision.threshold / 100);
    counter(out, "periods_skipped", "Periods without a sample, since the one before took too long.",
            plan->skipped);
    counter(out, "snapshots_passed_over", "Samples left for a newer one.", plan->passed_over);
    counter(out, "suspects", "Times that a vCPU's two sources came to disagree.", plan->suspects);
    counter(out, "reconnects", "Times that libvirt was away and came back.",
            plan->totals.reconnects);
    describe(out, "cpu_seconds", "counter", "CPU time of the daemon itself.");
    fprintf(out, PREFIX "cpu_seconds_total %.6f\n", status_cpu_seconds());
    gauge(out, "resident_memory_bytes", "Memory of the daemon itself.",
          (double)status_resident_bytes());
}

static void write_totals(FILE *out, const struct status_page *page)
{
    const struct plan *plan = page->plan;

    describe(out, "decisions", "counter", "Periods by how they ended.");
    for (int reason = 0; reason < REASON_COUNT; reason++)
        fprintf(out, PREFIX "decisions_total{reason=\"%s\"} %" PRIu64 "\n",
                status_reason((enum reason)reason), plan->totals.decisions[reason]);
    describe(out, "pins", "counter", "Pin changes by what became of them.");
    for (int result = 0; result < PIN_RESULT_COUNT; result++)
        fprintf(out, PREFIX "pins_total{result=\"%s\"} %" PRIu64 "\n", result_names[result],
                plan->totals.pins[result]);
    counter(out, "judged_plans", "Plans with pins whose gain was measured.", plan->judged_plans);
    gauge(out, "predicted_gain_ratio", "Of these: load of the busiest that was to go, summed up.",
          plan->gain_sum / 100);
    gauge(out, "realised_gain_ratio", "Of these: load of the busiest that went, summed up.",
          plan->gained_sum / 100);
}

static void write_extreme(FILE *out, const struct view *view, const char *name, int32_t pcpu)
{
    char full[64], help[96];

    if (pcpu < 0)
        return;
    snprintf(full, sizeof full, "%s_ratio", name);
    snprintf(help, sizeof help, "Usage of the %s pCPU.", name);
    gauge(out, full, help, view->pcpus[pcpu].usage / 100);
    snprintf(full, sizeof full, "%s_pcpu", name);
    snprintf(help, sizeof help, "The number of the %s pCPU.", name);
    gauge(out, full, help, pcpu);
}

static void write_pcpus(FILE *out, const struct status_page *page)
{
    const struct view *view = &page->plan->view;
    static const struct {
        const char *name, *help;
    } rows[] = {
        {"pcpu_usage_ratio", "Usage of a pCPU."},
        {"pcpu_other_ratio", "Of that, what is not by vCPUs."},
        {"pcpu_managed", "Whether vCPUs may be placed there."},
    };

    write_extreme(out, view, "busiest", view->busiest);
    write_extreme(out, view, "freest", view->freest);
    gauge(out, "no_room",
          "1 while the busiest is above the threshold and no pin on this host helps.",
          page->no_room);
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        describe(out, rows[row].name, "gauge", rows[row].help);
        for (uint32_t p = 0; p < view->pcpu_count; p++) {
            const struct view_pcpu *pcpu = &view->pcpus[p];
            const double values[] = {pcpu->usage / 100, pcpu->other / 100, pcpu->managed};
            const struct topology *topology = &view->topology;
            const bool known = p < topology->pcpu_count && topology->pcpus[p].node >= 0;

            if (known)
                fprintf(out, PREFIX "%s{pcpu=\"%u\",node=\"%d\",core=\"%d\"} %.9g\n",
                        rows[row].name, p, topology->nodes[topology->pcpus[p].node].number,
                        topology->pcpus[p].core, values[row]);
            else
                fprintf(out, PREFIX "%s{pcpu=\"%u\"} %.9g\n", rows[row].name, p, values[row]);
        }
    }
}

static void write_vcpus(FILE *out, const struct view *view)
{
    uint32_t counts[STATUS_STATES] = {0};

    gauge(out, "domains", "Active domains.", view->domain_count);
    for (uint32_t v = 0; v < view->vcpu_count; v++)
        counts[status_state(&view->vcpus[v])]++;
    describe(out, "vcpus", "gauge", "vCPUs by state.");
    for (uint32_t state = 0; state < STATUS_STATES; state++)
        fprintf(out, PREFIX "vcpus{state=\"%s\"} %u\n", status_state_name(state), counts[state]);
}

static void write_stages(FILE *out, const struct plan *plan)
{
    describe(out, "stage_seconds", "histogram", "Time that a stage of a period took.");
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        const struct histogram_row *row = &plan->stages[stage];
        const char *name = status_stage((enum stage)stage);

        for (int bound = 0; bound < HISTOGRAM_BOUNDS; bound++)
            fprintf(out, PREFIX "stage_seconds_bucket{stage=\"%s\",le=\"%.9g\"} %" PRIu64 "\n",
                    name, (double)histogram_bounds[bound] / 1e9, row->within[bound]);
        fprintf(out, PREFIX "stage_seconds_bucket{stage=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name,
                row->count);
        fprintf(out, PREFIX "stage_seconds_sum{stage=\"%s\"} %.9f\n", name, (double)row->sum / 1e9);
        fprintf(out, PREFIX "stage_seconds_count{stage=\"%s\"} %" PRIu64 "\n", name, row->count);
    }
}

void status_write_metrics(FILE *out, const struct status_page *page)
{
    write_run(out, page);
    write_totals(out, page);
    write_pcpus(out, page);
    write_vcpus(out, &page->plan->view);
    write_stages(out, page->plan);
    fputs("# EOF\n", out);
}
