/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/seldom.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

uint64_t seldom_kind(uint64_t seed, const char *text, const char *name)
{
    const size_t length = name ? strlen(name) : 0;
    uint64_t hash = UINT64_C(14695981039346656037) ^ seed; /* FNV-1a (draft-eastlake-fnv) */

    while (*text) {
        if (length && strncmp(text, name, length) == 0) {
            text += length;
            continue;
        }
        if (!isdigit((unsigned char)*text))
            hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
        text++;
    }
    return hash ? hash : 1;
}

bool seldom_may(struct seldom *seldom, uint64_t kind, uint64_t period, uint32_t *held)
{
    size_t slot = SELDOM_KINDS;

    for (size_t i = 0; i < SELDOM_KINDS; i++) {
        const bool is_over = seldom->told[i].kind == 0 || period >= seldom->told[i].due ||
                             period - seldom->told[i].last > SELDOM_ABSENT;

        if (seldom->told[i].kind == kind) {
            seldom->told[i].last = period;
            slot = is_over ? i : SELDOM_KINDS;
            break;
        }
        if (is_over && slot == SELDOM_KINDS)
            slot = i;
    }
    if (slot == SELDOM_KINDS) {
        seldom->held++;
        return false;
    }
    seldom->told[slot].kind = kind;
    seldom->told[slot].last = period;
    seldom->told[slot].due = period + SELDOM_PERIODS;
    *held = seldom->held;
    seldom->held = 0;
    return true;
}
