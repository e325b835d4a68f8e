/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client.h - asks a status door for /status, without waiting where there is something else to
 * do. libcurl speaks HTTP. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_TOP_CLIENT_H
#define VCPU_SCHEDULER_TOP_CLIENT_H

#include "error.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct top_fetch;

/**
 * where: the path of a Unix socket (with a slash in it), or "http://ADDRESS:PORT"; NULL: where the
 * daemon's usually is. Returns NULL with the words in *why: where is neither, or no memory.
 */
struct top_fetch *top_fetch_new(const char *where, struct failure *why);

/** Accepts NULL. */
void top_fetch_free(struct top_fetch *fetch);

/** What is asked, for messages. */
const char *top_fetch_where(const struct top_fetch *fetch);

/** Begins to ask. What is under way is given up. */
void top_fetch_begin(struct top_fetch *fetch);

/** True while an answer is waited for: at most 3 seconds. */
bool top_fetch_is_under_way(const struct top_fetch *fetch);

/**
 * Waits for the answer, for one of the descriptors (their revents are set) or so many milliseconds.
 * Returns true once when the asking has ended: *text, which is the fetch's until the next begin,
 * holds *size bytes; or is NULL, with the words in *why.
 */
bool top_fetch_wait(struct top_fetch *fetch, struct pollfd *fds, unsigned count, int milliseconds,
                    const char **text, size_t *size, struct failure *why);

#endif
