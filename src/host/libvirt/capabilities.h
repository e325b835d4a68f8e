/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capabilities.h - the machine's shape as libvirt's capabilities tell it. Sampler's thread. */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_CAPABILITIES_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_CAPABILITIES_H

#include "host/topology_draft.h"

/**
 * The same of libvirt's capabilities, an XML text: nodes with memory and distances, sockets, dies,
 * cores, L3 caches. Returns 0, -ENOENT (it tells no topology), -EINVAL (no XML, nonsense) with the
 * words in *why, or -ENOMEM.
 */
int topology_read_capabilities(struct topology *draft, const char *xml, struct failure *why);

#endif
