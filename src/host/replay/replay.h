/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay.h - a host that replays a demand trace. */
#ifndef VCPU_SCHEDULER_HOST_REPLAY_REPLAY_H
#define VCPU_SCHEDULER_HOST_REPLAY_REPLAY_H

/** FILE of a URI trace:FILE. Any thread. */
const char *host_trace_path(const char *uri);

#endif
