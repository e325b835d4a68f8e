/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include "text.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A pipe takes a write of up to PIPE_BUF (4096) whole, so lines of several processes don't mix
 * either. */
#define LOG_LINE_MAX    1024
#define LOG_PATIENCE_MS 200

static const char log_prefix[] = "vcpu-scheduler: ";

/* Written before other threads exist, see log.h. */
static enum log_level log_most = LOG_INFO;

void log_set_level(enum log_level most)
{
    log_most = most;
}

__attribute__((format(printf, 1, 0))) static void log_line(const char *format, va_list arguments)
{
    int saved = errno;
    char line[LOG_LINE_MAX];
    size_t used = sizeof(log_prefix) - 1;

    memcpy(line, log_prefix, sizeof(log_prefix));
    /* The last byte is kept for the newline. */
    if (vsnprintf(line + used, sizeof(line) - used - 1, format, arguments) >= 0)
        used += text_clean(line + used);
    line[used++] = '\n';
    /* A pipe that nobody reads must hold up no thread for long: then the line is lost. */
    if (poll(&(struct pollfd){.fd = STDERR_FILENO, .events = POLLOUT}, 1, LOG_PATIENCE_MS) > 0) {
        while (write(STDERR_FILENO, line, used) < 0 && errno == EINTR)
            ;
    }
    errno = saved;
}

void log_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_line(format, arguments);
    va_end(arguments);
}

void log_info(const char *format, ...)
{
    va_list arguments;

    if (log_most < LOG_INFO)
        return;
    va_start(arguments, format);
    log_line(format, arguments);
    va_end(arguments);
}
