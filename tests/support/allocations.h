/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * allocations.h - counts what our own code allocates and frees. The test is linked with
 * $(count_allocations): --wrap for each call. One thread at a time.
 */
#ifndef VCPU_SCHEDULER_TESTS_ALLOCATIONS_H
#define VCPU_SCHEDULER_TESTS_ALLOCATIONS_H

/** Calls so far of malloc() and the like, and of free(). */
extern unsigned allocations;

#endif
