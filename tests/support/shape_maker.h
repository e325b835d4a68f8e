/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shape_maker.h - machines of many shapes: what they are, and what the kernel and libvirt tell of
 * each.
 */
#ifndef SHAPE_MAKER_H
#define SHAPE_MAKER_H

#include "cpuset.h"

#include <stdbool.h>
#include <stdint.h>

#define SHAPE_NODES_MAX 8

/** Where a pCPU is; each number is the group's own on the whole machine, in no order. */
struct shape_place {
    bool present;
    int core, llc, die, socket, node;
    unsigned capacity; /* as its source tells it */
};

struct shape_node {
    int number;
    uint64_t memory_kib;
    unsigned distances[SHAPE_NODES_MAX];
};

/** A machine. */
struct shape {
    const char *name;
    uint32_t pcpu_count, node_count;
    struct shape_place *places;
    struct shape_node nodes[SHAPE_NODES_MAX]; /* ascending by number */
    struct cpuset online;
    unsigned llc_level;     /* 2 or 3 */
    const char *capacity;   /* the file below cpuN that tells it; NULL: all are alike */
    bool kernel_sees_alike; /* cpu_capacity is there, and the same for all */
    bool old_kernel;        /* before Linux 5.2: other names, and no dies */
};

/** The n-th machine; NULL after the last. Freed by shape_free(). */
struct shape *shape_make(unsigned n);
struct shape *shape_named(const char *name);
void shape_free(struct shape *shape);

/** Writes a file below the folder: a text and a newline. */
void shape_put(const char *root, const char *name, const char *text);

/** Writes what its kernel has in /sys into the folder. */
void shape_write(const struct shape *shape, const char *root);

/** The capabilities that libvirt would tell; the caller's to free. */
char *shape_capabilities(const struct shape *shape);

#endif
