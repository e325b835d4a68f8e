/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - standard output that never keeps the run from ending.
 *
 * A pager or a stopped terminal may take nothing for hours. A stream from here waits for it, but no
 * longer than until a signal ends the run; what it does not take at once from then on is dropped.
 */
#ifndef VCPU_SCHEDULER_BASE_OUTPUT_H
#define VCPU_SCHEDULER_BASE_OUTPUT_H

#include <stdio.h>

/** Where it goes, and the signalfd that is readable, and left unread, once the run is to end. Kept
 * by the caller. */
struct output {
    int fd, signals;
};

/** A fully buffered stream to it; NULL without memory. Closed by fclose(), which leaves both
 * descriptors. Main thread. */
FILE *output_open(struct output *output);

#endif
