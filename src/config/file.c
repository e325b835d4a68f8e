/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file.c - the configuration file: NAME = VALUE lines, where NAME is a long option's.
 *
 * The table defines names and values, as for the command line. No library reads the lines, since
 * these guess: inih, as distributions build it, splits lines at 200 bytes and takes an indented
 * line for more of the one before. A wrong guess would move somebody's guests.
 */
#include "config/file.h"
#include "base/text.h"
#include "config/options.h"
#include "config/table/parse.h"
#include "config/table/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n\f\v"

/* Mistakes that are reported. A file of another kind may have one in each line. */
#define MISTAKES_REPORTED 20

struct file_reader {
    struct option_parser *parser;
    uint64_t above; /* rows that the command line gives, which takes precedence */
    unsigned mistakes;
};

static bool is_above(const struct file_reader *reader, const char *name)
{
    return reader->above >> (option_named(&options_table, name) - options_table.rows) & 1;
}

/* True if the command line gives the option, or one that contradicts it. */
static bool is_overruled(const struct file_reader *reader, const struct option_row *row)
{
    for (size_t i = 0; i < options_table.count; i++) {
        const struct option_row *other = &options_table.rows[i];

        if (!(reader->above >> i & 1))
            continue;
        if (other == row || option_names(row->not_with, other->name) ||
            option_names(other->not_with, row->name))
            return true;
    }
    return false;
}

/* True if the row is to be applied. --restore without --as-configured overrules no-restore. */
static bool is_heard(const struct file_reader *reader, const struct option_row *row)
{
    return !is_overruled(reader, row) ||
           (strcmp(row->name, "no-restore") == 0 && is_above(reader, "as-configured"));
}

/* The value of an option without an argument for yes or no; NULL: it is not applied. */
static const char *flag_text(const struct option_row *row, bool yes)
{
    if (yes)
        return row->given;
    if (row->type != TYPE_FLAG)
        return NULL;
    return strcmp(row->given, "yes") == 0 ? "no" : "yes";
}

/* ---- a line ---- */

static char *trim(char *text)
{
    char *end;

    text += strspn(text, BLANKS);
    end = text + strlen(text);
    while (end > text && strchr(BLANKS, end[-1]))
        end--;
    *end = '\0';
    return text;
}

/* Cuts off a comment, which starts after a blank or comma outside quotes. Returns false if a quote
 * is not closed. */
static bool end_value(char *value)
{
    bool in_word = false;

    for (char *at = value; *at != '\0'; at++) {
        if (!in_word && (*at == '"' || *at == '\'')) {
            at = strchr(at + 1, *at);
            if (!at)
                return false;
        }
        if ((*at == '#' || *at == ';') && !in_word) {
            *at = '\0';
            return true;
        }
        in_word = !strchr(BLANKS ",", *at);
    }
    return true;
}

/* Takes off quotes around a whole value. Returns false if text follows them. */
static bool unquote(char **value)
{
    const char quote = **value;
    char *end;

    if (quote != '"' && quote != '\'')
        return true;
    end = strchr(*value + 1, quote);
    if (end[1] != '\0')
        return false;
    *end = '\0';
    (*value)++;
    return true;
}

static int take_value(struct file_reader *reader, const struct option_row *row, char *value)
{
    struct option_parser *parser = reader->parser;
    const char *text;

    if (!end_value(value))
        return option_wrong(parser, "%s: '%.100s': a quote is not closed", row->name, value);
    value = trim(value);
    if (value[0] != '\0' && value[strlen(value) - 1] == '\\')
        return option_wrong(parser, "%s: '\\' at the end: a line can't be continued", row->name);
    if (row->type != TYPE_GLOBS && !unquote(&value))
        return option_wrong(parser, "%s: '%.100s': text behind a quote", row->name, value);
    if (!row->argument && text_yes(value) < 0)
        return option_wrong(parser, "%s: '%.100s' is not yes or no", row->name, value);
    text = row->argument ? value : flag_text(row, text_yes(value));
    if (!is_heard(reader, row) || !text)
        return 0;
    if (row->type == TYPE_STRING)
        text = parser->table->keep(parser->target, text, strlen(text));
    if (!text)
        return option_wrong(parser, "out of memory");
    option_see(parser, row);
    parser->lines[row - options_table.rows] = parser->line;
    return option_apply(parser, row, row->name, text);
}

static int take_line(struct file_reader *reader, char *line)
{
    char *name = trim(line), *value = strchr(name, '=');
    const struct option_row *row;

    if (name[0] == '\0' || name[0] == '#' || name[0] == ';')
        return 0;
    if (name[0] == '[')
        return option_wrong(reader->parser, "there are no sections: '%.100s'", name);
    if (!value)
        return option_wrong(reader->parser, "not a line of NAME = VALUE");
    *value++ = '\0';
    name = trim(name);
    row = option_named(&options_table, name);
    if (!row || row->not_in_file)
        return option_wrong(reader->parser, "unknown option '%.100s'", name);
    return take_value(reader, row, trim(value));
}

/* ---- the file ---- */

static const char *const byte_order_mark = "\xef\xbb\xbf";

static void read_line(struct file_reader *reader, char *line, size_t length)
{
    struct option_parser *parser = reader->parser;
    FILE *err = parser->err;
    int error;

    if (reader->mistakes >= MISTAKES_REPORTED)
        parser->err = NULL;
    if (parser->line == 1 && strncmp(line, byte_order_mark, 3) == 0)
        memcpy(line, "   ", 3);
    if (strlen(line) < length)
        error = option_wrong(parser, "a NUL byte");
    else
        error = take_line(reader, line);
    reader->mistakes += error != 0;
    parser->err = err;
}

/* Reads all lines. Returns 0, or an errno of the file. */
static int read_lines(struct file_reader *reader, FILE *file)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    int error = 0;

    errno = 0;
    while ((length = getline(&line, &capacity, file)) >= 0) {
        reader->parser->line++;
        read_line(reader, line, (size_t)length);
        errno = 0;
    }
    if (!feof(file))
        error = errno ? errno : EIO;
    free(line);
    reader->parser->line = 0;
    return error;
}

int option_file_read(struct option_parser *parser, const char *path, bool must_be)
{
    struct file_reader reader = {.parser = parser, .above = parser->seen};
    struct options *options = parser->target;
    FILE *file = fopen(path, "re");
    int error;

    parser->seen = 0;
    if (!file && errno == ENOENT && !must_be)
        return 0;
    if (!file)
        return option_wrong(parser, "--config: %.200s: %s", path, strerror(errno));
    options->has_config = true;
    parser->file = path;
    error = read_lines(&reader, file);
    fclose(file);
    if (error)
        option_wrong(parser, "--config: %.200s: %s", path, strerror(error));
    else if (reader.mistakes > MISTAKES_REPORTED)
        option_wrong(parser, "%.200s: %u more mistakes", path, reader.mistakes - MISTAKES_REPORTED);
    else if (reader.mistakes == 0)
        return 0;
    /* --restore gives pins back even if the file has become wrong since. */
    return is_above(&reader, "restore") ? 0 : -EINVAL;
}
