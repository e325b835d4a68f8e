/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * terminal.h - the terminal: shows a canvas, reads keys. Only terminal.c includes curses. One
 * terminal, one thread.
 */
#ifndef VCPU_SCHEDULER_TOP_TERMINAL_H
#define VCPU_SCHEDULER_TOP_TERMINAL_H

#include "error.h"
#include "top/canvas.h"

#include <stdbool.h>

/**
 * Takes over the terminal of `out` and `in`, whose type is TERM. colour: use colours if it has any.
 * The locale must be set. Returns 0, or -ENOTTY with the words in *why.
 */
int top_screen_open(FILE *out, FILE *in, bool colour, struct failure *why);

/** Restores the terminal. */
void top_screen_close(void);

/** Returns the current size and adapts to a change of it. */
void top_screen_measure(unsigned *columns, unsigned *lines);

/** Shows a canvas; only differences are sent. */
void top_screen_show(const struct canvas *canvas);

/** Returns the next pressed key (enum top_key or a code point); -1: none. */
int top_screen_key(void);

#endif
