/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * option_row.h - what a row of the table of options is, and what reads one. Only for options.c,
 * option_value.c and option_help.c; everybody else includes options.h. Before threads.
 */
#ifndef VCPU_SCHEDULER_OPTION_ROW_H
#define VCPU_SCHEDULER_OPTION_ROW_H

#include "options.h"

#include <stddef.h>

/* How the text of an option becomes the field that it sets. */
enum option_type {
    TYPE_NUMBER, /* double */
    TYPE_COUNT,  /* uint32_t */
    TYPE_CYCLES, /* uint64_t */
    TYPE_WORD,   /* enum: the text is its n-th name */
    TYPE_POLICY, /* const struct policy * */
    TYPE_FLAG,   /* bool */
    TYPE_STRING, /* const char *, not empty */
    TYPE_CPUS,   /* struct cpuset, the union of all */
    TYPE_GLOBS,  /* const char **, NULL-terminated */
    TYPE_HELP,
    TYPE_VERSION,
};

struct option_row {
    const char *heading;  /* of the group in --help that begins here */
    const char *name;     /* without the dashes */
    char letter;          /* short form, 0: none */
    const char *argument; /* what --help calls it; NULL: takes none */
    enum option_type type;
    size_t offset;            /* of the field in struct options */
    double low, high;         /* of numbers */
    const char *unit;         /* of numbers, in messages */
    const char *const *words; /* of TYPE_WORD, NULL-terminated, in the order of the enum */
    const char *standard;     /* parsed into the field before the command line is */
    const char *otherwise;    /* what happens without it, in words; shown where standard can't be */
    const char *given;        /* the text of an option that takes none */
    const char *not_with;     /* names of options that contradict this one, blanks between them */
    const char *needs;        /* name of an option without which this one has no meaning */
    bool of_traces;           /* only for a replay */
    bool not_in_file;         /* only on the command line */
    bool live;                /* a change takes effect without a restart */
    bool hidden;              /* for developers: not in --help */
    const char *help;
};

/** The table, in the order of --help. */
extern const struct option_row option_rows[];
extern const size_t option_row_count;

/** Where the first mistake is told, and what was seen so far. */
struct option_parser {
    struct options *options;
    FILE *err;
    struct failure *why; /* instead, for a caller that has more to say; NULL */
    uint64_t seen;       /* bit per row of the table */
};

/** Tells a mistake in one line, made safe to show. Returns -EINVAL. */
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

/** True if the option is one of `names`, which are parted by blanks; NULL: none. */
bool option_names(const char *names, const char *name);

/**
 * Applies the lines of a configuration file, but for what the command line (parser->seen) gives or
 * contradicts; parser->seen is then what the file gives. A file that is not there is a mistake only
 * if it `must_be`. Returns 0, or -EINVAL after the first mistake was told with file and line.
 */
int option_file_read(struct option_parser *parser, const char *path, bool must_be);

/** True if both options hold the same value in that row's field. */
bool option_same(const struct option_row *row, const struct options *a, const struct options *b);

/** Copies the field; what it points to stays the other's. */
void option_copy(const struct option_row *row, struct options *to, const struct options *from);

/** Prints --help, in 80 columns. */
void option_help(FILE *out);

#endif
