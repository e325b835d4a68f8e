/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * internal.h - what the files of the libvirt host share.
 *
 * libvirt's connections may be used by any thread. libvirt's event loop has a thread of its own,
 * and so have calls that may block when libvirt is away (reconnect.c, topology.c). A function
 * that names no thread is for the sampler's, those of connection.c and identity.c for any.
 */
#ifndef VCPU_SCHEDULER_HOST_LIBVIRT_INTERNAL_H
#define VCPU_SCHEDULER_HOST_LIBVIRT_INTERNAL_H

#include "host.h"
#include "host/libvirt/echoes.h"
#include "host/libvirt/inventory.h"
#include "host/libvirt/xml.h"
#include "host/linux/cgroup.h"
#include "host/linux/procfs.h"
#include "wakeup.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

struct backoff;
struct mark;

#define CONNECTION_EVENTS 3

/* A connection takes 5 descriptors (seen with libvirt 9.0.0), and two are opened. Without
 * descriptors, GLib ends the process (g_wakeup_new()). */
#define CONNECTION_DESCRIPTORS 16

/* The slow round: what no event reports is read again about this often. */
#define LIBVIRT_ROUND_NS UINT64_C(60000000000)

/* connection.lost while it is not lost; else it is a virConnectCloseReason. */
#define NOT_LOST (-1)

/**
 * A connection for each thread that makes calls. Threads may share one, but if two of them wait for
 * a libvirt that does not answer when its client gives up, one may wait for ever (seen with 9.0.0).
 */
struct connection_pair {
    virConnectPtr sampler;  /* NULL: libvirt is away */
    virConnectPtr actuator; /* the same connection for a driver inside this process */
};

/** Sampler's, unless stated otherwise. */
struct connection {
    struct connection_pair current;
    pthread_mutex_t lock;             /* for `current`, which the sampler writes */
    int callbacks[CONNECTION_EVENTS]; /* of current.sampler; -1: not registered */
    _Atomic int lost;                 /* why; set by the first thread that notices */
    uint64_t lost_ns;                 /* when the sampler noticed */
    uint64_t epoch;                   /* counts the connections, from 1 */

    /* The connector's while `connecting`. */
    const char *uri;
    bool read_only;
    struct wakeup wakeup; /* where it sleeps between two attempts; stopped: it gives up */
    struct connection_pair closing, opened;
    bool connecting; /* it was started and must be joined */
    pthread_t connector;
};

/** The last vCPU that the daemon has given all pCPUs. */
struct given {
    struct vcpu_name vcpu;
    struct cpuset mask; /* what libvirt was given, and reports */
    struct cpuset set;  /* what it means */
};

/** What is needed to interpret the masks that libvirt reports of a domain's vCPUs. */
struct mask_context {
    virDomainPtr domain;
    struct cpuset present, online, isolated; /* pCPUs, before the masks were read */
    xmlNode *live;                           /* the running domain's XML; NULL */
    bool asked;                              /* libvirt was asked for `live` */
};

/** Asks libvirt for the host's topology. Sampler's, unless stated otherwise. */
struct asker {
    bool wanted; /* libvirt is to be asked */
    bool asking; /* the thread was started and must be joined */
    pthread_t thread;

    /* The thread's while `asking`. */
    struct topology draft;
    int error;
    struct failure why;
};

struct host {
    struct connection connection;
    struct asker asker;
    char *uri; /* as libvirt reports it */
    struct echoes *echoes;
    char *identity;        /* the same by whatever URI the host is reached; NULL: not needed */
    struct ledger *ledger; /* host_settings.ledger */
    bool local;            /* QEMU runs on this machine: its processes are visible */
    bool crosscheck, verbose;
    bool emulator;          /* host_settings.emulator */
    bool said_emulator;     /* it was logged that libvirt does not tell of any */
    _Atomic uint32_t pcpus; /* the highest pCPU number so far + 1; the sampler writes it */
    struct cpuset online;
    struct topology topology;      /* version 0: unknown */
    struct cpuset topology_online; /* the pCPUs that were online when it was read */
    struct cpuset isolated, nohz_full;
    uint64_t isolated_ns;                        /* when these were read */
    char pid_folder[PATH_MAX - DOMAIN_NAME_MAX]; /* where libvirt keeps NAME.pid */
    struct cgroup_tree tree;
    struct procfs_stat stat;

