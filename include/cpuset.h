/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpuset.h - a set of pCPU numbers, a plain value.
 *
 * All functions are pure or touch their arguments only: any thread.
 */
#ifndef VCPU_SCHEDULER_CPUSET_H
#define VCPU_SCHEDULER_CPUSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most pCPUs that Linux can be built for (NR_CPUS of x86, arch/x86/Kconfig). */
#define CPUSET_MAX   8192
#define CPUSET_WORDS (CPUSET_MAX / 64)

/** Bytes for the list of any set: for every three pCPUs a range and a comma, "8188-8189,". */
#define CPUSET_LIST_MAX (10 * (CPUSET_MAX / 3 + 1))

struct cpuset {
    uint64_t words[CPUSET_WORDS];
};

/** Makes it the empty set. */
void cpuset_clear(struct cpuset *set);

/** The set of one pCPU; an empty set if it is negative. */
struct cpuset cpuset_only(int32_t pcpu);

/** Adds a pCPU, 0 to CPUSET_MAX - 1. */
void cpuset_add(struct cpuset *set, uint32_t cpu);

/** Removes a pCPU, 0 to CPUSET_MAX - 1. */
void cpuset_remove(struct cpuset *set, uint32_t cpu);

/** True if the pCPU is in it. Any number is accepted. */
static inline bool cpuset_has(const struct cpuset *set, uint32_t cpu)
{
    return cpu < CPUSET_MAX && (set->words[cpu / 64] >> (cpu % 64) & 1);
}

/** How many pCPUs are in it. */
uint32_t cpuset_count(const struct cpuset *set);

/** The lowest pCPU in it from `from` on; -1 if there is none. */
int cpuset_next(const struct cpuset *set, uint32_t from);

bool cpuset_equal(const struct cpuset *a, const struct cpuset *b);

/** True if every pCPU of `part` is in `whole`. */
bool cpuset_within(const struct cpuset *part, const struct cpuset *whole);

/** set := set ∩ other. */
void cpuset_and(struct cpuset *set, const struct cpuset *other);

/** set := set ∪ other. */
void cpuset_or(struct cpuset *set, const struct cpuset *other);

/** set := set without other. */
void cpuset_subtract(struct cpuset *set, const struct cpuset *other);

/**
 * Reads a list such as "0-3,8,10-11". Blanks may replace the commas, and a newline may end it. "^5"
 * and "^4-5" remove pCPUs that were listed before, as in libvirt's cpuset attribute. An empty text
 * is the empty set. Returns 0, -EINVAL (not a list) or -ERANGE (a pCPU above CPUSET_MAX - 1); *set
 * is written on success only.
 */
int cpuset_parse(struct cpuset *set, const char *text);

/**
 * Writes the shortest list, e.g. "0-3,8"; the empty set is "". Truncates and returns the full
 * length as snprintf() does.
 */
size_t cpuset_format(const struct cpuset *set, char *text, size_t size);

/** Convert from and to libvirt's map of `bytes` bytes (bit n of byte n/8). What does not fit is
 * dropped. */
void cpuset_from_map(struct cpuset *set, const unsigned char *map, size_t bytes);
void cpuset_to_map(const struct cpuset *set, unsigned char *map, size_t bytes);

#endif
