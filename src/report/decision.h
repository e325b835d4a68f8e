/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decision.h - the lower part of a period of --verbose: the decision, its pins, the stages' times.
 */
#ifndef VCPU_SCHEDULER_REPORT_DECISION_H
#define VCPU_SCHEDULER_REPORT_DECISION_H

#include "report/period.h"

/** Puts the decision, its pins and the stages' times. seen: one for each vCPU of the view. */
void report_decision_put(struct page *page, const struct plan *plan, const struct seen_vcpu *seen);

/** Limits a percentage to 0 to 99999, so that it fits its column; 0 if it is not a number. */
double report_shown(double percent);

#endif