    /* The sampler's. */
    uint64_t pcpus_ns; /* when libvirt last reported the pCPUs; 0: read them again */
    uint64_t stat_ns;  /* when /proc/stat was last read */
    uint64_t *busy_ns; /* each pCPU's busy time then */
    uint32_t busy_capacity, stat_pcpus;
    struct inventory inventory;
    uint64_t sweep;    /* counts the sweeps */
    uint64_t round_ns; /* when the slow round took its last step */
    uint32_t round_at; /* the domain that it is at */
    virVcpuInfoPtr infos;
    uint32_t info_capacity;
    unsigned char *maps; /* of virDomainGetVcpuPinInfo */
    uint32_t map_capacity;
    uint32_t lacking; /* domains for which this sweep logs missing counters */
    char lack[640];   /* the message for the first of them */
    bool unmarkable;  /* libvirt can't store marks, which was logged. The actuator's */

    /* Domains whose affinity, or definition, may have changed: a bit for each value of the uuid's
     * first byte. Any thread. */
    _Atomic uint64_t changed[4], defined[4];

    struct given given; /* the actuator's */

    pthread_t events;
    bool events_run;
    _Atomic bool events_stop;
    int events_timer;
};

/* ---- events.c ---- */

/** Starts the thread of the event loop. Returns 0 or -EAGAIN. Opener's thread. */
int libvirt_start_events(struct host *host, struct failure *why);

/** Ends it, if it runs. After the sampler has ended. */
void libvirt_stop_events(struct host *host);

/** Registers for the events of the current connection. Opener's thread, then the sampler's. */
void libvirt_listen(struct host *host);

/** Unregisters from those of connection.closing. May block without limit. Connector's thread. */
void libvirt_stop_listening(struct connection *connection);

/** Makes the sampler read that domain's affinities again. Any thread. */
void libvirt_note_changed(struct host *host, const unsigned char *uuid);

/* ---- connection.c ---- */

/** fail() with -EIO, `what`, and the message of libvirt's last error in this thread. */
int libvirt_failed(struct failure *why, const char *what);

/** True if libvirt's last error in this thread is one of the connection. */
bool libvirt_connection_failed(void);

/** Opens both connections or none. A driver inside this process gets one for both. */
bool libvirt_open_pair(struct connection_pair *pair, const char *uri, bool read_only);

/** Sleeps until the next attempt is due. Returns false if the wakeup is stopped. */
bool libvirt_pause(struct wakeup *wakeup, struct backoff *backoff);

/**
 * Opens the connection and registers for its events; may block without limit. With settings->wait,
 * it tries until libvirt can be reached. Returns 0, -EIO, or -ECANCELED if settings->wakeup was
 * stopped meanwhile. Opener's thread.
 */
int libvirt_connect(struct host *host, const struct host_settings *settings, struct failure *why);

/** Opens another connection, or references the only one of a driver inside this process; the caller
 * closes it. NULL: as virConnectOpen(). May block without limit. Any thread. */
virConnectPtr libvirt_open_another(struct host *host);

/* ---- reconnect.c ---- */

/** Before each sweep: makes sure that there is a connection that is not known to be lost. Returns
 * 0, or -EAGAIN: libvirt is away, which was logged, and is being reconnected. Never blocks. */
int libvirt_reach(struct host *host);

/** After a failed call, and after each sweep: true if the connection is lost. Then this was logged,
 * and libvirt is being reconnected. */
bool libvirt_is_lost(struct host *host);

/** The connection for a call, which ends by virConnectClose(); NULL: libvirt is away. Actuator's
 * thread. */
virConnectPtr libvirt_take_connection(struct host *host);

/** Joins a thread, unless it is still in a call to libvirt 200 ms later. Then it returns false.
 * After the sampler has ended. */
bool libvirt_join(pthread_t thread);

/** Closes the connection for good. Returns false if libvirt hangs: a thread is left in it, which
 * goes on using *host. After sampler and actuator have ended. */
bool libvirt_disconnect(struct host *host);

/* ---- identity.c ---- */

/**
 * A name for the host that a URI names, in the form of a URI, that does not depend on how the host
 * is reached: the driver, system or session, the root of an embedded driver, and the machine.
 * qemu:///system, qemu+unix:///system and qemu+tcp://localhost/system are one host. uuid: of its
 * machine; NULL: this machine. Paths in it are resolved if they exist. A URI that can't be parsed
 * is returned as it is. The caller frees it; NULL without memory. Any thread.
 */
char *identity_name(const char *uri, const char *uuid);

/** The root folder of an embedded driver; NULL: the URI names none. The caller frees it. */
char *identity_embedded_root(const char *uri);

/** The server that a URI names; NULL: none, so it is this machine. The caller frees it. */
char *identity_server(const char *uri);

