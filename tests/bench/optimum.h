/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * optimum.h - the best placement that a given number of moves can reach, by GLPK. For small hosts.
 */
#ifndef OPTIMUM_H
#define OPTIMUM_H

#include <stdbool.h>
#include <stdint.h>

enum { OPTIMUM_PCPUS = 8, OPTIMUM_VCPUS = 20 };

/** A host of constant demands. */
struct placing {
    uint32_t pcpus, vcpus;
    double demand[OPTIMUM_VCPUS];    /* percent of one pCPU */
    uint32_t allowed[OPTIMUM_VCPUS]; /* bit p: may be on pCPU p */
    int32_t start[OPTIMUM_VCPUS];    /* its pCPU before any move */
};

/** What of the loads L of the pCPUs is to be as small as can be. */
struct goal {
    double above; /* the sum of max(0, L - above) */
    bool highest; /* of these the greatest alone, not the sum */
};

/** False if this was built without a solver; then goal_least() is not to be called. */
bool goal_solver(void);

/** The goal's value with vCPU v on pCPU at[v]. */
double goal_value(const struct goal *goal, const struct placing *placing, const int32_t *at);

/**
 * The least value of the goal with at most `moves` vCPUs elsewhere than at their start. `reached`
 * is a value that such a placement is known to have. Takes a second at most; *proved is false if
 * that was not enough, and then what is returned is a lower bound of the least. Ends the program
 * where GLPK fails.
 */
double goal_least(const struct goal *goal, const struct placing *placing, uint32_t moves,
                  double reached, bool *proved);

#endif
