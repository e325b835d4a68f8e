/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_host.h - a host for tests, and the stages on top of it, stepped in turn.
 *
 * The host models contention as a replay does: on a pCPU with more than 100 % of demand and other
 * load, each gets a share in proportion to its demand, and waits for the rest. Tests may change
 * every field, and make each call fail.
 */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include "actuator/actuator.h"
#include "config/options.h"
#include "host.h"
#include "host/libvirt/inventory.h"
#include "ledger/ledger.h"
#include "planner/planner.h"
#include "sampler/sampler.h"

#include <stdbool.h>
#include <stdint.h>

struct fake_domain {
    struct domain_sample sample; /* as shown, except times and counts */
    uint64_t late_ns;            /* from the start of the sweep to its reading */
    uint64_t spent_ns;           /* duration of the reading */
    struct cpuset limit;         /* sample.limit */
    uint32_t emulator;           /* 1 + its index in host.vcpus; 0: none is told of */
    bool held;                   /* as emulator_sample.held */
    bool gone;
};

struct fake_vcpu {
    uint32_t domain, number, slot;
    uint64_t serial;
    bool gone;
    bool hidden; /* active, but missing from sweeps */
    uint32_t has;
    uint64_t yielded_ns;    /* as vcpu_sample.yielded_ns */
    uint32_t touches;       /* somebody else's pins so far */
    bool touched;           /* one of them after the last of ours */
    bool stale;             /* its affinity is shown as of when this was set */
    double demand;          /* percent of a pCPU */
    double usage;           /* what it got of that in the last fake_play() */
    double witness;         /* the part of its usage that its cgroup counts; 1 at first */
    struct cpuset affinity; /* the kernel's: told, within its domain's limit */
    struct cpuset told;     /* the hypervisor's */
    struct cpuset cgroup;   /* what the hypervisor has written to the vCPU's own cpuset */
    uint32_t affinity_set, wanted_set; /* of told */
    int32_t last_pcpu;
    uint64_t time_ns, cgroup_ns, delay_ns, throttled_ns;
    uint32_t cap; /* as vcpu_sample.cap; shown, but limits nothing */
    bool realtime;
};

enum fake_verb { FAKE_PIN, FAKE_AFFINITY };

/* Faults other than a negative errno. */
enum {
    FAKE_IGNORED = 1,         /* reports success, does nothing */
    FAKE_DONE_AND_FAILED = 2, /* does it, reports failure: the reply is lost */
    FAKE_REFUSED = 3,         /* the kernel refuses it after the cgroup was written */
};

/** A call of `verb` on a vCPU that fails, after `after` that do not. */
struct fake_fault {
    uint32_t vcpu;
    enum fake_verb verb;
    uint32_t after;
    int error;
};

struct fake_call {
    uint32_t vcpu;
    enum fake_verb verb;
    int error;
    int32_t to; /* of a pin: the only pCPU, -1 if there are several */
};

enum { FAKE_FAULTS = 8, FAKE_CALLS = 256 };

struct host {
    uint64_t now_ns, epoch;
    uint64_t zero_ns; /* the real clock when now_ns was 0; 0: not yet known */
    uint32_t pcpus, domain_count, vcpu_count, capacity;
    uint64_t serial;
    struct cpuset online, isolated;
    bool tells_busy; /* the host tells its own counters */
    struct fake_domain *domains;
    struct fake_vcpu *vcpus;
    double *other; /* percent of a pCPU that is not by vCPUs */
    uint64_t *busy_ns;
    struct inventory sets; /* only its sets are used */

    struct fake_fault faults[FAKE_FAULTS];
    uint32_t fault_count;
    struct fake_call calls[FAKE_CALLS]; /* the first ones */
    uint32_t call_count;
    uint32_t pin_count;            /* accepted pins, all of them */
    uint32_t tidied_count, tidied; /* calls of forgotten(); the domain of the last */
};

extern const struct host_ops fake_ops;

/** Returns a host without domains, with capacity for so many vCPUs and as many domains. Ends the
 * test if there is no memory. */
struct host *fake_new(uint32_t pcpus, uint32_t capacity);

/** Adds a running domain. Returns its index. */
uint32_t fake_domain(struct host *host, const char *name);

/** Plugs a vCPU into a domain, pinned, wanting all pCPUs. Returns its index. */
uint32_t fake_vcpu(struct host *host, uint32_t domain, int32_t pcpu, double demand);

/** Makes the host tell of the domain's emulator, which nobody has pinned. Returns its index, which
 * functions for vCPUs take. */
uint32_t fake_emulator(struct host *host, uint32_t domain);

/** Changes the affinity, or the set that the owner wants, unnoticed by the host. As a list. */
void fake_set_affinity(struct host *host, uint32_t vcpu, const char *list);
void fake_set_wanted(struct host *host, uint32_t vcpu, const char *list);

/** Changes the cpuset of the domain's cgroup: the kernel takes pCPUs from its vCPUs, or gives them
 * back. */
void fake_limit(struct host *host, uint32_t domain, const char *list);

/** Changes the kernel's affinity alone, as taskset does. */
void fake_taskset(struct host *host, uint32_t vcpu, const char *list);

/** Somebody else pins it, and the host notices, even if the affinity stays the same. */
void fake_touch(struct host *host, uint32_t vcpu, const char *list);

/** Returns the kernel's affinity as a list, in a static buffer. */
const char *fake_affinity(const struct host *host, uint32_t vcpu);

/** Restarts the domain: it gets a new id, new serials and slots; counters start at 0. */
void fake_restart(struct host *host, uint32_t domain);

/** Lets so many seconds pass. */
void fake_play(struct host *host, double seconds);

/** Makes a call on the vCPU fail once, after `after` that do not; FAKE_ALWAYS: every time. */
#define FAKE_ALWAYS UINT32_MAX
void fake_fail(struct host *host, uint32_t vcpu, enum fake_verb verb, uint32_t after, int error);

/** A list of pools of `pcpus` pCPUs each, as a list of their pCPUs. */
void fake_scale(const char *pools, uint32_t pcpus, char *text, size_t length);

/** Forgets calls and faults. */
void fake_quiet(struct host *host);

/** The stages on a fake host. */
struct rig {
    struct host *host; /* owned */
    struct options options;
    char words[512];
    char *argv[32];
    struct crosscheck_ticks ticks;
    struct sampler sampler;
    struct planner *planner;
    struct actuator actuator;
    struct ledger *ledger;
    struct snapshot *snapshot;
    struct plan *plan;
    double late_pins_s; /* from a snapshot to the pins of its plan; 0: no time */
};

/** Takes a command line, words separated by one blank. Ends the test if it is wrong. */
struct rig *rig_new(struct host *host, const char *options);

/** The same with the test's own policy; NULL: that of the options. */
struct rig *rig_with_policy(struct host *host, const char *options, const struct policy *policy);
void rig_free(struct rig *rig);

/** Lets so many seconds pass, takes a snapshot, plans, carries the plan out and books it. */
const struct plan *rig_period(struct rig *rig, double seconds);

/** Returns the vCPU in the last view. */
const struct view_vcpu *rig_vcpu(const struct rig *rig, uint32_t vcpu);

/** Returns the vCPU's pin in the last plan, or NULL. */
const struct pin *rig_pin(const struct rig *rig, uint32_t vcpu);

#endif
