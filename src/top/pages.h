/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pages.h - the screens beside the main one. One thread at a time. */
#ifndef VCPU_SCHEDULER_TOP_PAGES_H
#define VCPU_SCHEDULER_TOP_PAGES_H

#include "top/draw.h"

/** The screens of decisions, stages and keys. */
void top_draw_decisions(struct canvas *canvas, const struct top_model *model);
void top_draw_stages(struct canvas *canvas, const struct top_model *model);
void top_draw_help(struct canvas *canvas);

#endif