/** True if the server's address belongs to this machine. Asks the resolver: may block. */
bool identity_is_here(const char *server);

/** Sets host->identity. If that is another machine, asks libvirt for its uuid. Opener's thread. */
void libvirt_identify(struct host *host);

/** host_ops.known_as. */
bool libvirt_known_as(const struct host *host, const char *address);

/* ---- sample.c ---- */

/** host_ops.sample and wait. */
int libvirt_sample(struct host *host, struct snapshot *snapshot, struct failure *why);
uint64_t libvirt_wait(struct host *host, struct wakeup *wakeup, uint64_t due_ns);

/* ---- domain.c ---- */

/** Adds one domain to the snapshot. One that vanishes meanwhile is left out; one that libvirt does
 * not answer for is added without counters. Returns 0 or -ENOMEM. */
int libvirt_sample_domain(struct host *host, virDomainPtr domain, struct domain_record *record,
                          bool running, struct snapshot *snapshot);

/* ---- refresh.c ---- */

/** Reads what a stale record needs: affinities, counters' files, limits, metadata, NUMA homes. The
 * record stays stale if libvirt does not answer: the domain may be going. */
void libvirt_refresh(struct host *host, virDomainPtr domain, struct domain_record *record);

/** Tries again to open missing counters, unless they were logged. */
void libvirt_retry_counters(struct host *host, virDomainPtr domain, struct domain_record *record);

/** The process that runs the domain, or a negative errno if it is not visible. Any thread. */
pid_t libvirt_find_qemu(const struct host *host, virDomainPtr domain);

/* ---- counters.c ---- */

/**
 * Opens the missing counters of a domain's vCPUs and reads their quotas. What is still missing a
 * while later is logged once: the domain may be just starting or going. qemu: its process, or a
 * negative errno. cgroup: its path; "" if there is none, because of `error`.
 */
void libvirt_open_counters(struct host *host, struct domain_record *record, pid_t qemu,
                           const char *cgroup, int error);

/** At the end of a sweep: logs in one line which domain lacks counters, and how many more do. */
void libvirt_log_lacking(struct host *host);

/* ---- meaning.c ---- */

/** The host's pCPUs, online and offline. Any thread. */
void libvirt_present(const struct host *host, struct cpuset *set);

/** The pCPUs that are online; empty if unknown. Any thread. */
void libvirt_online(const struct host *host, virConnectPtr connection, struct cpuset *set);

/** Before masks are read. libvirt_context_end() frees it. Any thread. */
void libvirt_context_begin(struct host *host, virDomainPtr domain, struct mask_context *context);
void libvirt_context_end(struct mask_context *context);

/**
 * What a mask means that libvirt has reported of a vCPU since libvirt_context_begin(). It means
 * everything (mask.h) if it holds all present pCPUs, or all online ones while nobody has given the
 * vCPU a list; else it means itself. Any thread.
 */
struct cpuset libvirt_meaning(struct host *host, struct mask_context *context, uint32_t number,
                              const struct cpuset *told);

/** Sets now->limit and now->bounded; without a limit, to all that are online. Any thread. */
void libvirt_read_limit(const struct host *host, pid_t qemu, struct affinity *now);

/** The thread of a vCPU, or the emulator's first; not above 0: not visible. Any thread. */
pid_t libvirt_find_thread(pid_t qemu, uint32_t number);

/** Adds the limit and the kernel's affinity to now->told. If the limit changes meanwhile, it reads
 * again. qemu, tid: the process and the vCPU's thread; not above 0: not visible. Any thread. */
void libvirt_read_kernel(const struct host *host, pid_t qemu, pid_t tid, struct affinity *now);

/* ---- affinity.c ---- */

/** Reads the masks of vCPUs 0 to vcpus - 1 into host->maps. flags: VIR_DOMAIN_AFFECT_*. Returns how
 * many libvirt reports, or -1. Sampler's thread, before it starts the opener's. */
int libvirt_read_maps(struct host *host, virDomainPtr domain, uint32_t vcpus, unsigned flags);

/** Reads the emulator's mask. flags: VIR_DOMAIN_AFFECT_*. Returns false if libvirt does not report
 * one. Any thread. */
bool libvirt_read_emulator(const struct host *host, virDomainPtr domain, unsigned flags,
                           struct cpuset *set);

/** A vCPU's mask in host->maps, which hold `count`. Returns false if it is not in there. */
bool libvirt_map(const struct host *host, uint32_t number, int count, struct cpuset *set);

