/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meters.h - a meter for each pCPU. */
#ifndef VCPU_SCHEDULER_TOP_METERS_H
#define VCPU_SCHEDULER_TOP_METERS_H

#include "top/draw.h"

/** The meters of all pCPUs, from that line on, in at most so many lines. Returns how many it took.
 * For draw.c. */
unsigned top_draw_meters(struct canvas *canvas, const struct top_model *model, unsigned line,
                         unsigned lines);

#endif
