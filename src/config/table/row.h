/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * row.h - the rows of a table of options. Each program has a table, in config/options.c and
 * top/options.c. Only these and their rooms include it; others include config/options.h.
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
    OPTIONS_DONE,  /* --help, --version: exit 0 */
    OPTIONS_WRONG, /* exit 2 */
};

/** The type of the field that an option sets. */
enum option_type {
    TYPE_NUMBER,   /* double */
    TYPE_DURATION, /* double, seconds: "90", "90s", "30m", "1h", "2d"; "forever" is INFINITY */
    TYPE_COUNT,    /* uint32_t */
    TYPE_WORD,     /* enum: the text is its n-th name */
    TYPE_SIZED,    /* struct option_sized: one of its names, or a number */
    TYPE_CHOICE,   /* const void *: one of option_row.choice */
    TYPE_FLAG,     /* bool */
    TYPE_STRING,   /* const char *, not empty */
    TYPE_CPUS,     /* struct cpuset, the union of all */
    TYPE_GLOBS,    /* const char **, NULL-terminated; option_table.keep() keeps the texts */
    TYPE_HELP,
    TYPE_VERSION,
};

/** A word or a number; pool_choice is one. */
struct option_sized {
    unsigned word;   /* as TYPE_WORD; the number of words: it is a number */
    uint32_t number; /* else 0 */
};

/** Values that are chosen by name. */
struct option_choice {
    const void *(*at)(uint32_t n); /* the n-th, NULL after the last */
    const char *(*name)(const void *chosen);
};

struct option_row {
    const char *heading;  /* of the group in --help that starts here; NULL: none does */
    const char *name;     /* without the dashes */
    char letter;          /* short form, 0: none */
    const char *argument; /* what --help calls it; NULL: takes none */
    enum option_type type;
    size_t offset;            /* of the field in option_parser.target */
    double low, high;         /* of numbers */
    const char *unit;         /* of numbers, in messages */
    const char *const *words; /* of TYPE_WORD, NULL-terminated, in the order of the enum */
    const struct option_choice *choice; /* of TYPE_CHOICE */
    const char *standard;               /* the default, parsed like a value; NULL: none */
    const char *otherwise;              /* the default in words, if `standard` is NULL */
    const char *given;                  /* the value of an option that takes no argument */
    const char *not_with; /* names of options that contradict it, separated by blanks */
    const char *needs;    /* name of an option without which it has no meaning */
    bool of_traces;       /* only for a replay */
    bool not_in_file;     /* only on the command line */
    bool live;            /* a change takes effect without a restart */
    bool hidden;          /* for developers: not in --help */
    const char *help;
};

/** The options of a program. */
struct option_table {
    const char *program;
    const char *usage;             /* what may follow the options, after a blank; "": nothing */
    const char *summary;           /* what it does, for --help */
    void (*help_end)(FILE *out);   /* the end of --help */
    const char *positional;        /* the option that an argument alone is short for; NULL */
    const char *positional_label;  /* what messages call that argument */
    const struct option_row *rows; /* in the order of --help, at most 64 */
    size_t count;

    /** Copies `length` bytes of text, to be freed with `target`; NULL without memory. Only for
     * tables with TYPE_GLOBS or a file. */
    const char *(*keep)(void *target, const char *text, size_t length);
};

/** The state of parsing. */
struct option_parser {
    const struct option_table *table;
    void *target;       /* the struct of the rows' fields */
    FILE *err;          /* takes mistakes; NULL: they are not reported */
    uint64_t seen;      /* a bit for each row */
    const char *file;   /* the configuration file, once it is read; NULL */
    unsigned line;      /* being read, from 1; 0: none */
    unsigned lines[64]; /* of the file: the last with each row; 0: none */
};

#endif
