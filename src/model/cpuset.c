/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpuset.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

void cpuset_clear(struct cpuset *set)
{
    memset(set, 0, sizeof *set);
}

struct cpuset cpuset_only(int32_t pcpu)
{
    struct cpuset set = {0};

    if (pcpu >= 0)
        cpuset_add(&set, (uint32_t)pcpu);
    return set;
}

void cpuset_add(struct cpuset *set, uint32_t cpu)
{
    assert(cpu < CPUSET_MAX);
    set->words[cpu / 64] |= UINT64_C(1) << (cpu % 64);
}

void cpuset_remove(struct cpuset *set, uint32_t cpu)
{
    assert(cpu < CPUSET_MAX);
    set->words[cpu / 64] &= ~(UINT64_C(1) << (cpu % 64));
}

uint32_t cpuset_count(const struct cpuset *set)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < CPUSET_WORDS; i++)
        count += (uint32_t)__builtin_popcountll(set->words[i]);
    return count;
}

int cpuset_next(const struct cpuset *set, uint32_t from)
{
    if (from >= CPUSET_MAX)
        return -1;
    uint32_t i = from / 64;
    uint64_t word = set->words[i] & (UINT64_MAX << (from % 64));

    while (word == 0) {
        if (++i == CPUSET_WORDS)
            return -1;
        word = set->words[i];
    }
    return (int)i * 64 + __builtin_ctzll(word);
}

bool cpuset_equal(const struct cpuset *a, const struct cpuset *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

bool cpuset_within(const struct cpuset *part, const struct cpuset *whole)
{
    for (uint32_t i = 0; i < CPUSET_WORDS; i++) {
        if (part->words[i] & ~whole->words[i])
            return false;
    }
    return true;
}

void cpuset_and(struct cpuset *set, const struct cpuset *other)
{
    for (uint32_t i = 0; i < CPUSET_WORDS; i++)
        set->words[i] &= other->words[i];
}

void cpuset_or(struct cpuset *set, const struct cpuset *other)
{
    for (uint32_t i = 0; i < CPUSET_WORDS; i++)
        set->words[i] |= other->words[i];
}

void cpuset_subtract(struct cpuset *set, const struct cpuset *other)
{
    for (uint32_t i = 0; i < CPUSET_WORDS; i++)
        set->words[i] &= ~other->words[i];
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* Reads a pCPU number and the blanks behind it; moves *at behind them. */
static int parse_cpu(const char **at, uint32_t *cpu)
{
    const char *digit = *at;
    uint32_t value = 0;

    if (*digit < '0' || *digit > '9')
        return -EINVAL;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        value = value * 10 + (uint32_t)(*digit - '0');
        if (value >= CPUSET_MAX)
            return -ERANGE;
    }
    *at = skip_blanks(digit);
    *cpu = value;
    return 0;
}

/* Reads "N", "N-M", "^N" or "^N-M" into the set; moves *at behind it. */
static int parse_item(const char **at, struct cpuset *set)
{
    bool removes = **at == '^';
    uint32_t first, last;

    if (removes)
        (*at)++;
    int error = parse_cpu(at, &first);
    if (error)
        return error;

    last = first;
    if (**at == '-') {
        *at = skip_blanks(*at + 1);
        error = parse_cpu(at, &last);
        if (error)
            return error;
    }
    if (last < first)
        return -EINVAL;
    for (uint32_t cpu = first; cpu <= last; cpu++)
        (removes ? cpuset_remove : cpuset_add)(set, cpu);
    return 0;
}

/* Moves *at over a comma to the next item; blanks were skipped before. Returns false at the end. */
static bool next_item(const char **at)
{
    if (**at == ',') {
        *at = skip_blanks(*at + 1);
        return true;
    }
    return ((*at)[-1] == ' ' || (*at)[-1] == '\t') && **at != '\0' && **at != '\n';
}

/* True at the end of the text or at the newline that ends files of sysfs. */
static bool at_end(const char *at)
{
    return *at == '\0' || strcmp(at, "\n") == 0;
}

int cpuset_parse(struct cpuset *set, const char *text)
{
    struct cpuset read = {0};
    const char *at = skip_blanks(text);

    if (!at_end(at)) {
        int error = parse_item(&at, &read);

        while (!error && next_item(&at))
            error = parse_item(&at, &read);
        if (error)
            return error;
        if (!at_end(at))
            return -EINVAL;
    }
    *set = read;
    return 0;
}

/* The last pCPU of the run that begins at `first`. */
static uint32_t run_end(const struct cpuset *set, uint32_t first)
{
    uint32_t last = first;

    while (cpuset_has(set, last + 1))
        last++;
    return last;
}

size_t cpuset_format(const struct cpuset *set, char *text, size_t size)
{
    size_t length = 0;

    if (size > 0)
        text[0] = '\0';
    for (int next = cpuset_next(set, 0); next >= 0;) {
        uint32_t first = (uint32_t)next, last = run_end(set, first);
        const char *comma = length > 0 ? "," : "";
        char *to = length < size ? text + length : NULL;
        size_t left = length < size ? size - length : 0;
        int added = last > first ? snprintf(to, left, "%s%u-%u", comma, first, last)
                                 : snprintf(to, left, "%s%u", comma, first);

        length += (size_t)added;
        next = cpuset_next(set, last + 1);
    }
    return length;
}

void cpuset_from_map(struct cpuset *set, const unsigned char *map, size_t bytes)
{
    cpuset_clear(set);
    for (size_t i = 0; i < bytes && i < CPUSET_MAX / 8; i++)
        set->words[i / 8] |= (uint64_t)map[i] << (i % 8 * 8);
}

void cpuset_to_map(const struct cpuset *set, unsigned char *map, size_t bytes)
{
    memset(map, 0, bytes);
    for (size_t i = 0; i < bytes && i < CPUSET_MAX / 8; i++)
        map[i] = (unsigned char)(set->words[i / 8] >> (i % 8 * 8));
}
