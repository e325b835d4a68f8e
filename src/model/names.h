/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names.h - what things are called wherever they are told: log, journal, status, metrics, report.
 * Names are for programs and stay for ever; words are for people. Any thread.
 */
#ifndef VCPU_SCHEDULER_MODEL_NAMES_H
#define VCPU_SCHEDULER_MODEL_NAMES_H

#include "plan.h"

/** "act", "no-gain" … */
const char *reason_name(enum reason reason);

/** "done", "undone" … */
const char *pin_result_name(enum pin_result result);

/** "made", "taken back: its partner failed" … */
const char *pin_result_words(enum pin_result result);

/** True if the vCPU is on its new pCPU, or would be in a run that pins. */
bool pin_was_made(enum pin_result result);

/** True if the operator should look at it. */
bool pin_went_wrong(enum pin_result result);

/** "sample", "wait-planner" … */
const char *stage_name(enum stage stage);

/** "sample", "wait in ring" … */
const char *stage_words(enum stage stage);

/** One of view_vcpu.blocked_by. */
struct vcpu_flag {
    unsigned bit;
    char letter;
    const char *name, *words;
};

#define VCPU_FLAGS 10

/** What tells most of a vCPU comes first, what comes and goes with its pins (VCPU_DWELLS) last. */
extern const struct vcpu_flag vcpu_flags[VCPU_FLAGS];

/** The states that a vCPU may be in: the flags but VCPU_DWELLS, in their order, and managed. */
#define VCPU_MANAGED (VCPU_FLAGS - 1)
#define VCPU_STATES  (VCPU_MANAGED + 1)

/** The state of a vCPU: the first that it is in. */
uint32_t vcpu_state(const struct view_vcpu *vcpu);

/** "managed", "fixed" … */
const char *vcpu_state_name(uint32_t state);

#endif
