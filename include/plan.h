/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - one period: the view of the host, the decision with its reason, and the outcome.
 *
 * A plan is a buffer that travels: the planner fills in the view and the decision, the actuator the
 * outcome, then the planner books it and main shows it. Every period has a plan, even without pins.
 */
#ifndef VCPU_SCHEDULER_PLAN_H
#define VCPU_SCHEDULER_PLAN_H

#include "base/histogram.h"
#include "error.h"
#include "view.h"

#include <stdbool.h>
#include <stdint.h>

/** Why a period ended as it did. src/policy/policy.c has the words of each. */
enum reason {
    REASON_ACT,          /* pins to make: see the pins */
    REASON_PLACE,        /* floating vCPUs are placed */
    REASON_FIRST,        /* the first snapshot: nothing to compare with */
    REASON_NO_DOMAIN,    /* no active domain */
    REASON_BELOW,        /* the busiest is at or below the threshold */
    REASON_ALL_ABOVE,    /* every managed pool is above the threshold */
    REASON_NO_GAIN,      /* no move or swap would gain --min-gain */
    REASON_NONE_MOVABLE, /* the busiest holds no vCPU that may be moved */
    REASON_ONE_PCPU,     /* fewer than two managed pools can be compared */
    REASON_BALANCED,     /* stddev: below --stddev */
    REASON_OBSERVE,      /* policy none */
    REASON_GAP,          /* the host was away: nothing to compare with */
    REASON_SETTLING,     /* the pins of an earlier plan were still being made in this period */
    REASON_HARM,         /* the policy's plan would do harm (effect.h) and was dropped: a bug */
};

#define REASON_COUNT (REASON_HARM + 1)

/** What became of a pin. */
enum pin_result {
    PIN_PLANNED,     /* not tried */
    PIN_DONE,        /* accepted, and read back as asked */
    PIN_DRY,         /* --dry-run: would have been made */
    PIN_GONE,        /* the domain or vCPU is gone: no error */
    PIN_BUSY,        /* the domain has a job: a later plan tries again */
    PIN_FAILED,      /* refused; the vCPU is where it was */
    PIN_UNCONFIRMED, /* accepted, but read back otherwise */
    PIN_UNDONE,      /* accepted, then taken back because its partner failed */
    PIN_SKIPPED,     /* not tried: its partner failed first, or the daemon is stopping */
    PIN_YIELDED,     /* not tried: somebody else has just changed the affinity */
};

#define PIN_RESULT_COUNT (PIN_YIELDED + 1)

struct pin {
    uint32_t vcpu;  /* index in view.vcpus */
    int32_t from;   /* pool: view_vcpu.pin until now; -1: none */
    int32_t to;     /* pool */
    uint32_t group; /* all pins of a group are made, or none; they stand together */
    enum pin_result result;
    uint64_t latency_ns; /* of the actuator's call that pinned; 0: no call */
};

/** A vCPU that the daemon stops managing. */
struct release {
    uint32_t vcpu;          /* index in view.vcpus */
    bool give_back;         /* restore the original affinity if the daemon changed it; else only
                               forget it */
    enum pin_result result; /* PIN_DONE, PIN_GONE: released; PIN_BUSY, PIN_FAILED: to be retried */
};

/** What the daemon does with a domain's emulator (--emulator). */
enum emulator_verb {
    EMULATOR_PIN,       /* pins it to the pCPUs of the domain's vCPUs */
    EMULATOR_GIVE_BACK, /* restores the original affinity */
    EMULATOR_FORGET,    /* somebody else has changed its affinity */
};

struct emulator_pin {
    uint32_t domain; /* index in view.domains */
    struct vcpu_name name;
    enum emulator_verb verb;
    struct cpuset from, to; /* of EMULATOR_PIN: its affinity until now, and then */
    enum pin_result result; /* of the others as release.result */
};

/** At most so many in a period: the next periods have the rest. */
#define EMULATOR_PINS_MOST 8

