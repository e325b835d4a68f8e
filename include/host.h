/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host.h - the interface to a hypervisor host, or to a replay that behaves like one.
 *
 * Only the sampler and the actuator hold a host. The sampler's thread calls sample() and wait(),
 * the actuator's calls pin(), affinity(), touched() and forgotten(); both may do so at the same
 * time.
 */
#ifndef VCPU_SCHEDULER_HOST_H
#define VCPU_SCHEDULER_HOST_H

#include "affinity.h"
#include "cpuset.h"
#include "error.h"
#include "pools.h"
#include "snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wakeup;
struct ledger;
struct trace;

/** What a host is opened with. The caller keeps what the pointers name until the host is closed. */
struct host_settings {
    const char *uri;           /* --connect; NULL: libvirt's own default, else qemu:///system */
    const char *cgroup_root;   /* --cgroup-root: replaces the mounted cgroup v2; NULL */
    bool crosscheck;           /* read the domains' cgroups */
    bool read_only;            /* never pins: --dry-run */
    bool shape;                /* open() waits for the topology, however long that takes */
    bool verbose;              /* logs what it waits for */
    bool wait;                 /* open() waits for a host that can't be reached yet: --wait */
    bool emulator;             /* samples tell of the domains' emulators: --emulator follow */
    struct wakeup *wakeup;     /* of the thread that opens; when stopped, `wait` ends */
    struct ledger *ledger;     /* its originals are what owners want, after a restart; NULL */
    uint32_t pcpus;            /* of a replay; 0: as many as the trace has */
    bool flat;                 /* of a replay on another number of pCPUs: without its topology */
    struct pool_choice pool;   /* of a replay: what its vCPUs are pinned to at the start */
    const struct trace *trace; /* of a replay: the file that `uri` names, already read; NULL */
};

/**
 * In place of a vCPU's number: the emulator of the domain, all of QEMU's threads that are no
 * vCPU's, with the kernel's vhost threads of the domain.
 */
#define VCPU_EMULATOR UINT32_MAX

/** Names one vCPU of one run of a domain, or its emulator. */
struct vcpu_name {
    unsigned char uuid[DOMAIN_UUID_LEN];
    int32_t id;      /* of this run: a restarted domain has another one */
    uint32_t number; /* VCPU_EMULATOR: the emulator */
    uint32_t slot;   /* vcpu_sample.slot; of an emulator domain_sample.slot */
};

struct host; /* each kind of host defines its own */

struct host_ops {
    const char *scheme; /* prefix of this kind's URIs; NULL: all that no other kind takes */

    /**
     * Opens the host. It may block without limit: the pipeline calls it on a separate thread.
     * Returns 0 and *host (close() frees it), or a negative errno with the words in *why.
     */
    int (*open)(const struct host_settings *settings, struct host **host, struct failure *why);

    /**
     * Waits until `due_ns` (CLOCK_MONOTONIC), or until the wakeup is signalled or stopped. A replay
     * advances its own clock instead. Returns the current time in nanoseconds, before due_ns only
     * if the wakeup was signalled; 0 if it was stopped; UINT64_MAX at the end of a replay.
     */
    uint64_t (*wait)(struct host *host, struct wakeup *wakeup, uint64_t due_ns);

    /**
     * Fills *snapshot, except sequence, skipped, pushed_ns and popped_ns. Returns 0;
     * -EAGAIN: no sample this period, because the host can't be reached and is being reconnected
     * (which it logs once); or another negative errno with the words in *why: sampling has to end.
     */
    int (*sample)(struct host *host, struct snapshot *snapshot, struct failure *why);

    /**
     * Sets the live affinity of a vCPU or emulator. Returns 0, or with the words in *why:
     * -ENOENT: the domain, this run of it, or the vCPU is gone;
     * -EBUSY: the domain has a job, nothing was changed;
     * -EINVAL: no pCPU of the set is online and allowed by the cgroup's cpuset, nothing was
     * changed;
     * another negative errno: the vCPU's affinity is unknown.
     */
    int (*pin)(struct host *host, const struct vcpu_name *vcpu, const struct cpuset *set,
               struct failure *why);

    /** Reads a vCPU's live affinity from the hypervisor and from the kernel. Returns as pin() but
     * never -EBUSY; *now is written on success only. */
    int (*affinity)(struct host *host, const struct vcpu_name *vcpu, struct affinity *now,
                    struct failure *why);

    /** True if somebody else has set a vCPU's affinity since the last pin(), even to the same
     * pCPU. NULL: this kind of host can't tell. */
    bool (*touched)(struct host *host, const struct vcpu_name *vcpu);

    /**
     * Tells the host that a vCPU has left the ledger. Pins are also recorded in the domain's
     * metadata, which goes along when it is saved or migrated; this removes what the ledger no
     * longer holds. NULL: this kind of host records none.
     */
    void (*forgotten)(struct host *host, const struct vcpu_name *vcpu);

    /**
     * Enters the pins of earlier runs, as all domains' metadata record them, into the ledger;
     * sample() does the same when it first sees a domain. Returns 0, or a negative errno with the
     * words in *why. Before the stages start. NULL: this kind of host records none.
     */
    int (*adopt)(struct host *host, struct failure *why);

    /**
     * The host's name, the same by whatever URI it is reached; the lock and the ledger are named
     * after it. NULL: the host needs neither. Valid until close().
     */
    const char *(*name)(const struct host *host);

    /** The URI by which it was reached. Valid until close(). NULL: use the name. */
    const char *(*address)(const struct host *host);

    /** True if `address`, by which an earlier run reached its host, names this host. NULL: compare
     * it with the name. */
    bool (*known_as)(const struct host *host, const char *address);

    /**
     * Closes the host. No other call may be running. Accepts NULL. Returns false if a thread of the
     * host hangs in libvirt: the process must then end with _exit().
     */
    bool (*close)(struct host *host);

    /** Time passes only in wait(), which never waits: the stages run in turn on one thread, and
     * durations of the real clock mean nothing. */
    bool owns_clock;
};

/** The kind of host for a URI (NULL: the default). Never NULL. Any thread. */
const struct host_ops *host_find(const char *uri);

extern const struct host_ops host_libvirt, host_trace;

#endif
