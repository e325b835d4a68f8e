/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json.h - the settings as JSON. */
#ifndef VCPU_SCHEDULER_CONFIG_JSON_H
#define VCPU_SCHEDULER_CONFIG_JSON_H

#include "base/json.h"
#include "config/options.h"

/** Writes the options that may be in a file as a JSON object, each by its name. Any thread. */
void options_write_json(struct json *json, const char *key, const struct options *options);

#endif
