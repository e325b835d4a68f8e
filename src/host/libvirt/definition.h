/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * definition.h - the affinities in a domain's XML. libvirt's calls report the same mask for a vCPU
 * that nobody has pinned and for one that was given all online pCPUs; only the XML shows the
 * difference.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_DEFINITION_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_DEFINITION_H

#include "host/libvirt/xml.h"

enum defined_affinity {
    DEFINED_NONE, /* all pCPUs */
    DEFINED_AUTO, /* placement='auto': what numad advised when the domain started */
    DEFINED_LIST, /* a list: its <vcpupin>, else the cpuset of <vcpu> */
};

/** The affinity of a vCPU in a <domain>; *list is written for DEFINED_LIST only. Any thread. */
enum defined_affinity definition_affinity(xmlNode *domain, uint32_t vcpu, struct cpuset *list);

#endif
