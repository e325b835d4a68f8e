/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.h - a policy decides by a view, the settings and its own state, and by nothing else.
 *
 * A policy asks no clock, no host and no file, so the same snapshots always give the same plans. A
 * new policy is a file that ends in a struct policy, and a row in src/policy/policy.c. Planner's
 * thread only.
 */
#ifndef VCPU_SCHEDULER_POLICY_H
#define VCPU_SCHEDULER_POLICY_H

#include "plan.h"

/** What the operator set; see the manual. A point is one percent of a pCPU. */
struct policy_settings {
    double threshold;     /* --threshold, 1 to 100 */
    double min_gain;      /* --min-gain, 0 to 100 */
    double pin_price;     /* --pin-price: what a pin must save, points and periods */
    double stddev;        /* --stddev, 0 to 100 */
    uint32_t dwell;       /* --dwell, periods */
    double smt_factor;    /* --smt-factor, 0.5 to 1; 0: the host's value, or else the default */
    double remote_factor; /* --remote-factor, 0.1 to 1; likewise */
    uint32_t max_pins;    /* --max-pins, 0: the policy's own default */
};

/** What a policy remembers of a run. Each policy that needs it defines its own. */
struct policy_state;

struct policy {
    const char *name;
    const char *summary;       /* one line, for --help */
    uint32_t default_max_pins; /* where --max-pins is not given */
    bool observes;             /* it never pins, so the host is opened read-only */
    bool literal;              /* it follows a rule to the letter, even if that does harm: its plans
                                  need not be sound (effect.h) */

    /** Returns an empty state, or NULL if there is no memory. begin, finish and learn are NULL if
     * the policy has no state. */
    struct policy_state *(*begin)(void);

    /** Frees the state. Accepts NULL. */
    void (*finish)(struct policy_state *state);

    /**
     * Learns from a period's view. Called for every period with usage, in order, even if no
     * decision follows. Returns 0 or -ENOMEM.
     */
    int (*learn)(struct policy_state *state, const struct view *view);

    /**
     * Decides. The plan's view is complete and has been learnt from; its reason and pins are empty.
     * Adds pins with plan_add() in the order to be applied, and calls plan_because() once.
     */
    void (*decide)(const struct policy_settings *settings, struct policy_state *state,
                   struct plan *plan);
};

/** Returns the policy of that name, or NULL. */
const struct policy *policy_find(const char *name);

/** Returns the n-th policy, NULL after the last. */
const struct policy *policy_at(uint32_t n);

/** Sets the plan's reason and writes it in words, with the view's figures and the settings. */
void plan_because(struct plan *plan, const struct policy_settings *settings, enum reason reason);

/**
 * Places the floating vCPUs that were measured, the greatest demand first, each where it crowds
 * least. Sets REASON_PLACE if it placed any, else no reason.
 */
void policy_place(const struct policy_settings *settings, struct plan *plan);

extern const struct policy policy_balance, policy_none, policy_swap, policy_exchange, policy_stddev;

#endif
