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
 * and options until report_free(). colour: `out` is a terminal that shows colours. width: its
 * columns, limited to 70 to 300.
 */
struct report *report_new(FILE *out, const struct options *options, bool colour, unsigned width);

/**
 * Switches to options that were read again. The caller keeps both old and new until report_free().
 */
void report_set_options(struct report *report, const struct options *options);

/** Accepts NULL. */
void report_free(struct report *report);

/**
 * Shows a plan after the actuator; plans come in the order of their periods. Domain names may hold
 * any bytes. Allocates only when there is more to show than ever before. Returns 0; -ENOMEM:
 * something was left out; another negative errno of writing to `out`, such as -EPIPE (SIGPIPE must
 * be ignored) or -ENOSPC.
 */
int report_period(struct report *report, const struct plan *plan);

#endif
