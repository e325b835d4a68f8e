/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt.h - metrics by the names of libvirt's exporters: --metrics-libvirt. Any thread. */
#ifndef VCPU_SCHEDULER_STATUS_LIBVIRT_H
#define VCPU_SCHEDULER_STATUS_LIBVIRT_H

#include "plan.h"
#include "status/openmetrics.h"

/** Writes the metrics of each domain and vCPU. */
void status_write_libvirt(const struct exposition *to, const struct view *view);

#endif
