/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meters.c - a meter for each pCPU, grouped by node and core: bars where they fit, else a digit
 * each for tens of percent. */
#include "top/internal.h"

#include <math.h>

#define METER_LEAST 20 /* columns of a bar with its number */
#define NODE_LABEL  8  /* "node 12 " */

/* The pCPUs of a node, which are neighbours in the model. */
struct group {
    uint32_t first, count;
    int node;
};

/* Returns the group after `after`; its count is 0 at the end. */
static struct group next_group(const struct top_model *model, struct group after)
{
    struct group group = {.first = after.first + after.count};

    if (group.first >= model->pcpu_count)
        return group;
    group.node = model->pcpus[group.first].node;
    while (group.first + group.count < model->pcpu_count &&
           model->pcpus[group.first + group.count].node == group.node)
        group.count++;
    return group;
}

/* Threads of the first core. Lines hold whole cores. */
static unsigned threads_of(const struct top_model *model)
{
    unsigned threads = 1;

    while (threads < model->pcpu_count && model->pcpus[0].core >= 0 &&
           model->pcpus[threads].core == model->pcpus[0].core)
        threads++;
    return threads;
}

static unsigned lines_of_bars(const struct top_model *model, unsigned per_line)
{
    struct group group = {0};
    unsigned lines = 0;

    while ((group = next_group(model, group)).count)
        lines += (group.count + per_line - 1) / per_line;
    return lines;
}

static bool has_nodes(const struct top_model *model)
{
    return model->pcpu_count && model->pcpus[0].node != model->pcpus[model->pcpu_count - 1].node;
}

static unsigned part(double percent, unsigned columns)
{
    return (unsigned)lrint(fmin(fmax(percent, 0), 100) / 100 * columns);
}

static enum canvas_style style_of(const struct top_model *model, const struct top_pcpu *pcpu)
{
    if (!pcpu->managed)
        return CANVAS_DIM;
    return pcpu->usage > model->threshold ? CANVAS_RED : CANVAS_PLAIN;
}

/* B: the busiest, F: the freest, x: not managed. */
static char mark_of(const struct top_model *model, const struct top_pcpu *pcpu)
{
    if (pcpu->number == model->busiest)
        return 'B';
    if (pcpu->number == model->freest)
        return 'F';
    return pcpu->managed ? ' ' : 'x';
}

/* Draws "  3[||||||==  :     62.0%]B": vCPUs |, other load =, threshold :. */
static void draw_bar(struct canvas *canvas, const struct top_model *model,
                     const struct top_pcpu *pcpu, unsigned line, unsigned column, unsigned width)
{
    const unsigned inner = width - 7, begin = column + 4;
    const unsigned used = part(pcpu->usage, inner), other = part(pcpu->other, inner);
    const unsigned vms = used > other ? used - other : 0;
    const unsigned mark = part(model->threshold, inner);
    const bool waits = pcpu->wanted > 100.5;

    canvas_put(canvas, line, column, 4, pcpu->managed ? CANVAS_CYAN : CANVAS_DIM, "%3d[",
               pcpu->number);
    for (unsigned i = 0; i < used; i++)
        canvas_put(canvas, line, begin + i, 1, i < vms ? CANVAS_GREEN : CANVAS_BLUE,
                   i < vms ? "|" : "=");
    if (mark < inner)
        canvas_put(canvas, line, begin + mark, 1, CANVAS_YELLOW, ":");
    if (waits)
        canvas_put(canvas, line, begin + inner - 6, 6, CANVAS_RED, ">%4.0f%%",
                   fmin(pcpu->wanted, 9999));
    else
        canvas_put(canvas, line, begin + inner - 6, 6, style_of(model, pcpu), "%5.1f%%",
                   fmin(fmax(pcpu->usage, 0), 999.9));
    canvas_put(canvas, line, begin + inner, 2, pcpu->managed ? CANVAS_CYAN : CANVAS_DIM, "]%c",
               mark_of(model, pcpu));
}

static void label_node(struct canvas *canvas, unsigned line, const struct group *group)
{
    if (group->node < 0)
        canvas_put(canvas, line, 0, NODE_LABEL - 1, CANVAS_BOLD, "no node");
    else
        canvas_put(canvas, line, 0, NODE_LABEL - 1, CANVAS_BOLD, "node %d", group->node);
}

static unsigned draw_bars(struct canvas *canvas, const struct top_model *model, unsigned line,
                          unsigned per_line)
{
    const unsigned left = has_nodes(model) ? NODE_LABEL : 0;
    const unsigned width = (canvas->columns - left) / per_line;
    const unsigned first = line;
    struct group group = {0};

    while ((group = next_group(model, group)).count) {
        if (left)
            label_node(canvas, line, &group);
        for (uint32_t i = 0; i < group.count; i++)
            draw_bar(canvas, model, &model->pcpus[group.first + i], line + i / per_line,
                     left + i % per_line * width, width);
        line += (group.count + per_line - 1) / per_line;
    }
    return line - first;
}

/* Draws a digit for tens of percent, "*" for a full pCPU. */
static void draw_digit(struct canvas *canvas, const struct top_model *model,
                       const struct top_pcpu *pcpu, unsigned line, unsigned column)
{
    const double tens = fmax(pcpu->usage, 0) / 10;
    enum canvas_style style = style_of(model, pcpu);

    if (style == CANVAS_PLAIN && tens >= 1)
        style = CANVAS_GREEN;
    if (tens >= 9.95)
        canvas_put(canvas, line, column, 1, style, "*");
    else
        canvas_put(canvas, line, column, 1, style, "%d", (int)tens);
}

/* Draws digits core by core with blanks between; a group may take several lines. */
static unsigned draw_digits(struct canvas *canvas, const struct top_model *model, unsigned line,
                            unsigned lines)
{
    const unsigned first = line, threads = threads_of(model);
    struct group group = {0};

    while (line < first + lines && (group = next_group(model, group)).count) {
        unsigned column = NODE_LABEL;

        label_node(canvas, line, &group);
        for (uint32_t i = 0; i < group.count && line < first + lines; i++) {
            const struct top_pcpu *pcpu = &model->pcpus[group.first + i];
            const bool new_core = i && (pcpu->core < 0 || pcpu->core != pcpu[-1].core);

            if (new_core && threads > 1)
                column++;
            if (new_core && column + threads > canvas->columns) {
                column = NODE_LABEL;
                line++;
            }
            draw_digit(canvas, model, pcpu, line, column++);
        }
        line++;
    }
    return line - first;
}

unsigned top_draw_meters(struct canvas *canvas, const struct top_model *model, unsigned line,
                         unsigned lines)
{
    const unsigned left = has_nodes(model) ? NODE_LABEL : 0, threads = threads_of(model);
    const unsigned most = (canvas->columns - left) / METER_LEAST;
    unsigned per_line = model->pcpu_count > 2 && most > 1 ? 2 : 1;

    if (threads > per_line && threads <= most)
        per_line = threads;
    while (per_line < most && lines_of_bars(model, per_line) > lines)
        per_line += per_line % threads ? 1 : threads;
    if (per_line > most || lines_of_bars(model, per_line) > lines)
        return draw_digits(canvas, model, line, lines);
    return draw_bars(canvas, model, line, per_line);
}
