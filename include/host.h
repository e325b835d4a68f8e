/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host.h - the narrow door to the outside: a hypervisor host, or something that behaves like one.
 *
 * Only the sampler and the actuator hold a host. sample() and wait() are called by the sampler's
 * thread alone, pin() and affinity() by the actuator's alone; the two may run at the same time.
 */
#ifndef VCPU_SCHEDULER_HOST_H
#define VCPU_SCHEDULER_HOST_H

#include "affinity.h"
#include "cpuset.h"
#include "error.h"
#include "snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wakeup;
struct ledger;
struct trace;

/** What a host is opened with. Strings are kept by the caller until the host is closed. */
struct host_settings {
    const char *uri;         /* --connect; NULL: libvirt's own default, else qemu:///system */
    const char *cgroup_root; /* --cgroup-root: this folder instead of the mounted cgroup v2; NULL */
    bool crosscheck;         /* read the domains' cgroups at all */
    bool read_only;          /* never pins: --dry-run */
    bool shape;            /* its shape is told from the first sample on, however long that takes */
    bool verbose;          /* says what it waits for */
    bool wait;             /* a host that is not there yet is waited for: --wait */
    struct wakeup *wakeup; /* with that: of the thread that opens; stopped: it gives up */
    struct ledger *ledger; /* whose originals are what owners want, after a restart; NULL */
    uint32_t pcpus;        /* of a replay; 0: as many as the trace says */
    const struct trace
        *trace; /* of a replay: what `uri` names, read already; kept by the caller; NULL */
    uint64_t
        period_ns; /* a host that owns the clock makes its periods this long if nothing says else */
};

/** One vCPU of one run of a domain. */
struct vcpu_name {
    unsigned char uuid[DOMAIN_UUID_LEN];
    int32_t id; /* of this run; a domain with another id is gone */
    uint32_t number;
    uint32_t slot; /* vcpu_sample.slot */
};

struct host; /* each kind has its own */

struct host_ops {
    const char *scheme; /* what a URI of this kind begins with; NULL: any other */

    /**
     * Opens the host. May block without bound: the pipeline calls it on a thread of its own.
     * Returns 0 and *host (closed by close()), or a negative errno with the words in *why.
     */
    int (*open)(const struct host_settings *settings, struct host **host, struct failure *why);

    /**
     * Waits until `due_ns`, CLOCK_MONOTONIC, or until the wakeup is signalled or stopped. A host
     * that owns its clock moves it. Returns the time it is now in nanoseconds, before due_ns only
     * when the wakeup was signalled; 0 when stopped, UINT64_MAX at the end of a replay.
     */
    uint64_t (*wait)(struct host *host, struct wakeup *wakeup, uint64_t due_ns);

    /**
     * One sweep: fills everything of *snapshot but sequence, due_ns, skipped, pushed_ns, popped_ns.
     * Returns 0; -EAGAIN: the host can't be reached now and is being tried again, there is no
     * sample of this period (the host says so in the log, once); or another negative errno with the
     * words in *why when that is the end.
     */
    int (*sample)(struct host *host, struct snapshot *snapshot, struct failure *why);

    /**
     * Sets a vCPU's live affinity.
     * Returns 0; -ENOENT: the domain, or this run of it, or the vCPU is gone; -EBUSY: the domain
     * has a job, nothing was tried; -EINVAL: no such pCPU, or none that its cgroup's cpuset leaves
     * it, nothing was tried; else another negative errno, and the vCPU may be anywhere. *why says
     * it in words.
     */
    int (*pin)(struct host *host, const struct vcpu_name *vcpu, const struct cpuset *set,
               struct failure *why);

    /** Reads a vCPU's live affinity, by the hypervisor's word and by the kernel's. Returns as pin()
     * but never -EBUSY; *now is written on success only. */
    int (*affinity)(struct host *host, const struct vcpu_name *vcpu, struct affinity *now,
                    struct failure *why);

    /** True if somebody else has set a vCPU's affinity since pin() did last, also to what it was.
     * By the actuator's thread. NULL: a host of this kind can't tell. */
    bool (*touched)(struct host *host, const struct vcpu_name *vcpu);

    /**
     * The ledger has let go of that vCPU: what travels with its domain, so that a pin is known as
     * the daemon's wherever the domain goes, is brought down to what the ledger still holds.
     * Actuator's thread. NULL: nothing travels.
     */
    void (*forgotten)(struct host *host, const struct vcpu_name *vcpu);

    /**
     * Takes into the ledger what domains have brought along, which sample() does when it meets them
     * first. Returns 0 or a negative errno. Before the stages begin. NULL: nothing travels.
     */
    int (*adopt)(struct host *host, struct failure *why);

    /**
     * Its name, the same for all who drive it: what a lock and a ledger go by. NULL: nothing is
     * kept of it. Valid until it is closed.
     */
    const char *(*name)(const struct host *host);

    /** How it was reached: the --connect for it. Valid until it is closed. NULL: only by its name.
     */
    const char *(*address)(const struct host *host);

    /** True if that address, by which some run has reached its host, is this one's. NULL: if it is
     * its name. */
    bool (*known_as)(const struct host *host, const char *address);

    /**
     * Closes it. No other call may be under way. Accepts NULL. Returns false if it hangs: then a
     * thread of its own is left behind, and the process must end by _exit().
     */
    bool (*close)(struct host *host);

    bool simulated; /* a clock of its own: no threads needed, nothing to give back */
};

/** The kind of host that `uri` (NULL: the default) names. Never NULL. Any thread. */
const struct host_ops *host_find(const char *uri);

extern const struct host_ops host_libvirt, host_trace;

#endif
