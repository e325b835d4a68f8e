/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rows.h - what the user of vcpu-top looks at: which screen, which rows in which order, and
 * what each key changes. Knows no terminal. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_TOP_ROWS_H
#define VCPU_SCHEDULER_TOP_ROWS_H

#include "top/model.h"
#include "top/options.h"

enum top_screen { TOP_MAIN, TOP_DECISIONS, TOP_STAGES, TOP_HELP };

/** What keys are for now: commands, the text of the filter, of the search, or the menu of sort
 * keys. */
enum top_input { TOP_COMMANDS, TOP_FILTERING, TOP_SEARCHING, TOP_SORTING };

/** A line of the table: a vCPU, or in the tree a domain. */
struct top_row {
    uint32_t domain;
    int64_t vcpu; /* index in model.vcpus; -1: the domain's own line */
};

struct top_view {
    enum top_screen screen;
    enum top_input input;
    unsigned sort; /* enum top_sort */
    unsigned menu; /* the line of the menu that is chosen */
    bool tree, paused, quit;
    char filter[64], search[64];
    char message[200]; /* what is wrong with the status door; "" */
    struct top_row *rows;
    uint32_t row_count, row_capacity;
    uint32_t cursor, first; /* rows: the chosen one, the first that is shown */
    uint32_t height;        /* rows that were shown last; set by whoever draws */
};

/** Keys that are no character; characters are their code points. */
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

/** As the command line asks for it. */
void top_view_init(struct top_view *view, const struct top_options *options);

/** Frees the rows. */
void top_view_finish(struct top_view *view);

/** Makes the rows anew: after another model, and after keys. Returns 0 or -ENOMEM (no rows). */
int top_view_arrange(struct top_view *view, const struct top_model *model);

#endif
