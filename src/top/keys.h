/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys.h - the keys of vcpu-top. One thread at a time. */
#ifndef VCPU_SCHEDULER_TOP_KEYS_H
#define VCPU_SCHEDULER_TOP_KEYS_H

#include "top/rows.h"

/** Handles a key (enum top_key or a code point). model: the rows of the view belong to it. */
void top_view_key(struct top_view *view, const struct top_model *model, int key);

#endif
