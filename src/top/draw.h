/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * draw.h - draws what vcpu-top shows: the screen that is looked at, on a sheet of any size.
 * One thread at a time.
 */
#ifndef VCPU_SCHEDULER_TOP_DRAW_H
#define VCPU_SCHEDULER_TOP_DRAW_H

#include "top/canvas.h"
#include "top/model.h"
#include "top/rows.h"

/* Below that there is nothing to be read. */
#define TOP_COLUMNS_LEAST 40
#define TOP_LINES_LEAST   10

/** Draws the screen on a clear sheet; sets view->height and keeps the cursor in sight. model: NULL
 * before the first. */
void top_draw(struct canvas *canvas, const struct top_model *model, struct top_view *view);

/** Draws all of the main screen from line 0 on, without keys, on a clear sheet that is as high as
 * top_draw_lines() says. Returns how many lines it took. */
unsigned top_draw_all(struct canvas *canvas, const struct top_model *model, struct top_view *view);

/** Enough for top_draw_all(). */
unsigned top_draw_lines(const struct top_model *model, const struct top_view *view);

/** A time of day, for one line. */
const char *top_draw_time(time_t at, char text[9]);

#endif
