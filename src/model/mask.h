/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mask.h - what a mask that was told means. Pure: any thread.
 *
 * A vCPU that nobody has pinned may run everywhere. libvirt tells of it a mask of all pCPUs that
 * are online at that moment (some versions: without the isolated ones), which another moment is
 * another mask. Everything is a value of its own instead: a set that holds all numbers there can
 * be, so that what comes online is in it.
 */
#ifndef VCPU_SCHEDULER_MODEL_MASK_H
#define VCPU_SCHEDULER_MODEL_MASK_H

#include "cpuset.h"

#include <stddef.h>

/** True if the set is everything, with or without isolated pCPUs. */
bool mask_is_everything(const struct cpuset *set);

/** Everything; without the isolated pCPUs if the mask that was told holds none of them. */
struct cpuset mask_everything(const struct cpuset *told, const struct cpuset *isolated);

/** True if a mask has all of `pcpus` but isolated ones: it may be that of a vCPU that nobody has
 * pinned. */
bool mask_covers(const struct cpuset *told, const struct cpuset *pcpus,
                 const struct cpuset *isolated);

/**
 * True if an affinity that was set on a running domain, `live`, keeps its vCPU from where its
 * definition, `defined`, allows it to run: then it is a wish of its own.
 */
bool mask_is_wish(const struct cpuset *live, const struct cpuset *defined);

/** Writes the set as cpuset_format() does, but everything as "all", without the isolated ones as
 * "all,^" and these. Returns as that. */
size_t mask_format(const struct cpuset *set, char *text, size_t size);

#endif
