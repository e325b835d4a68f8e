/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capabilities.h - the machine's topology, from libvirt's capabilities. Any thread. */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_CAPABILITIES_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_CAPABILITIES_H

#include "host/topology_draft.h"

/**
 * Fills an empty draft from libvirt's capabilities, an XML text: nodes with memory and distances,
 * sockets, dies, cores, L3 caches. Returns 0; -ENOENT (no topology in it) or -EINVAL (malformed)
 * with the words in *why; or -ENOMEM.
 */
int topology_read_capabilities(struct topology *draft, const char *xml, struct failure *why);

#endif
