/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - the command line and the configuration file. Each option is one row of the table in
 * options.c, which parsing, --help and messages come from.
 */
#ifndef VCPU_SCHEDULER_CONFIG_OPTIONS_H
#define VCPU_SCHEDULER_CONFIG_OPTIONS_H

#include "config/table/row.h"
#include "planner/settings.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct trace;

enum summary_form { SUMMARY_NONE, SUMMARY_TEXT, SUMMARY_JSON };

struct options {
    double period_s;                 /* 0.01 to 3600 */
    const char *uri;                 /* NULL: libvirt's own default, else qemu:///system */
    struct planner_settings planner; /* its `exclude` is owned */
    const char *cgroup_root;
    uint32_t cycles; /* end after so many decisions, not counting the first snapshot; 0: never;
                        --once is 1 */
    bool wait;
    bool restore;
    bool restore_only;       /* --restore: give back what an earlier run has left, and end */
    bool as_configured;      /* --as-configured: --restore does nothing if `restore` is false */
    const char *runtime_dir; /* --runtime-dir; NULL: by the environment */
    bool topology;           /* --topology: print it, and end */
    const char *record;      /* --record: file; NULL */
    uint32_t pcpus;          /* --pcpus, of a replay; 0: as many as the trace says */
    bool compare;
    const char *report; /* --report: file; NULL */
    enum summary_form summary;
    const char *status_socket; /* --status-socket; NULL: in the runtime directory */
    const char *metrics;       /* --metrics: ADDRESS:PORT; NULL */
    bool metrics_remote;       /* --metrics-allow-remote */
    bool metrics_libvirt;      /* --metrics-libvirt */
    bool verbose, quiet;
    bool check;         /* --check: only look for mistakes */
    const char *config; /* --config; NULL: the usual file, if it is there */
    bool has_config;    /* one was read */
    char **texts;       /* that fields point to, NULL-terminated; owned; NULL: none */
    /* No options: */
    uint64_t given;            /* a bit for each row of the table that was given */
    bool pool_asked;           /* --pool stands on the command line */
    const struct trace *trace; /* that `uri` names, once --compare has read it; NULL */
    struct options *before;    /* that these replaced, which threads may still use; NULL */
};

/**
 * Reads the defaults, the configuration file and the command line into *options; later ones take
 * precedence. Prints --help and --version to `out`. Reports to `err` the first mistake of the
 * command line and each one of the file. Permutes argv, which must outlive *options. Before there
 * are threads. After OPTIONS_RUN the caller calls options_finish().
 */
enum options_verdict options_parse(struct options *options, int argc, char **argv, FILE *out,
                                   FILE *err);

/**
 * Reads the file and the command line of `before` again. A file that there was must still exist.
 * Reports mistakes to `err`. Returns OPTIONS_RUN, or OPTIONS_WRONG with nothing to free in *now.
 * Main thread.
 */
enum options_verdict options_read_again(struct options *now, const struct options *before, int argc,
                                        char **argv, FILE *err);

/**
 * Compares options that were read again with those `before`: logs what differs, and copies from
 * `before`, which must outlive *now, what changes only at the next start. Main thread.
 */
void options_take_over(struct options *now, const struct options *before);

/**
 * Changes what a vCPU is pinned to. Settings whose defaults differ between single pCPUs and pools
 * get the ones that they would have had with this --pool, unless they were given. Any thread, on
 * options of its own.
 */
void options_set_pool(struct options *options, const struct pool_choice *pool);

/** The table of all options. */
extern const struct option_table options_table;

/** Frees what options_parse() or options_read_again() allocated. */
void options_finish(struct options *options);

#endif
