/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stage.h - the domains of the fault tests.
 *
 * If VS_FAULT_HOST names a file (cast.h), its domains replace those of test:///default, and their
 * state at the end is written to the file VS_FAULT_HOST_END: the two files show what became of
 * every affinity. test:///default is part of the process, so its domains outlast the daemon's
 * connections. CPU times are invented, since libvirt's test driver has none.
 */
#ifndef VS_TESTS_STAGE_H
#define VS_TESTS_STAGE_H

#include <libvirt/libvirt.h>
#include <stdbool.h>

void stage_begin(void);
void stage_finish(void);

/** True if the daemon runs on these domains. */
bool stage_is_set(void);

/** Destroys a domain, and starts it again if asked to. NULL: one selected by `which`. On a real
 * host a domain must be named, and is always started again, by its definition. */
void stage_destroy(virDomainPtr domain, unsigned which, bool restart);

/** What virDomainGetVcpus() reports to the daemon. */
void stage_load(virDomainPtr domain, virVcpuInfoPtr infos, int count);

#endif
