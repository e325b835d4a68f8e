/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rig_libvirt.h - the live host on libvirt's own test driver: real calls, made-up domains.
 *
 * The domains of test:///FILE are each connection's own. Those of test:///default are one for the
 * process, so that a connection of the test's can be the operator who changes things. Its CPU times
 * are the time of day: plumbing, not load.
 */
#ifndef VCPU_SCHEDULER_RIG_LIBVIRT_H
#define VCPU_SCHEDULER_RIG_LIBVIRT_H

#include "host.h"
#include "ledger/ledger.h"

#include <libvirt/libvirt.h>

struct rig {
    virConnectPtr own; /* the operator's */
    struct host *host;
    struct snapshot *snapshot;
    struct ledger *ledger; /* that the host is opened with; NULL; not owned */
};

/** Opens the host. What goes wrong here fails the test, as in all that follows. */
void rig_open(struct rig *rig, const char *uri);
void rig_close(struct rig *rig);

/** Set-up and tear-down of a group of tests, whose state is then a rig on test:///default. */
int rig_set_up(void **state);
int rig_tear_down(void **state);

/** Ends all domains of test:///default, such as an earlier test's. */
void rig_empty(struct rig *rig);

/**
 * A domain of test:///default without a definition; its uuid comes of its name's first letter.
 * most: vCPUs that it may get. tune: what stands in <cputune>; else it floats on eight pCPUs.
 */
virDomainPtr rig_create(struct rig *rig, const char *name, uint32_t vcpus, uint32_t most,
                        const char *tune);
void rig_destroy(virDomainPtr domain);

/** The next snapshot, which must hold what snapshot.h promises. */
const struct snapshot *rig_sample(struct rig *rig);
void rig_check(const struct snapshot *snapshot);

const struct domain_sample *rig_find(const struct snapshot *snapshot, const char *name);

/* The list of a set that holds what may come, too: see mask.h. */
#define EVERYTHING "0-8191"

/** The set is that list. */
void assert_set(const struct cpuset *set, const char *list);

/** The tests; or, where this libvirt has no test driver, says so. */
#define RIG_RUN(tests)                                                                             \
    (rig_possible() ? cmocka_run_group_tests((tests), rig_set_up, rig_tear_down) : 0)
bool rig_possible(void);

#endif
