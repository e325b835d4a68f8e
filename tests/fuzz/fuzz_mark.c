/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's owner writes into the domain's metadata in the daemon's name. */
#include "fuzz.h"
#include "host/libvirt/mark.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *again;
    struct mark mark = {.entries = NULL}, same = {.entries = NULL};
    const int error = mark_parse(text, &mark);

    MUST(error == 0 || (error == -EINVAL && !mark.entries));
    if (!error) {
        /* What was understood is written so that it is understood as that. */
        again = mark_format(&mark);
        MUST(again && mark_parse(again, &same) == 0 && same.count == mark.count);
        for (uint32_t i = 0; i < mark.count; i++)
            MUST(mark_covers(&same.entries[i], &mark.entries[i]));
        free(again);
    }
    mark_finish(&same);
    mark_finish(&mark);
    free(text);
    return 0;
}
