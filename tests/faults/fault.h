/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fault.h - faults in the daemon's calls to libvirt and the file system, for tests. The daemon is
 * linked with all of these calls wrapped (-Wl,--wrap). Each is counted, and can fail in one of
 * several ways by the rules in the environment; otherwise the real function is called.
 *
 * VS_FAULT        rules, separated by ";": CALL:AT:KIND=ARGUMENT
 *                   CALL  as libvirt or POSIX names it, file operations with what they are done to
 *                         ("pread.schedstat"); "*": any
 *                   AT    5: the fifth call; end+5: the fifth after the daemon was told to end;
 *                         %5: about every fifth, by VS_FAULT_SEED
 *                   KIND  see fault_names; "any": by VS_FAULT_SEED, but none that ends the run
 * VS_FAULT_STOP   the sweep at which the daemon is told to end (SIGTERM)
 * VS_FAULT_LOG    descriptor for the log, a line each:
 *                   fault CALL PHASE COUNT KIND ARGUMENT     count CALL BEFORE-END AFTER KINDS
 *                   pin NAME ID VCPU MASK                    start NAME ID       gone NAME ID
 *                   leak WHAT                                end clean|hung
 */
#ifndef VS_TESTS_FAULT_H
#define VS_TESTS_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>

enum fault {
    FAULT_NONE,
    FAULT_ERROR,      /* fails without effect; the argument selects the error */
    FAULT_LOST,       /* takes effect, but fails: the answer was lost */
    FAULT_SHORT,      /* reads or writes less than it could */
    FAULT_DELAY,      /* takes so many milliseconds longer */
    FAULT_HANG,       /* never returns; the daemon is told to end soon after */
    FAULT_DISCONNECT, /* the connection is lost; the argument is how often it can't be opened again
                       */
    FAULT_GONE,       /* the call's domain, or one by the argument, is destroyed just before */
    FAULT_RESTART,    /* and started again */
    FAULT_EXHAUST, /* no more descriptors can be opened; the argument is for how many sweeps, 0: for
                      good */
    FAULT_KINDS,
};

#define KIND(name) (1u << FAULT_##name)

extern const char *const fault_names[FAULT_KINDS];

/** A wrapped call, static in its wrapper. */
struct fault_call {
    const char *name;
    unsigned kinds; /* KIND() of all faults that it can get */
    _Atomic unsigned count[2];
    _Atomic bool known;
    struct fault_call *next;
};

/** Calls of this thread are the shim's own, and get no faults, until it leaves. */
void fault_enter(void);
void fault_leave(void);
bool fault_is_own(void);

/** Counts a call. Returns its fault and *argument, after any delay; a call that hangs does not
 * return. Any thread. */
enum fault fault_at(struct fault_call *call, unsigned *argument);

/** Ensures that descriptors don't run out until fault_release_descriptors(): GLib would end the
 * process while libvirt opens a connection. Returns false if they have run out. */
bool fault_hold_descriptors(void);
void fault_release_descriptors(void);

/** A sweep starts. */
void fault_sweep(void);

/** Writes a line to the log. */
__attribute__((format(printf, 1, 2))) void fault_log(const char *format, ...);

#endif
