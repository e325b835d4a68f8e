/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names.h - names of enum values in the log, journal, status, metrics and report. Names are for
 * programs and never change; words are for people. Any thread.
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

/** True if the pin was made, or would be without --dry-run. */
bool pin_was_made(enum pin_result result);

/** True if the operator should look into it. */
bool pin_went_wrong(enum pin_result result);

/** Bytes for what vcpu_words() writes. */
#define VCPU_WORDS 24

/** "vCPU 3", or "emulator" for VCPU_EMULATOR. Returns `text`. */
const char *vcpu_words(uint32_t number, char *text, size_t size);

/** "sample", "wait-planner" … */
const char *stage_name(enum stage stage);

/** "sample", "wait in ring" … */
const char *stage_words(enum stage stage);

/** A flag of view_vcpu.blocked_by. */
struct vcpu_flag {
    unsigned bit;
    char letter;
    const char *name, *words;
};

#define VCPU_FLAGS 10

/** The flags, most telling first. VCPU_DWELLS, which pins set and time clears, is last. */
extern const struct vcpu_flag vcpu_flags[VCPU_FLAGS];

/** The states of a vCPU: the flags but VCPU_DWELLS, in their order, and managed. */
#define VCPU_MANAGED (VCPU_FLAGS - 1)
#define VCPU_STATES  (VCPU_MANAGED + 1)

/** The state of a vCPU: its first flag, or VCPU_MANAGED. */
uint32_t vcpu_state(const struct view_vcpu *vcpu);

/** "managed", "fixed" … */
const char *vcpu_state_name(uint32_t state);

#endif
