/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - what the files of the live host share. libvirt.c opens and closes it, connection.c
 * keeps the connection. The sampler's side: sample.c, and refresh.c, counters.c, pcpus.c,
 * topology.c, capabilities.c and numa_home.c, which it calls. The actuator's side: pin.c.
 * affinity.c and travel.c serve both.
 *
 * libvirt's connection is safe for all threads. libvirt's event loop runs on a thread of its own,
 * and so does what may block when libvirt has gone (connection.c).
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_INTERNAL_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_INTERNAL_H

#include "host.h"
#include "host/libvirt/echoes.h"
#include "host/libvirt/inventory.h"
#include "host/linux/cgroup.h"
#include "host/linux/procfs.h"
#include "ring.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

struct definition;

#define CONNECTION_EVENTS 3

/* Without descriptors, GLib ends the process while libvirt opens a connection (g_wakeup_new()). One
 * takes 5 (seen with 9.0.0); a way is two of them. */
#define WAY_DESCRIPTORS 16

/* What no event tells is read anew within about this time: the slow round. */
#define LIBVIRT_ROUND_NS UINT64_C(60000000000)

/* connection.lost while it is not; else why: a virConnectCloseReason. */
#define LOST_NOT (-1)

/* How long libvirt may take for what is under way at the end. */
#define FAREWELL_NS 200000000

/**
 * A connection for each thread that makes calls. libvirt's client lets threads share one, but where
 * it gives a silent server up while two of them wait for answers, one of the two waits for ever
 * (seen with 9.0.0).
 */
struct way {
    virConnectPtr sampler;  /* NULL: there is no way */
    virConnectPtr actuator; /* the same one where it is no client of a server */
};

/** The way to libvirt. The sampler's, but where it says otherwise. */
struct connection {
    struct way now;
    pthread_mutex_t lock;             /* of now.actuator, which the sampler writes */
    int callbacks[CONNECTION_EVENTS]; /* of now.sampler; -1: not registered */
    _Atomic int lost;                 /* what ended it, from the thread that saw it first */
    uint64_t lost_ns;                 /* when it was left */
    uint64_t epoch;                   /* counts the connections, from 1 */

    /* The connector's while `connecting` and not `arrived`. */
    const char *uri; /* what it opens */
    bool read_only;
    struct wakeup wakeup;   /* where it sleeps between two attempts; stopped: it gives up */
    struct way old, fresh;  /* to be closed; got */
    struct wakeup farewell; /* where its end is waited for */
    _Atomic bool arrived;   /* it has ended */
    bool connecting;        /* it was started, and is to be joined */
    pthread_t connector;
};

/** Of the last vCPU that was given everything: the mask that libvirt got for it, and tells. */
struct given {
    struct vcpu_name vcpu;
    struct cpuset mask, set;
};

/** What it takes to understand what libvirt tells of a domain's vCPUs. */
struct libvirt_view {
    virDomainPtr domain;
    struct cpuset present, online, isolated; /* pCPUs, before it told */
    struct definition *live;                 /* the running domain's XML; NULL */
    bool asked;                              /* for `live` */
};

/** Asks libvirt for the host's shape. The sampler's, but where it says otherwise. */
struct asker {
    bool wanted; /* it is to be asked */
    bool asking; /* the thread was started, and is to be joined */
    pthread_t thread;

    /* The thread's while `asking` and not `answered`. */
    struct host *host;
    struct topology draft;
    int error;
    struct failure why;
    _Atomic bool answered; /* it has ended */
};

struct host {
    struct connection connection;
    struct asker asker;
    char *uri;             /* as the connection calls itself */
    struct echoes *echoes; /* of own pins, and of others' */
    char *identity;        /* the same host's is the same, whatever the URI; NULL: not needed */
    struct ledger *ledger; /* host_settings.ledger */
    bool local;            /* QEMU on this machine: its processes can be looked at */
    bool crosscheck, verbose;
    _Atomic uint32_t pcpus; /* the highest number so far + 1; written by the sampler */
    struct cpuset online;
    struct topology topology; /* of `shaped`; version 0: not told */
    struct cpuset shaped;     /* the pCPUs that were online then */
    struct cpuset isolated, nohz_full;
    uint64_t looked_ns;                          /* when what no event tells was looked at */
    char pid_folder[PATH_MAX - DOMAIN_NAME_MAX]; /* where libvirt keeps NAME.pid */
    struct cgroup_tree tree;
    struct procfs_stat stat;

