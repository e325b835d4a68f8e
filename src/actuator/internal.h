/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - what the actuator's files share: actuator.c makes pins, mend.c puts
 * right what refused ones leave, give_back.c gives back. Actuator's thread.
 */
#ifndef VCPU_SCHEDULER_ACTUATOR_INTERNAL_H
#define VCPU_SCHEDULER_ACTUATOR_INTERNAL_H

#include "actuator/actuator.h"

/** host_ops.pin and affinity, marked as progress. */
int actuator_set(struct actuator *actuator, const struct vcpu_name *vcpu, const struct cpuset *set,
                 struct failure *why);
int actuator_get(struct actuator *actuator, const struct vcpu_name *vcpu, struct affinity *now,
                 struct failure *why);

/** A vCPU is somebody else's now: the ledger keeps that alone. */
void actuator_yield(struct actuator *actuator, const struct vcpu_name *vcpu, const char *domain);

/** host_ops.touched; false where the host can't tell. */
bool actuator_touched(const struct actuator *actuator, const struct vcpu_name *vcpu);

/** What an error of these two means for a pin or a release. Pure. */
enum pin_result actuator_result(int error);

/** Whose doing the affinity of a vCPU of the ledger is. */
enum holder {
    HOLDER_OWNER,  /* it is the original, by both words */
    HOLDER_DAEMON, /* what the daemon has asked for, or what a refusal or the limit made of it */
    HOLDER_OTHER,  /* somebody else has changed it since */
};

/** Pure. */
enum holder actuator_holder(const struct ledger_entry *entry, const struct affinity *now);

/** Sets an affinity, and looks for it by both words. Returns 0, -ENOENT, or another negative errno
 * with the words in *why. */
int actuator_put_back(struct actuator *actuator, const struct vcpu_name *vcpu,
                      const struct cpuset *set, struct failure *why);

/**
 * After a pin that failed with `error` and *why: puts back what was there before, unless it is
 * there still. Returns what became of the pin: PIN_FAILED, PIN_BUSY, PIN_GONE, or PIN_UNCONFIRMED
 * where it could not be put back, with both reasons in *why.
 */
enum pin_result actuator_refused(struct actuator *actuator, const struct vcpu_name *vcpu,
                                 const struct cpuset *before, int error, struct failure *why);

/** Every few plans: tries again to put back what could not be. */
void actuator_mend(struct actuator *actuator);

/** After the ledger may have let go of that vCPU: its domain carries no word of it any more. */
void actuator_tidy(struct actuator *actuator, const struct vcpu_name *vcpu);

/** Brings the disk up to the ledger, where that is not for pins; says it if that fails. */
void actuator_write_down(struct actuator *actuator);

/** Lets go of the vCPUs that the plan releases. */
void actuator_release(struct actuator *actuator, struct plan *plan);

#endif
