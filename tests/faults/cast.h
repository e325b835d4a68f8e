/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cast.h - a file of domains and their affinities, before or after a run. A line per domain,
 * ascending by id, masks in hexadecimal: NAME ID PERSISTENT VCPUS LIVE… DEFINED… */
#ifndef VS_TESTS_CAST_H
#define VS_TESTS_CAST_H

#define CAST_MAX   32
#define CAST_VCPUS 8

struct actor {
    char name[32];
    int id; /* of its run: at the start, the least that it may be */
    unsigned persistent, vcpus;
    unsigned live[CAST_VCPUS];    /* current affinities, a bit per pCPU */
    unsigned defined[CAST_VCPUS]; /* affinities that it starts with */
};

/** Reads up to CAST_MAX. Returns how many; 0 after an error. */
unsigned cast_read(const char *path, struct actor *cast);

/** Returns 0, or -1 with errno. */
int cast_write(const char *path, const struct actor *cast, unsigned count);

#endif
