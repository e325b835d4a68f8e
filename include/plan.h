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
#include "cpuset.h"
#include "host.h"
#include "snapshot.h"

#include <stdbool.h>
#include <stdint.h>

/** Why a vCPU may not be moved in this period; 0: it may. */
enum {
    VCPU_FIXED = 1 << 0,     /* one pCPU allowed, or none */
    VCPU_EXCLUDED = 1 << 1,  /* --exclude */
    VCPU_SUSPECT = 1 << 2,   /* its two sources disagree, or a counter fell */
    VCPU_UNCHECKED = 1 << 3, /* no second source, and --crosscheck require */
    VCPU_NEW = 1 << 4,       /* no full period behind it */
    VCPU_PAUSED = 1 << 5,    /* its domain does not run */
    VCPU_DWELLS = 1 << 6,    /* moved within the last --dwell periods */
    VCPU_FLOATING = 1 << 7,  /* affinity of several pCPUs, or of one that is offline; to be placed,
                                or left to the kernel */
    VCPU_YIELDED = 1 << 8,   /* somebody else has changed its affinity: it is theirs now */
    VCPU_REALTIME =
        1 << 9, /* the kernel runs it before all others: elsewhere it would starve them */
};

struct view_domain {
    uint32_t first_vcpu, vcpu_count;
    enum domain_state state;
    bool excluded;
    bool limited; /* its cgroup's cpuset leaves it only some of the pCPUs that are online */
    double usage; /* sum over its vCPUs, percent of one pCPU */
    char name[DOMAIN_NAME_MAX];
};

/** How well the demand of a vCPU is known. */
enum demand_known {
    DEMAND_SEEN,    /* its pCPU had room: it is what it used */
    DEMAND_GUESSED, /* its pCPU was full: it is what it used and what it waited for */
    DEMAND_GROWING, /* the same, but the estimate may not grow as fast: it wants more */
};

struct view_vcpu {
    struct vcpu_name name;
    uint64_t serial;
    uint32_t domain;   /* index in view.domains */
    uint32_t allowed;  /* index in view.sets: the allowed set */
    uint32_t next;     /* the next vCPU of the same pCPU, VIEW_END at the end */
    int32_t last_pcpu; /* where it ran last; -1 unknown */
    int32_t numa_home; /* index in view.topology.nodes: where its memory is; -1: unknown */
    int32_t guess;     /* where it is taken to be then: see planner/numa_home.h; -1: nowhere */
    int32_t pin;       /* the only pCPU of its affinity, also while that is offline; -1: several */
    int32_t pcpu; /* where it counts: its pin; a floating one: where it ran last; -1: nowhere */
    uint16_t blocked_by; /* VCPU_*; 0: it may be moved */
    uint32_t refused; /* 1 + the pCPU that it was refused not long ago, where it is not to be sent
                         again; 0: none */
    uint64_t time_ns, delay_ns; /* so far: CPU time by the hypervisor, time runnable but not
                                   running; 0: not known */
    double usage; /* percent of its pCPU over the time between the two reads of its domain */
    double delay; /* percent of that time runnable but not running, and within its quota; 0 where
                     unknown */
    double throttled; /* percent of that time that its quota held it back; 0 where unknown */
    double demand;    /* percent of the strongest pCPU that it would use if it had one to itself: an
                         estimate, never below usage there */
    double size;      /* what exchanges go by: demand, unless the policy expects to know better */
    double doubt; /* standard deviation of what it wants from its size, points; 0: size is sure */
    enum demand_known known; /* how well `demand` is known */
};

#define VIEW_END UINT32_MAX

struct view_pcpu {
    double
        usage; /* percent in use, guests and all else: 0 to 100 where the host's counters agree */
    double other;          /* of that, not by vCPUs */
    double speed;          /* of the strongest pCPU's, above 0 to 1 */
    double demand;         /* demand of its vCPUs here (divided by its speed) + other: equals usage
                                while nobody waits */
    double planned_demand; /* the same, as it will be with the pins that the plan holds so far */
    double planned_forecast; /* of its vCPUs' sizes + other likewise, booked as load is */
    uint32_t first_vcpu;     /* head of the list through view_vcpu.next, VIEW_END if none */
    bool managed;            /* the daemon may place vCPUs here: online, --cpus, not isolated */
    bool certain;            /* no suspect vCPU counts here: its usage may be decided on */
    bool full;               /* its vCPUs may want more than they get here */
};

