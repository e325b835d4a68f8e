/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity.h - a name for a libvirt host that does not depend on the URI by which it is reached:
 * the driver, system or session, the root of an embedded driver, and the machine. qemu:///system,
 * qemu+unix:///system and qemu+tcp://localhost/system are one host. Any thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_IDENTITY_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_IDENTITY_H

#include <stdbool.h>

/**
 * The identity of the host that a URI names, in the form of a URI. uuid: of its machine; NULL: this
 * machine. Paths in it are resolved if they exist. A URI that can't be parsed is returned as it is.
 * The caller frees it; NULL without memory.
 */
char *identity_name(const char *uri, const char *uuid);

/** The root folder of an embedded driver; NULL: the URI names none. The caller frees it. */
char *identity_embedded_root(const char *uri);

/** The server that a URI names; NULL: none, so it is this machine. The caller frees it. */
char *identity_server(const char *uri);

/** True if the server's address belongs to this machine. Asks the resolver: may block. */
bool identity_is_here(const char *server);

#endif
