/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seldom.h - what comes back again and again is told once, and then seldom. One thread.
 */
#ifndef VCPU_SCHEDULER_BASE_SELDOM_H
#define VCPU_SCHEDULER_BASE_SELDOM_H

#include <stdbool.h>
#include <stdint.h>

/* A kind is told again after so many periods (five minutes of three seconds), or once it was away
 * for so many. */
#define SELDOM_PERIODS 100
#define SELDOM_AWAY    20

/* Kinds that are known apart. Of more than that at a time none is told: who reads the first knows
 * that much is wrong. */
#define SELDOM_KINDS 8

/** Zeroed at first. */
struct seldom {
    struct {
        uint64_t kind;      /* a hash; 0: none */
        uint64_t due, last; /* the period from which it may be told again; in which it came last */
    } told[SELDOM_KINDS];
    uint32_t held; /* how often something was not told since something was */
};

/** A hash of a text, never 0. What tells one case from another of the kind is left out: digits, and
 * each place where `name` stands; NULL: none. `seed`: what else makes a kind. */
uint64_t seldom_kind(uint64_t seed, const char *text, const char *name);

/** Notes that something of the kind came in a period; periods don't fall. Returns true if it is to
 * be told; then *held is how often something was not since. */
bool seldom_may(struct seldom *seldom, uint64_t kind, uint64_t period, uint32_t *held);

#endif
