/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_libvirt.h - what the files of the live host share: host_libvirt.c opens and closes it,
 * host_libvirt_sample.c and host_libvirt_refresh.c are the sampler's side, host_libvirt_pin.c is
 * the actuator's. These are the only ones that include libvirt.
 *
 * libvirt's connection is safe for all threads. libvirt's event loop runs on a thread of its own.
 * All that the three threads share besides is `changed`.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_H

#include "cgroup.h"
#include "host.h"
#include "inventory.h"
#include "procfs.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

struct host {
    virConnectPtr connection;
    char *uri;  /* as the connection calls itself */
    bool local; /* QEMU on this machine: its processes can be looked at */
    bool crosscheck;
    uint32_t pcpus;
    struct cpuset online, isolated; /* as libvirt and the kernel told at the beginning */
    char pid_folder[PATH_MAX - DOMAIN_NAME_MAX]; /* where libvirt keeps NAME.pid */
    struct cgroup_tree tree;
    struct procfs_stat stat;

    /* The sampler's. */
    uint64_t stat_ns;  /* when /proc/stat was read last */
    uint64_t *busy_ns; /* what it told of each pCPU */
    uint32_t busy_room, stat_pcpus;
    struct inventory inventory;
    uint64_t sweep;
    uint64_t round_ns; /* when the slow round took its last step */
    uint32_t round_at; /* the domain whose turn is next */
    virVcpuInfoPtr infos;
    uint32_t info_room;
    unsigned char *maps; /* of virDomainGetVcpuPinInfo */
    uint32_t map_room;
    bool said_no_cgroup, said_no_delay;

    /* Domains whose affinity may have changed, by the first byte of the uuid. */
    _Atomic uint64_t changed[4];

    int callbacks[2]; /* of the connection; -1: not registered */
    pthread_t events;
    bool events_run;
    _Atomic bool events_stop;
    int events_timer;
};

/** fail() with -EIO, `what`, and libvirt's own words for the last error of this thread. */
int libvirt_failed(struct failure *why, const char *what);

/** Lets the sampler read that domain's affinities anew. Any thread. */
void libvirt_mark_changed(struct host *host, const unsigned char *uuid);

/**
 * Brings a stale record up to date: affinities, descriptors. Left stale when libvirt does not
 * answer for it: it may just be going. Sampler's thread.
 */
void libvirt_refresh(struct host *host, virDomainPtr domain, struct domain_record *record);

/** host_ops.sample and wait. */
int libvirt_sample(struct host *host, struct snapshot *snapshot, struct failure *why);
uint64_t libvirt_wait(struct host *host, struct bell *bell, uint64_t due_ns);

/** host_ops.pin and affinity. */
int libvirt_pin(struct host *host, const struct vcpu_name *vcpu, const struct cpuset *set,
                struct failure *why);
int libvirt_affinity(struct host *host, const struct vcpu_name *vcpu, struct cpuset *set,
                     struct failure *why);

#endif
