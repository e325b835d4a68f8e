/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * terminal.h - the terminal: shows a canvas, reads keys. The only file that includes curses.
 * There is one; one thread.
 */
#ifndef VCPU_SCHEDULER_TOP_TERMINAL_H
#define VCPU_SCHEDULER_TOP_TERMINAL_H

#include "error.h"
#include "top/canvas.h"

#include <stdbool.h>

/**
 * Takes the terminal of `out` and `in` over, of the kind that TERM names; colour: if it has any.
 * The locale must be set. Returns 0, or -ENOTTY with the words in *why.
 */
int top_screen_open(FILE *out, FILE *in, bool colour, struct failure *why);

/** Gives it back as it was. */
void top_screen_close(void);

/** How large it is now. Takes another size over. */
void top_screen_measure(unsigned *columns, unsigned *lines);

/** Shows the sheet; only what is different is sent. */
void top_screen_show(const struct canvas *canvas);

/** The next key (enum top_key, or a character) that was pressed; -1: none. */
int top_screen_key(void);

#endif
