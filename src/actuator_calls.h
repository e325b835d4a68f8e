/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * actuator_calls.h - what the actuator's two files share: actuator.c makes pins, actuator_back.c
 * gives back. Private to them. Actuator's thread.
 */
#ifndef VCPU_SCHEDULER_ACTUATOR_CALLS_H
#define VCPU_SCHEDULER_ACTUATOR_CALLS_H

#include "actuator.h"

/** host_ops.pin and affinity, marked as progress. */
int actuator_set(struct actuator *actuator, const struct vcpu_name *vcpu, const struct cpuset *set,
                 struct failure *why);
int actuator_get(struct actuator *actuator, const struct vcpu_name *vcpu, struct cpuset *set,
                 struct failure *why);

/** What an error of these two means for a pin or a release. Pure. */
enum pin_result actuator_result(int error);

/** Brings the disk up to the ledger, where that is not for pins; says it if that fails. */
void actuator_write_down(struct actuator *actuator);

/** Lets go of the vCPUs that the plan releases. */
void actuator_release(struct actuator *actuator, struct plan *plan);

#endif
