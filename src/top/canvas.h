/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * canvas.h - a sheet of lines and columns to draw on: what vcpu-top shows, whether on a terminal,
 * in a pipe or in a test.
 *
 * Whatever is put on it is made safe (text_clean()), and cut where the place or the sheet ends. One
 * thread at a time.
 */
#ifndef VCPU_SCHEDULER_TOP_CANVAS_H
#define VCPU_SCHEDULER_TOP_CANVAS_H

#include <stdint.h>
#include <stdio.h>

enum canvas_style {
    CANVAS_PLAIN,
    CANVAS_BOLD,
    CANVAS_DIM,
    CANVAS_GREEN,  /* load of vCPUs */
    CANVAS_BLUE,   /* other load */
    CANVAS_YELLOW, /* marks */
    CANVAS_RED,    /* above the threshold */
    CANVAS_CYAN,   /* names of things */
    CANVAS_HEAD,   /* the head of a table */
    CANVAS_CURSOR, /* the line that is chosen */
    CANVAS_STYLES,
};

/** A column of a line: a character in UTF-8, at most four bytes; "" behind a wide one. */
struct canvas_cell {
    char text[5];
    uint8_t style;
};

struct canvas {
    unsigned columns, lines;
    struct canvas_cell *cells; /* line by line */
    size_t capacity;           /* cells */
};

/** Makes it so large and blank. Allocates only for more than ever. Returns 0 or -ENOMEM. */
int canvas_clear(struct canvas *canvas, unsigned columns, unsigned lines);

/** Frees the cells. A zeroed canvas is accepted. */
void canvas_finish(struct canvas *canvas);

/**
 * Writes from a place on, at most so many columns (UINT_MAX: to the end of the line). What is
 * outside of the sheet is left out. Returns the column behind it.
 */
__attribute__((format(printf, 6, 7))) unsigned canvas_put(struct canvas *canvas, unsigned line,
                                                          unsigned column, unsigned width,
                                                          enum canvas_style style,
                                                          const char *format, ...);

/** The same with a text of any length. */
unsigned canvas_text(struct canvas *canvas, unsigned line, unsigned column, unsigned width,
                     enum canvas_style style, const char *text);

/** Gives so many columns a style; what stands there stays. */
void canvas_paint(struct canvas *canvas, unsigned line, unsigned column, unsigned width,
                  enum canvas_style style);

/** Prints a line without its styles and without blanks at its end. */
void canvas_print(const struct canvas *canvas, unsigned line, FILE *out);

#endif
