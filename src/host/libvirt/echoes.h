/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * echoes.h - notices pins by others. libvirt sends one event for each pin that it accepts, also for
 * the daemon's own: its echo. The events of a vCPU are counted against the daemon's pins of it. One
 * event too many is somebody else's pin, even to the pCPU that the daemon had chosen.
 *
 * An event may come before its call returns, or long after. It may be lost with a connection: the
 * echo of a pin is no longer expected after ECHO_NS. All functions: any thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_ECHOES_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_ECHOES_H

#include "snapshot.h"

#define ECHO_NS UINT64_C(60000000000)

struct echoes;

/** NULL without memory. Freed by echoes_free(), which accepts NULL. */
struct echoes *echoes_new(void);
void echoes_free(struct echoes *echoes);

/** The daemon is about to pin that vCPU. now_ns: CLOCK_MONOTONIC, as in all functions below. */
void echoes_expect(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu,
                   uint64_t now_ns);

/** An earlier run may just have pinned that vCPU. Does nothing if this run has pinned it. */
void echoes_expect_late(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu,
                        uint64_t now_ns);

/** The call to pin has returned. failed: there was no pin, and there will be no event. */
void echoes_called(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu, bool failed,
                   uint64_t now_ns);

/** An event has reported a pin of that vCPU. */
void echoes_hear(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu, uint64_t now_ns);

/** There is a new connection: expected echoes get ECHO_NS again. */
void echoes_reconnected(struct echoes *echoes, uint64_t now_ns);

/** True if somebody else has pinned that vCPU since the daemon's last pin of it. */
bool echoes_foreign(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu);

/** True once each time that pins by others were noticed. */
bool echoes_take(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu);

#endif
