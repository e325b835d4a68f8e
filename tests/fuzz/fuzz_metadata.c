/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's owner writes into the domain's metadata. */
#include "fuzz.h"
#include "host/libvirt/xml.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    bool yes = true, no = false;
    const int error = metadata_parse(text, &yes);

    /* Either is written, or neither. */
    MUST(metadata_parse(text, &no) == error);
    MUST(error == 0 ? yes == no : error == -EINVAL && yes && !no);
    free(text);
    return 0;
}
