/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pages.c - the other screens: decisions, stages, help. */
#include "top/internal.h"

#include "base/text.h"

#include <math.h>

void top_draw_decisions(struct canvas *canvas, const struct top_model *model)
{
    unsigned line = 0;

    canvas_paint(canvas, line, 0, REST, CANVAS_HEAD);
    canvas_put(canvas, line++, 0, REST, CANVAS_HEAD, "%-8s %10s %9s %9s  %s", "TIME", "PINS",
               "EXPECTED", "GAINED", "PINS, AND THEIR REASON");
    if (!model->decision_count)
        canvas_put(canvas, line, 0, REST, CANVAS_DIM, "no pins yet");
    for (uint32_t i = 0; i < model->decision_count && line + 2 < canvas->lines; i++) {
        const struct top_decision *one = &model->decisions[i];
        const enum canvas_style style = one->gained < 0 ? CANVAS_RED : CANVAS_GREEN;
        char time[9];
        unsigned column;

        column = canvas_put(canvas, line, 0, REST, CANVAS_PLAIN, "%-8s %4d of %2d %9.1f ",
                            top_draw_time(one->at, time), one->made, one->pins, one->expected);
        if (isnan(one->gained))
            column = canvas_put(canvas, line, column, REST, CANVAS_DIM, "%9s  ", "-");
        else
            column = canvas_put(canvas, line, column, REST, style, "%9.1f  ", one->gained);
        canvas_put(canvas, line++, column, REST, CANVAS_CYAN, "%s", one->moves);
        canvas_put(canvas, line++, 2, REST, CANVAS_PLAIN, "%s", one->why);
    }
}

void top_draw_stages(struct canvas *canvas, const struct top_model *model)
{
    unsigned line = 0;

    canvas_paint(canvas, line, 0, REST, CANVAS_HEAD);
    canvas_put(canvas, line++, 0, REST, CANVAS_HEAD, "%-14s%12s%9s%11s%11s%11s", "STAGE", "COUNT",
               "P50", "P90", "P99", "LONGEST");
    for (uint32_t i = 0; i < model->stage_count; i++) {
        const struct top_stage *stage = &model->stages[i];
        const double figures[] = {stage->p50_ns, stage->p90_ns, stage->p99_ns, stage->max_ns};
        unsigned column;
        char text[24];

        canvas_put(canvas, line, 0, 14, CANVAS_CYAN, "%s", stage->name);
        column = canvas_put(canvas, line, 14, REST, CANVAS_PLAIN, "%12.0f", stage->count);
        for (size_t n = 0; n < sizeof figures / sizeof *figures && stage->count > 0; n++)
            column = canvas_put(canvas, line, column, REST, CANVAS_PLAIN, "  %s",
                                text_duration(text, figures[n]));
        line++;
    }
    canvas_put(canvas, line + 1, 0, REST, CANVAS_PLAIN,
               "vcpu-scheduler %s, %.0f periods: %.2f s of CPU time, %.1f MiB of memory",
               model->version, model->period, model->cpu_seconds, model->resident_bytes / 1048576);
}

void top_draw_help(struct canvas *canvas)
{
    static const char *const lines[] = {
        "vcpu-top shows what vcpu-scheduler sees and does.",
        "",
        "  3[||||||||==   :      42.0%]B   pCPU 3: | vCPUs, = all else, : the threshold",
        "                                  B busiest, F freest, x not managed; > 100 %:",
        "                                  more is wanted than there is",
        "  1 4-7 [||||||||||   :  51.0%]F  pool 1 of pCPUs 4 to 7, in percent of these",
        "Of many a digit each: tens of percent, * full; red: above the threshold.",
        "",
        " F3 /    search for a domain        Up Down PgUp PgDn Home End   go through rows",
        " F4 \\    only such domains          P D C N S   sort by usage, delay, pCPU",
        " F5 t    domains with their vCPUs               (with pools pool), domain, state",
        " F6 >    sort by                    Z Space     hold still",
        " F7 d    the latest decisions       F1 h ?      this",
        " F8 g    what the stages take       F10 q       leave",
        "",
        "States: managed; fixed by its owner to one pCPU or pool; excluded; yielded to",
        "somebody who has pinned it since; suspect: its two sources of CPU time disagree;",
        "paused; new; realtime; unchecked: it has no cgroup; floating: it has no pCPU or",
        "pool of its own.",
    };

    for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++)
        canvas_put(canvas, i, 0, REST, i ? CANVAS_PLAIN : CANVAS_BOLD, "%s", lines[i]);
}
