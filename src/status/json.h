/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.h - a page of the status as JSON. Any thread. */
#ifndef VCPU_SCHEDULER_STATUS_JSON_H
#define VCPU_SCHEDULER_STATUS_JSON_H

#include "status/status.h"

#include <stdio.h>

/** Writes a page as JSON, one object. Any thread. */
void status_write_json(FILE *out, const struct status_page *page);

#endif
