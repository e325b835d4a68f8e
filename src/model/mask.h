/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mask.h - what an affinity mask of libvirt's means. Pure: any thread.
 *
 * A vCPU that nobody has pinned may run everywhere. For it, libvirt reports all pCPUs that are
 * online at that moment (some versions: without the isolated ones). Here it gets a set of all
 * possible numbers instead, "everything", which also holds pCPUs that come online later.
 */
#ifndef VCPU_SCHEDULER_MODEL_MASK_H
#define VCPU_SCHEDULER_MODEL_MASK_H

#include "cpuset.h"

#include <stddef.h>

/** True if the set is everything, with or without isolated pCPUs. */
bool mask_is_everything(const struct cpuset *set);

/** Everything, without the isolated pCPUs if libvirt's mask `told` holds none of them. */
struct cpuset mask_everything(const struct cpuset *told, const struct cpuset *isolated);

/** True if libvirt's mask `told` holds all of `pcpus` but isolated ones: nobody need have pinned
 * the vCPU. */
bool mask_covers(const struct cpuset *told, const struct cpuset *pcpus,
                 const struct cpuset *isolated);

/**
 * True if the affinity of a running domain, `live`, keeps a vCPU from a pCPU that the definition,
 * `defined`, allows: then somebody has set it, and it is to be respected.
 */
bool mask_is_wish(const struct cpuset *live, const struct cpuset *defined);

/** cpuset_format(), but writes everything as "all", and everything without isolated pCPUs as
 * "all,^" and their list. */
size_t mask_format(const struct cpuset *set, char *text, size_t size);

#endif
