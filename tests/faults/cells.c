/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cells.h"

#include "fault.h"

#include <stdio.h>
#include <stdlib.h>

#define KEEN "--threshold", "55", "--min-gain", "1", "--dwell", "1"

/* The driver's pCPUs are 0, 2 and 4, bits 1, 4 and 10; its first free id is 2. */
const struct scene scenes[] = {
    {"mixed",
     "a 2 0 3 ff ff ff ff ff ff\n"
     "b 3 1 3 1 1 1 15 15 15\n"
     "c 4 0 2 5 14 5 14\n"
     "d 5 1 2 4 10 4 10\n"
     "e 6 1 2 1 4 5 15\n",
     {KEEN, "--max-pins", "4"},
     false},
    {"crowded",
     "a 2 1 4 1 1 1 1 15 15 15 15\n"
     "b 3 1 4 1 4 1 10 15 15 15 15\n"
     "c 4 0 2 ff ff ff ff\n"
     "d 5 1 2 4 10 4 10\n",
     {KEEN, "--policy", "balance", "--pin-price", "1"},
     false},
    {"adopted",
     "a 2 0 4 1 1 1 4 1 1 1 4\n"
     "b 3 0 2 1 10 1 10\n"
     "c 4 1 3 4 1 4 15 15 15\n",
     {KEEN, "--policy", "exchange", "--adopt-pins"},
     true},
    {"pooled",
     "a 2 0 3 ff ff ff ff ff ff\n"
     "b 3 1 3 5 10 15 15 15 15\n"
     "c 4 0 2 5 14 5 14\n"
     "d 5 1 4 5 5 5 14 15 15 15 14\n",
     {KEEN, "--pool", "2"},
     false},
};

const unsigned scene_count = sizeof scenes / sizeof *scenes;

static struct cell *add(struct cells *cells, const struct scene *scene)
{
    if (cells->count == cells->capacity) {
        cells->capacity = 2 * cells->capacity + 64;
        cells->cells = realloc(cells->cells, cells->capacity * sizeof *cells->cells);
        if (!cells->cells)
            abort();
    }
    cells->cells[cells->count] = (struct cell){.scene = scene, .seed = cells->count};
    return &cells->cells[cells->count++];
}

/* The fault's argument, which alternates. */
static unsigned argument(unsigned kind, unsigned index)
{
    static const unsigned delays[] = {50, 120, 300};

    if (kind == FAULT_DELAY)
        return delays[index % 3];
    if (kind == FAULT_EXHAUST)
        return index % 2 * 4;
    return kind == FAULT_DISCONNECT ? index % 3 : index;
}

/* A fault at one of `made` calls: the first, one in the middle, one near the end. */
static void add_at(struct cells *cells, const struct scene *scene, const char *call, unsigned kind,
                   const char *phase, unsigned made)
{
    const unsigned places[] = {1, (made + 1) / 2, (3 * made + 2) / 4};

    for (unsigned i = 0; made && i < 3; i++) {
        struct cell *cell;

        if (i && places[i] == places[i - 1])
            continue;
        cell = add(cells, scene);
        cell->kind = kind;
        snprintf(cell->call, sizeof cell->call, "%s", call);
        snprintf(cell->rules, sizeof cell->rules, "%s:%s%u:%s=%u", call, phase, places[i],
                 fault_names[kind], argument(kind, cells->count));
    }
}

int cells_add(struct cells *cells, const struct scene *scene, const char *log)
{
    const unsigned before = cells->count;
    FILE *file = fopen(log, "re");
    unsigned run, end, kinds;
    char line[256], call[64];

    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "count %63s %u %u %u", call, &run, &end, &kinds) != 4)
            continue;
        for (unsigned kind = FAULT_ERROR; kind < FAULT_KINDS; kind++) {
            if (!(kinds >> kind & 1))
                continue;
            add_at(cells, scene, call, kind, "", run);
            add_at(cells, scene, call, kind, "end+", end);
        }
    }
    if (file)
        fclose(file);
    return cells->count > before ? 0 : -1;
}

void cells_add_starved(struct cells *cells, const struct scene *scene)
{
    for (unsigned sweeps = 0; sweeps <= 16; sweeps += 8) {
        struct cell *cell = add(cells, scene);

        snprintf(cell->call, sizeof cell->call, "away without descriptors");
        snprintf(cell->rules, sizeof cell->rules,
                 "virConnectGetAllDomainStats:6:exhaust=%u;virConnectGetAllDomainStats:7:disconnect"
                 "=0",
                 sweeps);
    }
}

void cells_add_strewn(struct cells *cells, const struct scene *scene, unsigned seed)
{
    struct cell *cell = add(cells, scene);

    cell->seed = seed;
    snprintf(cell->call, sizeof cell->call, "many at once");
    snprintf(cell->rules, sizeof cell->rules, "*:%%%u:any=0", 10 + seed % 3 * 20);
}
