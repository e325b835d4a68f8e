/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cast.h"

#include <stdbool.h>
#include <stdio.h>

static bool read_masks(FILE *file, unsigned *masks, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (fscanf(file, "%x", &masks[i]) != 1)
            return false;
    return true;
}

static bool read_actor(FILE *file, struct actor *actor)
{
    return fscanf(file, "%31s %d %u %u", actor->name, &actor->id, &actor->persistent,
                  &actor->vcpus) == 4 &&
           actor->vcpus <= CAST_VCPUS && read_masks(file, actor->live, actor->vcpus) &&
           read_masks(file, actor->defined, actor->vcpus);
}

unsigned cast_read(const char *path, struct actor *cast)
{
    FILE *file = fopen(path, "re");
    unsigned count = 0;

    if (!file)
        return 0;
    while (count < CAST_MAX && read_actor(file, &cast[count]))
        count++;
    fclose(file);
    return count;
}

static void write_masks(FILE *file, const unsigned *masks, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fprintf(file, " %x", masks[i]);
}

int cast_write(const char *path, const struct actor *cast, unsigned count)
{
    FILE *file = fopen(path, "we");

    if (!file)
        return -1;
    for (unsigned i = 0; i < count; i++) {
        fprintf(file, "%s %d %u %u", cast[i].name, cast[i].id, cast[i].persistent, cast[i].vcpus);
        write_masks(file, cast[i].live, cast[i].vcpus);
        write_masks(file, cast[i].defined, cast[i].vcpus);
        fputc('\n', file);
    }
    return fclose(file) ? -1 : 0;
}