    /* The sampler's. */
    uint64_t pcpus_ns; /* when libvirt told the pCPUs last; 0: they are to be read anew */
    uint64_t stat_ns;  /* when /proc/stat was read last */
    uint64_t *busy_ns; /* what it told of each pCPU */
    uint32_t busy_capacity, stat_pcpus;
    struct inventory inventory;
    uint64_t sweep;
    uint64_t round_ns; /* when the slow round took its last step */
    uint32_t round_at; /* the domain whose turn is next */
    virVcpuInfoPtr infos;
    uint32_t info_capacity;
    unsigned char *maps; /* of virDomainGetVcpuPinInfo */
    uint32_t map_capacity;
    uint32_t lacking; /* domains of which this sweep has to say that counters can't be read */
    char lack[640];   /* what the first of them lacks, in words */
    bool unmarkable;  /* libvirt keeps no marks, which was said. The actuator's */

    /* Domains whose affinity, or definition, may have changed, by the first byte of the uuid. */
    _Atomic uint64_t changed[4], defined[4];

    /* The actuator's. */
    struct given given;

    pthread_t events;
    bool events_run;
    _Atomic bool events_stop;
    int events_timer;
};

/**
 * Finds out who the host is: host->identity. Asks the host for its machine's uuid where that is
 * not this machine. Opener's thread.
 */
void libvirt_identify(struct host *host);

/** host_ops.known_as. */
bool libvirt_known_as(const struct host *host, const char *address);

/** fail() with -EIO, `what`, and libvirt's own words for the last error of this thread. */
int libvirt_failed(struct failure *why, const char *what);

/** Lets the sampler read that domain's affinities anew. Any thread. */
void libvirt_mark_changed(struct host *host, const unsigned char *uuid);

/** The pCPUs that the host has, also those that are offline. Any thread. */
void libvirt_present(const struct host *host, struct cpuset *set);

/** The pCPUs that are online at this moment; empty where nobody tells. Any thread. */
void libvirt_online(const struct host *host, virConnectPtr connection, struct cpuset *set);

/** What is to be known before masks are read. Ended by libvirt_view_end(). Any thread. */
void libvirt_view_begin(struct host *host, virDomainPtr domain, struct libvirt_view *view);
void libvirt_view_end(struct libvirt_view *view);

/**
 * What the mask means that libvirt has told of a vCPU since libvirt_view_begin(): everything if it
 * holds all pCPUs there are, or all that are online and nobody has given the vCPU a list
 * (mask.h); else the mask. Any thread.
 */
struct cpuset libvirt_meaning(struct host *host, struct libvirt_view *view, uint32_t number,
                              const struct cpuset *told);

/** What is online of what the domain's cgroup leaves it; all where nobody tells. Any thread. */
void libvirt_read_limit(const struct host *host, pid_t qemu, struct affinity *now);

/** The kernel's word beside now->told, where it can be had; a limit that changes meanwhile would
 * belie it. qemu, tid: the process and the vCPU's thread; no pid where they can't be seen. Any
 * thread. */
void libvirt_read_kernel(const struct host *host, pid_t qemu, pid_t tid, struct affinity *now);

/**
 * Reads the affinities of a domain's vCPUs, and what their owner wants: what the definition says,
 * or what was set on the running domain before it was first seen if that is less. qemu: its
 * process, no pid where that can't be seen. Returns false if libvirt does not tell, or its word and
 * the kernel's part for the first time: to be read again soon. Sampler's thread.
 */
bool libvirt_read_affinities(struct host *host, virDomainPtr domain, struct domain_record *record,
                             pid_t qemu);

/**
 * Opens the connection, which may block without bound, and listens to its events. With
 * settings->wait, a libvirt that is not there is waited for. Returns 0, -EIO, or -ECANCELED when
 * settings->wakeup was stopped meanwhile. Opener's thread.
 */
int libvirt_connect(struct host *host, const struct host_settings *settings, struct failure *why);

/**
 * Which pCPUs there are and which are online, as libvirt tells. Returns 0, -EIO, or -E2BIG beyond
 * CPUSET_MAX. Opener's thread, then the sampler's.
 */
int libvirt_read_pcpus(struct host *host, struct failure *why);

/** The pCPUs into the snapshot; where only libvirt tells of them, it is asked once in the slow
 * round. Returns 0, -ENOMEM or another negative errno. Sampler's thread. */
int libvirt_sample_pcpus(struct host *host, struct snapshot *snapshot);

/**
 * Before each sweep: makes sure that there is a connection that is not known to be lost. Returns 0,
 * or -EAGAIN: libvirt is away, which was said, and is being tried again. Never blocks while libvirt
 * is away. Sampler's thread.
 */
int libvirt_reach(struct host *host);

/**
 * After a call that failed, and after each sweep: true if the connection is lost, which was said;
 * it is being tried again. Sampler's thread.
 */
bool libvirt_is_lost(struct host *host);

/** The connection for a call of the actuator's, given back by virConnectClose(); NULL: away. */
virConnectPtr libvirt_take(struct host *host);

