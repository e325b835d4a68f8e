/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * option_file.c - the configuration file: NAME = VALUE lines, where NAME is a long option's.
 *
 * inih reads the lines; what a name and a value mean is the table's business, as on the command
 * line.
 */
#include "option_file.h"
#include "config.h"
#include "options.h"

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
    for (size_t i = 0; i < options_table.count; i++) {
        const struct option_row *other = &options_table.rows[i];

        if ((rows >> i & 1) &&
            (option_names(row->not_with, other->name) || option_names(other->not_with, row->name)))
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
    const uint64_t bit = UINT64_C(1) << (row - options_table.rows);
    const char *text = value;

    if (!row->argument) {
        if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
            return option_wrong(parser, "%s: '%.100s' is not yes or no", row->name, value) == 0;
        text = flag_text(row, value);
    }
    if ((reader->above & bit) || contradicts(row, reader->above) || !text)
        return true;
    text = options_keep(parser->target, text);
    if (!text)
        return option_wrong(parser, "out of memory") == 0;
    option_see(parser, row);
    return option_apply(parser, row, row->name, text) == 0;
}

static bool take_name(struct file_reader *reader, const char *section, const char *name,
                      const char *value)
{
    const struct option_row *row = option_named(&options_table, name);

    if (section[0])
        return option_wrong(reader->parser, "there are no sections: '[%.40s]'", section) == 0;
    if (!row || row->not_in_file)
        return option_wrong(reader->parser, "unknown option '%.100s'", name) == 0;
    return take(reader, row, value);
}

/* inih's handler: 0 is a mistake in that line. The first one is told. */
static int take_line(void *opaque, const char *section, const char *name, const char *value)
{
    struct file_reader *reader = opaque;
    struct failure why;
    bool right;

    reader->parser->why = &why;
    right = take_name(reader, section, name, value);
    reader->parser->why = NULL;
    if (!right && !reader->why.text[0])
        reader->why = why;
    return right;
}

int option_file_read(struct option_parser *parser, const char *path, bool must_be)
{
    struct file_reader reader = {.parser = parser, .above = parser->seen};
    struct options *options = parser->target;
    const bool restores = option_seen(parser, option_named(&options_table, "restore"));
    FILE *file = fopen(path, "re");
    int line, error;

    parser->seen = 0;
    if (!file && errno == ENOENT && !must_be)
        return 0;
    if (!file)
        return option_wrong(parser, "--config: %.200s: %s", path, strerror(errno));
    options->has_config = true;
    line = ini_parse_file(file, take_line, &reader);
    fclose(file);
    if (line == 0)
        return 0;
    error = option_wrong(parser, "%.200s:%d: %s", path, line,
                         reader.why.text[0] ? reader.why.text : "not a line of NAME = VALUE");
    /* What is pinned is to be given back, whatever has become of the file since. */
    return restores ? 0 : error;
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
