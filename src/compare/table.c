/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.c - the table of --compare, for people and for programs. */
#include "compare/internal.h"

#include "base/text.h"
#include "host/replay/replay.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Columns of a line of text. */
#define WIDTH 80

static void print_share(double left, FILE *out)
{
    if (isfinite(left))
        fprintf(out, " %7.3f", left);
    else
        fprintf(out, " %7s", "-");
}

/* before: the row above; NULL: none. */
static void print_row(const struct compare_row *row, const struct compare_row *before, FILE *out)
{
    const struct summary_figures *f = &row->figures;

    if (compare_is_kernel(row))
        fprintf(out, "%-13s", "kernel alone");
    else
        fprintf(out, "%-4s %-8s", before && before->level == row->level ? "" : row->level->name,
                row->policy->name);
    fprintf(out, " %6" PRIu64 " %7.1f %8.4f", f->pins, row->pin_rate, f->lost_percent);
    if (f->shaped)
        fprintf(out, " %8.4f %8.4f %8.4f", f->lost_crowding_percent, f->lost_sibling_percent,
                f->lost_remote_percent);
    print_share(row->left, out);
    fprintf(out, " %7.2f\n", f->max_mean);
}

/* Words in lines of WIDTH columns. */
static void print_words(const char *words, FILE *out)
{
    while (*words != '\0') {
        const size_t length = text_line(words, WIDTH);

        fprintf(out, "%.*s\n", (int)length, words);
        words += length + strspn(words + length, " ");
    }
}

/* Which pools are named twice, and what the columns mean. */
static void print_notes(const struct compare *compare, FILE *out)
{
    for (uint32_t i = 2; i < compare->level_count; i++) {
        const struct compare_level *level = &compare->levels[i];

        if (level->same)
            fprintf(out, "%s: the same pools as %s\n", level->name, level->same->name);
    }
    print_words(compare->rows[0].figures.shaped
                    ? "kernel alone: no pins, one pool of all pCPUs; memory is as often remote as "
                      "chance has it, but automatic NUMA balancing may do better"
                    : "kernel alone: no pins, one pool of all pCPUs",
                out);
    print_words("rate: pin changes per 100 vCPUs and 100 periods", out);
    print_words("left: how much of the lost work that could be avoided was not", out);
    if (compare->rows[0].figures.shaped)
        print_words("lost: to crowding, to busy threads of the same core, and to remote memory; "
                    "the bound is of crowding only",
                    out);
}

static void print_text(const struct compare *compare, FILE *out)
{
    const struct compare_bound *bound = &compare->bound;
    const struct summary_figures *f = &compare->rows[0].figures;
    char path[500];

    snprintf(path, sizeof path, "%s", host_trace_path(compare->options->uri));
    text_clean(path);
    fprintf(out, "%s:\n%" PRIu32 " vCPU%s on %" PRIu32 " pCPU%s, %" PRIu64 " period%s of %g s\n\n",
            path, f->vcpus, text_plural(f->vcpus), f->pcpus, text_plural(f->pcpus), f->periods,
            text_plural(f->periods), compare->trace->resolution_s);
    if (f->counted == 0) {
        fputs("too few periods to judge the load\n", out);
        return;
    }
    fprintf(out, "%-4s %-8s %6s %7s %8s", "pool", "policy", "pins", "rate", "lost %");
    if (f->shaped)
        fprintf(out, " %8s %8s %8s", "crowding", "siblings", "remote");
    fprintf(out, " %7s %7s\n", "left", "max %");
    for (uint32_t i = 0; i < compare->count; i++)
        print_row(&compare->rows[i], i > 0 ? &compare->rows[i - 1] : NULL, out);
    fprintf(out, "%-13s %6s %7s %8.4f", "lower bound", "", "", bound->lost_percent);
    if (f->shaped)
        fprintf(out, " %8.4f %8s %8s", bound->lost_percent, "", "");
    print_share(isfinite(compare->rows[0].left) ? 0 : (double)NAN, out);
    fputs("\n\n", out);
    print_notes(compare, out);
    fputc('\n', out);
    print_words(compare->choice.text, out);
}

static void write_row(struct json *json, const struct compare_row *row)
{
    const struct summary_figures *f = &row->figures;

    json_begin(json, NULL, '{');
    json_string(json, "level", row->level->name);
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
    json_number(json, "cost_percent", row->cost);
    json_end(json, '}');
}

static void write_level(struct json *json, const struct compare_level *level)
{
    const struct policy_settings *settings = &level->options.planner.decision;

    json_begin(json, NULL, '{');
    json_string(json, "level", level->name);
    json_print(json, "pools", "%" PRIu32, level->pools.count);
    json_string(json, "same_as", level->same ? level->same->name : NULL);
    json_print(json, "threshold", "%g", settings->threshold);
    json_print(json, "min_gain", "%g", settings->min_gain);
    json_print(json, "pin_price", "%g", settings->pin_price);
    json_end(json, '}');
}

static void write_choice(struct json *json, const struct compare_choice *choice)
{
    json_begin(json, "choice", '{');
    json_string(json, "level", choice->row ? choice->row->level->name : NULL);
    json_string(json, "policy", choice->row ? choice->row->policy->name : NULL);
    json_string(json, "why", choice->text);
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
    json_print(json, "threshold", "%g", compare->levels[0].options.planner.decision.threshold);
    json_begin(json, "levels", '[');
    for (uint32_t i = 0; i < compare->level_count; i++)
        write_level(json, &compare->levels[i]);
    json_end(json, ']');
    json_begin(json, "policies", '[');
    for (uint32_t i = 0; i < compare->count; i++)
        write_row(json, &compare->rows[i]);
    json_end(json, ']');
    json_begin(json, "bound", '{');
    json_number(json, "lost_percent", compare->bound.lost_percent);
    json_number(json, "max_mean", compare->bound.max_mean);
    json_number(json, "excess_percent", compare->bound.excess_percent);
    json_end(json, '}');
    write_choice(json, &compare->choice);
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
