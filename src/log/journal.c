/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "log/journal.h"

#ifdef HAVE_SYSTEMD

#define SD_JOURNAL_SUPPRESS_LOCATION

#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define FIELDS_MOST 12
#define FIELD_MOST  1200 /* a line of log.c after the field's name */
#define PREFIX      "VCPU_SCHEDULER_"

/* Only polled, to see whether the journal takes a message: sd_journal_sendv() would wait without a
 * limit. Set before there are threads. */
static int journal_fd = -1;

struct fields {
    char text[FIELDS_MOST][FIELD_MOST];
    struct iovec vector[FIELDS_MOST];
    int count;
};

__attribute__((format(printf, 2, 3))) static void add(struct fields *fields, const char *format,
                                                      ...)
{
    char *text = fields->text[fields->count];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, FIELD_MOST, format, arguments);
    va_end(arguments);
    fields->vector[fields->count++] = (struct iovec){.iov_base = text, .iov_len = text_clean(text)};
}

static void add_about(struct fields *fields, const struct log_about *about)
{
    if (log_event_id(about->event))
        add(fields, "MESSAGE_ID=%s", log_event_id(about->event));
    if (about->domain)
        add(fields, PREFIX "DOMAIN=%s", about->domain);
    if (about->vcpu >= 0)
        add(fields, PREFIX "VCPU=%" PRId64, about->vcpu);
    if (about->from >= 0)
        add(fields, PREFIX "FROM=%" PRId32, about->from);
    if (about->to >= 0)
        add(fields, PREFIX "TO=%" PRId32, about->to);
    if (about->from_pcpus)
        add(fields, PREFIX "FROM_PCPUS=%s", about->from_pcpus);
    if (about->to_pcpus)
        add(fields, PREFIX "TO_PCPUS=%s", about->to_pcpus);
    if (about->reason)
        add(fields, PREFIX "REASON=%s", about->reason);
    if (!isnan(about->gain))
        add(fields, PREFIX "GAIN=%.1f", about->gain);
}

/* True if standard error is the stream that systemd connected to the journal. */
static bool is_stream(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;

    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

bool journal_open(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX,
                                        .sun_path = "/run/systemd/journal/socket"};

    if (!is_stream())
        return false;
    journal_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return journal_fd >= 0 &&
           connect(journal_fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

bool journal_send(bool error, const struct log_about *about, const char *text, int patience_ms)
{
    struct fields fields = {.count = 0};

    if (poll(&(struct pollfd){.fd = journal_fd, .events = POLLOUT}, 1, patience_ms) <= 0)
        return false;
    add(&fields, "MESSAGE=%s", text);
    add(&fields, "PRIORITY=%d", error ? LOG_ERR : LOG_INFO);
    add(&fields, "SYSLOG_IDENTIFIER=vcpu-scheduler");
    add_about(&fields, about);
    return sd_journal_sendv(fields.vector, fields.count) == 0;
}

#else

bool journal_open(void)
{
    return false;
}

bool journal_send(bool error, const struct log_about *about, const char *text, int patience_ms)
{
    (void)error;
    (void)about;
    (void)text;
    (void)patience_ms;
    return false;
}

#endif
