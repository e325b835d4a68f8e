/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/names.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

const char *reason_name(enum reason reason)
{
    static const char *const names[REASON_COUNT] = {
        [REASON_ACT] = "act",           [REASON_PLACE] = "place",
        [REASON_FIRST] = "first",       [REASON_NO_DOMAIN] = "no-domain",
        [REASON_BELOW] = "below",       [REASON_ALL_ABOVE] = "all-above",
        [REASON_NO_GAIN] = "no-gain",   [REASON_NONE_MOVABLE] = "none-movable",
        [REASON_ONE_PCPU] = "one-pcpu", [REASON_BALANCED] = "balanced",
        [REASON_OBSERVE] = "observe",   [REASON_GAP] = "gap",
        [REASON_SETTLING] = "settling", [REASON_HARM] = "harm",
    };

    return names[reason];
}

static const struct {
    const char *name, *words;
    bool made, wrong;
} results[PIN_RESULT_COUNT] = {
    [PIN_PLANNED] = {.name = "untried", .words = "not tried"},
    [PIN_DONE] = {.name = "done", .words = "made", .made = true},
    [PIN_DRY] = {.name = "dry", .words = "would be made", .made = true},
    [PIN_GONE] = {.name = "gone", .words = "the vCPU is gone"},
    [PIN_BUSY] = {.name = "busy", .words = "waits: the domain has a job"},
    [PIN_FAILED] = {.name = "failed", .words = "refused", .wrong = true},
    [PIN_UNCONFIRMED] = {.name = "unconfirmed",
                         .words = "not confirmed by reading back",
                         .wrong = true},
    [PIN_UNDONE] = {.name = "undone", .words = "taken back: its partner failed", .wrong = true},
    [PIN_SKIPPED] = {.name = "skipped", .words = "skipped"},
    [PIN_YIELDED] = {.name = "yielded", .words = "left: somebody else has changed it"},
};

const char *pin_result_name(enum pin_result result)
{
    return results[result].name;
}

const char *pin_result_words(enum pin_result result)
{
    return results[result].words;
}

bool pin_was_made(enum pin_result result)
{
    return results[result].made;
}

bool pin_went_wrong(enum pin_result result)
{
    return results[result].wrong;
}

const char *vcpu_words(uint32_t number, char *text, size_t size)
{
    if (number == VCPU_EMULATOR)
        snprintf(text, size, "emulator");
    else
        snprintf(text, size, "vCPU %" PRIu32, number);
    return text;
}

static const struct {
    const char *name, *words;
} stages[STAGE_COUNT] = {
    [STAGE_SAMPLE] = {"sample", "sample"},
    [STAGE_CROSSCHECK] = {"crosscheck", "cross-check"},
    [STAGE_WAIT_PLANNER] = {"wait-planner", "wait in ring"},
    [STAGE_PLAN] = {"plan", "plan"},
    [STAGE_WAIT_ACTUATOR] = {"wait-actuator", "wait in ring"},
    [STAGE_PIN] = {"pin", "pin"},
    [STAGE_WHOLE] = {"whole", "whole way"},
};

const char *stage_name(enum stage stage)
{
    return stages[stage].name;
}

const char *stage_words(enum stage stage)
{
    return stages[stage].words;
}

const struct vcpu_flag vcpu_flags[VCPU_FLAGS] = {
    {VCPU_PAUSED, 'P', "paused", "paused"},
    {VCPU_EXCLUDED, 'X', "excluded", "excluded"},
    {VCPU_YIELDED, 'Y', "yielded", "yielded"},
    {VCPU_SUSPECT, 'S', "suspect", "suspect"},
    {VCPU_REALTIME, 'R', "realtime", "realtime"},
    {VCPU_FIXED, 'F', "fixed", "fixed"},
    {VCPU_NEW, 'N', "new", "new"},
    {VCPU_UNCHECKED, 'U', "unchecked", "unchecked"},
    {VCPU_FLOATING, 'L', "floating", "floating"},
    {VCPU_DWELLS, 'D', "dwells", "moved lately"},
};

uint32_t vcpu_state(const struct view_vcpu *vcpu)
{
    uint32_t state = 0;

    while (state < VCPU_MANAGED && !(vcpu->blocked_by & vcpu_flags[state].bit))
        state++;
    return state;
}

const char *vcpu_state_name(uint32_t state)
{
    return state == VCPU_MANAGED ? "managed" : vcpu_flags[state].name;
}
