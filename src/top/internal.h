/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal.h - vcpu-top's options, the state of its user interface, the screens drawn from it, the
 * terminal, and the status socket. One thread at a time. */
#ifndef VCPU_SCHEDULER_TOP_INTERNAL_H
#define VCPU_SCHEDULER_TOP_INTERNAL_H

#include "config/table/row.h"
#include "top/canvas.h"
#include "top/model.h"

#include <limits.h>
#include <poll.h>
#include <time.h>

/* ---- options.c ---- */

enum top_sort { TOP_BY_USAGE, TOP_BY_DELAY, TOP_BY_PCPU, TOP_BY_DOMAIN, TOP_BY_STATE, TOP_SORTS };

/** The words of --sort, in the order of enum top_sort, NULL-terminated. */
extern const char *const top_sort_words[];

struct top_options {
    const char *connect; /* a socket's path or an http URL; NULL: the default socket */
    double delay_s;      /* 0.1 to 3600 */
    uint32_t iterations; /* 0: no end */
    bool batch;
    unsigned sort; /* enum top_sort */
    bool tree;
    const char *filter; /* NULL: all */
    bool colour;
};

/** As options_parse(). */
enum options_verdict top_options_parse(struct top_options *options, int argc, char **argv,
                                       FILE *out, FILE *err);

/* ---- rows.c ---- */

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

/** Initialises the view from the options. */
void top_view_init(struct top_view *view, const struct top_options *options);

/** Frees the rows. */
void top_view_finish(struct top_view *view);

/** Rebuilds the rows, after another model and after keys. Returns 0 or -ENOMEM (no rows). */
int top_view_arrange(struct top_view *view, const struct top_model *model);

/* ---- keys.c ---- */

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

/** Handles a key (enum top_key or a code point). model: the rows of the view belong to it. */
void top_view_key(struct top_view *view, const struct top_model *model, int key);

/* ---- draw.c ---- */

/* The smallest canvas for a screen. */
#define TOP_COLUMNS_LEAST 40
#define TOP_LINES_LEAST   10

/* Up to the end of the line. */
#define REST UINT_MAX

/** Draws the current screen on a clear canvas; sets view->height and scrolls to the cursor.
 * model: NULL before the first answer. */
void top_draw(struct canvas *canvas, const struct top_model *model, struct top_view *view);

/** Draws the main screen with all rows and without keys, on a canvas that it makes long enough.
 * Returns the number of lines drawn; 0: no memory. */
unsigned top_draw_all(struct canvas *canvas, unsigned columns, const struct top_model *model,
                      struct top_view *view);

/** Formats a local time as HH:MM:SS. */
const char *top_draw_time(time_t at, char text[9]);

/* ---- meters.c ---- */

/** Draws the meters of all pools or pCPUs in at most `lines` lines from `line` on. Returns the
 * number of lines used. */
unsigned top_draw_meters(struct canvas *canvas, const struct top_model *model, unsigned line,
                         unsigned lines);

/* ---- pages.c ---- */

/** Draw the screen of decisions, stages or help on a clear canvas. */
void top_draw_decisions(struct canvas *canvas, const struct top_model *model);
void top_draw_stages(struct canvas *canvas, const struct top_model *model);
void top_draw_help(struct canvas *canvas);

/* ---- terminal.c: shows a canvas, reads keys; one terminal ---- */

/** Takes over the terminal of `out` and `in`, whose type is TERM. colour: use colours if it has
 * any. The locale must be set. Returns 0, or -ENOTTY with the words in *why. */
int top_screen_open(FILE *out, FILE *in, bool colour, struct failure *why);

/** Restores the terminal. */
void top_screen_close(void);

/** Returns the current size and adapts to a change of it. */
void top_screen_measure(unsigned *columns, unsigned *lines);

/** Shows a canvas; only differences are sent. */
void top_screen_show(const struct canvas *canvas);

/** Returns the next pressed key (enum top_key or a code point); -1: none. */
int top_screen_key(void);

/* ---- client.c: reads /status from a status socket over HTTP (libcurl), without blocking ---- */

struct top_fetch;

/** where: the path of a Unix socket (with a slash in it), or "http://ADDRESS:PORT"; NULL: the
 * default socket. Returns NULL with the words in *why if `where` is neither or memory is short. */
struct top_fetch *top_fetch_new(const char *where, struct failure *why);

/** Accepts NULL. */
void top_fetch_free(struct top_fetch *fetch);

/** Begins a request. One under way is cancelled. */
void top_fetch_begin(struct top_fetch *fetch);

/** True while a request is under way: at most 3 seconds. */
bool top_fetch_is_under_way(const struct top_fetch *fetch);

/**
 * Waits for the answer, for input on the descriptors (sets revents), or for the time given. Returns
 * true once the request has ended: *text has *size bytes and is valid until the next request; or it
 * is NULL with the words in *why.
 */
bool top_fetch_wait(struct top_fetch *fetch, struct pollfd *fds, unsigned count, int milliseconds,
                    const char **text, size_t *size, struct failure *why);

#endif
