/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * echoes.h - whose pins libvirt's events tell of. Each pin that libvirt accepts is told by one
 * event, the daemon's own too. Events are counted against own pins: one too many is somebody
 * else's pin, also where it went to the very pCPU that the daemon had chosen.
 *
 * An event may come before its call returns, or long after. It may be lost with a connection: an
 * own pin whose echo has not come within ECHO_NS is not waited for any more. All functions: any
 * thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_ECHOES_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_ECHOES_H

#include "snapshot.h"

#define ECHO_NS UINT64_C(60000000000)

struct echoes;

/** NULL without memory. Freed by echoes_free(), which accepts NULL. */
struct echoes *echoes_new(void);
void echoes_free(struct echoes *echoes);

/** An own pin of that vCPU is about to be made. now_ns: CLOCK_MONOTONIC, as in all that follows. */
void echoes_expect(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu,
                   uint64_t now_ns);

/** The same of a pin that an earlier run may just have made; not if this one has made any. */
void echoes_expect_late(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu,
                        uint64_t now_ns);

/** The call has come back. failed: no pin was made, and none is told. */
void echoes_called(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu, bool failed,
                   uint64_t now_ns);

/** An event tells of a pin of that vCPU. */
void echoes_hear(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu, uint64_t now_ns);

/** There is another connection: what is waited for may come as late as after a new pin. */
void echoes_reconnected(struct echoes *echoes, uint64_t now_ns);

/** True if somebody else has pinned that vCPU since the daemon's last pin of it. */
bool echoes_foreign(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu);

/** True once for each time that somebody else's pins were noticed. */
bool echoes_take(struct echoes *echoes, const unsigned char *uuid, uint32_t vcpu);

#endif
