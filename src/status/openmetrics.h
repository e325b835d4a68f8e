/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * openmetrics.h - metrics as text in one of two formats: OpenMetrics 1.0 (openmetrics.io), or
 * Prometheus' text format 0.0.4, which differs in the names of families, has no units and no end
 * mark. Any thread.
 */
#ifndef VCPU_SCHEDULER_STATUS_OPENMETRICS_H
#define VCPU_SCHEDULER_STATUS_OPENMETRICS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** Where metrics are written, and in which format. */
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

/** Writes the end mark. */
void exposition_end(const struct exposition *to);

#endif
