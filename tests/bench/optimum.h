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

/** What is to be minimised, of the loads L of the pCPUs. */
struct goal {
    double above; /* the sum of max(0, L - above) */
    bool highest; /* only the greatest of these, not the sum */
};

/** False if built without a solver: goal_least() must not be called then. */
bool goal_solver(void);

/** The goal's value with vCPU v on pCPU at[v]. */
double goal_value(const struct goal *goal, const struct placing *placing, const int32_t *at);

/**
 * Returns the least value of the goal with at most `moves` vCPUs away from their start. `reached`
 * is the value of a known placement of that kind. Takes a second at most. If that was not enough,
 * *proved is false, and the value is a lower bound. Ends the program if GLPK fails.
 */
double goal_least(const struct goal *goal, const struct placing *placing, uint32_t moves,
                  double reached, bool *proved);

#endif
