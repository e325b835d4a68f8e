/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/summary.h"

#include "base/json.h"
#include "report/losses.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/*
 * L is a sum of differences of nanosecond counters. A load of exactly the threshold may be a few
 * rounding errors above it and must not count as over.
 */
#define ROUNDING 1e-6

struct summary {
    double threshold;
    bool dry_run;
    uint64_t periods, counted, pins;
    struct totals totals; /* of the last plan */
    uint32_t vcpus, pcpus;
    double max_sum, sd_sum;        /* sums over periods */
    double excess_sum, demand_sum; /* sums over periods and pCPUs */
    struct losses lost;            /* likewise */
    bool shaped;                   /* a topology was known */
    uint64_t over, pairs;          /* (pCPU, period) pairs */
    struct loads loads;            /* work space of one period */
};

struct summary *summary_new(double threshold, bool dry_run)
{
    struct summary *summary = calloc(1, sizeof *summary);
    if (!summary)
        return NULL;
    summary->threshold = threshold;
    summary->dry_run = dry_run;
    return summary;
}

void summary_free(struct summary *summary)
{
    if (!summary)
        return;
    loads_finish(&summary->loads);
    free(summary);
}

/* Total demand of the vCPUs on managed pCPUs, percent of a pCPU. */
static double sum_demand(const struct summary *summary, const struct view *view)
{
    double demand = 0;

    for (uint32_t i = 0; i < view->vcpu_count; i++) {
        const int32_t p = summary->loads.pool[i];

        if (p >= 0 && view->pools[p].managed)
            demand += view->vcpus[i].usage + view->vcpus[i].delay;
    }
    return demand;
}

static void add_loads(struct summary *summary, const struct view *view, uint32_t pools)
{
    double total = 0, largest = 0, squares = 0;

    for (uint32_t p = 0; p < view->pool_count; p++) {
        double load = summary->loads.load[p];
        if (!view->pools[p].managed)
            continue;
        total += load;
        largest = fmax(largest, load);
        summary->excess_sum += fmax(0, load - summary->threshold);
        summary->over += load > summary->threshold + ROUNDING;
    }
    double mean = total / pools;
    for (uint32_t p = 0; p < view->pool_count; p++) {
        double apart = summary->loads.load[p] - mean;
        if (view->pools[p].managed)
            squares += apart * apart;
    }
    summary->max_sum += largest;
    summary->sd_sum += sqrt(squares / pools);
    summary->pairs += pools;
    summary->counted++;
}

/* How many pools are managed. */
static uint32_t count_pools(const struct view *view)
{
    uint32_t managed = 0;

    for (uint32_t p = 0; p < view->pool_count; p++)
        managed += view->pools[p].managed;
    return managed;
}

int summary_add(struct summary *summary, const struct plan *plan)
{
    const struct view *view = &plan->view;
    const uint32_t managed = cpuset_count(&view->managed);
    enum pin_result counts = summary->dry_run ? PIN_DRY : PIN_DONE;

    summary->totals = plan->totals;
    for (uint32_t i = 0; i < plan->decision.pin_count; i++)
        summary->pins += plan->decision.pins[i].result == counts;
    if (view->vcpu_count > summary->vcpus)
        summary->vcpus = view->vcpu_count;
    if (managed > summary->pcpus)
        summary->pcpus = managed;
    if (view->period == 0)
        return 0;

    if (loads_reserve(&summary->loads, view->vcpu_count, view->pool_count))
        return -ENOMEM;
    summary->periods++;
    if (view->period == 1 || managed == 0)
        return 0;
    loads_measure(&summary->loads, plan);
    summary->demand_sum += sum_demand(summary, view);
    losses_add(&summary->loads, view, &summary->lost);
    summary->shaped |= view->topology.version > 0;
    add_loads(summary, view, count_pools(view));
    return 0;
}

/* A sum as a percentage of the demand; NAN without a counted period. */
static double percent(const struct summary *summary, double sum)
{
    if (summary->counted == 0)
        return (double)NAN;
    return summary->demand_sum > 0 ? 100 * sum / summary->demand_sum : 0;
}

/* A sum over so many; NAN of none. */
static double mean(double sum, uint64_t count)
{
    return count > 0 ? sum / (double)count : (double)NAN;
}

struct summary_figures summary_figures(const struct summary *summary)
{
    const struct losses *lost = &summary->lost;
    const struct totals *totals = &summary->totals;

