/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger.h - what every vCPU's affinity was before the daemon changed it, so that it can be given
 * back exactly. file.h keeps it on disk.
 *
 * The actuator's thread changes it (before that thread begins, the opener's). Main reads it when
 * the actuator hangs in a call and can't tell itself. The sampler reads it when it meets a vCPU for
 * the first time, and adds what that vCPU has brought along. The lock is taken only around a look
 * at or a change of the ledger, never across a call to the hypervisor or the disk: the steady cycle
 * doesn't meet it.
 */
#ifndef VCPU_SCHEDULER_LEDGER_LEDGER_H
#define VCPU_SCHEDULER_LEDGER_LEDGER_H

#include "host.h"

struct ledger_entry {
    struct vcpu_name vcpu;        /* its slot is of no account: another run does not know it */
    char domain[DOMAIN_NAME_MAX]; /* for messages */
    struct cpuset original;
    int64_t yielded_s; /* 0: it is the daemon's; else since when it is somebody else's, seconds
                          since 1970, and all that follows but the name is of no account */
    int32_t pinned;    /* where the daemon has put it, or is about to */
    int32_t was; /* while that is not certain: the pCPU where it may still be pinned; else -1 */
    bool unsure; /* LEDGER_UNKNOWN is what became of its last pin; not kept on disk */
};

/** What became of a pin that was noted. */
enum ledger_outcome {
    LEDGER_PINNED,  /* it is where it was to go */
    LEDGER_KEPT,    /* it is where it was before */
    LEDGER_UNKNOWN, /* it may be at either */
};

struct ledger;

/** An empty ledger; NULL without memory. Freed by ledger_free(), which accepts NULL. */
struct ledger *ledger_new(void);
void ledger_free(struct ledger *ledger);

/** Room for so many vCPUs, so that ledger_note() need not allocate. Actuator. */
void ledger_reserve(struct ledger *ledger, uint32_t vcpus);

/** True if that affinity is the daemon's doing. Pure. */
bool ledger_is_ours(const struct ledger_entry *entry, const struct cpuset *now);

/** The affinity that a pin was noted from. Pure; between ledger_note() and ledger_settle(), and as
 * long as it is unsure. */
struct cpuset ledger_before(const struct ledger_entry *entry);

/**
 * Notes that a vCPU of affinity `before` goes to pCPU `to`. As long as `before` is the daemon's
 * doing the original stays; else `before` is the original. ledger_settle() follows.
 * Returns 0 or -ENOMEM: then the vCPU must not be pinned. Actuator.
 */
int ledger_note(struct ledger *ledger, const struct vcpu_name *vcpu, const char *domain,
                const struct cpuset *before, int32_t to);

/** What became of the last note of that vCPU. Does nothing if that is settled already. Actuator. */
void ledger_settle(struct ledger *ledger, const struct vcpu_name *vcpu,
                   enum ledger_outcome outcome);

/** The same for one that was settled as LEDGER_UNKNOWN, and known since. Does nothing to others.
 * Actuator. */
void ledger_resolve(struct ledger *ledger, const struct vcpu_name *vcpu,
                    enum ledger_outcome outcome);

/** Adds an entry of an earlier run, or of another host's. Returns 0, -EEXIST or -ENOMEM. Any
 * thread. */
int ledger_add(struct ledger *ledger, const struct ledger_entry *entry);

/**
 * A vCPU is somebody else's from now on, `now_s` in seconds since 1970: there is nothing to be
 * given back to it, and another run of the daemon is to know. Without memory it is only forgotten.
 * Actuator.
 */
void ledger_yield(struct ledger *ledger, const struct vcpu_name *vcpu, const char *domain,
                  int64_t now_s);

/** Since when a vCPU is somebody else's, as ledger_yield() was told; 0: it is not. Any thread. */
int64_t ledger_yielded(struct ledger *ledger, const struct vcpu_name *vcpu);

/** Forgets a vCPU: it has been given back, or is gone. Actuator. */
void ledger_forget(struct ledger *ledger, const struct vcpu_name *vcpu);

/** Forgets all. Actuator. */
void ledger_clear(struct ledger *ledger);

/** Copies the entry of a vCPU that is the daemon's. Returns false if there is none. Any thread. */
bool ledger_find(struct ledger *ledger, const struct vcpu_name *vcpu, struct ledger_entry *entry);

/**
 * Copies the first entry of a vCPU that is the daemon's, at or behind *cursor, which begins at 0,
 * and moves *cursor behind it. Forgetting meanwhile disturbs nothing. Returns false after the last.
 * Any thread.
 */
bool ledger_next(struct ledger *ledger, uint32_t *cursor, struct ledger_entry *entry);

/** The same of those that are somebody else's. */
bool ledger_next_yielded(struct ledger *ledger, uint32_t *cursor, struct ledger_entry *entry);

/**
 * Copies the entry of the lowest vCPU, at or above *number, of that run of a domain (`run` is any
 * of its vCPUs), and moves *number behind it. Returns false if there is none. Any thread.
 */
bool ledger_next_of(struct ledger *ledger, const struct vcpu_name *run, uint32_t *number,
                    struct ledger_entry *entry);

/** How many vCPUs are the daemon's. Any thread. */
uint32_t ledger_count(struct ledger *ledger);

/** How many entries there are, with those that are somebody else's. Any thread. */
uint32_t ledger_size(struct ledger *ledger);

/** Another number whenever there is something to be written. Any thread. */
uint64_t ledger_version(struct ledger *ledger);

#endif
