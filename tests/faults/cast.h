/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cast.h - domains and their affinities, as a file: what a run begins with, and what it leaves. A
 * line for each, ascending by id, masks in hexadecimal: NAME ID PERSISTENT VCPUS LIVE… DEFINED…
 */
#ifndef VS_TESTS_CAST_H
#define VS_TESTS_CAST_H

#define CAST_MAX   32
#define CAST_VCPUS 8

struct actor {
    char name[32];
    int id; /* of its run: what it must at least be to begin with */
    unsigned persistent, vcpus;
    unsigned live[CAST_VCPUS];    /* affinities as they are, a bit per pCPU */
    unsigned defined[CAST_VCPUS]; /* as it is started with */
};

/** Reads up to CAST_MAX. Returns how many; 0 where that fails. */
unsigned cast_read(const char *path, struct actor *cast);

/** Returns 0, or -1 with errno. */
int cast_write(const char *path, const struct actor *cast, unsigned count);

#endif