    return (struct summary_figures){
        .periods = summary->periods,
        .counted = summary->counted,
        .pins = summary->pins,
        .vcpus = summary->vcpus,
        .pcpus = summary->pcpus,
        .suspects = totals->suspects,
        .judged_plans = totals->judged_plans,
        .shaped = summary->shaped,
        .max_mean = mean(summary->max_sum, summary->counted),
        .sd_mean = mean(summary->sd_sum, summary->counted),
        .over_percent = mean(100 * (double)summary->over, summary->pairs),
        .gain_expected = mean(totals->gain_sum, totals->judged_plans),
        .gain_measured = mean(totals->gained_sum, totals->judged_plans),
        .lost_percent = percent(summary, lost->crowding + lost->sibling + lost->remote),
        .lost_crowding_percent = percent(summary, lost->crowding),
        .lost_sibling_percent = percent(summary, lost->sibling),
        .lost_remote_percent = percent(summary, lost->remote),
        .excess_percent = percent(summary, summary->excess_sum),
    };
}

static void print_json(const struct summary *summary, bool demand_estimated, FILE *out)
{
    const struct summary_figures f = summary_figures(summary);
    struct json json = {.out = out};

    json_begin(&json, NULL, '{');
    json_print(&json, "periods", "%" PRIu64, f.periods);
    json_print(&json, "vcpus", "%" PRIu32, f.vcpus);
    json_print(&json, "pcpus", "%" PRIu32, f.pcpus);
    json_print(&json, "pins", "%" PRIu64, f.pins);
    json_number(&json, "max_mean", f.max_mean);
    json_number(&json, "sd_mean", f.sd_mean);
    json_number(&json, "lost_percent", f.lost_percent);
    json_number(&json, "over_percent", f.over_percent);
    json_number(&json, "excess_percent", f.excess_percent);
    json_number(&json, "gain_expected", f.gain_expected);
    json_number(&json, "gain_measured", f.gain_measured);
    json_print(&json, "suspects", "%" PRIu64, f.suspects);
    json_print(&json, "threshold", "%g", summary->threshold);
    json_string(&json, "demand", demand_estimated ? "estimated" : "exact");
    if (summary->dry_run)
        json_bool(&json, "dry_run", true);
    json_number(&json, "lost_crowding_percent", f.lost_crowding_percent);
    json_number(&json, "lost_sibling_percent", f.lost_sibling_percent);
    json_number(&json, "lost_remote_percent", f.lost_remote_percent);
    json_end(&json, '}');
    fputc('\n', out);
}

static void print_lost(const struct summary_figures *f, FILE *out)
{
    if (!f->shaped) {
        fprintf(out, "work lost above 100 %%       %10.4f %% of the demand\n", f->lost_percent);
        return;
    }
    fprintf(out, "work lost                   %10.4f %% of the demand, of that\n", f->lost_percent);
    fprintf(out, "  above 100 %%               %10.4f %%\n", f->lost_crowding_percent);
    fprintf(out, "  beside busy siblings      %10.4f %%\n", f->lost_sibling_percent);
    fprintf(out, "  away from memory          %10.4f %%\n", f->lost_remote_percent);
}

static void print_text(const struct summary *summary, bool demand_estimated, FILE *out)
{
    struct summary_figures f = summary_figures(summary);

    fprintf(out,
            "%" PRIu64 " periods, %" PRIu32 " vCPUs on %" PRIu32 " pCPUs, %" PRIu64 " pins %s\n",
            f.periods, f.vcpus, f.pcpus, f.pins, summary->dry_run ? "would be made" : "made");
    if (f.counted == 0) {
        fputs("too few periods to judge the load\n", out);
        return;
    }
    fprintf(out, "load of the busiest pCPU    %10.3f %%, mean over periods\n", f.max_mean);
    fprintf(out, "standard deviation          %10.3f points, mean over periods\n", f.sd_mean);
    print_lost(&f, out);
    fprintf(out, "pCPU time above %5.4g %%     %10.2f %%\n", summary->threshold, f.over_percent);
    fprintf(out, "demand in excess of %5.4g %% %10.3f %% of the demand\n", summary->threshold,
            f.excess_percent);
    if (f.judged_plans > 0)
        fprintf(
            out,
            "gain of a plan with pins    %10.1f points expected, %.1f measured a period later\n",
            f.gain_expected, f.gain_measured);
    if (f.suspects > 0)
        fprintf(out, "%" PRIu64 " times a vCPU's cross-check turned suspect\n", f.suspects);
    fprintf(out, "demand is %s\n",
            demand_estimated ? "estimated: usage + run-queue delay" : "exact");
}

void summary_print(const struct summary *summary, enum summary_form form, bool demand_estimated,
                   FILE *out)
{
    if (form == SUMMARY_TEXT)
        print_text(summary, demand_estimated, out);
    else if (form == SUMMARY_JSON)
        print_json(summary, demand_estimated, out);
}
