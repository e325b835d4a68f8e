/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stage.h - the domains that the faults happen to.
 *
 * Where VS_FAULT_HOST names a file, test:///default is emptied and filled with the domains that the
 * file tells, and what is left of them at the end goes to the file VS_FAULT_HOST_END: whoever has
 * the one and the other knows what became of every affinity. test:///default lives in the process,
 * so its domains outlast the daemon's connections. The files are cast.h's. Its CPU times are made
 * up: libvirt's test driver knows none.
 */
#ifndef VS_TESTS_STAGE_H
#define VS_TESTS_STAGE_H

#include <libvirt/libvirt.h>
#include <stdbool.h>

void stage_begin(void);
void stage_finish(void);

/** Is it what the daemon runs on? */
bool stage_is_set(void);

/**
 * Destroys a domain, and starts it anew if so asked. NULL: one by `which`. On a host that is not
 * this stage only a domain that is named, which is always started anew, by its definition.
 */
void stage_destroy(virDomainPtr domain, unsigned which, bool restart);

/** What the daemon is told of a domain's vCPUs. */
void stage_load(virDomainPtr domain, virVcpuInfoPtr infos, int count);

#endif
