/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - the command line and the configuration file. Every option stands once, as a row of
 * the table in options.c; parsing, --help and range errors come from that row.
 */
#ifndef VCPU_SCHEDULER_OPTIONS_H
#define VCPU_SCHEDULER_OPTIONS_H

#include "cpuset.h"
#include "policy.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct trace;

enum crosscheck_mode { CROSSCHECK_WARN, CROSSCHECK_REQUIRE, CROSSCHECK_OFF };
enum floating_mode { FLOATING_PLACE, FLOATING_LEAVE };
enum summary_form { SUMMARY_NONE, SUMMARY_TEXT, SUMMARY_JSON };

struct options {
    double period_s; /* 0.01 to 3600 */
    const char *uri; /* NULL: libvirt's own default, else qemu:///system */
    const struct policy *policy;
    struct policy_settings decision;
    enum floating_mode floating;
    bool adopt_pins;
    double yield_for_s;   /* 1 to 31536000, or INFINITY: for good */
    bool has_cpus;        /* --cpus was given */
    struct cpuset cpus;   /* union of all --cpus */
    const char **exclude; /* globs, NULL-terminated; NULL without any. Owned, as the texts are. */
    enum crosscheck_mode crosscheck;
    const char *cgroup_root;
    bool dry_run;
    uint64_t cycles; /* stop after so many decisions (the period of the first snapshot does not
                        count); 0: never. --once is 1. */
    bool wait;
    bool restore;
    bool restore_only;       /* --restore: give back what an earlier run has left, and end */
    bool as_configured;      /* --as-configured: with --restore, not where `restore` is not set */
    const char *runtime_dir; /* --runtime-dir; NULL: by the environment */
    bool topology;           /* --topology: print it, and end */
    bool flat;               /* --flat: as if all pCPUs were alike */
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
    char **texts;       /* of the file's lines and of lists, NULL-terminated; owned; NULL */
    const struct trace
        *trace; /* no option: what `uri` names, where --compare has read it already */
};

/** What main does after parsing. */
enum options_verdict {
    OPTIONS_RUN,
    OPTIONS_DONE /* --help, --version: exit 0 */,
    OPTIONS_WRONG /* exit 2 */
};

/**
 * Reads the defaults, the configuration file and the command line into *options; of these the later
 * has the last word. Prints --help and --version to
 * `out`, and to `err` a line for the first mistake of the command line, and for each of the file,
 * that names the option, the value and what is accepted. argv is permuted and must outlive
 * *options. Before threads. After OPTIONS_RUN the caller ends with options_finish().
 */
enum options_verdict options_parse(struct options *options, int argc, char **argv, FILE *out,
                                   FILE *err);

/**
 * Reads the file and the command line, of `before`, again. A file that was there then must be there
 * now. Every mistake is told to `err`. Returns OPTIONS_RUN, or OPTIONS_WRONG with nothing in *now
 * to be freed. Main thread.
 */
enum options_verdict options_read_again(struct options *now, const struct options *before, int argc,
                                        char **argv, FILE *err);

/** A copy of `length` bytes of text that lives as long as the options; NULL without memory. Before
 * threads, or while it is being read again by main. */
const char *options_keep(struct options *options, const char *text, size_t length);

/**
 * After the file was read again: says in the log what is different `now`, and keeps from `before`,
 * which must outlive it, what takes effect at the next start only. Main thread.
 */
void options_take_over(struct options *now, const struct options *before);

/** Writes what is set as one JSON object: each option that may be in a file, by its name. Any
 * thread.
 */
void options_write_json(FILE *out, const struct options *options);

/** Frees what options_parse() took. */
void options_finish(struct options *options);

/** True if the domain name matches one of --exclude. Any thread. */
bool options_excluded(const struct options *options, const char *domain);

#endif
