/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "trace/internal.h"

#include "base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

/* A row of TRACE_VCPUS_MAX columns of 64 characters. Longer lines are refused, however well they
 * are compressed. */
#define LINE_MAX_BYTES (64u * 1000 * 1000)
#define CHUNK          (64u * 1024)

struct trace_input {
    const char *path;
    int fd;
#ifdef HAVE_ZLIB
    gzFile gz;
#endif
    bool end, cut;
    uint64_t line;
    char *buffer; /* [begin, fill) is read and not yet returned */
    uint32_t capacity, begin, fill;
};

static int begin_reading(struct trace_input *input, struct failure *why)
{
    unsigned char magic[2] = {0, 0};
    ssize_t got = pread(input->fd, magic, sizeof magic, 0);
    bool compressed = got == 2 && magic[0] == 0x1f && magic[1] == 0x8b;

    if (got < 0 && errno != ESPIPE)
        return fail(why, -errno, "%s: %s", input->path, strerror(errno));
#ifdef HAVE_ZLIB
    (void)compressed; /* zlib detects it itself, in a pipe too */
    input->gz = gzdopen(input->fd, "rb");
    if (!input->gz)
        return fail(why, -ENOMEM, "%s: no memory", input->path);
    gzbuffer(input->gz, CHUNK);
    return 0;
#else
    if (!compressed)
        return 0;
    return fail(why, -ENOTSUP,
                "%s: compressed with gzip, which this build can't read (it is without zlib)",
                input->path);
#endif
}

int trace_input_open(const char *path, struct trace_input **result, struct failure *why)
{
    struct trace_input *input = calloc(1, sizeof *input);
    int error;

    if (!input)
        return fail(why, -ENOMEM, "%s: no memory", path);
    input->path = path;
    input->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (input->fd < 0)
        error = fail(why, -errno, "%s: %s", path, strerror(errno));
    else
        error = begin_reading(input, why);
    if (error) {
        trace_input_close(input);
        return error;
    }
    *result = input;
    return 0;
}

#ifdef HAVE_ZLIB
static int fill_some(struct trace_input *input, char *into, struct failure *why)
{
    int got = gzread(input->gz, into, CHUNK);
    int error = Z_OK;
    const char *words;

    if (got > 0)
        return got;
    words = gzerror(input->gz, &error);
    if (error == Z_OK || error == Z_STREAM_END)
        return 0;
    if (error == Z_BUF_ERROR) {
        input->cut = true;
        return 0;
    }
    if (error == Z_ERRNO)
        return fail(why, -errno, "%s: %s", input->path, strerror(errno));
    return fail(why, error == Z_MEM_ERROR ? -ENOMEM : -EINVAL,
                "%s:%" PRIu64 ": the gzip stream is damaged: %s", input->path, input->line + 1,
                words);
}
#else
static int fill_some(struct trace_input *input, char *into, struct failure *why)
{
    ssize_t got;

    do {
        got = read(input->fd, into, CHUNK);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail(why, -errno, "%s: %s", input->path, strerror(errno));
    return (int)got;
}
#endif

/* Appends a chunk to the buffer; sets `end` at the end of the file. */
static int refill(struct trace_input *input, struct failure *why)
{
    uint32_t kept = input->fill - input->begin;
    int got;

    if (kept > LINE_MAX_BYTES)
        return fail(why, -EINVAL, "%s:%" PRIu64 ": a line of more than %u bytes", input->path,
                    input->line + 1, LINE_MAX_BYTES);
    if (kept > 0)
        memmove(input->buffer, input->buffer + input->begin, kept);
    input->begin = 0;
    input->fill = kept;
    if (!ARRAY_GROW(input->buffer, input->capacity, kept + CHUNK + 1))
        return fail(why, -ENOMEM, "%s: no memory", input->path);
    got = fill_some(input, input->buffer + kept, why);
    if (got < 0)
        return got;
    input->fill += (uint32_t)got;
    input->end = got == 0;
    return 0;
}

int trace_input_line(struct trace_input *input, struct trace_line *line, struct failure *why)
{
    uint32_t searched = 0;
    char *newline = NULL, *text;
    size_t length;

    for (;;) {
        if (input->fill > input->begin + searched)
            newline = memchr(input->buffer + input->begin + searched, '\n',
                             input->fill - input->begin - searched);
        if (newline || input->end)
            break;
        searched = input->fill - input->begin;
        int error = refill(input, why);
        if (error)
            return error;
    }
    if (!newline && input->begin == input->fill)
        return 0;
    text = input->buffer + input->begin;
    length = newline ? (size_t)(newline - text) : input->fill - input->begin;
    input->begin += (uint32_t)length + (newline != NULL);
    input->line++;
    if (length > 0 && text[length - 1] == '\r')
        length--;
    text[length] = '\0';
    if (memchr(text, '\0', length))
        return fail(why, -EINVAL, "%s:%" PRIu64 ": a NUL byte: this is no text", input->path,
                    input->line);
    *line = (struct trace_line){
        .text = text, .length = length, .number = input->line, .ended = newline};
    return 1;
}

bool trace_input_cut(const struct trace_input *input)
{
    return input->cut;
}

void trace_input_close(struct trace_input *input)
{
    if (!input)
        return;
#ifdef HAVE_ZLIB
    if (input->gz) {
        gzclose(input->gz);
        input->fd = -1;
    }
#endif
    if (input->fd >= 0)
        close(input->fd);
    free(input->buffer);
    free(input);
}
