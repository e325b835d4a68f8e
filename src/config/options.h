/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - the command line and the configuration file. Every option stands once, as a row of
 * the table in options.c; parsing, --help and range errors come from that row.
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
    struct planner_settings planner; /* its `exclude` is owned, as the texts are */
    const char *cgroup_root;
    uint64_t cycles; /* stop after so many decisions (the period of the first snapshot does not
                        count); 0: never. --once is 1. */
    bool wait;
    bool restore;
    bool restore_only;       /* --restore: give back what an earlier run has left, and end */
    bool as_configured;      /* --as-configured: with --restore, not where `restore` is not set */
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
    char **texts;       /* of the file's lines and of lists, NULL-terminated; owned; NULL */
    const struct trace
        *trace; /* no option: what `uri` names, where --compare has read it already */
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

/**
 * After the file was read again: says in the log what is different `now`, and keeps from `before`,
 * which must outlive it, what takes effect at the next start only. Main thread.
 */
void options_take_over(struct options *now, const struct options *before);

/** The table of its rows. */
extern const struct option_table options_table;

/** Frees what options_parse() took. */
void options_finish(struct options *options);

#endif
