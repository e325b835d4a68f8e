/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * error.h - a description of an error for the operator.
 */
#ifndef VCPU_SCHEDULER_ERROR_H
#define VCPU_SCHEDULER_ERROR_H

/** What failed and why. The function that fails fills it. */
struct failure {
    char text[480];
};

/** Writes the text. Returns `error`, a negative errno: return fail(why, -EIO, …). Any thread. */
__attribute__((format(printf, 3, 4))) int fail(struct failure *why, int error, const char *format,
                                               ...);

#endif
