/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.h - what the operator sees of a run: with --verbose each period in full on a stream,
 * otherwise a log line whenever something changed; with --quiet only failed pins.
 *
 * Main thread.
 */
#ifndef VCPU_SCHEDULER_REPORT_REPORT_H
#define VCPU_SCHEDULER_REPORT_REPORT_H

#include "config/options.h"
#include "plan.h"

#include <stdbool.h>
#include <stdio.h>

struct report;

/**
 * Returns a report that writes verbose periods to `out`; NULL without memory. The caller keeps out
 * and options until report_free(), which accepts NULL. colour: `out` is a terminal that shows
 * colours. width: its columns, limited to 70 to 300.
 */
struct report *report_new(FILE *out, const struct options *options, bool colour, unsigned width);
void report_free(struct report *report);

/** Switches to options that were read again, which the caller keeps, too. */
void report_set_options(struct report *report, const struct options *options);

/**
 * Shows a plan after the actuator; plans come in the order of their periods. Domain names may hold
 * any bytes. Allocates only when there is more to show than ever before. Returns 0; -ENOMEM:
 * something was left out; or a negative errno of writing to `out` (SIGPIPE must be ignored).
 */
int report_period(struct report *report, const struct plan *plan);

#endif
