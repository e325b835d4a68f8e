/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger.h - what each vCPU's affinity was before the daemon changed it, to give it back exactly.
 * An emulator (VCPU_EMULATOR) counts as a vCPU of its domain. file.h keeps it on disk.
 *
 * The actuator's thread changes the ledger; before it starts, the opener's thread does. Main reads
 * it where the actuator hangs in a call. The sampler reads it when it meets a vCPU for the first
 * time, and adds the entries that a domain brought along. The lock is held around one look or
 * change, never during a call to the hypervisor or the disk; the steady cycle does not take it.
 */
#ifndef VCPU_SCHEDULER_LEDGER_LEDGER_H
#define VCPU_SCHEDULER_LEDGER_LEDGER_H

#include "host.h"

struct ledger_entry {
    struct vcpu_name vcpu;        /* but its slot, which another run of the daemon does not know */
    char domain[DOMAIN_NAME_MAX]; /* for messages */
    struct cpuset original;
    int64_t yielded_s;    /* 0: it is the daemon's; else since when it is somebody else's, seconds
                             since 1970, and only the names are valid */
    struct cpuset pinned; /* where the daemon has pinned it, or is about to */
    struct cpuset was;    /* while that is not certain: where it may still be; else empty */
    bool unsure;          /* its last pin ended as LEDGER_UNKNOWN; not kept on disk */
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

/** Allocates memory for so many vCPUs, so that ledger_note() need not. Actuator. */
void ledger_reserve(struct ledger *ledger, uint32_t vcpus);

/** True if the daemon made the affinity what it is. Pure. */
bool ledger_is_ours(const struct ledger_entry *entry, const struct cpuset *now);

/** The affinity before the noted pin. Valid from ledger_note() to ledger_settle(), and while the
 * entry is unsure. Pure. */
struct cpuset ledger_before(const struct ledger_entry *entry);

/**
 * Notes, before a pin, that a vCPU of affinity `before` gets the affinity `to`. If the daemon made
 * `before`, the original stays; else `before` becomes the original. ledger_settle() follows.
 * Returns 0 or -ENOMEM: then the vCPU must not be pinned. Actuator.
 */
int ledger_note(struct ledger *ledger, const struct vcpu_name *vcpu, const char *domain,
                const struct cpuset *before, const struct cpuset *to);

/** Records the outcome of the pin noted last. Does nothing if that was done before. Actuator. */
void ledger_settle(struct ledger *ledger, const struct vcpu_name *vcpu,
                   enum ledger_outcome outcome);

/** Records the outcome of a pin that was LEDGER_UNKNOWN; does nothing to others. Actuator. */
void ledger_resolve(struct ledger *ledger, const struct vcpu_name *vcpu,
                    enum ledger_outcome outcome);

/** Adds an entry of another run or host. Returns 0, -EEXIST or -ENOMEM. Any thread. */
int ledger_add(struct ledger *ledger, const struct ledger_entry *entry);

/**
 * Notes that a vCPU is somebody else's since `now_s`, seconds since 1970: nothing is given back to
 * it, and another run of the daemon knows it. Without memory it is only forgotten. Actuator.
 */
void ledger_yield(struct ledger *ledger, const struct vcpu_name *vcpu, const char *domain,
                  int64_t now_s);

/** Since when a vCPU is somebody else's, seconds since 1970; 0: it is not. Any thread. */
int64_t ledger_yielded(struct ledger *ledger, const struct vcpu_name *vcpu);

/** Forgets a vCPU that was given back or is gone. Actuator. */
void ledger_forget(struct ledger *ledger, const struct vcpu_name *vcpu);

/** Forgets all. Actuator. */
void ledger_clear(struct ledger *ledger);

/** Copies the entry of a vCPU that is the daemon's. Returns false if there is none. Any thread. */
bool ledger_find(struct ledger *ledger, const struct vcpu_name *vcpu, struct ledger_entry *entry);

/**
 * Copies the next entry of a vCPU that is the daemon's and moves *cursor, which starts at 0.
 * Entries may be forgotten meanwhile. Returns false after the last one. Any thread.
 */
bool ledger_next(struct ledger *ledger, uint32_t *cursor, struct ledger_entry *entry);

/** ledger_next() for the vCPUs that are somebody else's. */
bool ledger_next_yielded(struct ledger *ledger, uint32_t *cursor, struct ledger_entry *entry);

/**
 * Copies the entry of the first vCPU from *number on, of the run of a domain that `run`, any of its
 * vCPUs, names; sets *number to the one after it. VCPU_EMULATOR is the last. Returns false if there
 * is none. Any thread.
 */
bool ledger_next_of(struct ledger *ledger, const struct vcpu_name *run, uint64_t *number,
                    struct ledger_entry *entry);

/** How many vCPUs are the daemon's. Any thread. */
uint32_t ledger_count(struct ledger *ledger);

/** How many entries there are, yielded ones too. Any thread. */
uint32_t ledger_size(struct ledger *ledger);

/** A number that changes whenever there is something to write to disk. Any thread. */
uint64_t ledger_version(struct ledger *ledger);

#endif
