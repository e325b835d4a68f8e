/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * array.h - arrays that grow outside the steady cycle and never shrink.
 */
#ifndef VCPU_SCHEDULER_BASE_ARRAY_H
#define VCPU_SCHEDULER_BASE_ARRAY_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Grows *array, if it must, from *capacity to at least `need` elements of `size` bytes, by at least
 * a half; new elements are zeroed. Returns false without memory, with nothing changed.
 */
bool grow(void **array, uint32_t *capacity, uint32_t need, size_t size);

/** grow() for a typed array. The copy to a `void *` follows C's aliasing rules. */
#define ARRAY_GROW(array, capacity, need)                                                          \
    __extension__({                                                                                \
        void *array_grow = (array);                                                                \
        const bool grow_done = grow(&array_grow, &(capacity), (need), sizeof *(array));            \
        (array) = array_grow;                                                                      \
        grow_done;                                                                                 \
    })

#endif
