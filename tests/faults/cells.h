/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cells.h - the fault matrix: which call gets which fault, when, on which host.
 *
 * A run without faults shows which calls the daemon makes and how often, so a new call in the
 * daemon is also in the matrix.
 */
#ifndef VS_TESTS_CELLS_H
#define VS_TESTS_CELLS_H

#include <stdbool.h>

#define CELL_RULES 160

/** A host that the daemon runs on, and its options. */
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
    char call[64];          /* the heading in the table of results */
    char rules[CELL_RULES]; /* VS_FAULT */
    unsigned kind;          /* enum fault; 0: several */
    unsigned seed;
};

struct cells {
    struct cell *cells;
    unsigned count, capacity;
};

/** Adds the cells of a scene, by the log of a run of it without faults. Returns 0 or -1. */
int cells_add(struct cells *cells, const struct scene *scene, const char *log);

/** Adds cells in which libvirt goes away while descriptors are short, for a while or for good. */
void cells_add_starved(struct cells *cells, const struct scene *scene);

/** Adds a cell with faults spread over all calls. */
void cells_add_strewn(struct cells *cells, const struct scene *scene, unsigned seed);

#endif