/**
 * Closes the connection, which is the last to be done on it. Returns false if libvirt hangs: then a
 * thread is left behind in it, to which all of the host must stay. Sampler and actuator have ended.
 */
bool libvirt_disconnect(struct host *host);

/**
 * Brings a stale record up to date: affinities, descriptors. Left stale when libvirt does not
 * answer for it: it may just be going. Sampler's thread.
 */
void libvirt_refresh(struct host *host, virDomainPtr domain, struct domain_record *record);

/** The process that runs a domain of that name, or a negative errno where it can't be seen. Any
 * thread. */
pid_t libvirt_find_qemu(const struct host *host, virDomainPtr domain, const char *name);

/**
 * Opens what is missing of the counters of a domain's vCPUs, and reads their quotas. What stays
 * missing is said, once, when it is still so a while later: it may be just starting, or going.
 * qemu: its process, or a negative errno. cgroup: its path, "" if none can be had, for the reason
 * `error`. Sampler's thread.
 */
void libvirt_open_counters(struct host *host, struct domain_record *record, pid_t qemu,
                           const char *cgroup, int error);

/** At the end of a sweep: says of which domain counters are missing, and of how many more, in a
 * line. Sampler's thread. */
void libvirt_say_lacking(struct host *host);

/** Looks again for what is missing of a domain's counters, if that has not been said. Sampler's
 * thread. */
void libvirt_look_again(struct host *host, virDomainPtr domain, struct domain_record *record);

/** One more connection, or a reference to the only one where it is no client of a server; the
 * caller's to close. NULL as virConnectOpen(). May block without bound. Any thread. */
virConnectPtr libvirt_open_another(struct host *host);

/**
 * Reads the host's shape from the kernel, if that is this machine's; else libvirt is asked once the
 * next sweep is over. What can't be read is said in the log; then the shape stays what it was.
 * Opener's thread, then the sampler's.
 */
void libvirt_read_topology(struct host *host);

/** Asks libvirt at once, if it is to be asked, however long it takes. Opener's thread. */
void libvirt_wait_for_topology(struct host *host);

/** Waits for libvirt's answer as long as a farewell may take. Returns false if it does not come:
 * then a thread is left behind, to which all of the host must stay. The sampler has ended. */
bool libvirt_end_asker(struct host *host);

/**
 * At the end of a sweep: shape and isolated pCPUs into the snapshot; they are read anew when other
 * pCPUs are online than before. Returns 0 or -ENOMEM. Sampler's thread.
 */
int libvirt_share_topology(struct host *host, struct snapshot *snapshot);

/**
 * Finds the nodes that hold the memory of the domain's vCPUs, about once a minute. path: of its
 * cgroup, "" if it has none. Sampler's thread.
 */
void libvirt_read_homes(struct host *host, virDomainPtr domain, struct domain_record *record,
                        const char *path);

/**
 * Before a pin, which the ledger has noted: makes sure that the domain carries what the ledger
 * holds of it. Returns 0, also where libvirt can't keep that; -ENOMEM; or -EIO with libvirt's last
 * error. Actuator's thread.
 */
int libvirt_mark(struct host *host, virDomainPtr domain, const struct vcpu_name *vcpu);

/** Brings what the domain carries down to what the ledger holds of that run. Actuator's thread. */
void libvirt_trim_mark(struct host *host, virDomainPtr domain, const struct vcpu_name *run);

/**
 * Of vCPUs that are met for the first time: finds those that the daemon has pinned, in an earlier
 * run or on another host, fills in what their owner wants, and takes them into the ledger.
 * host->maps: affinities, as they were just read, of the vCPUs below `count`. Sampler's thread.
 */
void libvirt_adopt(struct host *host, virDomainPtr domain, struct domain_record *record, int count);

/** Where a definition's list for a vCPU is a pin of the daemon's, as a dump or a migration has
 * taken it there: puts what was before in its place. Sampler's thread. */
void libvirt_see_through(struct host *host, virDomainPtr domain, uint32_t number,
                         struct cpuset *list);

/** host_ops.adopt. */
int libvirt_adopt_all(struct host *host, struct failure *why);

/** host_ops.sample and wait. */
int libvirt_sample(struct host *host, struct snapshot *snapshot, struct failure *why);
uint64_t libvirt_wait(struct host *host, struct wakeup *wakeup, uint64_t due_ns);

/** host_ops.pin, affinity and touched. */
int libvirt_pin(struct host *host, const struct vcpu_name *vcpu, const struct cpuset *set,
                struct failure *why);
int libvirt_affinity(struct host *host, const struct vcpu_name *vcpu, struct affinity *now,
                     struct failure *why);
bool libvirt_touched(struct host *host, const struct vcpu_name *vcpu);

/** host_ops.forgotten. */
void libvirt_forgotten(struct host *host, const struct vcpu_name *vcpu);

#endif
