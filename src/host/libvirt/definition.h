/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * definition.h - the affinities in a domain's XML. libvirt's calls report the same mask for a vCPU
 * that nobody has pinned and for one that was given all online pCPUs; only the XML shows the
 * difference. Pure functions: any thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_DEFINITION_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_DEFINITION_H

#include "cpuset.h"

struct definition;

enum defined_affinity {
    DEFINED_NONE, /* all pCPUs */
    DEFINED_AUTO, /* placement='auto': what numad advised when the domain started */
    DEFINED_LIST, /* a list: its <vcpupin>, else the cpuset of <vcpu> */
};

/** Reads a <domain>. NULL if the text is no such element, or without memory. Freed by
 * definition_free(). */
struct definition *definition_parse(const char *xml);

/** Accepts NULL. */
void definition_free(struct definition *definition);

/** The affinity of a vCPU; *list is written for DEFINED_LIST only. */
enum defined_affinity definition_affinity(const struct definition *definition, uint32_t vcpu,
                                          struct cpuset *list);

#endif
