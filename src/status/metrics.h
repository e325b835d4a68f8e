/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metrics.h - a status page as metrics. Any thread. */
#ifndef VCPU_SCHEDULER_STATUS_METRICS_H
#define VCPU_SCHEDULER_STATUS_METRICS_H

#include "status/status.h"

#include <stdio.h>

/** Writes a page in Prometheus' text format 0.0.4, or in OpenMetrics 1.0.0. */
void status_write_metrics(FILE *out, const struct status_page *page);

void status_write_openmetrics(FILE *out, const struct status_page *page);

#endif
