/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.c - the table of --compare, for people and for programs. */
#include "compare/internal.h"

#include "base/text.h"
#include "host/replay/replay.h"

#include <inttypes.h>
#include <math.h>

static void print_share(double left, FILE *out)
{
    if (isfinite(left))
        fprintf(out, " %7.3f", left);
    else
        fprintf(out, " %7s", "-");
}

static void print_row(const struct compare_row *row, FILE *out)
{
    const struct summary_figures *f = &row->figures;

    fprintf(out, "%-13s %8" PRIu64 " %8.1f %9.4f", row->policy->name, f->pins, row->pin_rate,
            f->lost_percent);
    if (f->shaped)
        fprintf(out, " %9.4f %9.4f %9.4f", f->lost_crowding_percent, f->lost_sibling_percent,
                f->lost_remote_percent);
    print_share(row->left, out);
    fprintf(out, " %8.3f %7.3f %9.3f %7.2f\n", f->max_mean, f->sd_mean, f->excess_percent,
            f->over_percent);
}

static void print_text(const struct compare *compare, FILE *out)
{
    const struct compare_bound *bound = &compare->bound;
    const struct summary_figures *f = &compare->rows[0].figures;
    char path[500];

    snprintf(path, sizeof path, "%s", host_trace_path(compare->options->uri));
    text_clean(path);
    fprintf(out,
            "%s: %" PRIu32 " vCPU%s on %" PRIu32 " pCPU%s, %" PRIu64
            " period%s of %g s, threshold %g %%\n\n",
            path, f->vcpus, text_plural(f->vcpus), f->pcpus, text_plural(f->pcpus), f->periods,
            text_plural(f->periods), compare->trace->resolution_s,
            compare->options->planner.decision.threshold);
    if (f->counted == 0) {
        fputs("too few periods to judge the load\n", out);
        return;
    }
    fprintf(out, "%-13s %8s %8s %9s", "policy", "pins", "rate", "lost %");
    if (f->shaped)
        fprintf(out, " %9s %9s %9s", "crowding", "siblings", "remote");
    fprintf(out, " %7s %8s %7s %9s %7s\n", "left", "max %", "sd", "excess %", "over %");
    for (uint32_t i = 0; i < compare->count; i++)
        print_row(&compare->rows[i], out);
    fprintf(out, "%-13s %8s %8s %9.4f", "lower bound", "", "", bound->lost_percent);
    if (f->shaped)
        fprintf(out, " %9.4f %9s %9s", bound->lost_percent, "", "");
    print_share(isfinite(compare->rows[0].left) ? 0 : (double)NAN, out);
    fprintf(out, " %8.3f %7s %9.3f\n", bound->max_mean, "", bound->excess_percent);
    fputs("\nrate: pin changes per 100 vCPUs and 100 periods\n"
          "left: how much of the lost work that could be avoided was not\n",
          out);
    if (f->shaped)
        fputs(
            "lost: to crowding, to busy threads of the same core, and to remote memory; the bound "
            "is of crowding only\n",
            out);
}

static void write_row(struct json *json, const struct compare_row *row)
{
    const struct summary_figures *f = &row->figures;

    json_begin(json, NULL, '{');
    json_string(json, "policy", row->policy->name);
    json_print(json, "pins", "%" PRIu64, f->pins);
    json_number(json, "pins_per_100_vcpus_100_periods", row->pin_rate);
    json_number(json, "lost_percent", f->lost_percent);
    json_number(json, "left", row->left);
    json_number(json, "max_mean", f->max_mean);
    json_number(json, "sd_mean", f->sd_mean);
    json_number(json, "excess_percent", f->excess_percent);
    json_number(json, "over_percent", f->over_percent);
    json_number(json, "lost_crowding_percent", f->lost_crowding_percent);
    json_number(json, "lost_sibling_percent", f->lost_sibling_percent);
    json_number(json, "lost_remote_percent", f->lost_remote_percent);
    json_end(json, '}');
}

void compare_write_json(struct json *json, const char *key, const struct compare *compare)
{
    const struct summary_figures *f = &compare->rows[0].figures;

    json_begin(json, key, '{');
    json_string(json, "trace", host_trace_path(compare->options->uri));
    json_print(json, "periods", "%" PRIu64, f->periods);
    json_print(json, "vcpus", "%" PRIu32, f->vcpus);
    json_print(json, "pcpus", "%" PRIu32, f->pcpus);
    json_number(json, "resolution_s", compare->trace->resolution_s);
    json_print(json, "threshold", "%g", compare->options->planner.decision.threshold);
    json_begin(json, "policies", '[');
    for (uint32_t i = 0; i < compare->count; i++)
        write_row(json, &compare->rows[i]);
    json_end(json, ']');
    json_begin(json, "bound", '{');
    json_number(json, "lost_percent", compare->bound.lost_percent);
    json_number(json, "max_mean", compare->bound.max_mean);
    json_number(json, "excess_percent", compare->bound.excess_percent);
    json_end(json, '}');
    json_bool(json, "topology", f->shaped);
    json_end(json, '}');
}

void compare_print(const struct compare *compare, enum summary_form form, FILE *out)
{
    if (form == SUMMARY_JSON) {
        compare_write_json(&(struct json){.out = out}, NULL, compare);
        fputc('\n', out);
    } else {
        print_text(compare, out);
    }
}
