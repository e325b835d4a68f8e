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

/** Writes the reason in words, instead of those that plan_because() gave it. */
void plan_say(struct plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** True if at least two managed pCPUs have a usage that decisions may rely on. */
bool policy_can_compare(const struct view *view);

/**
 * Checks what every policy checks first: there are two pCPUs to compare, the busiest is above the
 * threshold, and another is not, or a vCPU waits (a pCPU's demand is above 100 %). If there is
 * nothing to do, sets the reason and returns false.
 */
bool policy_may_act(const struct policy_settings *settings, struct plan *plan);

/** True if the planned demand of a managed pCPU is at or below the threshold. */
bool policy_any_below(const struct policy_settings *settings, const struct view *view);

/** Sets the reason after a decision: its pins, or why there are none. */
void policy_conclude(const struct policy_settings *settings, struct plan *plan);

/** True if the vCPU (index) may be moved to the pCPU: it is movable, the pCPU is managed and
 * allowed, and the vCPU is not there already. */
bool policy_can_move(const struct view *view, uint32_t vcpu, int32_t to);

/** True if a vCPU on the pCPU wants more than its demand says: the pCPU's demand is not known. */
bool policy_wants_more(const struct view *view, int32_t pcpu);

/** One vCPU goes from a pCPU to another (a plain move), and one may come back for it (a swap). */
struct move {
    uint32_t vcpu;  /* index in view.vcpus */
    uint32_t other; /* the one that comes back; VIEW_END: none */
    int32_t to;
    uint32_t company;    /* vCPUs of its own VM that `vcpu` joins */
    double displacement; /* points that the two lose to NUMA and LLC distance; negative: they win */
    double gain;         /* points by which the higher of the two forecasts falls */
};

/** Returns the gain less the costs of company and displacement, points. */
double move_net(const struct move *move);

/** Returns how many pins the move takes: 1 or 2. */
uint32_t move_pins(const struct move *move);

/**
 * Points that the sizes of up to three moving vCPUs (indices; VIEW_END: none) may be off by: three
 * standard deviations of their sum. A move must gain more.
 */
double move_doubt(const struct view *view, uint32_t a, uint32_t b, uint32_t c);

/**
 * Finds the plain move or swap between `busy` and `free` that lowers the higher of the two
 * forecasts most, among near-equals the one with fewer pins, among equals the first in the view's
 * order. At most `max_pins` pins. Returns false if none gains at least `min_gain` points and more
 * than its doubt, and is sound by today's demand (effect.h). Sets *restricted if a vCPU's allowed
 * set ruled out a move.
 */
bool move_find(const struct view *view, int32_t busy, int32_t free, uint32_t max_pins,
               double min_gain, struct move *best, bool *restricted);

/** Adds the move's pins to the plan. Of a swap, the pin with the lower peak in between is first. */
void move_add(struct plan *plan, const struct move *move);

/**
 * The busiest-freest rule: finds the best move off the busiest pCPU that can be relieved, by the
 * view's sizes. Only pCPUs above the threshold are relieved. The other pCPU of the move is at or
 * below the threshold; if vCPUs wait on the busy one, any pCPU with less demand will do. Returns
 * false if there is no such move.
 */
bool relief_find(const struct policy_settings *settings, const struct view *view, uint32_t pins,
                 struct move *best);

/* Other load on a full pCPU is assumed to want twice what it gets, but no more than this on top
 * (points). */
#define RELIEF_UNSEEN 10.0

/** Points that a pCPU's other load may want on top of what it gets. */
static inline double relief_unseen(const struct view *view, int32_t pcpu)
{
    const double other = view->pcpus[pcpu].other;

    return other < RELIEF_UNSEEN ? other : RELIEF_UNSEEN;
}

/** For hosts where vCPUs wait and no move helps: adds two or three pins over three pCPUs that lower
 * the highest forecast of the three by more than --min-gain, if there are such and `pins` allows.
 * The plan holds no pins but placements. */
void rotation_add(const struct policy_settings *settings, struct plan *plan, uint32_t pins);

/**
 * Places the floating vCPUs that were measured, the greatest demand first, each where it crowds
 * least. Sets REASON_PLACE if it placed any, else no reason.
 */
void policy_place(const struct policy_settings *settings, struct plan *plan);

/** Returns how many pins a period the settings allow this policy. */
uint32_t policy_max_pins(const struct policy_settings *settings, const struct policy *policy);

extern const struct policy policy_balance, policy_none, policy_swap, policy_exchange, policy_stddev;

#endif
