/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * option_row.h - what a row of a table of options is, and what reads one. Each program has a table:
 * options.c, top_options.c. Only for these and option_*.c; everybody else includes options.h or
 * top_options.h. Before threads.
 */
#ifndef VCPU_SCHEDULER_OPTION_ROW_H
#define VCPU_SCHEDULER_OPTION_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

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

/** Tells a mistake in one line, made safe to show; of a line of the file with FILE:LINE before it.
 * Returns -EINVAL. */
__attribute__((format(printf, 2, 3))) int option_wrong(const struct option_parser *parser,
                                                       const char *format, ...);

/**
 * What the row accepts, in words: "0.01 to 3600 seconds", "place or leave"; "" if it can't be said
 * so. Always ends `text`; what does not fit is cut.
 */
void option_accepted(char *text, size_t size, const struct option_row *row);

/**
 * Puts the value of one option where it belongs. label: what the operator called the option. text:
 * kept by the options where they keep a string. Returns 0, or -EINVAL after the mistake was told.
 */
int option_apply(const struct option_parser *parser, const struct option_row *row,
                 const char *label, const char *text);

/** Applies what stands without any option. Returns 0 or -EINVAL. */
int option_standards(const struct option_parser *parser);

/**
 * Applies the command line, which is permuted; texts are argv's. Prints --help and --version to
 * `out`. Returns 0, 1 when one of these was asked for, or -EINVAL after a mistake was told.
 */
int option_arguments(struct option_parser *parser, int argc, char **argv, FILE *out);

/** What was seen must go together. Returns 0, or -EINVAL after every mistake was told. */
int option_together(struct option_parser *parser);

/** True if the row was seen. */
bool option_seen(const struct option_parser *parser, const struct option_row *row);

/** Notes that the row was seen. */
void option_see(struct option_parser *parser, const struct option_row *row);

/** The row of that name, NULL if there is none. */
const struct option_row *option_named(const struct option_table *table, const char *name);

/** True if the option is one of `names`, which are parted by blanks; NULL: none. */
bool option_names(const char *names, const char *name);

/** True if both, which the row's table fills in, hold the same value in that row's field. */
bool option_same(const struct option_row *row, const void *a, const void *b);

/** Copies the field; what it points to stays the other's. */
void option_copy(const struct option_row *row, void *to, const void *from);

/** Prints --help, in 80 columns. */
void option_help(FILE *out, const struct option_table *table);

/** Prints a name and what it means as a row of --help. */
void option_help_row(FILE *out, const char *name, const char *text);

#endif
