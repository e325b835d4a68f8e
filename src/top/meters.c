/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meters.c - a meter for each pCPU or pool, grouped by node and core: bars where they fit, else a
 * digit each for tens of percent. */
#include "top/internal.h"

#include <math.h>
#include <string.h>

#define BAR_LEAST  16 /* columns of a bar, its brackets and its mark */
#define LIST_MOST  14 /* columns of a pool's pCPUs: a longer list is told as a number */
#define NODE_LABEL 8  /* "node 12 " */

/* So many pools, or pCPUs, have lines of their own. */
#define POOLS_ALONE 4
#define PCPUS_ALONE 2

#define POOLS_TOGETHER 8 /* digits without a blank between */

/* The meters of a node, which are neighbours in the model; all, if lines are not by node. */
struct group {
    uint32_t first, count;
    int node;
};

/* Returns the group after `after`; its count is 0 at the end. */
static struct group next_group(const struct top_model *model, struct group after)
{
    struct group group = {.first = after.first + after.count};

    if (group.first >= model->meter_count)
        return group;
    group.node = model->meters[group.first].node;
    if (!model->by_node)
        group.count = model->meter_count;
    while (group.first + group.count < model->meter_count &&
           model->meters[group.first + group.count].node == group.node)
        group.count++;
    return group;
}

/* Threads of the first core, one for pools. Lines hold whole cores. */
static unsigned threads_of(const struct top_model *model)
{
    unsigned threads = 1;

    if (model->pool_count)
        return 1;
    while (threads < model->meter_count && model->meters[0].core >= 0 &&
           model->meters[threads].core == model->meters[0].core)
        threads++;
    return threads;
}

/* The pCPUs of a pool: a list, or their number. */
static const char *list_of(const struct top_meter *pool, char text[24])
{
    if (strlen(pool->pcpus) <= LIST_MOST)
        return pool->pcpus;
    snprintf(text, 24, "%d pCPUs", pool->size);
    return text;
}

/* Columns of what stands before a bar: "  3[", and of pools "  1 4-7 [". */
static unsigned label_width(const struct top_model *model)
{
    size_t longest = 0;

    for (uint32_t i = 0; i < model->meter_count && model->meters == model->pools; i++) {
        char text[24];
        const size_t length = strlen(list_of(&model->meters[i], text));

        longest = length > longest ? length : longest;
    }
    return 4 + (longest ? (unsigned)longest + 2 : 0);
}

static unsigned lines_of_bars(const struct top_model *model, unsigned per_line)
{
    struct group group = {0};
    unsigned lines = 0;

    while ((group = next_group(model, group)).count)
        lines += (group.count + per_line - 1) / per_line;
    return lines;
}

static unsigned part(double percent, unsigned columns)
{
    return (unsigned)lrint(fmin(fmax(percent, 0), 100) / 100 * columns);
}

static enum canvas_style style_of(const struct top_model *model, const struct top_meter *meter)
{
    if (!meter->managed)
        return CANVAS_DIM;
    return meter->usage > model->threshold ? CANVAS_RED : CANVAS_PLAIN;
}

/* B: the busiest, F: the freest, x: not managed. */
static char mark_of(const struct top_model *model, const struct top_meter *meter)
{
    if (meter->number == model->busiest)
        return 'B';
    if (meter->number == model->freest)
        return 'F';
    return meter->managed ? ' ' : 'x';
}

static void draw_label(struct canvas *canvas, const struct top_meter *meter, unsigned line,
                       unsigned column, unsigned width)
{
    const enum canvas_style style = meter->managed ? CANVAS_CYAN : CANVAS_DIM;
    char text[24];

    canvas_put(canvas, line, column, 3, style, "%3d", meter->number);
    if (meter->pcpus)
        canvas_put(canvas, line, column + 4, width - 5, CANVAS_PLAIN, "%s", list_of(meter, text));
    canvas_put(canvas, line, column + width - 1, 1, style, "[");
}

/* Draws "  3[||||||==  :     62.0%]B": vCPUs |, other load =, threshold :. */
static void draw_bar(struct canvas *canvas, const struct top_model *model,
                     const struct top_meter *meter, unsigned line, unsigned column, unsigned width)
{
    const unsigned label = label_width(model), inner = width - label - 3, begin = column + label;
    const unsigned used = part(meter->usage, inner), other = part(meter->other, inner);
    const unsigned vms = used > other ? used - other : 0;
    const unsigned mark = part(model->threshold, inner);
    const bool waits = meter->wanted > 100.5;

    draw_label(canvas, meter, line, column, label);
    for (unsigned i = 0; i < used; i++)
        canvas_put(canvas, line, begin + i, 1, i < vms ? CANVAS_GREEN : CANVAS_BLUE,
                   i < vms ? "|" : "=");
    if (mark < inner)
        canvas_put(canvas, line, begin + mark, 1, CANVAS_YELLOW, ":");
    if (waits)
        canvas_put(canvas, line, begin + inner - 6, 6, CANVAS_RED, ">%4.0f%%",
                   fmin(meter->wanted, 9999));
    else
        canvas_put(canvas, line, begin + inner - 6, 6, style_of(model, meter), "%5.1f%%",
                   fmin(fmax(meter->usage, 0), 999.9));
    canvas_put(canvas, line, begin + inner, 2, meter->managed ? CANVAS_CYAN : CANVAS_DIM, "]%c",
               mark_of(model, meter));
}

