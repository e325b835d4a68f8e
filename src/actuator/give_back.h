/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * give_back.h - what the ledger holds is looked at at the start, and given back at the end.
 * Actuator's thread.
 */
#ifndef VCPU_SCHEDULER_ACTUATOR_GIVE_BACK_H
#define VCPU_SCHEDULER_ACTUATOR_GIVE_BACK_H

#include "actuator/actuator.h"

/**
 * Asks the host for every vCPU of the ledger, and forgets those that nothing is to be given back
 * to. Actuator's thread, or before it begins.
 */
struct leftover actuator_review(struct actuator *actuator);

/**
 * Gives back every affinity of the ledger that the daemon still holds; those that somebody else has
 * changed since are left as they are. Says what could not be given back, and keeps it in the
 * ledger. Returns how many those were. Actuator's thread.
 */
uint32_t actuator_give_back(struct actuator *actuator);

#endif
