/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys.h - what each key changes. One thread at a time. */
#ifndef VCPU_SCHEDULER_TOP_KEYS_H
#define VCPU_SCHEDULER_TOP_KEYS_H

#include "top/rows.h"

/** A key was pressed. The rows are those of the model. */
void top_view_key(struct top_view *view, const struct top_model *model, int key);

#endif
