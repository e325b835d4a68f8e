/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * row.h - what a row of a table of options is, and what reads one. Each program has a table:
 * config/options.c, top/options.c. Only for these and their rooms; everybody else includes
 * config/options.h or top/options.h. Before threads.
 */
#ifndef VCPU_SCHEDULER_CONFIG_TABLE_ROW_H
#define VCPU_SCHEDULER_CONFIG_TABLE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** What main does after parsing. */
enum options_verdict {
    OPTIONS_RUN,
    OPTIONS_DONE /* --help, --version: exit 0 */,
    OPTIONS_WRONG /* exit 2 */
};

/* How the text of an option becomes the field that it sets. */
enum option_type {
    TYPE_NUMBER,   /* double */
    TYPE_DURATION, /* double, seconds: "90", "90s", "30m", "1h", "2d"; "forever" is INFINITY */
    TYPE_COUNT,    /* uint32_t */
    TYPE_CYCLES,   /* uint64_t */
    TYPE_WORD,     /* enum: the text is its n-th name */
    TYPE_CHOICE,   /* const void *: one of option_row.choice */
    TYPE_FLAG,     /* bool */
    TYPE_STRING,   /* const char *, not empty */
    TYPE_CPUS,     /* struct cpuset, the union of all */
    TYPE_GLOBS,    /* const char **, NULL-terminated; the texts are kept by option_table.keep */
    TYPE_HELP,
    TYPE_VERSION,
};

/** What may be chosen by name. */
struct option_choice {
    const void *(*at)(uint32_t n); /* the n-th, NULL after the last */
    const char *(*name)(const void *chosen);
};

struct option_row {
    const char *heading;  /* of the group in --help that begins here */
    const char *name;     /* without the dashes */
    char letter;          /* short form, 0: none */
    const char *argument; /* what --help calls it; NULL: takes none */
    enum option_type type;
    size_t offset;            /* of the field in what the table fills in */
    double low, high;         /* of numbers */
    const char *unit;         /* of numbers, in messages */
    const char *const *words; /* of TYPE_WORD, NULL-terminated, in the order of the enum */
    const struct option_choice *choice; /* of TYPE_CHOICE */
    const char *standard;               /* parsed into the field before the command line is */
    const char *otherwise; /* what happens without it, in words; shown where standard can't be */
    const char *given;     /* the text of an option that takes none */
    const char *not_with;  /* names of options that contradict this one, blanks between them */
    const char *needs;     /* name of an option without which this one has no meaning */
    bool of_traces;        /* only for a replay */
    bool not_in_file;      /* only on the command line */
    bool live;             /* a change takes effect without a restart */
    bool hidden;           /* for developers: not in --help */
    const char *help;
};

/** The options of a program. */
struct option_table {
    const char *program;
    const char *usage;             /* what may follow the options, behind a blank; "" */
    const char *summary;           /* what it does, for --help */
    void (*help_end)(FILE *out);   /* the end of --help */
    const char *positional;        /* the option that an argument without one is short for; NULL */
    const struct option_row *rows; /* in the order of --help, at most 64 */
    size_t count;

    /** Keeps a copy of `length` bytes of text with what is filled in; NULL without memory. Only
     * where a row is of TYPE_GLOBS or there is a file. */
    const char *(*keep)(void *target, const char *text, size_t length);
};

/** What is filled in, where mistakes are told, and what was seen so far. */
struct option_parser {
    const struct option_table *table;
    void *target;       /* what the rows' offsets are of */
    FILE *err;          /* NULL: nobody is told */
    uint64_t seen;      /* bit per row of the table */
    const char *file;   /* the configuration file, once it was read; NULL */
    unsigned line;      /* the one that is being read, from 1; 0: none */
    unsigned lines[64]; /* of the file, that each row stands in last; 0: none */
};

#endif
