/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - what the actuator's files share: actuator.c makes pins, emulator.c those of
 * emulators, mend.c repairs what refused pins leave, give_back.c gives affinities back. An emulator
 * counts as a vCPU here (VCPU_EMULATOR). Actuator's thread.
 */
#ifndef VCPU_SCHEDULER_ACTUATOR_INTERNAL_H
#define VCPU_SCHEDULER_ACTUATOR_INTERNAL_H

#include "actuator/actuator.h"

/** Call host_ops.pin and host_ops.affinity, and mark that as progress. */
int actuator_set(struct actuator *actuator, const struct vcpu_name *vcpu, const struct cpuset *set,
                 struct failure *why);
int actuator_get(struct actuator *actuator, const struct vcpu_name *vcpu, struct affinity *now,
                 struct failure *why);

/** Notes in the ledger that a vCPU is somebody else's from now on. */
void actuator_yield(struct actuator *actuator, const struct vcpu_name *vcpu, const char *domain);

/** host_ops.touched(), or false if the host can't tell. */
bool actuator_touched(const struct actuator *actuator, const struct vcpu_name *vcpu);

/** The result of a pin or release, by the error of these two. Pure. */
enum pin_result actuator_result(int error);

/** Who set the affinity of a vCPU of the ledger. */
enum holder {
    HOLDER_OWNER,  /* it is the original, for the hypervisor and the kernel */
    HOLDER_DAEMON, /* the daemon asked for it, or a refusal or the limit made it of that */
    HOLDER_OTHER,  /* somebody else has changed it since */
};

/** Compares an entry with the affinity now. Pure. */
enum holder actuator_holder(const struct ledger_entry *entry, const struct affinity *now);

/** Sets an affinity and reads it back. Returns 0, -ENOENT, or another negative errno with the words
 * in *why. */
int actuator_put_back(struct actuator *actuator, const struct vcpu_name *vcpu,
                      const struct cpuset *set, struct failure *why);

/**
 * After a pin failed with `error` and *why: puts the affinity before it back, if it has changed.
 * Returns the pin's result: PIN_FAILED, PIN_BUSY, PIN_GONE, or PIN_UNCONFIRMED where it could not
 * be put back, with both reasons in *why.
 */
enum pin_result actuator_refused(struct actuator *actuator, const struct vcpu_name *vcpu,
                                 const struct cpuset *before, int error, struct failure *why);

/** Every few plans: tries again to put back what could not be put back. Called with each plan. */
void actuator_mend(struct actuator *actuator);

/** Calls host_ops.forgotten if the ledger does not hold the vCPU any more. */
void actuator_tidy(struct actuator *actuator, const struct vcpu_name *vcpu);

/** Writes the ledger to disk where no pin depends on it; logs a failure. */
void actuator_write_down(struct actuator *actuator);

/** fail()s with the words for an affinity that has changed since the plan was made. */
void actuator_changed(const struct vcpu_name *vcpu, const char *domain, struct failure *why);

/** ledger_note(), with the words for no memory in *why. */
int actuator_note(struct actuator *actuator, const struct vcpu_name *vcpu, const char *domain,
                  const struct cpuset *before, const struct cpuset *to, struct failure *why);

/** Makes a noted pin, reads it back, and sets *latency_ns once it was tried. Returns its result,
 * with the words in *why unless that is PIN_DONE. */
enum pin_result actuator_make(struct actuator *actuator, const struct vcpu_name *vcpu,
                              const char *domain, const struct cpuset *target, uint64_t *latency_ns,
                              struct failure *why);

/** Records the result of a noted pin in the ledger, and tidies if the vCPU has left it. */
void actuator_settle(struct actuator *actuator, const struct vcpu_name *vcpu, const char *domain,
                     enum pin_result result);

/** Releases one vCPU: gives the original affinity back if the daemon changed it, or only notes that
 * it is somebody else's. Returns as release.result. */
enum pin_result actuator_let_go(struct actuator *actuator, const struct vcpu_name *vcpu,
                                const char *domain, bool gives_back, struct failure *why);

/** Does what the plan says of emulators, and fills in the results. Returns false if the ledger
 * could not be written, so that none was pinned. */
bool actuator_follow(struct actuator *actuator, struct plan *plan);

/** Releases the vCPUs that the plan names, and fills in the results. */
void actuator_release(struct actuator *actuator, struct plan *plan);

#endif
