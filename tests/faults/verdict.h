/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdict.h - what a run of tests/faults/daemon did, held against what it must do whatever goes
 * wrong.
 *
 * 1. It ends by itself with its defined status, closes what it opened, and frees what it took.
 * 2. Every affinity that it set was within what the vCPU's owner allows, or is the one it found.
 * 3. At the end every vCPU has the affinity it had, or is named on standard error as one that has
 *    not; then the daemon's --restore gives it back.
 * 4. What it reports as made was made, and what was made is reported, as a pin or as one of 3.
 */
#ifndef VS_TESTS_VERDICT_H
#define VS_TESTS_VERDICT_H

#include <stdbool.h>

/* The files of a run, in its folder. */
#define RUN_BEGIN "begin" /* cast.h */
#define RUN_LOG   "log"   /* fault.h */
#define RUN_OUT   "out"   /* standard output: --verbose --summary json */
#define RUN_ERR   "err"
#define RUN_END   "end" /* cast.h */
/* And of the daemon's --restore after it. */
#define RESTORE_LOG "restore.log"
#define RESTORE_OUT "restore.out"
#define RESTORE_ERR "restore.err"
#define RESTORE_END "restore.end"

struct verdict {
    char wrong[240]; /* errors; empty: none */
    unsigned faults; /* met */
    unsigned kept;   /* vCPUs that it reports as not given back */
    bool left;       /* a thread was left in a call that hangs */
};

/** Judges the run in that folder. status: as waitpid(). managed: the pCPUs, a bit each. adopt:
 * --adopt-pins. */
void judge(const char *folder, int status, unsigned managed, bool adopt, struct verdict *verdict);

/** Judges the run of --restore that followed: every domain that is still in the same run has the
 * affinity that it had before both. Adds to verdict->wrong. */
void judge_restore(const char *folder, int status, struct verdict *verdict);

#endif
