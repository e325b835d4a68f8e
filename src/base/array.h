/* SPDX-License-Identifier: GPL-2.0-or-later */
/* array.h - arrays that grow outside the steady cycle and never shrink. */
#ifndef VCPU_SCHEDULER_BASE_ARRAY_H
#define VCPU_SCHEDULER_BASE_ARRAY_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Grows *array, if it must, from *capacity to at least `need` elements of `size` bytes, by at
 * least a half; new elements are zeroed. Returns false without memory, with nothing changed. */
bool array_grow(void **array, uint32_t *capacity, uint32_t need, size_t size);

/** array_grow() for a typed array, called only if it must grow: a check of the capacity is all that
 * a steady cycle pays. `need` is evaluated twice. The copy to a `void *` follows C's aliasing
 * rules.
 */
#define ARRAY_GROW(array, capacity, need)                                                          \
    ((need) <= (capacity) || __extension__({                                                       \
         void *array_copy = (array);                                                               \
         const bool array_grown = array_grow(&array_copy, &(capacity), (need), sizeof *(array));   \
         (array) = array_copy;                                                                     \
         array_grown;                                                                              \
     }))

#endif
