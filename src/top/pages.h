/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pages.h - the screens other than the main one. One thread at a time. */
#ifndef VCPU_SCHEDULER_TOP_PAGES_H
#define VCPU_SCHEDULER_TOP_PAGES_H

#include "top/draw.h"

/** Draws the screen of decisions, stages or help on a clear canvas. */
void top_draw_decisions(struct canvas *canvas, const struct top_model *model);
void top_draw_stages(struct canvas *canvas, const struct top_model *model);
void top_draw_help(struct canvas *canvas);

#endif
