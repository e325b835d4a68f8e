/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * openmetrics.h - metrics as text, in one of two forms: OpenMetrics 1.0 (openmetrics.io), and
 * Prometheus' own 0.0.4, which is what one gets that does not ask for the other, and differs in the
 * names of families and in what stands at the end. Any thread.
 */
#ifndef VCPU_SCHEDULER_STATUS_OPENMETRICS_H
#define VCPU_SCHEDULER_STATUS_OPENMETRICS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** Where it goes, and in which form. */
struct exposition {
    FILE *out;
    bool open; /* OpenMetrics */
};

/**
 * Opens a family; its samples follow. name: without what the type's samples end with (_total,
 * _info, _bucket); a unit at its end is told. type: "gauge", "counter", "info" or "histogram".
 */
void exposition_family(const struct exposition *to, const char *name, const char *type,
                       const char *help);

/** A family of one sample. */
void exposition_gauge(const struct exposition *to, const char *name, const char *help,
                      double value);
void exposition_counter(const struct exposition *to, const char *name, const char *help,
                        uint64_t value);

/** The value of a label, quoted; a text of others is made safe. */
void exposition_label(const struct exposition *to, const char *text);

/** The end of all. */
void exposition_end(const struct exposition *to);

#endif
