/* SPDX-License-Identifier: GPL-2.0-or-later */
/* choice.c - what a comparison speaks for, in one sentence. */
#include "compare/internal.h"

#include "base/text.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

/*
 * Differences that decide nothing, in percent of the demand.
 *
 * AS_GOOD: the kernel alone needs no daemon, and the first policies of the table are the plainest.
 * SMALL: what pools that are a part of a cache must win over whole ones. In the model the kernel
 * spreads equally well over any pool; a real one sees affinities inside one of its scheduling
 * domains, and spreads less well than over all of it.
 */
#define AS_GOOD 0.1
#define SMALL   0.5

/* True if the row may be chosen: the daemon acts, and not by a rule that may do harm. */
static bool acts(const struct compare_row *row)
{
    return !row->policy->observes && !row->policy->literal;
}

/* Sets of levels. */
#define AT(level) (1u << (level))
#define AT_CPU    AT(POOL_CPU)
#define AT_WHOLE  (AT(POOL_LLC) | AT(POOL_NODE))
#define AT_SIZED  AT(POOL_SIZED)
#define ANYWHERE  UINT_MAX

static bool is_at(const struct compare_row *row, unsigned levels)
{
    return AT(row->level->pools.level) & levels;
}

/* The cheapest row of these levels that acts; of equals the first. NULL: there is none. */
static const struct compare_row *cheapest(const struct compare *compare, unsigned levels)
{
    const struct compare_row *best = NULL;

    for (uint32_t i = 0; i < compare->count; i++) {
        const struct compare_row *row = &compare->rows[i];

        if (acts(row) && is_at(row, levels) && (!best || row->cost < best->cost))
            best = row;
    }
    return best;
}

/* The first row of the same level that is as good. */
static const struct compare_row *plainest(const struct compare *compare,
                                          const struct compare_row *best)
{
    const struct compare_row *row = compare->rows;

    while (row->level != best->level || !acts(row) || row->cost > best->cost + AS_GOOD)
        row++;
    return row;
}

__attribute__((format(printf, 2, 3))) static void say(struct compare_choice *choice,
                                                      const char *format, ...)
{
    const size_t used = strlen(choice->text);
    va_list values;

    va_start(values, format);
    vsnprintf(choice->text + used, sizeof choice->text - used, format, values);
    va_end(values);
}

/* "--pool llc --policy swap, which loses 1.20 % with 3 pin changes". */
static void say_row(struct compare_choice *choice, const struct compare_row *row)
{
    say(choice, "--pool %s --policy %s, which loses %.2f %% with %" PRIu64 " pin change%s",
        row->level->name, row->policy->name, row->figures.lost_percent, row->figures.pins,
        text_plural(row->figures.pins));
}

/* True if the trace tells what it costs to be far from memory. */
static bool tells_distance(const struct trace *trace)
{
    return trace->shape.sockets > 1 && trace->home && trace->remote_factor < 1;
}

/* Why the kernel alone. */
static void explain_kernel(struct compare_choice *choice, const struct compare *compare,
                           const struct compare_row *best)
{
    const struct compare_row *sized = cheapest(compare, AT_SIZED);
    const struct trace *trace = compare->trace;

    if (trace->shape.sockets == 0) {
        say(choice, ", as the trace tells of no caches and nodes, so that distance costs nothing");
        if (sized) {
            say(choice, "; if the host has several, choose --pool llc; the best pools here are ");
            say_row(choice, plainest(compare, sized));
        }
    } else if (trace->shape.sockets * trace->shape.llcs == 1) {
        say(choice, ", as one cache and one node leave nothing to choose between");
    } else if (!tells_distance(trace)) {
        say(choice, ", as the trace does not tell what distance costs");
    } else if (best) {
        say(choice, ", as no pins do clearly better; the best are ");
        say_row(choice, plainest(compare, best));
    }
}

/* Why these pools: what the others lose. */
static void explain_pools(struct compare_choice *choice, const struct compare *compare,
                          const struct compare_row *best)
{
    const struct compare_row *kernel = &compare->rows[compare->count - 1];
    const struct compare_row *cpu = cheapest(compare, AT_CPU);

    say(choice, ", while the kernel alone loses %.2f %%", kernel->figures.lost_percent);
    if (!is_at(choice->row, AT_CPU) && cpu)
        say(choice, " and single pCPUs under %s %.2f %% with %" PRIu64 " pin change%s",
            cpu->policy->name, cpu->figures.lost_percent, cpu->figures.pins,
            text_plural(cpu->figures.pins));
    if (best->level != choice->row->level && !is_at(best, AT_WHOLE)) {
        say(choice, "; parts of a cache win too little: ");
        say_row(choice, best);
    }
}

void compare_choose(struct compare *compare)
{
    const struct compare_row *kernel = &compare->rows[compare->count - 1];
    const struct compare_row *best = cheapest(compare, ANYWHERE);
    const struct compare_row *whole = cheapest(compare, AT_WHOLE);
    struct compare_choice *choice = &compare->choice;

    choice->row = NULL;
    choice->text[0] = '\0';
    if (kernel->figures.counted == 0)
        return;
    if (!best || kernel->cost <= best->cost + AS_GOOD) {
        choice->row = kernel;
        say(choice, "For this host: the kernel alone, which loses %.2f %% without any pin",
            kernel->figures.lost_percent);
        explain_kernel(choice, compare, best);
    } else {
        choice->row = plainest(compare, whole && whole->cost <= best->cost + SMALL ? whole : best);
        say(choice, "For this host: ");
        say_row(choice, choice->row);
        explain_pools(choice, compare, best);
    }
    say(choice, ".");
}
