/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * settings.h - the operator's settings for decisions, filled in by the options; see the manual.
 * Never changed once in use, so any thread may read them.
 */
#ifndef VCPU_SCHEDULER_PLANNER_SETTINGS_H
#define VCPU_SCHEDULER_PLANNER_SETTINGS_H

#include "cpuset.h"
#include "policy.h"
#include "pools.h"

#include <stdbool.h>

/** --crosscheck, --floating and --emulator, in the order of their words. */
enum crosscheck_mode { CROSSCHECK_WARN, CROSSCHECK_REQUIRE, CROSSCHECK_OFF };
enum floating_mode { FLOATING_PLACE, FLOATING_LEAVE };
enum emulator_mode { EMULATOR_LEAVE, EMULATOR_FOLLOW };

struct planner_settings {
    const struct policy *policy;
    struct policy_settings decision;
    struct pool_choice pool; /* --pool */
    bool has_pool;           /* it was given */
    bool says_pools;         /* the log says what the pools are */
    enum floating_mode floating;
    enum emulator_mode emulator;
    enum crosscheck_mode crosscheck;
    bool adopt_pins;
    bool dry_run;
    bool flat;            /* treat all pCPUs as alike */
    bool has_cpus;        /* --cpus was given */
    struct cpuset cpus;   /* union of all --cpus */
    double yield_for_s;   /* 1 to 31536000, or INFINITY: for good */
    const char **exclude; /* globs, NULL-terminated, or NULL; owned by the options */
};

/** True if the domain name matches one of --exclude. Any thread. */
bool planner_excludes(const struct planner_settings *settings, const char *domain);

#endif
