/* SPDX-License-Identifier: GPL-2.0-or-later */
/* draw.h - draws the screens of vcpu-top on a canvas of any size. One thread at a time. */
#ifndef VCPU_SCHEDULER_TOP_DRAW_H
#define VCPU_SCHEDULER_TOP_DRAW_H

#include "top/canvas.h"
#include "top/model.h"
#include "top/rows.h"

/* The smallest canvas for a screen. */
#define TOP_COLUMNS_LEAST 40
#define TOP_LINES_LEAST   10

/** Draws the current screen on a clear canvas; sets view->height and scrolls to the cursor.
 * model: NULL before the first answer. */
void top_draw(struct canvas *canvas, const struct top_model *model, struct top_view *view);

/** Draws the main screen with all rows and without keys on a clear canvas of top_draw_lines()
 * lines. Returns the number of lines drawn. */
unsigned top_draw_all(struct canvas *canvas, const struct top_model *model, struct top_view *view);

/** Lines that suffice for top_draw_all(). */
unsigned top_draw_lines(const struct top_model *model, const struct top_view *view);

/** Formats a local time as HH:MM:SS. */
const char *top_draw_time(time_t at, char text[9]);

#endif
