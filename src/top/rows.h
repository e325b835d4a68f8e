/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rows.h - the state of the user interface of vcpu-top: screen, input, rows of the table. One
 * thread at a time.
 */
#ifndef VCPU_SCHEDULER_TOP_ROWS_H
#define VCPU_SCHEDULER_TOP_ROWS_H

#include "top/model.h"
#include "top/options.h"

enum top_screen { TOP_MAIN, TOP_DECISIONS, TOP_STAGES, TOP_HELP };

/** What keys do: commands, text of the filter, text of the search, or the menu of sort keys. */
enum top_input { TOP_COMMANDS, TOP_FILTERING, TOP_SEARCHING, TOP_SORTING };

/** A row of the table: a vCPU, or in the tree a domain. */
struct top_row {
    uint32_t domain;
    int64_t vcpu; /* index in model.vcpus; -1: the domain's own row */
};

struct top_view {
    enum top_screen screen;
    enum top_input input;
    unsigned sort; /* enum top_sort */
    unsigned menu; /* the chosen line of the menu */
    bool tree, paused, quit;
    char filter[64], search[64];
    char message[200]; /* why the status socket does not answer; "" */
    struct top_row *rows;
    uint32_t row_count, row_capacity;
    uint32_t cursor, first; /* the chosen row, the first visible one */
    uint32_t height;        /* number of visible rows; set by top_draw() */
};

/** Keys that are not characters. A character is its code point. */
enum top_key {
    TOP_KEY_F = 0x110000, /* TOP_KEY_F + 1: F1 … */
    TOP_KEY_UP = TOP_KEY_F + 20,
    TOP_KEY_DOWN,
    TOP_KEY_PAGE_UP,
    TOP_KEY_PAGE_DOWN,
    TOP_KEY_HOME,
    TOP_KEY_END,
    TOP_KEY_BACKSPACE,
    TOP_KEY_ENTER,
    TOP_KEY_ESCAPE,
};

/** Initialises the view from the options. */
void top_view_init(struct top_view *view, const struct top_options *options);

/** Frees the rows. */
void top_view_finish(struct top_view *view);

/** Rebuilds the rows, after another model and after keys. Returns 0 or -ENOMEM (no rows). */
int top_view_arrange(struct top_view *view, const struct top_model *model);

#endif
