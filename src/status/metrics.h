/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metrics.h - a page of the status as metrics. Any thread. */
#ifndef VCPU_SCHEDULER_STATUS_METRICS_H
#define VCPU_SCHEDULER_STATUS_METRICS_H

#include "status/status.h"

#include <stdio.h>

/** Writes a page as metrics: Prometheus' own text, version 0.0.4, and OpenMetrics 1.0.0. Any
 * thread.
 */
void status_write_metrics(FILE *out, const struct status_page *page);

void status_write_openmetrics(FILE *out, const struct status_page *page);

#endif