/** All that a policy may look at. Arrays are the plan's. */
struct view {
    uint64_t period; /* 0 the first snapshot, without usage; 1, 2 … */
    uint64_t now_ns; /* the snapshot's time */
    double span_s;   /* seconds since the snapshot before */
    uint32_t domain_count, vcpu_count, pcpu_count, set_count;
    uint64_t sets_version;              /* of what managed and sets[] hold; the planner's */
    uint32_t suspect, unchecked, fresh; /* how many vCPUs are each */
    int32_t busiest, freest; /* highest and lowest load of the managed, certain pCPUs; ties: the
                                lower number; -1 none */
    struct cpuset managed;
    struct topology topology; /* version 0: all pCPUs are alike */
    bool shaped;              /* pCPUs are not all alike to the policies: locality_matters() */
    bool flat; /* --flat: policies take all pCPUs for alike; topology, home and the factors are the
                  truth even so, for the summary */
    double smt_factor;    /* what each thread does while all of its core are busy, of what it does
                             alone, as the policies are to take it; 1: no loss */
    double remote_factor; /* what a vCPU does at a distance of TOPOLOGY_FAR from its memory, of what
                             it does beside it, likewise; 1: no loss */
    struct view_domain *domains;
    struct view_vcpu *vcpus;
    struct view_pcpu *pcpus;
    struct cpuset *sets;
};

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

/** Of a run so far. */
struct totals {
    uint64_t decisions[REASON_COUNT]; /* periods, by how they ended */
    uint64_t pins[PIN_RESULT_COUNT];  /* by what became of them */
    uint64_t reconnects;              /* times that the host was away */
};

struct plan {
    struct view view;
    struct snapshot_size capacity; /* of view's arrays */
    enum reason reason;
    char why[200]; /* the reason in words */
    bool no_room;  /* the host is full, and has been for some periods: see planner/headroom.h */
    struct effect effect; /* of all pins but placements; zero without any */
    double gain;   /* points by which the highest load among the pins' pCPUs is to fall, or, where
                      it stays, by which less work is to be lost there; 0 without pins */
    bool judged;   /* the plan with pins before this one has had a whole period: `gained` tells what
                      came of it */
    double gained; /* points by which that load, or that loss, really was lower; negative: higher */
    uint32_t pin_count, pin_capacity;
    struct pin *pins; /* in the order to be applied */
    uint32_t release_count, release_capacity;
    struct release *releases; /* before the pins */
    struct failure failure;   /* of the last pin that failed; empty */

    /* Of the run so far, as main shows them. */
    uint64_t passed_over;        /* snapshots that the planner left for a newer one */
    uint64_t skipped;            /* periods without a snapshot, since no buffer had come home */
    uint64_t suspects;           /* how often a vCPU turned suspect */
    uint64_t judged_plans;       /* plans whose gain was measured */
    double gain_sum, gained_sum; /* of these: expected, and measured */
    struct totals totals;
    struct histogram_row stages[STAGE_COUNT];

    /* The way it went, stamped by the pipeline's threads. */
    uint64_t sweep_begin_ns, sweep_ns, crosscheck_ns, wait_ns, plan_ns;
    uint64_t pushed_ns, popped_ns, done_ns; /* to, at and by the actuator; 0 without pins */
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
 * Lets a vCPU (index) count on another pCPU from now on, -1 on none: the lists and
 * view_pcpu.planned_demand are booked, usage stays as measured.
 */
void view_put(struct view *view, uint32_t vcpu, int32_t pcpu);

/**
 * Appends a pin of vCPU `vcpu` to pCPU `to` in group `group`, and books it in the view, so that a
 * further choice sees the host as it will be. There is room for one pin per vCPU.
 */
void plan_add(struct plan *plan, uint32_t vcpu, int32_t to, uint32_t group);

/** Takes all pins but placements out of the plan again, and out of the view. */
void plan_drop(struct plan *plan);

#endif
