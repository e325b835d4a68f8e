/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - standard output that never keeps the run from ending.
 *
 * A pager or a stopped terminal may take no output for hours. A stream from here waits until a
 * signal ends the run; after that it drops what can't be written at once.
 */
#ifndef VCPU_SCHEDULER_BASE_OUTPUT_H
#define VCPU_SCHEDULER_BASE_OUTPUT_H

#include <stdio.h>

/** Owned by the caller. */
struct output {
    int fd;      /* where output goes */
    int signals; /* a signalfd: readable, and left unread, once the run must end */
};

/** Makes a buffered stream; NULL without memory. fclose() leaves both descriptors. Main thread. */
FILE *output_open(struct output *output);

#endif
