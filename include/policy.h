/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * policy.h - how a decision is made: a pure function of a view, the settings and its own state.
 *
 * A policy asks no clock, no host and no file, so the same snapshots always give the same plans. A
 * new one is a file that ends in a struct policy, and a row in src/policy.c. Planner's thread only.
 */
#ifndef VCPU_SCHEDULER_POLICY_H
#define VCPU_SCHEDULER_POLICY_H

#include "plan.h"

/** What the operator set; see the man page for each. Percent are points of one pCPU. */
struct policy_settings {
    double threshold;     /* --threshold, 1 to 100 */
    double min_gain;      /* --min-gain, 0 to 100 */
    double pin_price;     /* --pin-price: what a pin must save, percent of a pCPU in a period */
    double stddev;        /* --stddev, 0 to 100 */
    uint32_t dwell;       /* --dwell, periods */
    double smt_factor;    /* --smt-factor, 0.5 to 1; 0: what the host tells, else the default */
    double remote_factor; /* --remote-factor, 0.1 to 1; likewise */
    uint32_t max_pins;    /* --max-pins, 0: the policy's own default */
};

/** A policy's own memory of a run; each that needs one has its own. */
struct policy_state;

struct policy {
    const char *name;
    const char *summary;       /* one line, for --help */
    uint32_t default_max_pins; /* where --max-pins is not given */
    bool observes;             /* it never pins, so the host is opened read-only */
    bool literal;              /* it follows a rule to the letter, whatever that does: its plans are
                                  not held to be sound (effect.h) */

    /** An empty memory; NULL without memory. These three are NULL where a policy needs none. */
    struct policy_state *(*begin)(void);

    /** Frees it. Accepts NULL. */
    void (*finish)(struct policy_state *state);

    /**
     * Looks at every period with usage in turn, also where nothing may be decided on it.
     * Returns 0 or -ENOMEM.
     */
    int (*learn)(struct policy_state *state, const struct view *view);

    /**
     * Decides. The plan's view is filled and learnt from, its reason and pins are empty. Adds pins
     * with plan_add() in the order to be applied and says why with plan_because(), exactly once.
     */
    void (*decide)(const struct policy_settings *settings, struct policy_state *state,
                   struct plan *plan);
};

/** The policy of that name, or NULL. */
const struct policy *policy_find(const char *name);

/** The n-th policy, NULL after the last. */
const struct policy *policy_at(uint32_t n);

/** Sets the plan's reason and its words, made of the view's figures and the settings. */
void plan_because(struct plan *plan, const struct policy_settings *settings, enum reason reason);

/** Are there two managed pCPUs whose usage may be decided on? */
bool policy_can_compare(const struct view *view);

/**
 * What every policy asks first: are there two pCPUs to compare, is the busiest above the threshold,
 * has any room, or does a vCPU wait (more than 100 % of a pCPU is wanted)? If there is nothing to
 * do, sets the reason and returns false.
 */
bool policy_may_act(const struct policy_settings *settings, struct plan *plan);

/** True if a managed pCPU is at or below the threshold, as the view is booked. */
bool policy_has_room(const struct policy_settings *settings, const struct view *view);

/** After a decision: gives its pins as the reason, or why there are none. */
void policy_conclude(const struct policy_settings *settings, struct plan *plan);

/** True if the vCPU (index) may be moved to the pCPU: movable, managed and allowed there, and not
 * there already. */
bool policy_can_move(const struct view *view, uint32_t vcpu, int32_t to);

/** True if more is wanted on a pCPU than is known: then it is none of which less is wanted. */
bool policy_wants_more(const struct view *view, int32_t pcpu);

/* A gain must be there though sizes are off by so many times the doubt of them. */
#define MOVE_CERTAIN 3.0

/** An exchange between two pCPUs: a vCPU that leaves the busier, and one that comes back for it, if
 * any. */
struct move {
    uint32_t vcpu;  /* index in view.vcpus */
    uint32_t other; /* the one that comes back; VIEW_END: a plain move */
    int32_t to;
    uint32_t company; /* vCPUs of its own VM that `vcpu` joins */
    double place;     /* points that the two lose by their new places; negative: they win */
    double gain;      /* points by which the higher of the two loads falls */
};

/** What it gains, less what it costs in company and place: points. */
double move_net(const struct move *move);

/** How many pins it takes. */
uint32_t move_pins(const struct move *move);

/**
 * Finds the move or one-for-one swap between `busy` and `free` that lowers the higher of the two
 * loads most, among near-equals the one with fewer pins, among equals the first in the view's
 * order. At most `max_pins` pins. Returns false if none gains at least `min_gain` by the sizes, in
 * spite of their doubt, and is sound by what is wanted now (effect.h). *restricted is set if a
 * vCPU's allowed set stood in the way.
 */
bool move_find(const struct view *view, int32_t busy, int32_t free, uint32_t max_pins,
               double min_gain, struct move *best, bool *restricted);

/** Adds the exchange's pins to the plan, the one that leaves the lower peak on the way first. */
void move_add(struct plan *plan, const struct move *move);

/**
 * The busiest-freest rule: finds the best exchange of the busiest pCPU that can be relieved, by the
 * view's sizes. A pCPU is to be relieved when it is above the threshold; it is relieved by one at
 * or below, or, where vCPUs wait on it, by any of which less is wanted. Returns false if there is
 * none.
 */
bool relief_find(const struct policy_settings *settings, const struct view *view, uint32_t pins,
                 struct move *best);

/* What else runs on a full pCPU is taken to want as much again as it gets, at most (points): */
#define RELIEF_UNSEEN 10.0

/** Points that what else runs on a pCPU may want beyond what it gets. */
static inline double relief_unseen(const struct view *view, int32_t pcpu)
{
    const double other = view->pcpus[pcpu].other;

    return other < RELIEF_UNSEEN ? other : RELIEF_UNSEEN;
}

/** Where vCPUs wait and no exchange helps: adds two or three pins over three pCPUs that lower the
 * highest of them by more than --min-gain, if there are such and `pins` allows. To a plan without
 * pins but placements. */
void rotation_add(const struct policy_settings *settings, struct plan *plan, uint32_t pins);

/**
 * Gives floating vCPUs that were measured their pCPU, the greatest first, each where it crowds
 * least; sets REASON_PLACE if there were any, else leaves the reason open.
 */
void policy_place(const struct policy_settings *settings, struct plan *plan);

/** The pins a period that the settings allow this policy. */
uint32_t policy_max_pins(const struct policy_settings *settings, const struct policy *policy);

extern const struct policy policy_balance, policy_none, policy_swap, policy_exchange, policy_stddev;

#endif
