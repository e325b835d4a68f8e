/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory.h - what a live host keeps of each domain between sweeps: who it is, its vCPUs' numbers
 * in the planner's tables, open descriptors, affinities. No hypervisor call is made here. Sampler's
 * thread.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_INVENTORY_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_INVENTORY_H

#include "host/linux/kept.h"
#include "snapshot.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct vcpu_record {
    uint64_t serial;
    uint32_t number; /* libvirt's */
    uint32_t slot;
    uint32_t affinity, wanted; /* indexes in inventory.sets */
    uint32_t told, meant;      /* likewise: the mask that libvirt told last, and what it means */
    uint32_t parted;           /* likewise: what the kernel had instead; UINT32_MAX: nothing */
    pid_t thread;              /* above 0: known */
    uint32_t touches;          /* as vcpu_sample.touches */
    uint64_t yielded_ns;       /* as vcpu_sample.yielded_ns */
    uint32_t wish;             /* likewise: what its owner set on the running domain and not in the
                                  definition; UINT32_MAX: nothing */
    int32_t numa_home;         /* as vcpu_sample.home */
    struct kept cgroup;        /* vcpuN/cpu.stat */
    struct kept schedstat;
    uint32_t cap;  /* as vcpu_sample.cap */
    bool realtime; /* as vcpu_sample.realtime */
    bool present;  /* seen in this sweep */
};

struct domain_record {
    unsigned char uuid[DOMAIN_UUID_LEN];
    int32_t id;
    uint64_t serial;
    uint32_t slot;
    uint64_t sweep;            /* the last one that saw it */
    bool stale;                /* what is not read in every sweep is to be read anew */
    struct kept limit_file;    /* what its cgroup's cpuset leaves it */
    uint32_t limit;            /* as domain_sample.limit */
    bool known;                /* its definition, so far as no event says otherwise */
    bool opted_out;            /* its metadata ask to be left alone */
    bool said_metadata;        /* that its metadata can't be understood */
    uint32_t cap;              /* as domain_sample.cap */
    bool said_lacks;           /* what of its counters can't be read */
    uint64_t lacks_ns;         /* since when that is so; 0: nothing is missing */
    uint64_t home_ns;          /* when the homes of its vCPUs were read; 0: never */
    uint32_t home_count;       /* of how many */
    struct vcpu_record *vcpus; /* ascending by number */
    uint32_t vcpu_count, vcpu_capacity;
    char name[DOMAIN_NAME_MAX];
};

/** Small numbers, given out lowest first and taken back. */
struct slots {
    uint64_t *used;    /* bitmap */
    uint32_t capacity; /* words */
};

struct inventory {
    struct domain_record **domains; /* ascending by uuid */
    uint32_t count, capacity;
    struct slots domain_slots, vcpu_slots;
    uint64_t serial; /* the last one given */
    struct cpuset *sets;
    uint32_t set_count, set_capacity;
    uint64_t sets_version;
};

/** Frees all of it and closes descriptors. A zeroed inventory is an empty one. */
void inventory_finish(struct inventory *inventory);

/**
 * The record of that run of the domain, made new (stale, without vCPUs) where there is none;
 * another run's is removed first. NULL without memory.
 */
struct domain_record *inventory_domain(struct inventory *inventory, const unsigned char *uuid,
                                       int32_t id, const char *name);

/** Marks all records as stale, and their definitions as not known. */
void inventory_make_stale(struct inventory *inventory);

/** Removes the records that the sweep `sweep` has not seen. */
void inventory_sweep(struct inventory *inventory, uint64_t sweep);

/**
 * The domain's vCPU of that number, made new (no descriptors, all of its sets UINT32_MAX) where
 * there is none; *is_new tells. NULL without memory.
 */
struct vcpu_record *inventory_vcpu(struct inventory *inventory, struct domain_record *domain,
                                   uint32_t number, bool *is_new);

/** Removes the vCPUs that are not present, and takes the mark off the others. */
void inventory_sweep_vcpus(struct inventory *inventory, struct domain_record *domain);

/** The index of an equal set, added where there is none; UINT32_MAX without memory. */
uint32_t inventory_set(struct inventory *inventory, const struct cpuset *set);

#endif
