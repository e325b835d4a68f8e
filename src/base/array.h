/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * array.h - arrays that grow, and never shrink, outside the steady cycle.
 */
#ifndef VCPU_SCHEDULER_BASE_ARRAY_H
#define VCPU_SCHEDULER_BASE_ARRAY_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Makes room for `need` elements of `size` bytes in *array, which has *room; half as much again
 * when it must grow, new elements zeroed. Returns false without memory, with everything as it was.
 */
bool grow(void **array, uint32_t *room, uint32_t need, size_t size);

/** grow() for a typed array. The copy through `void *` keeps to C's aliasing rules. */
#define ARRAY_GROW(array, room, need)                                                              \
    __extension__({                                                                                \
        void *array_grow = (array);                                                                \
        const bool grow_done = grow(&array_grow, &(room), (need), sizeof *(array));                \
        (array) = array_grow;                                                                      \
        grow_done;                                                                                 \
    })

#endif
