/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.h - what the operator sees of a run: with --verbose each period in full on the stream,
 * else a line to standard error whenever something changed; with --quiet only pins that went wrong.
 *
 * One thread at a time (main's).
 */
#ifndef VCPU_SCHEDULER_REPORT_REPORT_H
#define VCPU_SCHEDULER_REPORT_REPORT_H

#include "config/options.h"
#include "plan.h"

#include <stdbool.h>
#include <stdio.h>

struct report;

/**
 * A report that writes verbose periods to `out`. out and options are kept by the caller until
 * report_free(). colour: `out` is a terminal that shows colours. width: its columns; brought into
 * 60 to 300. Returns NULL without memory.
 */
struct report *report_new(FILE *out, const struct options *options, bool colour, unsigned width);

/** Goes on by other options, which were read again. Kept as by report_new(); the old ones must
 * stay, too. */
void report_set_options(struct report *report, const struct options *options);

/** Accepts NULL. */
void report_free(struct report *report);

/**
 * Shows a plan after the actuator, in the order of the periods. Domain names may hold anything.
 * Allocates only when there is more to show than ever before. Returns 0; -ENOMEM: something was
 * left out; another negative errno: `out` took it no more, such as -EPIPE (SIGPIPE must be ignored)
 * or -ENOSPC.
 */
int report_period(struct report *report, const struct plan *plan);

#endif
