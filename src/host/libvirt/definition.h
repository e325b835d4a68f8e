/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * definition.h - what a domain's XML says of where its vCPUs may run. Only it tells a vCPU that
 * nobody has pinned from one that somebody has given all pCPUs that were online: of both, libvirt's
 * calls tell the same mask. Pure: any thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_DEFINITION_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_DEFINITION_H

#include "cpuset.h"

struct definition;

/** Where a vCPU may run. */
enum defined_place {
    DEFINED_NOWHERE, /* nothing is said of it: all pCPUs */
    DEFINED_AUTO,    /* placement='auto': what numad advised when the domain started */
    DEFINED_LIST,    /* a list: its <vcpupin>, else the cpuset of <vcpu> */
};

/** Reads a <domain>. NULL if it is none, or without memory. Freed by definition_free(). */
struct definition *definition_parse(const char *xml);

/** Accepts NULL. */
void definition_free(struct definition *definition);

/** What it says of that vCPU; *list is written for DEFINED_LIST only. */
enum defined_place definition_place(const struct definition *definition, uint32_t vcpu,
                                    struct cpuset *list);

#endif
