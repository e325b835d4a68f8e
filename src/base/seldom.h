/* SPDX-License-Identifier: GPL-2.0-or-later */
/* seldom.h - limits how often a recurring message is logged. One thread. */
#ifndef VCPU_SCHEDULER_BASE_SELDOM_H
#define VCPU_SCHEDULER_BASE_SELDOM_H

#include <stdbool.h>
#include <stdint.h>

/* A kind is logged again after SELDOM_PERIODS (five minutes of periods of three seconds), or if it
 * did not occur for SELDOM_ABSENT. */
#define SELDOM_PERIODS 100
#define SELDOM_ABSENT  20

/* Kinds that are told apart. Further kinds at the same time are not logged: the operator knows by
 * then that much is wrong. */
#define SELDOM_KINDS 8

/** Zeroed at first. */
struct seldom {
    struct {
        uint64_t kind;      /* a hash; 0: none */
        uint64_t due, last; /* the period from which it may be logged again; the last one with it */
    } told[SELDOM_KINDS];
    uint32_t held; /* messages that were not logged since the last that was */
};

/** Hashes a text, never to 0. Leaves out what differs between cases of a kind: digits, and `name`
 * (NULL: none) wherever it occurs. `seed`: what else makes a kind. */
uint64_t seldom_kind(uint64_t seed, const char *text, const char *name);

/** Notes a message of the kind in a period; periods never decrease. Returns true if it is to be
 * logged; then *held is how many were not logged since the last one. */
bool seldom_may(struct seldom *seldom, uint64_t kind, uint64_t period, uint32_t *held);

#endif
