/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client.h - reads /status from a status socket over HTTP (libcurl), without blocking. One thread
 * at a time.
 */
#ifndef VCPU_SCHEDULER_TOP_CLIENT_H
#define VCPU_SCHEDULER_TOP_CLIENT_H

#include "error.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct top_fetch;

/**
 * where: the path of a Unix socket (with a slash in it), or "http://ADDRESS:PORT"; NULL: the
 * default socket. Returns NULL with the words in *why if `where` is neither or memory is short.
 */
struct top_fetch *top_fetch_new(const char *where, struct failure *why);

/** Accepts NULL. */
void top_fetch_free(struct top_fetch *fetch);

/** Begins a request. One under way is cancelled. */
void top_fetch_begin(struct top_fetch *fetch);

/** True while a request is under way: at most 3 seconds. */
bool top_fetch_is_under_way(const struct top_fetch *fetch);

/**
 * Waits for the answer, for input on the descriptors (sets revents), or for the time given. Returns
 * true once the request has ended: *text has *size bytes and is valid until the next request; or it
 * is NULL with the words in *why.
 */
bool top_fetch_wait(struct top_fetch *fetch, struct pollfd *fds, unsigned count, int milliseconds,
                    const char **text, size_t *size, struct failure *why);

#endif
