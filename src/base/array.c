/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"

#include <stdlib.h>
#include <string.h>

bool array_grow(void **array, uint32_t *capacity, uint32_t need, size_t size)
{
    uint64_t more = *capacity;
    char *bigger;

    if (need <= *capacity)
        return true;
    more += more / 2;
    if (more < need)
        more = need;
    if (more > UINT32_MAX)
        more = UINT32_MAX;
    bigger = reallocarray(*array, (size_t)more, size);
    if (!bigger)
        return false;
    memset(bigger + *capacity * size, 0, ((size_t)more - *capacity) * size);
    *array = bigger;
    *capacity = (uint32_t)more;
    return true;
}
