/* SPDX-License-Identifier: GPL-2.0-or-later */
/* draw.c - the main screen: meters, the last decisions, the table of vCPUs. */
#include "top/internal.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

#define WORDS 8 /* column of the last decisions */

/* Widths of the columns; the domain and the allowed set share the rest. POOL is there with pools
 * only. */
enum {
    VCPU = 5,
    POOL = 6,
    PCPU = 6,
    USAGE = 8,
    DELAY = 8,
    STATE = 12,
    FIXED = VCPU + PCPU + USAGE + DELAY + STATE
};

static const struct {
    const char *title;
    unsigned sort;
} titles[] = {
    {"DOMAIN", TOP_BY_DOMAIN}, {"VCPU", TOP_SORTS},      {"POOL", TOP_BY_PCPU},
    {"PCPU", TOP_BY_PCPU},     {"USAGE%", TOP_BY_USAGE}, {"DELAY%", TOP_BY_DELAY},
    {"STATE", TOP_BY_STATE},   {"ALLOWED", TOP_SORTS},
};

const char *top_draw_time(time_t at, char text[9])
{
    struct tm when;

    if (!localtime_r(&at, &when) || strftime(text, 9, "%H:%M:%S", &when) != 8)
        strcpy(text, "--:--:--");
    return text;
}

/* Limits a figure to its column. */
static double shown(double percent)
{
    return fmin(fmax(percent, -9999), 9999);
}

static void draw_title(struct canvas *canvas, const struct top_model *model, unsigned line)
{
    const long up = model->at > model->since ? (long)(model->at - model->since) : 0;
    unsigned column;

    canvas_paint(canvas, line, 0, REST, CANVAS_HEAD);
    column =
        canvas_put(canvas, line, 0, canvas->columns / 3, CANVAS_HEAD, "vcpu-top  %s", model->host);
    canvas_put(canvas, line, column, REST, CANVAS_HEAD,
               "  up %ld:%02ld:%02ld  policy %s  period %.9g s  threshold %.9g %%%s", up / 3600,
               up / 60 % 60, up % 60, model->policy, model->period_s, model->threshold,
               model->dry_run ? "  DRY RUN" : "");
}

static void draw_totals(struct canvas *canvas, const struct top_model *model, unsigned line)
{
    unsigned column =
        canvas_put(canvas, line, 0, REST, CANVAS_PLAIN, "%u domain%s, %u vCPU%s on %u pCPUs",
                   model->domain_count, text_plural(model->domain_count), model->vcpu_count,
                   text_plural(model->vcpu_count), model->pcpu_count);

    if (model->pool_count)
        column =
            canvas_put(canvas, line, column, REST, CANVAS_PLAIN, " in %u pool%s (%s%s%s)",
                       model->pool_count, text_plural(model->pool_count), model->pool_level,
                       strcmp(model->pool_level, model->pool_asked) == 0 ? "" : ", not ",
                       strcmp(model->pool_level, model->pool_asked) == 0 ? "" : model->pool_asked);
    column = canvas_put(canvas, line, column, REST, CANVAS_PLAIN, "; %.0f pin%s", model->pins_made,
                        model->pins_made > 0 && model->pins_made < 2 ? "" : "s");

    if (model->suspects > 0)
        column = canvas_put(canvas, line, column, REST, CANVAS_PLAIN, "; %.0f suspicions",
                            model->suspects);
    if (model->skipped > 0)
        column = canvas_put(canvas, line, column, REST, CANVAS_YELLOW, "; %.0f periods skipped",
                            model->skipped);
    if (model->no_room)
        canvas_put(canvas, line, column, REST, CANVAS_RED, "; NO ROOM");
    else if (model->stuck[0] != '\0')
        canvas_put(canvas, line, column, REST, CANVAS_YELLOW, "; stuck: %s", model->stuck);
}

/* Draws words from column WORDS on, in at most so many lines. Returns the number of lines. */
static unsigned draw_words(struct canvas *canvas, unsigned line, unsigned lines, const char *text)
{
    unsigned used = 0;

    do {
        const size_t length = text_line(text, canvas->columns - WORDS);

        canvas_put(canvas, line + used++, WORDS, REST, CANVAS_PLAIN, "%.*s", (int)length, text);
        text += length + strspn(text + length, " ");
    } while (*text != '\0' && used < lines);
    return used;
}

static unsigned draw_decisions(struct canvas *canvas, const struct top_model *model, unsigned line)
{
    const struct top_decision *last = model->decisions;
    unsigned used;
    char time[9], gained[32] = "not measured yet", text[1200];

    canvas_put(canvas, line, 0, WORDS, CANVAS_BOLD, "Now");
    used = draw_words(canvas, line, 2, model->why);
    canvas_put(canvas, line + used, 0, WORDS, CANVAS_BOLD, "Pins");
    if (!model->decision_count) {
        canvas_put(canvas, line + used, WORDS, REST, CANVAS_DIM, "none yet");
        return used + 1;
    }
    if (!isnan(last->gained))
        snprintf(gained, sizeof gained, "gained %.1f", shown(last->gained));
    snprintf(text, sizeof text, "%s: %d of %d, expected %.1f points, %s: %s",
             top_draw_time(last->at, time), last->made, last->pins, shown(last->expected), gained,
             last->moves);
    return used + draw_words(canvas, line + used, 2, text);
}

