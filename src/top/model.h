/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model.h - an answer of the status socket, read for vcpu-top. Texts may hold any characters; the
 * canvas makes them safe. One thread at a time. */
#ifndef VCPU_SCHEDULER_TOP_MODEL_H
#define VCPU_SCHEDULER_TOP_MODEL_H

#include "error.h"

#include <jansson.h>
#include <stdint.h>

/** A pCPU or a pool. Figures are in percent of what it gives. */
struct top_meter {
    int number, node, core; /* node, core: -1 unknown, or not one */
    double usage, other, wanted;
    int managed;       /* 0 or 1, as all booleans here */
    const char *pcpus; /* of a pool: a list of pCPUs; NULL: this is a pCPU */
    int size;          /* of a pool: how many these are */
};

/* Figures of vCPUs and domains are in percent of one pCPU. */
struct top_vcpu {
    uint32_t domain; /* index in domains */
    int number;
    int pcpu, pool; /* -1: none */
    double usage, delay;
    const char *state, *allowed;
};

struct top_domain {
    const char *name;
    double usage, delay; /* of all its vCPUs */
    int paused, excluded;
    uint32_t first_vcpu, vcpu_count;
};

struct top_decision {
    json_int_t at; /* seconds since 1970, as all times here */
    int pins, made;
    double expected, gained; /* points; gained: NAN: not measured yet */
    const char *why, *moves;
};

struct top_stage {
    const char *name;
    double count, p50_ns, p90_ns, p99_ns, max_ns;
};

struct top_model {
    json_t *root; /* owns the texts */
    const char *version, *host, *policy, *reason, *why, *stuck;
    json_int_t at, since;
    double period_s, threshold, period, skipped, suspects, pins_made, cpu_seconds, resident_bytes;
    int dry_run, no_room;
    const char *pool_asked, *pool_level; /* "cpu" of daemons without pools */
    int busiest, freest;                 /* number of a meter; -1: none */
    uint32_t pcpu_count, pool_count, meter_count, vcpu_count, vcpu_capacity, domain_count,
        decision_count, stage_count;
    struct top_meter *pcpus, *pools; /* sorted by node, core and number */
    const struct top_meter *meters;  /* what is shown: the pools, or the pCPUs if there are none */
    int by_node; /* meters are on several nodes; pools: more than there are nodes */
    struct top_vcpu *vcpus;
    struct top_domain *domains;
    struct top_decision *decisions; /* the latest first */
    struct top_stage *stages;
};

/** Reads an answer of `size` bytes. Returns the model, freed by top_model_free(); NULL with the
 * words in *why if the answer is malformed or memory is short. */
struct top_model *top_model_read(const char *text, size_t size, struct failure *why);

/** Accepts NULL. */
void top_model_free(struct top_model *model);

#endif
