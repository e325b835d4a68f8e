/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * canvas.h - lines and columns of characters: the output of vcpu-top, for a terminal, a pipe or a
 * test. Text is made safe (text_clean()), and cut at the given width and at the edge. One thread.
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
    CANVAS_CURSOR, /* the chosen line */
    CANVAS_STYLES,
};

/** A character in UTF-8, at most four bytes; "" after a wide one. */
struct canvas_cell {
    char text[5];
    uint8_t style;
};

struct canvas {
    unsigned columns, lines;
    struct canvas_cell *cells; /* line by line */
    uint32_t capacity;         /* cells */
};

/** Resizes the canvas and fills it with blanks. Allocates only to grow. Returns 0 or -ENOMEM. */
int canvas_clear(struct canvas *canvas, unsigned columns, unsigned lines);

/** Frees the cells. A zeroed canvas is accepted. */
void canvas_finish(struct canvas *canvas);

/** Writes text of at most `width` columns (UINT_MAX: up to the end of the line). Text outside of
 * the canvas is dropped. Returns the column after the text. */
__attribute__((format(printf, 6, 7))) unsigned canvas_put(struct canvas *canvas, unsigned line,
                                                          unsigned column, unsigned width,
                                                          enum canvas_style style,
                                                          const char *format, ...);

/** Changes the style of `width` columns and keeps their text. */
void canvas_paint(struct canvas *canvas, unsigned line, unsigned column, unsigned width,
                  enum canvas_style style);

/** Prints a line without styles and without trailing blanks. */
void canvas_print(const struct canvas *canvas, unsigned line, FILE *out);

#endif
