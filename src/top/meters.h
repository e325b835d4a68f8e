/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meters.h - a meter for each pCPU. */
#ifndef VCPU_SCHEDULER_TOP_METERS_H
#define VCPU_SCHEDULER_TOP_METERS_H

#include "top/draw.h"

/** Draws the meters of all pCPUs in at most `lines` lines from `line` on. Returns the number of
 * lines used. */
unsigned top_draw_meters(struct canvas *canvas, const struct top_model *model, unsigned line,
                         unsigned lines);

#endif
