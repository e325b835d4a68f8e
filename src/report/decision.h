/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decision.h - the lower part of a period in full: the decision, its pins, the stages' times. */
#ifndef VCPU_SCHEDULER_REPORT_DECISION_H
#define VCPU_SCHEDULER_REPORT_DECISION_H

#include "report/period.h"

/** Puts the part below the domains: the decision, its pins, the stages' times. seen: one per vCPU
 * of the view. */
void report_decision_put(struct page *page, const struct plan *plan, const struct seen_vcpu *seen);

/** A percentage as it is shown: never so large that it breaks its column, 0 for what is no number.
 */
double report_shown(double percent);

/** "" for one, "s" for any other count. */
const char *report_plural(uint64_t count);

#endif
