/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * give_back.h - reviews the ledger at the start, and gives it back at the end.
 */
#ifndef VCPU_SCHEDULER_ACTUATOR_GIVE_BACK_H
#define VCPU_SCHEDULER_ACTUATOR_GIVE_BACK_H

#include "actuator/actuator.h"

/**
 * Asks the host for each vCPU of the ledger, and forgets those that need nothing back. Returns how
 * many were found how. Actuator's thread, or the opener's before it.
 */
struct leftover actuator_review(struct actuator *actuator);

/**
 * Gives back every affinity of the ledger, but for those that somebody else has changed since. Logs
 * what could not be given back, and keeps it in the ledger. Returns how many those were. Actuator's
 * thread.
 */
uint32_t actuator_give_back(struct actuator *actuator);

#endif
