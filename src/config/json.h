/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.h - what is set, as JSON. Any thread. */
#ifndef VCPU_SCHEDULER_CONFIG_JSON_H
#define VCPU_SCHEDULER_CONFIG_JSON_H

#include "config/options.h"

/** Writes what is set as one JSON object: each option that may be in a file, by its name. Any
 * thread.
 */
void options_write_json(FILE *out, const struct options *options);

#endif
