/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.h - a status page as JSON. Any thread. */
#ifndef VCPU_SCHEDULER_STATUS_JSON_H
#define VCPU_SCHEDULER_STATUS_JSON_H

#include "status/status.h"

#include <stdio.h>

/** Writes a page as one JSON object on one line. */
void status_write_json(FILE *out, const struct status_page *page);

#endif
