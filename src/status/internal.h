/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal.h - a status page as text, for programs: json.c, and metrics in one of two formats. Any
 * thread. */
#ifndef VCPU_SCHEDULER_STATUS_INTERNAL_H
#define VCPU_SCHEDULER_STATUS_INTERNAL_H

#include "status/status.h"

#include <stdio.h>

/** Writes a page as one JSON object on one line. */
void status_write_json(FILE *out, const struct status_page *page);

/** Writes a page in Prometheus' text format 0.0.4, or in OpenMetrics 1.0.0. */
void status_write_metrics(FILE *out, const struct status_page *page);
void status_write_openmetrics(FILE *out, const struct status_page *page);

/**
 * Where metrics are written, and in which format: OpenMetrics 1.0 (openmetrics.io), or Prometheus'
 * text format 0.0.4, which differs in the names of families, has no units and no end mark.
 */
struct exposition {
    FILE *out;
    bool open; /* OpenMetrics, not Prometheus 0.0.4 */
};

/**
 * Begins a family; its samples follow. name: without the suffix of its samples (_total, _info,
 * _bucket); may end with a unit. type: "gauge", "counter", "info" or "histogram".
 */
void exposition_family(const struct exposition *to, const char *name, const char *type,
                       const char *help);

/** Writes a family of one sample. */
void exposition_gauge(const struct exposition *to, const char *name, const char *help,
                      double value);
void exposition_counter(const struct exposition *to, const char *name, const char *help,
                        uint64_t value);

/** Writes the value of a label in quotes, made safe by text_clean(); cut at 1023 bytes. */
void exposition_label(const struct exposition *to, const char *text);

/** Writes the metrics of each domain and vCPU: --metrics-libvirt. */
void status_write_libvirt(const struct exposition *to, const struct view *view);

#endif