static unsigned pool_width(const struct top_model *model)
{
    return model->pool_count ? POOL : 0;
}

/* Width of the domain column. */
static unsigned name_width(const struct canvas *canvas, const struct top_model *model)
{
    const unsigned fixed = FIXED + pool_width(model);
    const unsigned left = canvas->columns > fixed + 24 ? canvas->columns - fixed : 24;

    return left - (left > 60 ? left / 2 : left / 3);
}

static void draw_head(struct canvas *canvas, const struct top_model *model,
                      const struct top_view *view, unsigned line)
{
    const unsigned widths[] = {
        name_width(canvas, model), VCPU, pool_width(model), PCPU, USAGE, DELAY, STATE, REST};
    unsigned column = 0;

    canvas_paint(canvas, line, 0, REST, CANVAS_HEAD);
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        const bool right = i >= 1 && i <= 5;
        const enum canvas_style style = titles[i].sort == view->sort ? CANVAS_CURSOR : CANVAS_HEAD;

        canvas_put(canvas, line, column + (i > 5 ? 2 : 0), widths[i], style, "%*s",
                   right ? (int)widths[i] : 0, titles[i].title);
        column += widths[i];
    }
}

static enum canvas_style state_style(const char *state)
{
    if (strcmp(state, "managed") == 0)
        return CANVAS_GREEN;
    if (strcmp(state, "suspect") == 0)
        return CANVAS_RED;
    if (strcmp(state, "yielded") == 0 || strcmp(state, "floating") == 0)
        return CANVAS_YELLOW;
    return CANVAS_DIM;
}

/* Draws the number of a pool or pCPU; -1: none. */
static unsigned draw_number(struct canvas *canvas, unsigned line, unsigned column, unsigned width,
                            int number)
{
    if (number < 0)
        return canvas_put(canvas, line, column, width, CANVAS_PLAIN, "%*s", (int)width, "-");
    return canvas_put(canvas, line, column, width, CANVAS_PLAIN, "%*d", (int)width, number);
}

static void draw_vcpu(struct canvas *canvas, const struct top_model *model,
                      const struct top_view *view, const struct top_vcpu *vcpu, unsigned line)
{
    const unsigned width = name_width(canvas, model);
    unsigned column = width;

    if (view->tree)
        canvas_put(canvas, line, 2, width - 3, CANVAS_DIM, "`-");
    else
        canvas_put(canvas, line, 0, width - 1, CANVAS_CYAN, "%s",
                   model->domains[vcpu->domain].name);
    column = canvas_put(canvas, line, column, VCPU, CANVAS_PLAIN, "%5d", vcpu->number);
    if (model->pool_count)
        column = draw_number(canvas, line, column, POOL, vcpu->pool);
    column = draw_number(canvas, line, column, PCPU, vcpu->pcpu);
    column = canvas_put(canvas, line, column, USAGE, CANVAS_PLAIN, "%8.1f", shown(vcpu->usage));
    column =
        canvas_put(canvas, line, column, DELAY, vcpu->delay >= 10 ? CANVAS_YELLOW : CANVAS_PLAIN,
                   "%8.1f", shown(vcpu->delay));
    canvas_put(canvas, line, column + 2, STATE - 2, state_style(vcpu->state), "%s", vcpu->state);
    canvas_put(canvas, line, column + STATE + 2, REST, CANVAS_PLAIN, "%s", vcpu->allowed);
}

static void draw_domain(struct canvas *canvas, const struct top_model *model,
                        const struct top_domain *domain, unsigned line)
{
    const unsigned width = name_width(canvas, model),
                   usage = width + VCPU + pool_width(model) + PCPU;

    canvas_put(canvas, line, 0, width - 1, CANVAS_CYAN, "%s", domain->name);
    canvas_put(canvas, line, width, VCPU, CANVAS_BOLD, "%5u", domain->vcpu_count);
    canvas_put(canvas, line, usage, USAGE, CANVAS_BOLD, "%8.1f", shown(domain->usage));
    canvas_put(canvas, line, usage + USAGE + DELAY + 2, STATE - 2, CANVAS_DIM,
               domain->paused     ? "paused"
               : domain->excluded ? "excluded"
                                  : "");
}

/* Draws the rows that fit and scrolls so that the cursor is among them. */
static void draw_rows(struct canvas *canvas, const struct top_model *model, struct top_view *view,
                      unsigned line, unsigned lines)
{
    view->height = lines;
    if (view->first + lines > view->row_count)
        view->first = view->row_count > lines ? view->row_count - lines : 0;
    if (view->cursor < view->first)
        view->first = view->cursor;
    if (lines && view->cursor >= view->first + lines)
        view->first = view->cursor - lines + 1;
    for (unsigned i = 0; i < lines && view->first + i < view->row_count; i++) {
        const struct top_row *row = &view->rows[view->first + i];

        if (row->vcpu < 0)
            draw_domain(canvas, model, &model->domains[row->domain], line + i);
        else
            draw_vcpu(canvas, model, view, &model->vcpus[row->vcpu], line + i);
    }
}

