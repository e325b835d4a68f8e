/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - one period's view of the host, what was decided on it and why, and what became of it.
 *
 * A plan is a buffer that travels: the planner fills the view and the decision, the actuator the
 * outcomes, then the planner books them and main shows them. There is one for every period, also
 * when it holds no pin.
 */
#ifndef VCPU_SCHEDULER_PLAN_H
#define VCPU_SCHEDULER_PLAN_H

#include "base/histogram.h"
#include "error.h"
#include "view.h"

#include <stdbool.h>
#include <stdint.h>

/** Why a period ended as it did. Each has its words in src/policy.c, filled in with the period's
 * figures. */
enum reason {
    REASON_ACT,          /* pins to make: see the pins */
    REASON_PLACE,        /* floating vCPUs get their pCPU */
    REASON_FIRST,        /* the first snapshot: nothing to compare with */
    REASON_NO_DOMAIN,    /* no active domain */
    REASON_BELOW,        /* the busiest is at or below the threshold */
    REASON_ALL_ABOVE,    /* every managed pCPU is above the threshold */
    REASON_NO_GAIN,      /* no move or swap would gain --min-gain */
    REASON_NONE_MOVABLE, /* the busiest holds no vCPU that may be moved */
    REASON_ONE_PCPU,     /* fewer than two managed pCPUs can be compared */
    REASON_BALANCED,     /* stddev: below --stddev */
    REASON_OBSERVE,      /* policy none */
    REASON_GAP,          /* the host was away: nothing to compare with */
    REASON_SETTLING,     /* the pins of an earlier plan were still under way during this period */
    REASON_HARM, /* the policy's plan would do harm (effect.h), and was dropped: its fault */
};

#define REASON_COUNT (REASON_HARM + 1)

/** What became of a pin. */
enum pin_result {
    PIN_PLANNED,     /* not tried */
    PIN_DONE,        /* accepted, and read back as asked */
    PIN_DRY,         /* --dry-run: would have been made */
    PIN_GONE,        /* the domain or vCPU is not there any more: no error */
    PIN_BUSY,        /* the domain has a job: waits for a later plan */
    PIN_FAILED,      /* refused; the vCPU is where it was */
    PIN_UNCONFIRMED, /* accepted, but read back otherwise */
    PIN_UNDONE,      /* accepted, then taken back because its partner failed */
    PIN_SKIPPED,     /* not tried: its partner failed first, or the daemon is stopping */
    PIN_YIELDED,     /* not tried: somebody else has changed the affinity meanwhile */
};

#define PIN_RESULT_COUNT (PIN_YIELDED + 1)

struct pin {
    uint32_t vcpu; /* index in view.vcpus */
    int32_t from;  /* view_vcpu.pin until now */
    int32_t to;
    uint32_t group; /* pins of one group are done all or not at all, and stand together */
    enum pin_result result;
    uint64_t latency_ns; /* of the call that pinned, as the actuator saw it; 0: none was made */
};

/** A vCPU that the daemon lets go of. */
struct release {
    uint32_t vcpu;  /* index in view.vcpus */
    bool give_back; /* the affinity that was found, if the daemon changed it; else only forget it */
    enum pin_result
        result; /* PIN_DONE: settled; PIN_GONE; PIN_BUSY, PIN_FAILED: to be asked again */
};

/** The stages whose time is kept, in the order a sample passes them. */
enum stage {
    STAGE_SAMPLE,       /* a sweep, without the cgroups */
    STAGE_CROSSCHECK,   /* reading the cgroups */
    STAGE_WAIT_PLANNER, /* in the ring to the planner */
    STAGE_PLAN,
    STAGE_WAIT_ACTUATOR, /* in the ring to the actuator */
    STAGE_PIN,           /* each pin */
    STAGE_WHOLE,         /* from the begin of the sweep to the last pin */
    STAGE_COUNT,
};

/** What some pCPUs come to: by loads as they are, or as pins make them. */
struct toll {
    double highest; /* the highest load among them, percent */
    double lost;    /* work lost on their cores, points: see effect.h */
};

/** What pins change on the pCPUs that they touch. */
struct effect {
    struct toll before, after;
};

/** Of a run so far. The planner counts; a plan carries a copy for main. */
struct totals {
    uint64_t decisions[REASON_COUNT]; /* periods, by how they ended */
    uint64_t pins[PIN_RESULT_COUNT];  /* by what became of them */
    uint64_t reconnects;              /* times that the host was away */
    uint64_t skipped;                 /* periods without a snapshot, for want of a free buffer */
    uint64_t passed_over;             /* snapshots that the planner left for a newer one */
    uint64_t suspects;                /* how often a vCPU turned suspect */
    uint64_t judged_plans;            /* plans whose gain was measured */
    double gain_sum, gained_sum;      /* of these: expected, and measured */
};

/** What was decided. */
struct decision {
    enum reason reason;
    char why[200];        /* the reason in words */
    bool no_room;         /* the host is full, and has been for some periods: planner/headroom.h */
    struct effect effect; /* of all pins but placements; zero without any */
    double gain; /* points by which the highest load among the pins' pCPUs is to fall, or, where it
                    stays, by which less work is to be lost there; 0 without pins */
    uint32_t pin_count, pin_capacity;
    struct pin *pins; /* in the order to be applied */
    uint32_t release_count, release_capacity;
    struct release *releases; /* before the pins */
};

/** What became of it, and of the one before; each pin and release has its own result. */
struct outcome {
    struct failure failure; /* of the last pin that failed; empty */
    bool judged;   /* the plan with pins before this one has had a whole period: `gained` tells what
                      came of it */
    double gained; /* points by which that load, or that loss, really was lower; negative: higher */
};

/** The way it went, stamped by the pipeline's threads. */
struct timing {
    uint64_t sweep_begin_ns, sweep_ns, crosscheck_ns, wait_ns, plan_ns;
    uint64_t pushed_ns, popped_ns, done_ns; /* to, at and by the actuator; 0 without pins */
};

struct plan {
    struct view view;
    struct snapshot_size capacity; /* of view's arrays */
    struct decision decision;
    struct outcome outcome;
    struct timing timing;
    struct totals totals;
    struct histogram_row stages[STAGE_COUNT]; /* of the run so far, where main shows every period */
};

/** A new, empty plan without room; NULL without memory. Freed by plan_free(). */
struct plan *plan_new(void);
void plan_free(struct plan *plan);

/** Makes room for a view of such a snapshot and a pin per vCPU, as snapshot_reserve(). Returns 0 or
 * -ENOMEM. */
int plan_reserve(struct plan *plan, const struct snapshot_size *need);

/** Makes *to what `from` is, as snapshot_reserve() allocates. Returns 0 or -ENOMEM. */
int plan_copy(struct plan *to, const struct plan *from);

/**
 * Appends a pin of vCPU `vcpu` to pCPU `to` in group `group`, and books it in the view, so that a
 * further choice sees the host as it will be. There is room for one pin per vCPU.
 */
void plan_add(struct plan *plan, uint32_t vcpu, int32_t to, uint32_t group);

/** Takes all pins but placements out of the plan again, and out of the view. */
void plan_drop(struct plan *plan);

#endif
