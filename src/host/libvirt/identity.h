/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity.h - who a libvirt host is, whatever its URI's text: the driver, its system or session,
 * the root of an embedded one, and the machine. qemu:///system, qemu+unix:///system and
 * qemu+tcp://localhost/system are one host. Any thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_IDENTITY_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_IDENTITY_H

#include <stdbool.h>

/**
 * The identity, again as an URI. uuid: of the machine, for an URI that names a server; NULL: it is
 * this one. Paths in it are real ones, where they exist. An URI that is not understood stays as it
 * is. Freed by free(); NULL without memory.
 */
char *identity_name(const char *uri, const char *uuid);

/** The server that an URI names, freed by free(); NULL: none, so it is this machine. */
char *identity_server(const char *uri);

/** True if that server's address is one of this machine's own. Asks the resolver: may block. */
bool identity_is_here(const char *server);

#endif