static void label_node(struct canvas *canvas, const struct top_model *model, unsigned line,
                       const struct group *group)
{
    if (model->pool_count && !model->by_node)
        canvas_put(canvas, line, 0, NODE_LABEL - 1, CANVAS_BOLD, "pools");
    else if (group->node < 0)
        canvas_put(canvas, line, 0, NODE_LABEL - 1, CANVAS_BOLD, "no node");
    else
        canvas_put(canvas, line, 0, NODE_LABEL - 1, CANVAS_BOLD, "node %d", group->node);
}

static unsigned draw_bars(struct canvas *canvas, const struct top_model *model, unsigned line,
                          unsigned per_line)
{
    const unsigned left = model->by_node ? NODE_LABEL : 0;
    const unsigned width = (canvas->columns - left) / per_line;
    const unsigned first = line;
    struct group group = {0};

    while ((group = next_group(model, group)).count) {
        if (left)
            label_node(canvas, model, line, &group);
        for (uint32_t i = 0; i < group.count; i++)
            draw_bar(canvas, model, &model->meters[group.first + i], line + i / per_line,
                     left + i % per_line * width, width);
        line += (group.count + per_line - 1) / per_line;
    }
    return line - first;
}

/* Draws a digit for tens of percent, "*" for a full one. */
static void draw_digit(struct canvas *canvas, const struct top_model *model,
                       const struct top_meter *meter, unsigned line, unsigned column)
{
    const double tens = fmax(meter->usage, 0) / 10;
    enum canvas_style style = style_of(model, meter);

    if (style == CANVAS_PLAIN && tens >= 1)
        style = CANVAS_GREEN;
    if (tens >= 9.95)
        canvas_put(canvas, line, column, 1, style, "*");
    else
        canvas_put(canvas, line, column, 1, style, "%d", (int)tens);
}

/* True if a blank stands before a digit: between cores of several threads, and every few pools. */
static bool stands_apart(const struct top_model *model, const struct group *group, uint32_t i)
{
    const struct top_meter *meter = &model->meters[group->first + i];

    if (model->pool_count)
        return i % POOLS_TOGETHER == 0;
    return meter->core < 0 || meter->core != meter[-1].core;
}

/* Draws digits core by core with blanks between; a group may take several lines. */
static unsigned draw_digits(struct canvas *canvas, const struct top_model *model, unsigned line,
                            unsigned lines)
{
    const unsigned first = line, threads = model->pool_count ? POOLS_TOGETHER : threads_of(model);
    struct group group = {0};

    while (line < first + lines && (group = next_group(model, group)).count) {
        unsigned column = NODE_LABEL;

        label_node(canvas, model, line, &group);
        for (uint32_t i = 0; i < group.count && line < first + lines; i++) {
            const struct top_meter *meter = &model->meters[group.first + i];
            const bool new_core = i && stands_apart(model, &group, i);

            if (new_core && threads > 1)
                column++;
            if (new_core && column + threads > canvas->columns) {
                column = NODE_LABEL;
                line++;
            }
            draw_digit(canvas, model, meter, line, column++);
        }
        line++;
    }
    return line - first;
}

unsigned top_draw_meters(struct canvas *canvas, const struct top_model *model, unsigned line,
                         unsigned lines)
{
    const unsigned left = model->by_node ? NODE_LABEL : 0, threads = threads_of(model);
    const unsigned most = (canvas->columns - left) / (BAR_LEAST + label_width(model));
    const unsigned alone = model->pool_count ? POOLS_ALONE : PCPUS_ALONE;
    unsigned per_line = model->meter_count > alone && most > 1 ? 2 : 1;

    if (threads > per_line && threads <= most)
        per_line = threads;
    while (per_line < most && lines_of_bars(model, per_line) > lines)
        per_line += per_line % threads ? 1 : threads;
    if (per_line > most || lines_of_bars(model, per_line) > lines)
        return draw_digits(canvas, model, line, lines);
    return draw_bars(canvas, model, line, per_line);
}
