/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * error.h - why something failed, in words. Any thread.
 */
#ifndef VCPU_SCHEDULER_ERROR_H
#define VCPU_SCHEDULER_ERROR_H

/** Why something failed, in words for the operator: who said so and what. Filled by whoever fails.
 */
struct failure {
    char text[480];
};

/** Writes the words. Returns `error` (a negative errno), so that one can write: return fail(why,
 * -EIO, …). */
__attribute__((format(printf, 3, 4))) int fail(struct failure *why, int error, const char *format,
                                               ...);

#endif
