/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.h - the command line of vcpu-top. */
#ifndef VCPU_SCHEDULER_TOP_OPTIONS_H
#define VCPU_SCHEDULER_TOP_OPTIONS_H

#include "config/table/row.h"

enum top_sort { TOP_BY_USAGE, TOP_BY_DELAY, TOP_BY_PCPU, TOP_BY_DOMAIN, TOP_BY_STATE, TOP_SORTS };

/** The words of --sort, in the order of enum top_sort, NULL-terminated. */
extern const char *const top_sort_words[];

struct top_options {
    const char *connect; /* a socket's path or an http URL; NULL: the default socket */
    double delay_s;      /* 0.1 to 3600 */
    uint32_t iterations; /* 0: no end */
    bool batch;
    unsigned sort; /* enum top_sort */
    bool tree;
    const char *filter; /* NULL: all */
    bool colour;
};

/** As options_parse(). */
enum options_verdict top_options_parse(struct top_options *options, int argc, char **argv,
                                       FILE *out, FILE *err);

#endif
