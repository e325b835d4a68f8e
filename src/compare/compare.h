/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compare.h - --compare: a trace replayed under every policy of the table. Main thread. */
#ifndef VCPU_SCHEDULER_COMPARE_COMPARE_H
#define VCPU_SCHEDULER_COMPARE_COMPARE_H

#include "config/options.h"

/**
 * Compares the policies, prints the table on standard output and writes the page of --report.
 * Returns 0, or a negative errno after logging what failed. Blocks the signals that end a run.
 */
int compare_policies(const struct options *options);

#endif
