/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_server.h - serves the status socket: HTTP on a Unix socket, and on a TCP address if
 * configured. `/metrics` is OpenMetrics, `/status` JSON.
 *
 * libmicrohttpd serves published pages (status.h) on threads of its own, so that slow, hostile or
 * many clients never block a stage. Main thread.
 */
#ifndef VCPU_SCHEDULER_STATUS_HTTP_SERVER_H
#define VCPU_SCHEDULER_STATUS_HTTP_SERVER_H

#include "error.h"
#include "status/status.h"

struct http_server;

/**
 * Opens the server. path: of the Unix socket, NULL: none; a stale socket there is removed. Owner
 * and group may connect. address: "ADDRESS:PORT" or "[ADDRESS]:PORT", NULL: none. remote: allow an
 * address that is not the loopback's. Returns 0 and *server, or with the words in *why:
 * -EADDRINUSE; -EINVAL: no such address, or not the loopback's; -ENAMETOOLONG: a path of 108 bytes
 * or more; -ENOTSUP: built without libmicrohttpd; another negative errno.
 */
int http_server_open(struct status *status, const char *path, const char *address, bool remote,
                     struct http_server **server, struct failure *why);

/** Closes the server and removes its socket. Accepts NULL. */
void http_server_close(struct http_server *server);

#endif