/** The stages that are timed, in the order that a sample passes them. */
enum stage {
    STAGE_SAMPLE,       /* a sweep, without the cgroups */
    STAGE_CROSSCHECK,   /* reading the cgroups */
    STAGE_WAIT_PLANNER, /* in the ring to the planner */
    STAGE_PLAN,
    STAGE_WAIT_ACTUATOR, /* in the ring to the actuator */
    STAGE_PIN,           /* each pin */
    STAGE_WHOLE,         /* from the start of the sweep to the last pin */
    STAGE_COUNT,
};

/** Figures of a set of pools, by their demand now or as pins change it. */
struct toll {
    double highest; /* the highest demand among them, percent */
    double lost;    /* work lost on their cores, points: see effect.h */
};

/** What pins change in the pools that they touch. */
struct effect {
    struct toll before, after;
};

/** Counts of the run so far. The planner counts; a plan carries a copy for main. */
struct totals {
    uint64_t decisions[REASON_COUNT];         /* periods by reason */
    uint64_t pins[PIN_RESULT_COUNT];          /* pins by result */
    uint64_t emulator_pins[PIN_RESULT_COUNT]; /* the same of emulators */
    uint64_t reconnects;                      /* times that the host was away */
    uint64_t skipped;                         /* periods without a snapshot: no buffer was free */
    uint64_t passed_over;        /* snapshots that the planner skipped for a newer one */
    uint64_t suspects;           /* how often a vCPU became suspect */
    uint64_t judged_plans;       /* plans whose gain was measured */
    double gain_sum, gained_sum; /* of these: expected, and measured */
};

/** What was decided. */
struct decision {
    enum reason reason;
    char why[200];        /* the reason in words */
    bool no_room;         /* the host has been full for some periods: planner/headroom.h */
    struct effect effect; /* of all pins but placements; zero without any */
    double gain; /* expected, points: by how much the highest demand of the pins' pCPUs falls; if it
                    stays, by how much less work is lost there; 0 without pins */
    uint32_t pin_count, pin_capacity;
    struct pin *pins; /* in the order to be applied */
    uint32_t release_count, release_capacity;
    struct release *releases; /* applied before the pins */
    uint32_t emulator_count;
    struct emulator_pin emulators[EMULATOR_PINS_MOST]; /* applied after the pins */
};

/** What became of the plan, beside the results of its pins and releases, and of an earlier one. */
struct outcome {
    struct failure failure; /* of the last pin that failed; empty if none did */
    bool judged;            /* `gained` holds: the last plan with pins has had a whole period */
    double gained; /* points by which that plan lowered demand or loss; negative: it raised them */
};

/** When the plan passed each stage, stamped by the pipeline's threads. */
struct timing {
    uint64_t sweep_begin_ns, sweep_ns, crosscheck_ns, wait_ns, plan_ns;
    uint64_t pushed_ns, popped_ns, done_ns; /* to, at and by the actuator; 0 without pins */
};

struct plan {
    struct view view;
    struct snapshot_size capacity; /* of view's arrays */
    uint32_t pool_capacity;        /* likewise, of view.pools */
    struct decision decision;
    struct outcome outcome;
    struct timing timing;
    struct totals totals;
    struct histogram_row stages[STAGE_COUNT]; /* of the run so far, where main shows every period */
};

/** True if the plan has something for the actuator to do. */
static inline bool plan_acts(const struct plan *plan)
{
    return plan->decision.pin_count || plan->decision.release_count ||
           plan->decision.emulator_count;
}

/** Returns a new, empty plan without capacity, or NULL if there is no memory. Freed by plan_free(),
 * which accepts NULL. */
struct plan *plan_new(void);
void plan_free(struct plan *plan);

/** Reserves capacity for the view of such a snapshot and one pin per vCPU, as snapshot_reserve().
 * Returns 0 or -ENOMEM. */
int plan_reserve(struct plan *plan, const struct snapshot_size *need);

/** Copies `from` to *to, which grows as needed. Returns 0 or -ENOMEM. */
int plan_copy(struct plan *to, const struct plan *from);

/**
 * Appends a pin of vCPU `vcpu` to pool `to` in group `group`, and books it in the view, so that
 * later choices see the host as it will be. The plan has capacity for one pin per vCPU.
 */
void plan_add(struct plan *plan, uint32_t vcpu, int32_t to, uint32_t group);

/** Removes all pins but placements from the plan and from the view. */
void plan_drop(struct plan *plan);

#endif
