/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inventory.h - what is kept of each domain between sweeps: identity, slots in the planner's
 * tables, open files, affinities. Makes no calls to libvirt. Sampler's thread. */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_INVENTORY_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_INVENTORY_H

#include "host.h"
#include "host/linux/kept.h"
#include "snapshot.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** Members without a comment are as in vcpu_sample. Sets are indexes in inventory.sets; UINT32_MAX:
 * none. */
struct vcpu_record {
    uint64_t serial;
    uint32_t number;
    uint32_t slot;
    uint32_t affinity, wanted;
    uint32_t told, meant; /* sets: the mask that libvirt reported last, and what it means */
    uint32_t differing;   /* set: what the kernel had instead at the last reading */
    uint32_t wish;        /* set: what its owner set on the running domain only */
    pid_t thread;         /* above 0: known */
    uint32_t touches;
    uint64_t yielded_ns;
    int32_t numa_home;
    struct kept cgroup; /* vcpuN/cpu.stat */
    struct kept schedstat;
    uint32_t cap;
    bool realtime;
    bool present; /* seen in this sweep */
};

/** Members without a comment are as in domain_sample. */
struct domain_record {
    unsigned char uuid[DOMAIN_UUID_LEN];
    int32_t id;
    uint64_t serial;
    uint32_t slot;
    uint64_t sweep;         /* the last one that saw it */
    bool stale;             /* libvirt_refresh() has to read it again */
    struct kept limit_file; /* lists the pCPUs that its cgroup's cpuset allows */
    uint32_t limit;
    bool known; /* its definition was read and has not changed since */
    bool opted_out;
    bool said_metadata; /* it was logged that its metadata are malformed */
    uint32_t cap;
    bool said_lacks;             /* it was logged which counters are missing */
    uint64_t lacks_ns;           /* since when they are missing; 0: none are */
    uint64_t home_ns;            /* when the NUMA homes of its vCPUs were read; 0: never */
    uint32_t home_count;         /* of how many vCPUs */
    struct vcpu_record emulator; /* VCPU_EMULATOR: without files, serial and slot */
    bool emulator_met;           /* emulator_held holds */
    bool emulator_held;          /* as emulator_sample.held */
    struct vcpu_record *vcpus;   /* ascending by number */
    uint32_t vcpu_count, vcpu_capacity;
    char name[DOMAIN_NAME_MAX];
};

/** Small numbers. The lowest free one is given out first. */
struct slots {
    uint64_t *used;    /* bitmap */
    uint32_t capacity; /* words */
};

struct inventory {
    struct domain_record **domains; /* ascending by uuid */
    uint32_t count, capacity;
    struct slots domain_slots, vcpu_slots;
    uint64_t serial; /* the last one given out */
    struct cpuset *sets;
    uint32_t set_count, set_capacity;
    uint64_t sets_version;
};

/** Frees everything and closes the files. A zeroed inventory is empty. */
void inventory_finish(struct inventory *inventory);

/** The record of that run of the domain. If there is none, a new one is added (stale, without
 * vCPUs), and another run's is removed. NULL without memory. */
struct domain_record *inventory_domain(struct inventory *inventory, const unsigned char *uuid,
                                       int32_t id, const char *name);

/** Makes all records stale, and their definitions unknown. */
void inventory_make_stale(struct inventory *inventory);

/** Removes the records that the sweep `sweep` has not seen. */
void inventory_sweep(struct inventory *inventory, uint64_t sweep);

/** The domain's vCPU of that number. If there is none, a new one is added (no files, all sets
 * UINT32_MAX), and *is_new is set. NULL without memory. */
struct vcpu_record *inventory_vcpu(struct inventory *inventory, struct domain_record *domain,
                                   uint32_t number, bool *is_new);

/** Removes the vCPUs that are not present, and resets `present` of the others. */
void inventory_sweep_vcpus(struct inventory *inventory, struct domain_record *domain);

/** The index of an equal set, which is added if there is none; UINT32_MAX without memory. */
uint32_t inventory_set(struct inventory *inventory, const struct cpuset *set);

#endif
