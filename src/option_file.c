/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * option_file.c - the configuration file: NAME = VALUE lines, where NAME is a long option's.
 *
 * inih reads the lines; what a name and a value mean is the table's business, as on the command
 * line.
 */
#include "config.h"
#include "option_row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_INIH
#include <ini.h>
#endif

#ifdef HAVE_INIH

struct file_reader {
    struct option_parser *parser;
    uint64_t above;     /* rows that the command line gives: it has the last word */
    struct failure why; /* the first mistake; empty */
};

/* The options that contradict one of `rows`. */
static bool contradicts(const struct option_row *row, uint64_t rows)
{
    for (size_t i = 0; i < option_row_count; i++) {
        if ((rows >> i & 1) && (option_names(row->not_with, option_rows[i].name) ||
                                option_names(option_rows[i].not_with, row->name)))
            return true;
    }
    return false;
}

/* What an option without an argument is given for yes, and for no; NULL: nothing is to be done. */
static const char *flag_text(const struct option_row *row, const char *value)
{
    if (strcmp(value, "yes") == 0)
        return row->given;
    if (row->type != TYPE_FLAG)
        return NULL;
    return strcmp(row->given, "yes") == 0 ? "no" : "yes";
}

static bool take(struct file_reader *reader, const struct option_row *row, const char *value)
{
    struct option_parser *parser = reader->parser;
    const uint64_t bit = UINT64_C(1) << (row - option_rows);
    const char *text = value;

    if (!row->argument) {
        if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
            return option_wrong(parser, "%s: '%.100s' is not yes or no", row->name, value) == 0;
        text = flag_text(row, value);
    }
    if ((reader->above & bit) || contradicts(row, reader->above) || !text)
        return true;
    text = options_keep(parser->options, text);
    if (!text)
        return option_wrong(parser, "out of memory") == 0;
    parser->seen |= bit;
    return option_apply(parser, row, row->name, text) == 0;
}

/* inih's handler: 0 is a mistake in that line. */
static int take_line(void *opaque, const char *section, const char *name, const char *value)
{
    struct file_reader *reader = opaque;

    if (reader->why.text[0])
        return 0; /* the first mistake is the one that is told */
    if (section[0])
        return option_wrong(reader->parser, "there are no sections: '[%.40s]'", section) == 0;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];

        if (strcmp(row->name, name) == 0 && !row->not_in_file)
            return take(reader, row, value);
    }
    return option_wrong(reader->parser, "unknown option '%.100s'", name) == 0;
}

int option_file_read(struct option_parser *parser, const char *path, bool must_be)
{
    struct file_reader reader = {.parser = parser, .above = parser->seen};
    FILE *file = fopen(path, "re");
    int line;

    parser->seen = 0;
    if (!file && errno == ENOENT && !must_be)
        return 0;
    if (!file)
        return option_wrong(parser, "--config: %.200s: %s", path, strerror(errno));
    parser->options->has_config = true;
    parser->why = &reader.why;
    line = ini_parse_file(file, take_line, &reader);
    parser->why = NULL;
    fclose(file);
    if (line == 0)
        return 0;
    return option_wrong(parser, "%.200s:%d: %s", path, line,
                        reader.why.text[0] ? reader.why.text : "not a line of NAME = VALUE");
}

#else

int option_file_read(struct option_parser *parser, const char *path, bool must_be)
{
    if (!must_be)
        return 0;
    return option_wrong(parser, "--config: %.200s: this build reads no configuration (no inih)",
                        path);
}

#endif
