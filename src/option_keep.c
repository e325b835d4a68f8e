/* SPDX-License-Identifier: GPL-2.0-or-later */
/* option_keep.c - the texts that options own; apart from their table, which vcpu-top does without.
 */
#include "options.h"

#include <stdlib.h>
#include <string.h>

const char *options_keep(struct options *options, const char *text, size_t length)
{
    char **texts = options->texts, *copy;
    size_t count = 0;

    while (texts && texts[count])
        count++;
    texts = realloc(texts, (count + 2) * sizeof(*texts));
    if (!texts)
        return NULL;
    options->texts = texts;
    texts[count + 1] = NULL;
    texts[count] = copy = strndup(text, length);
    return copy;
}

void options_finish(struct options *options)
{
    for (char **text = options->texts; text && *text; text++)
        free(*text);
    free(options->texts);
    free(options->exclude);
    options->exclude = NULL;
    options->texts = NULL;
}