/* Draws all above the rows of the table. Returns the line of the first row. */
static unsigned draw_top(struct canvas *canvas, const struct top_model *model,
                         const struct top_view *view, unsigned meter_lines)
{
    unsigned line = 1;

    draw_title(canvas, model, 0);
    line += top_draw_meters(canvas, model, line, meter_lines);
    draw_totals(canvas, model, line++);
    line += draw_decisions(canvas, model, line);
    draw_head(canvas, model, view, line);
    return line + 1;
}

/* Draws the menu of sort keys over the table. */
static void draw_menu(struct canvas *canvas, const struct top_view *view, unsigned line)
{
    canvas_put(canvas, line - 1, 0, 16, CANVAS_HEAD, "Sort by         ");
    for (unsigned i = 0; i < TOP_SORTS; i++)
        canvas_put(canvas, line + i, 0, 16, i == view->menu ? CANVAS_CURSOR : CANVAS_BOLD, "%-16s",
                   top_sort_words[i]);
}

static void draw_keys(struct canvas *canvas, const struct top_view *view)
{
    static const struct {
        const char *labels[17]; /* a key, what it does, and so on; NULL */
        const char *prompt;     /* NULL: there is no text to enter */
    } bars[] = {
        [TOP_COMMANDS] = {.labels = {"F1", "Help  ", "F3", "Search", "F4", "Filter", "F5", "Tree  ",
                                     "F6", "Sort  ", "F7", "Decisn", "F8", "Stages", "F10",
                                     "Quit  "}},
        [TOP_SORTING] = {.labels = {"Enter", "Sort  ", "Esc", "Cancel"}},
        [TOP_FILTERING] = {{"Enter", "Done  ", "Esc", "Clear "}, "Filter: "},
        [TOP_SEARCHING] = {{"F3", "Next  ", "Enter", "Done  ", "Esc", "Clear "}, "Search: "},
    };
    const char *const *labels = bars[view->input].labels, *prompt = bars[view->input].prompt;
    const unsigned line = canvas->lines - 1;
    unsigned column = 0;

    for (unsigned i = 0; labels[i]; i++)
        column = canvas_put(canvas, line, column, REST, i % 2 ? CANVAS_CURSOR : CANVAS_PLAIN, "%s",
                            labels[i]);
    if (prompt) {
        column = canvas_put(canvas, line, column + 4, REST, CANVAS_BOLD, "%s", prompt);
        canvas_put(canvas, line, column, REST, CANVAS_PLAIN, "%s_",
                   view->input == TOP_FILTERING ? view->filter : view->search);
    } else if (view->input == TOP_COMMANDS && (view->paused || view->filter[0])) {
        canvas_put(canvas, line, canvas->columns - 8, 8, CANVAS_YELLOW,
                   view->paused ? " PAUSED " : " FILTER ");
    }
}

static void draw_main(struct canvas *canvas, const struct top_model *model, struct top_view *view)
{
    const unsigned half = canvas->lines / 2 - 3;
    const unsigned line = draw_top(canvas, model, view, half);
    const unsigned lines = line + 1 < canvas->lines ? canvas->lines - line - 1 : 0;

    draw_rows(canvas, model, view, line, lines);
    if (view->cursor < view->row_count && lines)
        canvas_paint(canvas, line + view->cursor - view->first, 0, REST, CANVAS_CURSOR);
    if (view->input == TOP_SORTING)
        draw_menu(canvas, view, line);
}

void top_draw(struct canvas *canvas, const struct top_model *model, struct top_view *view)
{
    if (canvas->columns < TOP_COLUMNS_LEAST || canvas->lines < TOP_LINES_LEAST) {
        canvas_put(canvas, 0, 0, REST, CANVAS_PLAIN, "too small: %ux%u", TOP_COLUMNS_LEAST,
                   TOP_LINES_LEAST);
        return;
    }
    if (view->screen == TOP_HELP)
        top_draw_help(canvas);
    else if (!model)
        canvas_put(canvas, 0, 0, REST, CANVAS_PLAIN, "waits for vcpu-scheduler ...");
    else if (view->screen == TOP_DECISIONS)
        top_draw_decisions(canvas, model);
    else if (view->screen == TOP_STAGES)
        top_draw_stages(canvas, model);
    else
        draw_main(canvas, model, view);
    draw_keys(canvas, view);
    if (view->message[0])
        canvas_put(canvas, 0, 0, REST, CANVAS_RED, "%-*s", (int)canvas->columns, view->message);
}

unsigned top_draw_all(struct canvas *canvas, unsigned columns, const struct top_model *model,
                      struct top_view *view)
{
    unsigned line;

    if (canvas_clear(canvas, columns, model->meter_count + view->row_count + 8))
        return 0;
    line = draw_top(canvas, model, view, model->meter_count);
    draw_rows(canvas, model, view, line, view->row_count);
    return line + view->row_count;
}
