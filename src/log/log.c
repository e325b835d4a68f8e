/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log/log.h"

#include "base/text.h"
#include "log/journal.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A pipe takes PIPE_BUF (4096) bytes as a whole, so that lines of several processes don't mix. */
#define LOG_LINE_MAX    1024
#define LOG_PATIENCE_MS 200

static const char log_prefix[] = "vcpu-scheduler: ";

/* Set before there are threads. */
static enum log_level log_most = LOG_INFO;
static bool log_to_journal;

void log_set_level(enum log_level most)
{
    log_most = most;
}

void log_open(void)
{
    log_to_journal = journal_open();
}

void log_event(enum log_level level, struct log_about about, const char *format, ...)
{
    int saved = errno;
    char line[LOG_LINE_MAX], *text = line + sizeof log_prefix - 1;
    size_t used = sizeof log_prefix - 1;
    va_list arguments;
    int length;

    if (level > log_most)
        return;
    memcpy(line, log_prefix, sizeof log_prefix);
    /* The last byte is kept for the newline. */
    va_start(arguments, format);
    length = vsnprintf(text, sizeof line - used - 1, format, arguments);
    va_end(arguments);
    if (length >= 0)
        used += text_clean(text);
    /* A pipe that nobody reads must not stop a thread: the line is lost then. */
    if (log_to_journal) {
        journal_send(level == LOG_ERROR, &about, text, LOG_PATIENCE_MS);
    } else if (poll(&(struct pollfd){.fd = STDERR_FILENO, .events = POLLOUT}, 1, LOG_PATIENCE_MS) >
               0) {
        line[used++] = '\n';
        while (write(STDERR_FILENO, line, used) < 0 && errno == EINTR)
            ;
    }
    errno = saved;
}
