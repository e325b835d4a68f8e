/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_server.h - the status door: HTTP for whoever wants to see a run, on a Unix socket, and on a
 * TCP address if told to. `/metrics` is OpenMetrics, `/status` JSON.
 *
 * libmicrohttpd serves on a thread of its own, from published pages (status.h): clients that are
 * slow, hostile or many meet neither a stage nor each other. Main thread.
 */
#ifndef VCPU_SCHEDULER_STATUS_HTTP_SERVER_H
#define VCPU_SCHEDULER_STATUS_HTTP_SERVER_H

#include "error.h"
#include "status/status.h"

struct http_server;

/**
 * Opens it. path: of the Unix socket, NULL: none; a socket there that nobody listens on is removed.
 * Its owner and group may connect. address: "ADDRESS:PORT" or "[ADDRESS]:PORT", NULL:
 * none. remote: the address may be another than the loopback's. Returns 0 and *door, or with the
 * words in *why: -EADDRINUSE; -EINVAL: no such address, or not the loopback's; -ENAMETOOLONG: a
 * Unix socket's path has less than 108 bytes; -ENOTSUP: built without libmicrohttpd; another
 * negative errno.
 */
int http_server_open(struct status *status, const char *path, const char *address, bool remote,
                     struct http_server **server, struct failure *why);

/** Closes it and removes the socket. Accepts NULL. */
void http_server_close(struct http_server *server);

#endif
