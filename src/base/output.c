/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

/* Waits until something can be written. Returns false if the run ends first. */
static bool may_write(const struct output *output)
{
    struct pollfd fds[] = {
        {.fd = output->fd, .events = POLLOUT},
        {.fd = output->signals, .events = POLLIN},
    };

    while (poll(fds, 2, -1) < 0 && errno == EINTR)
        ;
    return fds[0].revents != 0; /* after an error, too: write() returns it */
}

/* cookie_write_function_t: writes all, or fails. */
static ssize_t write_all(void *cookie, const char *text, size_t size)
{
    const struct output *output = cookie;

    for (size_t done = 0; done < size;) {
        /* A pipe that polls writable takes this much without blocking. */
        const size_t piece = size - done < PIPE_BUF ? size - done : PIPE_BUF;
        ssize_t written;

        if (!may_write(output))
            return (ssize_t)size;
        written = write(output->fd, text + done, piece);
        if (written < 0 && errno != EINTR && errno != EAGAIN)
            return 0;
        done += written > 0 ? (size_t)written : 0;
    }
    return (ssize_t)size;
}

FILE *output_open(struct output *output)
{
    FILE *stream = fopencookie(output, "w", (cookie_io_functions_t){.write = write_all});

    if (stream)
        setvbuf(stream, NULL, _IOFBF, BUFSIZ);
    return stream;
}
