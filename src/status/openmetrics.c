/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status/internal.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

#define LABEL_MOST 1024

/* The unit that a name ends with, for "# UNIT"; NULL: none. */
static const char *unit_of(const char *name)
{
    static const char *const units[] = {"seconds", "bytes", "ratio"};
    const char *last = strrchr(name, '_');

    for (size_t i = 0; last && i < sizeof units / sizeof *units; i++) {
        if (strcmp(last + 1, units[i]) == 0)
            return units[i];
    }
    return NULL;
}

void exposition_family(const struct exposition *to, const char *name, const char *type,
                       const char *help)
{
    const char *suffix = "", *shown = type;

    if (!to->open && strcmp(type, "counter") == 0) {
        suffix = "_total";
    } else if (!to->open && strcmp(type, "info") == 0) {
        suffix = "_info";
        shown = "gauge";
    }
    fprintf(to->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix, shown);
    if (to->open && unit_of(name))
        fprintf(to->out, "# UNIT %s %s\n", name, unit_of(name));
}

void exposition_gauge(const struct exposition *to, const char *name, const char *help, double value)
{
    exposition_family(to, name, "gauge", help);
    fprintf(to->out, "%s %.15g\n", name, value);
}

void exposition_counter(const struct exposition *to, const char *name, const char *help,
                        uint64_t value)
{
    exposition_family(to, name, "counter", help);
    fprintf(to->out, "%s_total %" PRIu64 "\n", name, value);
}

void exposition_label(const struct exposition *to, const char *text)
{
    char clean[LABEL_MOST];

    snprintf(clean, sizeof clean, "%s", text);
    text_clean(clean);
    fputc('"', to->out);
    for (const char *byte = clean; *byte; byte++) {
        if (*byte == '"' || *byte == '\\')
            fputc('\\', to->out);
        fputc(*byte, to->out);
    }
    fputc('"', to->out);
}
