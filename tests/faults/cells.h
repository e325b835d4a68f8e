/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cells.h - the fault matrix: which call meets which fault, when, on which host.
 *
 * What calls there are and how often each is made is asked of the daemon itself, by a run without
 * faults: a call that is new in the daemon is new in the matrix, too.
 */
#ifndef VS_TESTS_CELLS_H
#define VS_TESTS_CELLS_H

#include <stdbool.h>

#define CELL_RULES 160

/** A host that the daemon runs on, and how. */
struct scene {
    const char *name;
    const char *cast;          /* cast.h */
    const char *arguments[12]; /* the daemon's own */
    bool adopt;                /* --adopt-pins is among them */
};

extern const struct scene scenes[];
extern const unsigned scene_count;

struct cell {
    const struct scene *scene;
    char call[64];          /* what it is about, in the table of results */
    char rules[CELL_RULES]; /* VS_FAULT */
    unsigned kind;          /* enum fault; 0: several */
    unsigned seed;
};

struct cells {
    struct cell *cells;
    unsigned count, room;
};

/** Adds the cells of a scene, by the log of a run of it without faults. Returns 0 or -1. */
int cells_add(struct cells *cells, const struct scene *scene, const char *log);

/** Adds those in which libvirt goes away while there are no descriptors, for a while or for good.
 */
void cells_add_starved(struct cells *cells, const struct scene *scene);

/** Adds one with faults strewn over all calls. */
void cells_add_strewn(struct cells *cells, const struct scene *scene, unsigned seed);

#endif
