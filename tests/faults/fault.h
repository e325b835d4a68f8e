/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fault.h - faults at the daemon's own doors, for tests. The daemon is linked once more with every
 * call to libvirt and to the file system wrapped (-Wl,--wrap): each is counted, and by the rules of
 * the environment goes wrong in one of several ways, with the real libvirt behind it.
 *
 * VS_FAULT        rules, separated by ";": CALL:AT:KIND=ARGUMENT
 *                   CALL  as libvirt or POSIX names it, file operations with what they are done to
 *                         ("pread.schedstat"); "*": any
 *                   AT    5: the fifth call; end+5: the fifth after the daemon was told to end;
 *                         %5: about each fifth, by VS_FAULT_SEED
 *                   KIND  see fault_names; "any": by VS_FAULT_SEED, but none that ends the run
 * VS_FAULT_STOP   the sweep at which the daemon is told to end (SIGTERM)
 * VS_FAULT_LOG    descriptor to which everything is told, a line each:
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
    FAULT_ERROR,      /* fails, nothing was done; the argument chooses the error */
    FAULT_LOST,       /* is done, yet fails: the answer was lost */
    FAULT_SHORT,      /* reads or writes less than it could */
    FAULT_DELAY,      /* takes so many milliseconds longer */
    FAULT_HANG,       /* never comes back; the daemon is told to end soon after */
    FAULT_DISCONNECT, /* the connection is lost; the argument is how often it can't be opened anew
                       */
    FAULT_GONE,       /* the domain meant, or one by the argument, is destroyed just before */
    FAULT_RESTART,    /* and started anew */
    FAULT_EXHAUST, /* the process can have no more descriptors than it has; the argument is for how
                      many sweeps, 0: for good */
    FAULT_KINDS,
};

#define KIND(name) (1u << FAULT_##name)

extern const char *const fault_names[FAULT_KINDS];

/** A wrapped call, static in its wrapper. */
struct fault_call {
    const char *name;
    unsigned kinds; /* KIND() of all that it can meet */
    _Atomic unsigned count[2];
    _Atomic bool known;
    struct fault_call *next;
};

/** What this thread does until it leaves is the shim's own, and meets no fault. */
void fault_enter(void);
void fault_leave(void);
bool fault_is_own(void);

/**
 * Counts a call. Returns what it meets, with *argument; delays are over by then, and one that hangs
 * does not return. Any thread.
 */
enum fault fault_at(struct fault_call *call, unsigned *argument);

/** From here to fault_release_descriptors() they do not run out: GLib ends the process if they do
 * while libvirt opens a connection. Returns false, and holds nothing, if they have run out. */
bool fault_hold_descriptors(void);
void fault_release_descriptors(void);

/** A sweep begins. */
void fault_sweep(void);

/** Writes a line to the log. */
__attribute__((format(printf, 1, 2))) void fault_log(const char *format, ...);

#endif