/**
 * Reads the affinities of a domain's vCPUs, and where their owner wants them: what the definition
 * says, or what was set on the running domain before it was first seen if that is narrower. qemu:
 * its process; not above 0: not visible. Returns false if it has to be read again soon: libvirt
 * does not answer, or the kernel differs from it for the first time.
 */
bool libvirt_read_affinities(struct host *host, virDomainPtr domain, struct domain_record *record,
                             pid_t qemu);

/* ---- wanted.c ---- */

/** Finds out where its owner wants a vCPU. definition: its domain's XML; NULL: there is none. */
void libvirt_find_wanted(struct host *host, const struct mask_context *context, xmlNode *definition,
                         const struct domain_record *record, struct vcpu_record *vcpu);

/* ---- pcpus.c ---- */

/** Asks libvirt which pCPUs are present and online. Returns 0, -EIO, or -E2BIG beyond CPUSET_MAX.
 * Opener's thread, then the sampler's. */
int libvirt_read_pcpus(struct host *host, struct failure *why);

/** Adds the pCPUs to the snapshot. If only libvirt knows them, it is asked once in the slow round.
 * Returns 0, -ENOMEM or another negative errno. */
int libvirt_sample_pcpus(struct host *host, struct snapshot *snapshot);

/* ---- topology.c ---- */

/**
 * Reads the topology from the kernel of this machine. If that is not enough, libvirt will be asked
 * after the next sweep. Errors are logged; the topology then stays as it was. Opener's thread, then
 * the sampler's.
 */
void libvirt_read_topology(struct host *host);

/** Asks libvirt now, if it is to be asked, however long it takes. Opener's thread. */
void libvirt_wait_for_topology(struct host *host);

/** At the end of a sweep: adds topology and isolated pCPUs to the snapshot. They are read again if
 * other pCPUs are online than before. Returns 0 or -ENOMEM. */
int libvirt_share_topology(struct host *host, struct snapshot *snapshot);

/** As libvirt_join(), for the thread that asks libvirt. If it is left, it goes on using *host.
 * After the sampler has ended. */
bool libvirt_end_asker(struct host *host);

/* ---- numa_home.c ---- */

/** Finds the nodes that hold the memory of the domain's vCPUs, about once a minute. path: its
 * cgroup; "": none. */
void libvirt_read_homes(struct host *host, virDomainPtr domain, struct domain_record *record,
                        const char *path);

/* ---- mark_write.c ---- */

/** Reads a domain's mark. flags: VIR_DOMAIN_AFFECT_*. Returns 0, with an empty mark if there is
 * none or it is malformed; -ENOMEM; or -EIO with libvirt's last error. Any thread. */
int libvirt_read_mark(virDomainPtr domain, unsigned flags, struct mark *mark);

/**
 * Before a pin that the ledger has noted: makes sure that the domain's mark says what the ledger
 * holds of it. Returns 0, also if libvirt can't store marks; -ENOMEM; or -EIO with libvirt's last
 * error. Actuator's thread.
 */
int libvirt_mark(struct host *host, virDomainPtr domain, const struct vcpu_name *vcpu);

/** Removes from the domain's mark what the ledger no longer holds of that run. Actuator's thread.
 * */
void libvirt_trim_mark(struct host *host, virDomainPtr domain, const struct vcpu_name *run);

/* ---- adopt.c ---- */

/**
 * Among vCPUs that are seen for the first time, finds those that an earlier run or another host's
 * daemon has pinned; sets `wanted` and enters them into the ledger. host->maps: the current
 * affinities of `count` vCPUs.
 */
void libvirt_adopt(struct host *host, virDomainPtr domain, struct domain_record *record, int count);

/** If a definition's list for a vCPU is a pin of the daemon, as a dump or a migration may have left
 * it, replaces it by the original. */
void libvirt_replace_own_pin(struct host *host, virDomainPtr domain, uint32_t number,
                             struct cpuset *list);

/** host_ops.adopt. */
int libvirt_adopt_all(struct host *host, struct failure *why);

/* ---- pin.c: the actuator's thread ---- */

/** host_ops.pin, affinity, touched and forgotten. */
int libvirt_pin(struct host *host, const struct vcpu_name *vcpu, const struct cpuset *set,
                struct failure *why);
int libvirt_affinity(struct host *host, const struct vcpu_name *vcpu, struct affinity *now,
                     struct failure *why);
bool libvirt_touched(struct host *host, const struct vcpu_name *vcpu);
void libvirt_forgotten(struct host *host, const struct vcpu_name *vcpu);

#endif
